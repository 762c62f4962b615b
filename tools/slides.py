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
from decks.source import FIGURE, LANGUAGES, DeckError, read

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


def edition(path, slides, language, names):
    """Returns a deck in one language as Marp Markdown, with all its numbers.

    Raises:
        DeckError: For a number that cannot be filled, and for a claim that does not hold.
    """
    number, title = path.stem.split("_")[0], slides[0].title[language]
    parts = []
    for slide in slides:
        where = f"{slide.where} ({language})"
        check_claims(slide, names)
        body = FIGURE.sub(r"![\1](../figures/\2.svg)", slide.body[language])
        notes = "\n\n".join(f"{key}: {text}" for key, text in slide.notes[language].items())
        text = f"<!-- _class: {slide.kind} -->\n\n# {slide.title[language]}\n\n{body}\n\n<!--\n{notes}\n-->"
        parts.append(fill(text, names, where))
    front = _FRONT.format(language=language, title=title, number=number)
    return front + "\n\n" + "\n\n---\n\n".join(parts) + "\n"


def stamp():
    """Returns a checksum of everything that figures are drawn from."""
    from notebooks import library

    made_of = ("tools/decks/**/*.py", "results/*.json", "notebooks/source/*.py", "notebooks/en/*.ipynb")
    files = [path for pattern in made_of for path in ROOT.glob(pattern)]
    return digest.text(library() + "".join(path.read_text(encoding="utf-8") for path in sorted(files)))


def draw(wanted, folder, names):
    """Draws figures as SVG files; those that are there and still valid stay.

    Raises:
        DeckError: For a figure that nobody knows or that cannot be drawn.
    """
    import matplotlib
    from decks.figures import FIGURES

    now, kept = stamp(), folder / "stamp.txt"
    if not kept.exists() or kept.read_text() != now:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    kept.write_text(now)
    for name, where in wanted.items():
        if (folder / f"{name}.svg").exists():
            continue
        if name not in FIGURES:
            raise DeckError(f"{where}: there is no figure {name!r}. Known: {', '.join(sorted(FIGURES))}.")
        try:
            with matplotlib.rc_context({"svg.hashsalt": "ftlib"}):
                FIGURES[name](names).savefig(folder / f"{name}.svg", facecolor="white", metadata={"Date": None})
        except Exception as error:
            raise DeckError(f"{where}: figure {name!r} cannot be drawn: {type(error).__name__}: {error}") from error


def build(paths, folder, pdf=True):
    """Builds decks in both languages, the PDFs last.

    Raises:
        DeckError: With what has to be mended; without a Chromium, only after the HTML is built.
    """
    decks, names = {path: read(path) for path in paths}, Names()
    wanted = {name: s.where for slides in decks.values() for s in slides for _, name in s.figures()}
    made = []
    for language in LANGUAGES:
        (folder / language).mkdir(parents=True, exist_ok=True)
        for path, slides in decks.items():
            made.append(folder / language / f"{path.stem}.md")
            made[-1].write_text(edition(path, slides, language, names), encoding="utf-8")
    press.install()
    draw(wanted, folder / "figures", names)
    press.marp(made)
    for path in made:
        press.embed(path.with_suffix(".html"))
    print(f"HTML: {len(made)} decks in {folder.relative_to(ROOT)}/en and ko", flush=True)
    if pdf:
        press.marp(made, *_PDF, chromium=press.browser())
        print("PDF:  beside them", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("decks", nargs="*", help="numbers, such as 2; all by default")
    parser.add_argument("--no-pdf", action="store_true", help="HTML only, which needs no Chromium")
    args = parser.parse_args()
    paths = sorted(SOURCE.glob("[0-9]_*.md"))
    unknown = [n for n in args.decks if not any(p.name.startswith(f"{n}_") for p in paths)]
    if unknown:
        sys.exit(f"No deck {', '.join(unknown)}. There are: {', '.join(p.stem for p in paths)}.")
    try:
        build([p for p in paths if not args.decks or p.name[0] in args.decks], BUILD, pdf=not args.no_pdf)
    except DeckError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
