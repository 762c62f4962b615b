"""The site: complete, the same places in both languages, readable without a network, and found by its search."""

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import build_site  # noqa: E402
from pages.check import check  # noqa: E402
from pages.lesson import PARTS, TEMPLATES, WORDS  # noqa: E402
from pages.render import SiteError  # noqa: E402

import ftlib as ft  # noqa: E402

# A picture of one pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

TINY = {
    "en": (
        "# First steps\n\n[한국어](../ko/01_first.ipynb) · [All lessons](../README.md)\n\nWhy *start* here?\n\n"
        "⏱ 5 minutes · Needs: nothing",
        "## The learning rate\n\nA rate of $\\frac{1}{2}$ is too high: see [lesson 02](02_second.ipynb#02-002).",
    ),
    "ko": (
        "# 첫걸음(first steps)\n\n[English](../en/01_first.ipynb) · [모든 수업](../README.md)\n\n"
        "왜 여기서 *시작*할까요?\n\n⏱ 5분 · 먼저 볼 것: 없음",
        "## 학습률(learning rate)\n\n$\\frac{1}{2}$은 너무 큰 학습률입니다. "
        "미세 조정이라면 [2강](02_second.ipynb#02-002)을 보세요.",
    ),
}


def figure(alt="A <thin> line falls & falls.", width=40):
    metadata = {"image/png": {"alt": alt, "width": width} if alt else {}}
    return new_output("display_data", data={"image/png": PNG, "text/plain": "x"}, metadata=metadata)


def tiny(language):
    """Two lessons of three cells in one language."""
    opening, text = TINY[language]
    code = new_code_cell("x = '</pre>'  # a <b>\nx", execution_count=1, outputs=[figure()])
    code.outputs.append(new_output("stream", name="stdout", text="0 < 1 & true\n"))
    code.metadata["tags"] = ["exercise"]
    first = [new_markdown_cell(opening), code, new_markdown_cell(text)]
    second = [new_markdown_cell(opening.replace("01_first", "02_second")), code.copy(), new_markdown_cell(text)]
    return {"01_first": first, "02_second": second}


def save(folder, language, name, cells):
    book = new_notebook(cells=[cell.copy() for cell in cells])
    for at, cell in enumerate(book.cells):
        cell["id"] = f"{name[:2]}-{at + 1:03d}"
    path = folder / language / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(book, version=4), encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    for language in ("en", "ko"):
        for name, cells in tiny(language).items():
            save(tmp_path / "notebooks", language, name, cells)
    return tmp_path / "notebooks"


def change(folder, edit, languages=("en", "ko"), name="01_first"):
    """Edits the cells of a tiny lesson."""
    for language in languages:
        cells = tiny(language)[name]
        edit(cells)
        save(folder, language, name, cells)


@pytest.fixture(scope="module")
def small_site(tmp_path_factory):
    """The site of two tiny lessons, in memory."""
    folder = tmp_path_factory.mktemp("notebooks")
    for language in ("en", "ko"):
        for name, cells in tiny(language).items():
            save(folder, language, name, cells)
    return build_site.build_site(folder)


@pytest.fixture(scope="module")
def course():
    """The site of the real lessons, in memory."""
    return build_site.build_site(ROOT / "notebooks")


@pytest.fixture(scope="module")
def pages(course):
    """Its pages, parsed."""
    return {name: Parsed(data) for name, data in course.items() if name.endswith(".html")}


class Parsed(HTMLParser):
    def __init__(self, data):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(data.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def of(self, tag, attribute=None):
        return [a.get(attribute) if attribute else a for t, a in self.tags if t == tag]


def rows(files, language):
    text = files[f"assets/search-{language}.js"].decode()
    return json.loads(text.partition(" = ")[2].rstrip(";\n"))


# --- what a page is made of -------------------------------------------------------------------------------


def test_a_cell_becomes_code_output_figure_and_text(folder):
    files = build_site.build_site(folder)
    page = Parsed(files["ko/01_first.html"])
    [image] = page.of("img")
    assert image["alt"] == "A <thin> line falls & falls." and (image["width"], image["height"]) == ("40", "40")
    assert files[image["src"].removeprefix("../")].startswith(b"\x89PNG")
    text = "".join(page.text)
    assert "x = '</pre>'  # a <b>" in text and "0 < 1 & true" in text
    assert "mfrac" in [tag for tag, _ in page.tags]
    assert "모든 수업](" not in text and "왜 여기서 시작할까요?" in text
    assert files["ko/01_first.ipynb"] == (folder / "ko/01_first.ipynb").read_bytes()
    assert ("01_first.ipynb", "") in [(a["href"], a.get("download") or "") for a in page.of("a")]


def test_sentences_in_an_output_are_broken_but_tables_and_percentages_are_not(folder):
    def change_first(cells):
        cells[1].outputs = [new_output("stream", name="stdout", text="a long <sentence>\nname   seen\n  indented\n")]
        cells[2].source = "It rose to 97.5 % of them, and 100 % at last, 5%입니다."

    change(folder, change_first)
    html_text = build_site.build_site(folder)["en/01_first.html"].decode("utf-8")
    assert 'a long &lt;sentence&gt;\n<span class="aligned">name   seen</span>\n  indented</pre>' in html_text
    assert "97.5\N{NO-BREAK SPACE}% of them, and 100\N{NO-BREAK SPACE}% at last, 5%\N{WORD JOINER}입니다" in html_text


def test_folded_code_can_be_unfolded_and_its_outputs_are_seen_at_once(folder):
    cells = tiny("en")["01_first"]
    cells[1].metadata["tags"] = ["hide-input"]
    save(folder, "en", "01_first", cells)
    page = build_site.build_site(folder)["en/01_first.html"].decode()
    box = page.partition('<details class="folded">')[2].partition("</details>")[0]
    assert "<summary>Show the code</summary>" in box and "<pre" in box and "<figure" not in box
    assert "<figure" in page


def test_the_map_takes_part_title_opening_and_minutes_from_the_lessons(folder):
    change(folder, lambda cells: None)
    for language in ("en", "ko"):
        save(folder, language, "08_new", tiny(language)["01_first"])
    text = re.sub(r"\s+", " ", " ".join(Parsed(build_site.build_site(folder)["en/index.html"]).text))
    parts = ["Training", "01 First steps", "Why start here?", "5 minutes", "02 First", "Decide", "08 First steps"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_lessons_lead_to_their_neighbours(folder):
    first, second = (Parsed(build_site.build_site(folder)[f"en/{name}.html"]) for name in ("01_first", "02_second"))
    assert [a["href"] for a in first.of("a") if "rel" in a] == ["02_second.html"]
    assert [(a["rel"], a["href"]) for a in second.of("a") if "rel" in a] == [("prev", "01_first.html")]
    assert "02_second.html#02-002" in first.of("a", "href")


def test_the_words_of_both_editions_are_complete():
    en, ko = WORDS["en"], WORDS["ko"]
    assert set(en) == set(ko) and all(en.values()) and all(ko.values())
    braces = re.compile(r"\{(?:short_)?(\w+)")
    assert {k: braces.findall(v) for k, v in en.items()} == {k: braces.findall(v) for k, v in ko.items()}


def test_the_parts_are_called_as_in_the_map_of_the_notebooks():
    text = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| \*\*(.+?) · (.+?)\*\*", text, flags=re.M)
    assert named and set(named) <= {(part["en"], part["ko"]) for part in PARTS}


# --- what is refused --------------------------------------------------------------------------------------


def blank(cells):
    cells[1].execution_count, cells[1].outputs = None, []


def without_alt(cells):
    cells[1].outputs[0] = figure(alt="")


def append(text):
    def edit(cells):
        cells[2].source += text

    return edit


REFUSED = {
    "a notebook without outputs": (blank, "was not executed"),
    "a figure without alt text": (without_alt, "alt text"),
    "a link to what is not on the site": (append("\n\n[x](../../secret.txt)"), "secret.txt"),
    "a link to a lesson that is not there": (append("\n\n[x](07_no.ipynb)"), "07_no.ipynb leads nowhere"),
    "a link to a cell that is not there": (append("\n\n[x](02_second.ipynb#02-900)"), "02-900 leads nowhere"),
    "an image from the web": (append('\n\n<img src="https://example.org/x.png" alt="x">'), "from elsewhere"),
    "an image without alt text": (append('\n\n<img src="01_first.ipynb">'), "alt text"),
    "an id that is there twice": (append('\n\n<b id="01-001">x</b>'), "01-001"),
    "a formula that is none": (append("\n\n$\\frac{1$"), "formula"),
    "a command that is not known": (append("\n\n$\\nocommand{1}$"), "nocommand"),
    "stars that do not become bold": (append("\n\n**학습(training)**은"), "stars"),
    "a lesson without a title": (lambda cells: cells.pop(0), "title"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_not_be_right_is_refused_with_the_place(folder, what):
    edit, message = REFUSED[what]
    change(folder, edit)
    with pytest.raises(SiteError) as error:
        build_site.build_site(folder)
    assert message in str(error.value) and "en/01_first" in str(error.value)


def test_editions_that_are_out_of_step_are_refused(folder):
    change(folder, lambda cells: cells.pop(), languages=["ko"])
    with pytest.raises(SiteError, match="01_first differ"):
        build_site.build_site(folder)
    (folder / "ko/01_first.ipynb").unlink()
    with pytest.raises(SiteError, match="01_first"):
        build_site.build_site(folder)


def test_a_file_that_is_no_notebook_and_a_folder_without_lessons_are_refused(folder, tmp_path):
    (folder / "en/01_first.ipynb").write_text("{")
    with pytest.raises(SiteError, match="no notebook"):
        build_site.build_site(folder)
    with pytest.raises(SiteError, match="There is no lesson"):
        build_site.build_site(tmp_path / "nowhere")


def test_building_twice_gives_the_same_bytes_and_removes_only_what_was_built(folder, tmp_path):
    files, out = build_site.build_site(folder), tmp_path / "site"
    assert build_site.build_site(folder) == files
    build_site.write_site(files, out)
    (out / "en" / "09_old.html").write_text("old")
    build_site.write_site(files, out)
    assert {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()} == files
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(SiteError, match="did not make"):
        build_site.write_site(files, tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


# --- the API reference ------------------------------------------------------------------------------------


def test_every_public_name_is_in_the_reference_and_the_reference_on_both_maps(small_site):
    pages = {name: Parsed(data) for name, data in small_site.items() if name.endswith(".html")}
    places = [place.split("#") for place in pages["api/index.html"].of("a", "href") if ".html#" in place]
    names = {name: file for file, name in places}
    assert set(ft.__all__) <= set(names) and "plots.learning_curves" in names
    for name, file in names.items():
        assert name in pages[f"api/{file}"].of("h2", "id")
    assert "Run.summary" in pages["api/evidence.html"].of("h3", "id")
    for language in ("en", "ko"):
        assert "../api/index.html" in pages[f"{language}/index.html"].of("a", "href")
        assert ["api/training.html#fit", "Training (API)", "fit"] in [row[:3] for row in rows(small_site, language)]


def test_the_reference_shows_signature_sections_and_examples(small_site):
    page = small_site["api/training.html"].decode()
    words = "".join(Parsed(small_site["api/training.html"]).text)
    assert "keras.src" not in "".join(data.decode() for name, data in small_site.items() if name.startswith("api/"))
    signature = words.partition("fit(")[2].partition("Trains a copy")[0]
    assert "model: keras.Model" in signature and "task: Task" in signature and "class_weight" in signature
    assert '<p class="section">Arguments:</p>' in page and "<li><strong>run_dir:</strong>" in page
    assert '>>> task = ft.load_task("digits", labels_per_class=10)\n>>> model' in words
    assert '<a href="tasks.html#Task"><code>Task</code></a>' in page
    left_as_text = re.compile(r"<p>(Args|Returns|Raises|Attributes|Examples?):")
    for name, data in small_site.items():
        if name.startswith("api/"):
            assert left_as_text.findall(data.decode()) == [], name
            assert "&lt;span" not in data.decode(), name
            assert "doctest" not in data.decode(), name


# --- the real lessons -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_page_switches_to_the_same_places_in_the_other_language(course, pages):
    check(course)  # every link and anchor leads somewhere
    for name, page in pages.items():
        if name == "index.html" or name.startswith("api/"):  # the reference is in English only
            continue
        language, _, file = name.partition("/")
        other = "ko" if language == "en" else "en"
        [switch] = [a for a in page.of("a") if a.get("class") == "switch"]
        assert (switch["href"], switch["hreflang"]) == (f"../{other}/{file}", other)
        assert page.of("html", "lang") == [language]
        places = [[a["id"] for _, a in p.tags if "id" in a] for p in (page, pages[f"{other}/{file}"])]
        assert places[0] == places[1] and len(places[0]) >= 2


@pytest.mark.slow
def test_every_lesson_is_on_the_map_and_has_its_frame(pages):
    lessons = sorted(path.stem for path in (ROOT / "notebooks" / "en").glob("*.ipynb"))
    for language in ("en", "ko"):
        links = [link for link in pages[f"{language}/index.html"].of("a", "href") if re.match(r"\d\d[a-z]?_", link)]
        assert links == [f"{name}.html" for name in lessons]
        for name in lessons:
            page = pages[f"{language}/{name}.html"]
            assert [len(page.of(tag)) for tag in ("h1", "main", "header", "footer", "article")] == [1] * 5
            assert page.of("a")[0]["href"] == "#main" and page.of("main", "id") == ["main"]
            assert len(page.of("nav", "aria-label")) == 2 and all(page.of("nav", "aria-label"))
            contents = [a["href"] for a in page.of("a") if a["href"].startswith("#")][1:]
            headings = [tag for tag, _ in page.tags if tag in ("h2", "h3")]
            assert len(set(contents)) == len(headings) > 5


@pytest.mark.slow
def test_figures_keep_their_alt_texts_in_their_order(pages):
    for path in (ROOT / "notebooks").glob("*/[0-9][0-9]*_*.ipynb"):
        outputs = [o for c in nbformat.read(path, as_version=4).cells for o in c.get("outputs", [])]
        wanted = [o.metadata["image/png"]["alt"] for o in outputs if "image/png" in o.get("data", {})]
        page = pages[f"{path.parent.name}/{path.stem}.html"]
        assert page.of("img", "alt") == wanted != []


@pytest.mark.slow
def test_nothing_is_loaded_from_a_network(course, pages):
    for name, page in pages.items():
        loads = page.of("script", "src") + page.of("link", "href") + page.of("img", "src")
        assert [x for x in loads if x and re.match(r"\w+:|//", x)] == [], name
    for name in ("assets/site.css", "assets/site.js"):
        assert re.findall(rb"https?:|//\w+\.|@import|fetch\(|XMLHttp", course[name]) == []
        assert {b"assets/" + x for x in re.findall(rb'url\("(.+?)"\)', course[name])} <= {x.encode() for x in course}


@pytest.mark.slow
def test_no_page_shows_what_a_template_got_wrong(course):
    wrong = re.compile(rb"object at 0x|built-in|Undefined|\{[{%]")
    assert [name for name, data in course.items() if name.endswith(".html") and wrong.search(data)] == []


@pytest.mark.slow
def test_no_page_names_the_machine_that_made_it(course):
    places = re.compile("|".join(f"/{name}/" for name in ("work", "root", "home", "tmp", "farm")).encode())
    assert [name for name, data in course.items() if not name.endswith(".png") and places.search(data)] == []


@pytest.mark.slow
@pytest.mark.parametrize("language, word", [("en", "overfit"), ("ko", "과적합"), ("ko", "률"), ("ko", "assert")])
def test_the_index_has_prose_and_code_and_every_place_exists(course, language, word):
    found = [row for row in rows(course, language) if any(word in text for text in row[1:])]
    assert found
    for place, title, heading, _ in found:
        page, _, anchor = place.partition("#")
        assert f'id="{anchor}"'.encode() in course[page]
        assert title and heading


QUERIES = {
    "learning rate": "en/01_first.html#01-003",
    "learn rat": "en/01_first.html#01-003",
    "률": "ko/01_first.html#01-003",
    "미세조정": "ko/01_first.html#01-003",
    "학습률에서": "ko/01_first.html#01-003",
    "zebra": None,
    "얼룩말": None,
}
# Types each query into the page, and leaves what it found at the end of the page.
TYPE = """<script>
addEventListener("load", async () => {
  const input = document.querySelector(".search input"), report = [];
  for (const query of %s) {
    input.value = query;
    input.dispatchEvent(new InputEvent("input"));
    await new Promise((done) => setTimeout(done, 300));
    const results = document.querySelector(".results");
    const first = results.querySelector("a"), mark = results.querySelector("mark");
    report.push([!results.hidden, results.textContent.length > 0, first && first.href, mark !== null]);
  }
  document.body.insertAdjacentHTML("beforeend", `<pre id="report">${JSON.stringify(report)}</pre>`);
});
</script>"""


def browse(page, folder):
    """Returns a page as Chromium has it in the end, after nine seconds of its own clock.

    It writes into files, and not into pipes: those stay open as long as any of its processes lives, so that a timeout
    would wait for them.
    """
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-sync",
        "--disable-background-networking",
        "--disable-component-update",
        f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=9000",
        "--dump-dom",
        page.as_uri(),
    ]
    shown, said = folder / "shown.html", folder / "said.txt"
    with open(shown, "wb") as out, open(said, "wb") as err:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, timeout=120)
    assert done.returncode == 0, said.read_text(encoding="utf-8", errors="replace")
    return shown.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="the search is tried in Chromium, which is not here")
def test_the_search_finds_parts_of_words_from_a_file(folder, tmp_path):
    files, out = build_site.build_site(folder), tmp_path / "site"
    page = files["en/02_second.html"].decode().replace("</body>", TYPE % json.dumps(list(QUERIES)) + "</body>")
    build_site.write_site(files | {"en/02_second.html": page.encode()}, out)
    shown_page = browse(out / "en/02_second.html", tmp_path)
    [report] = re.findall(r'<pre id="report">(\[.*?)</pre>', shown_page)
    for query, (shown, says, first, marked) in zip(QUERIES, json.loads(report), strict=True):
        assert shown and says, query
        assert (first and first.rpartition("/site/")[2]) == QUERIES[query], query
        assert marked == (first is not None), query


# The page tells the one around it, which is as narrow as a phone, how its figures are shown.
TELL = """<script>addEventListener("load", () => {
  const shown = (figure) => [figure.classList.contains("large"), figure.querySelector("img").clientWidth];
  parent.postMessage([...document.querySelectorAll("figure")].map(shown), "*");
})</script>"""
PHONE = """<iframe src="site/en/01_first.html" width="390" height="800" scrolling="no" style="border: 0"></iframe>
<pre id="report"></pre>
<script>
onmessage = (event) => { document.getElementById("report").textContent = JSON.stringify(event.data); };
</script>"""


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="a phone is tried in Chromium, which is not here")
def test_on_a_phone_figures_are_whole_while_their_letters_can_be_read_and_else_move_sideways(folder, tmp_path):
    def draw_wide(cells):
        cells[1].outputs = [figure(width=width) for width in (300, 500, 700)]

    change(folder, draw_wide)
    files, out = build_site.build_site(folder), tmp_path / "site"
    page = files["en/01_first.html"].decode().replace("</body>", TELL + "</body>")
    build_site.write_site(files | {"en/01_first.html": page.encode()}, out)
    phone = tmp_path / "phone.html"
    phone.write_text(PHONE, encoding="utf-8")
    [report] = re.findall(r'<pre id="report">(.*?)</pre>', browse(phone, tmp_path))
    assert json.loads(report) == [[False, 300], [False, 390], [True, 560]]


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_colour_of_text_can_be_read_on_its_ground_by_day_and_by_night():
    css = (TEMPLATES / "site.css").read_text(encoding="utf-8")
    day, night = (dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in css.split(":root {")[1:3])
    assert set(day) == set(night)
    for colours in (day, night):
        light = {name: luminance(value) for name, value in colours.items()}
        grounds = {name: ("page", "soft") for name in light if name not in ("page", "soft", "line", "mark")}
        for name, under in (grounds | {"text": ("page", "soft", "mark")}).items():
            for ground in under:
                low, high = sorted((light[name], light[ground]))
                assert (high + 0.05) / (low + 0.05) >= 4.5, f"{name} {colours[name]} on {ground}"
