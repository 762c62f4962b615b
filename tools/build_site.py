"""Builds the lessons as web pages: `make site`. Both editions, readable without a network.

The pages come from the executed notebooks in `notebooks/en` and `notebooks/ko`, so that a new lesson appears by itself,
and from the texts beside them (`NAME.md`, and `NAME.ko.md` where Korean has a file of its own); the API reference comes
from the docstrings of `ftlib`. Cells have the same ids
in both editions: they are the anchors, and the language switch leads from one to its twin. What the site says by itself
is in `site_templates/words.toml`.
"""

import argparse
import json
import pathlib
import re
import sys
from types import SimpleNamespace

import jinja2
import matplotlib
from pages.api import opening, read_rooms, search_rows
from pages.check import check
from pages.lesson import LANGUAGES, TEMPLATES, WORDS, read_lesson, read_text
from pages.render import SiteError

ROOT = pathlib.Path(__file__).resolve().parent.parent
ASSETS = ("site.css", "site.js", "icon.svg")
FONT = ("STIXGeneral.ttf", "LICENSE_STIX")  # for formulas; Matplotlib brings it
MARKER = ".made-by-build-site"  # only a folder with this file is ever cleaned


def build(folder):
    """Builds the site in memory.

    Args:
        folder: Where the folders `en` and `ko` with the notebooks are.

    Returns:
        Dictionary from paths in the site to bytes.

    Raises:
        SiteError: For what would not be right on the site, with the place.
    """
    editions = {language: (_lessons(folder, language), _texts(folder, language)) for language in LANGUAGES}
    _compare(*(lessons for lessons, _ in editions.values()))
    _compare(*(texts for _, texts in editions.values()))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    files = {f"assets/{name}": (TEMPLATES / name).read_bytes() for name in ASSETS}
    fonts = pathlib.Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    files |= {f"assets/{name}": (fonts / name).read_bytes() for name in FONT}
    files["index.html"] = environment.get_template("root.html").render(editions=WORDS).encode()
    for language, (lessons, texts) in editions.items():
        files |= _pages(environment, language, lessons, texts)
        files[f"assets/search-{language}.js"] = _search(language, lessons + texts)
    files |= _reference(environment)
    files[MARKER] = b"`make site` removes from this folder what it did not make.\n"
    check(files)
    return files


def _lessons(folder, language):
    paths = sorted((folder / language).glob("[0-9][0-9]_*.ipynb"))
    if not paths:
        raise SiteError(f"There is no lesson in {folder.name}/{language}. Run `make notebooks` first.")
    return [read_lesson(path, language) for path in paths]


def _texts(folder, language):
    names = sorted(path.stem for path in folder.glob("*.md") if "." not in path.stem and path.stem != "README")
    own = {name: folder / f"{name}.{language}.md" for name in names}
    return [read_text(own[name] if own[name].exists() else folder / f"{name}.md", language) for name in names]


def _compare(first, second):
    """Refuses editions that are out of step: the language switch would lead nowhere."""
    odd = sorted({page.name for page in first} ^ {page.name for page in second})
    if odd:
        raise SiteError(f"Every lesson has two editions. These have one: {', '.join(odd)}.")
    for one, two in zip(first, second, strict=True):
        if one.places() != two.places():
            raise SiteError(f"The two editions of {one.name} differ in their cells or headings.")


def _pages(environment, language, lessons, texts):
    """Returns the map and all pages of one edition, with what they show."""
    words = SimpleNamespace(**WORDS[language])  # a template would take `words.copy` for the method of a dictionary
    other = next(name for name in LANGUAGES if name != language)
    shared = {"words": words, "language": language, "other": other, "other_name": WORDS[other]["name"]}
    parts = {}
    for lesson in lessons:
        parts.setdefault(lesson.part["id"], lesson.part | {"lessons": []})["lessons"].append(lesson)
    index = environment.get_template("index.html").render(
        shared, page="index.html", title=words.course, description=words.lead, parts=parts.values(), texts=texts
    )
    files = {f"{language}/index.html": index.encode()}
    template = environment.get_template("page.html")
    around = [None, *lessons, None]
    neighbours = {lesson.name: (around[at], around[at + 2]) for at, lesson in enumerate(lessons)}
    for page in lessons + texts:
        previous, following = neighbours.get(page.name, (None, None))
        made = template.render(
            shared,
            page=f"{page.name}.html",
            title=f"{page.title} · {words.course}",
            description=page.opening,
            content=page,
            previous=previous,
            next=following,
            label=words.lesson.format(number=int(page.number)) if page.number else None,
        )
        files[f"{language}/{page.name}.html"] = made.encode()
        if page.notebook:
            files[f"{language}/{page.name}.ipynb"] = page.notebook
        files |= page.figures
    return files


def _reference(environment):
    """Returns the API reference: its map, and a page for each room of the library."""
    words, korean = (SimpleNamespace(**WORDS[language]) for language in ("en", "ko"))
    rooms = read_rooms()
    shared = {
        "words": words,
        "korean": korean,
        "language": "en",
        "other": "ko",
        "other_name": korean.name,
        "rooms": rooms,
    }
    index = environment.get_template("api_index.html").render(
        shared,
        title=f"{words.reference} · {words.course}",
        description=words.reference_lead,
        opening=opening(),
    )
    files = {"api/index.html": index.encode()}
    template = environment.get_template("api_room.html")
    neighbours = [None, *rooms, None]
    for position, room in enumerate(rooms):
        page = template.render(
            shared,
            title=f"{room.title} · {words.reference}",
            description=room.about.striptags(),
            room=room,
            previous=neighbours[position],
            next=neighbours[position + 2],
        )
        files[f"api/{room.name}.html"] = page.encode()
    return files


def _search(language, pages):
    """Returns the index as a script, since browsers refuse to fetch from files: a row for each section."""
    rows = []
    for page in pages:
        for heading in page.headings:
            text = re.sub(r"\s+", " ", " ".join(heading.words)).strip()
            rows.append([f"{language}/{page.name}.html#{heading.anchor}", page.title, heading.text, text])
    rows += search_rows()
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"(window.courseIndex ??= {{}}).{language} = [\n{lines}\n];\n".encode()


def write(files, folder):
    """Writes the site, and removes what an earlier one left behind.

    Raises:
        SiteError: If the folder holds something else.
    """
    there = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
    if there and not (folder / MARKER).exists():
        raise SiteError(f"{folder} holds files that this builder did not make. Name an empty folder.")
    for path in there:
        if path.relative_to(folder).as_posix() not in files:
            path.unlink()
    for name, data in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notebooks", type=pathlib.Path, default=ROOT / "notebooks", help="with the folders en and ko")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "site", help="where the pages go (site)")
    args = parser.parse_args()
    try:
        files = build(args.notebooks)
        write(files, args.out)
    except SiteError as error:
        sys.exit(f"error: {error}")
    pages = sum(name.endswith(".html") for name in files)
    print(f"{pages} pages, {sum(map(len, files.values())) / 1e6:.1f} MB. Open {args.out / 'index.html'} in a browser.")


if __name__ == "__main__":
    main()
