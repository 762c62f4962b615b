// The pages are complete without this file. It adds the search, a language switch that keeps the place, the mark in the
// table of contents, and the buttons that copy code.
(() => {
  "use strict";
  const base = new URL("..", document.currentScript.src);
  const top = document.querySelector(".top");
  if (!top) return;

  // --- where the reader is ---
  const line = () => parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) + 4;
  const above = (elements) => {
    const y = line();
    return [...elements].filter((element) => element.getBoundingClientRect().top <= y).pop();
  };

  const other = top.querySelector(".switch");
  const plain = other.getAttribute("href");
  const places = document.querySelectorAll(".cell[id], .cell :is(h2, h3)[id], .map [id]");
  const keepPlace = () => {
    const cell = scrollY > 0 && above(places);
    other.setAttribute("href", cell ? `${plain}#${cell.id}` : plain);
  };
  for (const event of ["pointerenter", "pointerdown", "focus", "click"]) other.addEventListener(event, keepPlace);

  const links = new Map();
  for (const link of document.querySelectorAll(".toc a")) {
    links.set(document.getElementById(decodeURIComponent(link.hash.slice(1))), link);
  }
  let waiting = false;
  const markPlace = () => {
    waiting = false;
    const end = scrollY > 0 && innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
    const now = end ? [...links.values()].pop() : links.get(above(links.keys()));
    for (const link of links.values()) {
      if (link === now) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  };
  if (links.size) {
    const later = () => {
      if (!waiting) requestAnimationFrame(markPlace);
      waiting = true;
    };
    addEventListener("scroll", later, { passive: true });
    later();
  }
  for (const link of links.values()) {
    // On a phone the open table of contents would push the section away that was chosen in it.
    link.addEventListener("click", () => {
      if (matchMedia("(max-width: 67.99rem)").matches) link.closest("details").open = false;
    });
  }

  // --- code ---
  const form = top.querySelector(".search");
  const SMALLEST = 0.68, READABLE = 0.8;  // of the size that a figure was drawn in: its letters, 12 pixels high, are 8 or 10
  // Everything is measured before anything is changed: the browser then lays out the page once.
  const boxes = [...document.querySelectorAll("pre, .scroll, .math.block")];
  const scrolling = boxes.filter((box) => box.scrollWidth > box.clientWidth);
  const drawn = (figure) => Number(figure.querySelector("img").getAttribute("width"));
  const narrow = (figure) => drawn(figure) > figure.clientWidth;
  const wide = [...document.querySelectorAll("figure.output")].filter(narrow);
  const unreadable = wide.filter((figure) => figure.clientWidth < SMALLEST * drawn(figure));
  for (const element of scrolling) element.tabIndex = 0;  // what scrolls must be reached by keyboard
  for (const pre of navigator.clipboard ? document.querySelectorAll(".code pre.source") : []) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = form.dataset.copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = form.dataset.copied;
      setTimeout(() => { button.textContent = form.dataset.copy; }, 1500);
    });
    pre.after(button);
  }

  // --- figures on a phone: large enough for their letters, to be moved sideways like code, and whole after a tap ---
  for (const figure of wide) {
    const image = figure.querySelector("img");
    image.style.setProperty("--readable", `${READABLE * drawn(figure)}px`);
    figure.classList.add("wide");
    figure.classList.toggle("large", unreadable.includes(figure));
    const markEnd = () => {
      figure.classList.toggle("at-end", figure.scrollLeft + figure.clientWidth >= figure.scrollWidth - 2);
    };
    figure.addEventListener("scroll", markEnd, { passive: true });
    figure.addEventListener("click", (event) => {
      if (!narrow(figure) || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      figure.classList.toggle("large");
      markEnd();
    });
  }

  // --- search ---
  const input = form.querySelector("input");
  const panel = form.querySelector(".results");
  const status = panel.querySelector("p");
  const list = panel.querySelector("ol");
  const HANGUL = /[가-힣]/;
  const PARTICLE = /(?<=[가-힣])(?:으로|에서|까지|부터|처럼|보다|은|는|이|가|을|를|의|에|로|와|과|도|만)$/;
  const MOST = 20;

  const loading = {};
  const load = (language) => loading[language] ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");  // not fetch, which browsers refuse for files
    script.src = new URL(`assets/search-${language}.js`, base);
    script.onload = () => resolve(window.courseIndex[language]);
    script.onerror = reject;
    document.head.append(script);
  });

  // A Korean word may be written with or without spaces, an English one with or without hyphen. While a syllable is being
  // typed, its last consonant is still missing: 저 also finds 정.
  const pattern = (term, typing) => {
    const letters = [...term].map((letter, i, all) => {
      if (letter === "-") return "[\\s-]?";
      const code = letter.charCodeAt(0);
      if (typing && i === all.length - 1 && HANGUL.test(letter) && (code - 0xac00) % 28 === 0) {
        return `[${letter}-${String.fromCharCode(code + 27)}]`;
      }
      return letter.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
    });
    return letters.join(HANGUL.test(term) ? "[\\s-]*" : "-?");
  };

  const count = (text, source) => (text.match(new RegExp(source, "gi")) || []).length;

  const find = (rows, sources) => {
    const hits = [];
    rows.forEach((row, at) => {
      const [, title, heading, text] = row;
      let score = 0;
      for (const source of sources) {
        const own = 12 * count(heading, source) + 4 * count(title, source) + Math.min(6, count(text, source));
        if (!own) return;
        score += own;
      }
      hits.push({ row, score, at });
    });
    return hits.sort((a, b) => b.score - a.score || a.at - b.at).map((hit) => hit.row);
  };

  const marked = (text, any) => {
    const nodes = [];
    let end = 0;
    for (const match of text.matchAll(any)) {
      const mark = document.createElement("mark");
      mark.textContent = match[0];
      nodes.push(text.slice(end, match.index), mark);
      end = match.index + match[0].length;
    }
    return [...nodes, text.slice(end)];
  };

  const item = ([place, title, heading, text], sources) => {
    const any = () => new RegExp(sources.join("|"), "gi");
    const near = Math.max(0, text.search(any()) - 50);
    const from = near && text.indexOf(" ", near) + 1;
    const part = (from ? "… " : "") + text.slice(from, from + 150).replace(/\s*\S*$/, "\u00a0…");
    const link = document.createElement("a");
    link.href = new URL(place, base);
    const [name, where, words] = ["strong", "small", "span"].map((tag) => document.createElement(tag));
    name.append(...marked(heading, any()));
    where.append(...(title === heading ? [] : marked(title, any())));
    words.append(...marked(part, any()));
    link.append(name, where, words);
    const li = document.createElement("li");
    li.append(link);
    return li;
  };

  const show = async (typing) => {
    const query = input.value;
    const terms = query.normalize("NFC").trim().split(/\s+/).map((t) => t.replace(/[ㄱ-ㅣ]+$/, "")).filter(Boolean);
    panel.hidden = !terms.length;
    if (!terms.length) return;
    const language = terms.some((term) => HANGUL.test(term)) ? "ko" : form.dataset.language;
    let rows;
    try {
      rows = await load(language);
    } catch {
      delete loading[language];
      status.textContent = form.dataset.failed;
      list.replaceChildren();
      return;
    }
    if (query !== input.value) return;  // somebody typed on in the meantime
    let sources = terms.map((term, i) => pattern(term, typing && i === terms.length - 1));
    let hits = find(rows, sources);
    if (!hits.length && terms.some((term) => PARTICLE.test(term))) {
      sources = terms.map((term) => pattern(term.replace(PARTICLE, ""), false));
      hits = find(rows, sources);
    }
    const message = !hits.length ? "none" : hits.length > MOST ? "some" : "found";
    status.textContent = form.dataset[message].replace("{n}", hits.length).replace("{m}", MOST);
    list.lang = language;
    list.replaceChildren(...hits.slice(0, MOST).map((row) => item(row, sources)));
    panel.scrollTop = 0;
  };

  const close = () => { panel.hidden = true; };
  input.addEventListener("input", (event) => show(event.isComposing));
  input.addEventListener("compositionend", () => show(false));
  input.addEventListener("focus", () => { load(form.dataset.language).catch(() => {}); show(false); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.focus();
  });
  form.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !form.contains(event.relatedTarget)) close();
  });
  document.addEventListener("pointerdown", (event) => { if (!form.contains(event.target)) close(); });
  list.addEventListener("click", (event) => { if (event.target.closest("a")) close(); });
  form.addEventListener("keydown", (event) => {
    const all = [input, ...list.querySelectorAll("a")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      input.focus();  // which opens the results again
      close();
    } else if (step && !panel.hidden && !event.isComposing) {
      event.preventDefault();
      all[Math.min(Math.max(all.indexOf(document.activeElement) + step, 0), all.length - 1)].focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, [contenteditable]")) return;
    event.preventDefault();
    input.focus();
  });
})();
