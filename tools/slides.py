"""Builds the slides: `make slides`. One bilingual source per deck gives HTML and PDF in English and in Korean.

`slides/source/N_name.md` holds both languages, slide by slide; tools/decks/source.py says how. Numbers are filled from
results/ and from the stored lessons, figures are drawn from them, and the build fails on a number that it cannot fill.
"""

import argparse
import pathlib
import shutil
import sys

import digest
from decks import press
from decks.records import Names, check_claims, fill
from decks.source import FIGURE, LANGUAGES, DeckError, read_deck

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE, BUILD = ROOT / "slides" / "source", ROOT / "slides" / "build"
# Two at a time, and patience, for a small machine that has other things to do.
_PDF = ("--pdf", "--pdf-outlines", "--allow-local-files", "--parallel=2", "--browser-timeout=300")
_FRONT = """---
marp: true
theme: ftlib
lang: {language}
paginate: true
title: "{number} {title} · ftlib"
footer: "ftlib · {number} {title}"
---"""


def fill_edition(path, slides, language, names):
    """Returns a deck in one language as Marp Markdown, with all its numbers.

    Raises:
        DeckError: For a number that cannot be filled, and for a claim that does not hold.
    """
    number, deck_title = path.stem.split("_")[0], slides[0].title[language]
    slide_texts = []
    for slide in slides:
        where = f"{slide.where} ({language})"
        check_claims(slide, names)
        body = FIGURE.sub(r"![\1](../figures/\2.svg)", slide.body[language])
        speaker_notes = "\n\n".join(f"{key}: {slide_text}" for key, slide_text in slide.notes[language].items())
        slide_text = (
            f"<!-- _class: {slide.kind} -->\n\n# {slide.title[language]}\n\n{body}\n\n<!--\n{speaker_notes}\n-->"
        )
        slide_texts.append(fill(slide_text, names, where))
    front_matter = _FRONT.format(language=language, title=deck_title, number=number)
    return front_matter + "\n\n" + "\n\n---\n\n".join(slide_texts) + "\n"


def figures_checksum():
    """Returns a checksum of everything that figures are drawn from."""
    from notebooks import library_checksum

    source_patterns = ("tools/decks/**/*.py", "results/*.json", "notebooks/source/*.py", "notebooks/en/*.ipynb")
    source_files = [path for pattern in source_patterns for path in ROOT.glob(pattern)]
    return digest.text(library_checksum() + "".join(path.read_text(encoding="utf-8") for path in sorted(source_files)))


def draw_figures(places_by_figure, folder, names):
    """Draws figures as SVG files; those that are there and still valid stay.

    Raises:
        DeckError: For a figure that nobody knows or that cannot be drawn.
    """
    from decks.draw import SCALE
    from decks.figures import FIGURES

    from ftlib.plots import svg

    current_checksum, checksum_file = figures_checksum(), folder / "stamp.txt"
    if not checksum_file.exists() or checksum_file.read_text() != current_checksum:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    checksum_file.write_text(current_checksum)
    for name, where in places_by_figure.items():
        if (folder / f"{name}.svg").exists():
            continue
        if name not in FIGURES:
            raise DeckError(f"{where}: there is no figure {name!r}. Known: {', '.join(sorted(FIGURES))}.")
        try:
            (folder / f"{name}.svg").write_text(svg(FIGURES[name](names), SCALE), encoding="utf-8")
        except Exception as error:
            raise DeckError(f"{where}: figure {name!r} cannot be drawn: {type(error).__name__}: {error}") from error


def build_decks(paths, folder, pdf=True):
    """Builds decks in both languages, the PDFs last.

    Raises:
        DeckError: With what has to be mended; without a Chromium, only after the HTML is built.
    """
    decks, names = {path: read_deck(path) for path in paths}, Names()
    places_by_figure = {name: s.where for slides in decks.values() for s in slides for _, name in s.figures()}
    markdown_paths = []
    for language in LANGUAGES:
        (folder / language).mkdir(parents=True, exist_ok=True)
        for path, slides in decks.items():
            markdown_paths.append(folder / language / f"{path.stem}.md")
            markdown_paths[-1].write_text(fill_edition(path, slides, language, names), encoding="utf-8")
    press.install()
    draw_figures(places_by_figure, folder / "figures", names)
    press.marp(markdown_paths)
    for path in markdown_paths:
        press.embed(path.with_suffix(".html"))
    print(f"HTML: {len(markdown_paths)} decks in {folder.relative_to(ROOT)}/en and ko", flush=True)
    if pdf:
        press.marp(markdown_paths, *_PDF, chromium=press.browser())
        print("PDF:  beside them", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("decks", nargs="*", help="numbers, such as 2; all by default")
    parser.add_argument("--no-pdf", action="store_true", help="HTML only, which needs no Chromium")
    args = parser.parse_args()
    deck_paths = sorted(SOURCE.glob("[0-9]_*.md"))
    unknown_decks = [n for n in args.decks if not any(p.name.startswith(f"{n}_") for p in deck_paths)]
    if unknown_decks:
        sys.exit(f"No deck {', '.join(unknown_decks)}. There are: {', '.join(p.stem for p in deck_paths)}.")
    try:
        build_decks([p for p in deck_paths if not args.decks or p.name[0] in args.decks], BUILD, pdf=not args.no_pdf)
    except DeckError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
