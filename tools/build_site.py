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
from pages.api import describe_library, make_search_rows, read_rooms
from pages.check import check
from pages.lesson import LANGUAGES, TEMPLATES, WORDS, read_lesson, read_text
from pages.render import SiteError

ROOT = pathlib.Path(__file__).resolve().parent.parent
ASSETS = ("site.css", "site.js", "icon.svg")
FONT = ("STIXGeneral.ttf", "LICENSE_STIX")  # for formulas; Matplotlib brings it
MARKER = ".made-by-build-site"  # only a folder with this file is ever cleaned


def build_site(folder):
    """Builds the site in memory.

    Args:
        folder: Where the folders `en` and `ko` with the notebooks are.

    Returns:
        Dictionary from paths in the site to bytes.

    Raises:
        SiteError: For what would not be right on the site, with the place.
    """
    editions = {language: (_read_lessons(folder, language), _read_texts(folder, language)) for language in LANGUAGES}
    _require_same_places(*(lessons for lessons, _ in editions.values()))
    _require_same_places(*(texts for _, texts in editions.values()))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    files = {f"assets/{name}": (TEMPLATES / name).read_bytes() for name in ASSETS}
    font_folder = pathlib.Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    files |= {f"assets/{name}": (font_folder / name).read_bytes() for name in FONT}
    files["index.html"] = environment.get_template("root.html").render(editions=WORDS).encode()
    for language, (lessons, texts) in editions.items():
        files |= _render_edition(environment, language, lessons, texts)
        files[f"assets/search-{language}.js"] = _make_search_index(language, lessons + texts)
    files |= _render_reference(environment)
    files[MARKER] = b"`make site` removes from this folder what it did not make.\n"
    check(files)
    return files


def _read_lessons(folder, language):
    paths = sorted((folder / language).glob("[0-9][0-9]*_*.ipynb"))
    if not paths:
        raise SiteError(f"There is no lesson in {folder.name}/{language}. Run `make notebooks` first.")
    return [read_lesson(path, language) for path in paths]


def _read_texts(folder, language):
    text_names = sorted(path.stem for path in folder.glob("*.md") if "." not in path.stem and path.stem != "README")
    translated_files = {name: folder / f"{name}.{language}.md" for name in text_names}
    return [
        read_text(translated_files[name] if translated_files[name].exists() else folder / f"{name}.md", language)
        for name in text_names
    ]


def _require_same_places(first, second):
    """Refuses editions that are out of step: the language switch would lead nowhere."""
    unpaired_pages = sorted({page.name for page in first} ^ {page.name for page in second})
    if unpaired_pages:
        raise SiteError(f"Every lesson has two editions. These have one: {', '.join(unpaired_pages)}.")
    for first_page, second_page in zip(first, second, strict=True):
        if first_page.places() != second_page.places():
            raise SiteError(f"The two editions of {first_page.name} differ in their cells or headings.")


def _render_edition(environment, language, lessons, texts):
    """Returns the map and all pages of one edition, with what they show."""
    site_words = SimpleNamespace(**WORDS[language])  # a template would take `words.copy` for the method of a dictionary
    other_language = next(name for name in LANGUAGES if name != language)
    shared = {
        "words": site_words,
        "language": language,
        "other": other_language,
        "other_name": WORDS[other_language]["name"],
    }
    parts_by_id = {}
    for lesson in lessons:
        parts_by_id.setdefault(lesson.part["id"], lesson.part | {"lessons": []})["lessons"].append(lesson)
    index_html = environment.get_template("index.html").render(
        shared,
        page="index.html",
        title=site_words.course,
        description=site_words.lead,
        parts=parts_by_id.values(),
        texts=texts,
    )
    files = {f"{language}/index.html": index_html.encode()}
    template = environment.get_template("page.html")
    lessons_with_ends = [None, *lessons, None]
    neighbours = {lesson.name: (lessons_with_ends[at], lessons_with_ends[at + 2]) for at, lesson in enumerate(lessons)}
    for page in lessons + texts:
        previous_lesson, next_lesson = neighbours.get(page.name, (None, None))
        page_html = template.render(
            shared,
            page=f"{page.name}.html",
            title=f"{page.title} · {site_words.course}",
            description=page.opening,
            content=page,
            previous=previous_lesson,
            next=next_lesson,
            label=site_words.lesson.format(number=page.number, short_number=page.short_number) if page.number else None,
        )
        files[f"{language}/{page.name}.html"] = page_html.encode()
        if page.notebook:
            files[f"{language}/{page.name}.ipynb"] = page.notebook
        files |= page.figures
    return files


def _render_reference(environment):
    """Returns the API reference: its map, and a page for each room of the library."""
    site_words, korean_words = (SimpleNamespace(**WORDS[language]) for language in ("en", "ko"))
    rooms = read_rooms()
    shared = {
        "words": site_words,
        "korean": korean_words,
        "language": "en",
        "other": "ko",
        "other_name": korean_words.name,
        "rooms": rooms,
    }
    index_html = environment.get_template("api_index.html").render(
        shared,
        title=f"{site_words.reference} · {site_words.course}",
        description=site_words.reference_lead,
        opening=describe_library(),
    )
    files = {"api/index.html": index_html.encode()}
    template = environment.get_template("api_room.html")
    neighbours = [None, *rooms, None]
    for position, room in enumerate(rooms):
        room_html = template.render(
            shared,
            title=f"{room.title} · {site_words.reference}",
            description=room.about.striptags(),
            room=room,
            previous=neighbours[position],
            next=neighbours[position + 2],
        )
        files[f"api/{room.name}.html"] = room_html.encode()
    return files


def _make_search_index(language, pages):
    """Returns the index as a script, since browsers refuse to fetch from files: a row for each section."""
    rows = []
    for page in pages:
        for heading in page.headings:
            section_text = re.sub(r"\s+", " ", " ".join(heading.words)).strip()
            rows.append([f"{language}/{page.name}.html#{heading.anchor}", page.title, heading.text, section_text])
    rows += make_search_rows()
    json_lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"(window.courseIndex ??= {{}}).{language} = [\n{json_lines}\n];\n".encode()


def write_site(files, folder):
    """Writes the site, and removes what an earlier one left behind.

    Raises:
        SiteError: If the folder holds something else.
    """
    existing_files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
    if existing_files and not (folder / MARKER).exists():
        raise SiteError(f"{folder} holds files that this builder did not make. Name an empty folder.")
    for path in existing_files:
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
        files = build_site(args.notebooks)
        write_site(files, args.out)
    except SiteError as error:
        sys.exit(f"error: {error}")
    page_count = sum(name.endswith(".html") for name in files)
    megabytes = sum(map(len, files.values())) / 1e6
    print(f"{page_count} pages, {megabytes:.1f} MB. Open {args.out / 'index.html'} in a browser.")


if __name__ == "__main__":
    main()
