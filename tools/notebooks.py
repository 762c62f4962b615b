"""Builds the lessons: `make notebooks`. One bilingual source gives an English and a Korean notebook.

`notebooks/source/NN_name.py` is written in Jupytext's percent format. Code cells are shared; every English Markdown
cell is followed by its Korean twin. The code is executed once, and both editions get its outputs. A lesson is executed
again when its code, the expressions in its prose or the recorded results it reads changed; otherwise only text is
rebuilt, which takes no time.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import sys

import digest
import nbformat
from lessons.editions import edition, project
from lessons.kernel import execute
from lessons.source import LANGUAGES, LessonError, read

ROOT = pathlib.Path(__file__).resolve().parent.parent


def library():
    """Returns a checksum of the code that lessons call, and of the weights."""
    top = ROOT / "ftlib"
    names = sorted(p.relative_to(top).with_suffix("").as_posix() for p in top.rglob("*.py"))
    called = [name for name in names if name.split("/")[0] not in ("app", "report", "exports", "course")]
    weights = sorted((top / "weights").glob("*.h5"))
    return digest.code(top, called, b"".join(file.read_bytes() for file in weights))[:16]


def recorded(cells):
    """Returns a checksum of the recorded results that a lesson reads: they are inputs like its code."""
    code = "\n".join(c.code for c in cells if c.code is not None)
    names = sorted(set(re.findall(r"""recorded\(["']([\w-]+)["']\)""", code)))
    paths = [ROOT / "results" / f"{n}.json" for n in names]
    for folder, pattern in re.findall(r"""records_folder\(["']([\w/]+)["']\)\.glob\(["']([\w*.-]+)["']\)""", code):
        paths += sorted((ROOT / folder).glob(pattern))
    return digest.text("".join(path.read_text(encoding="utf-8") for path in paths))


def restore(cells, path):
    """Takes outputs and values from the notebook that is there; returns why it has to be executed, or None."""
    if not path.exists():
        return "new"
    book = nbformat.read(path, as_version=4)
    kept = [c for c in book.cells if c.cell_type == "code" and "bootstrap" not in c.metadata.get("tags", [])]
    code = [c for c in cells if c.code is not None]
    stored = [c.metadata.get("ftlib", {}) for c in kept]
    if [s.get("sha256") for s in stored] != [c.sha256 for c in code]:
        return "its code changed"
    for cell, old, about in zip(code, kept, stored, strict=True):
        answered = about.get("values", {})
        if not set(cell.wanted) <= set(answered):
            return "its prose asks for other numbers"
        cell.outputs, cell.values = old.outputs, {e: answered[e] for e in cell.wanted}
    if book.metadata["ftlib"].get("results") != recorded(cells):
        return "the recorded results changed"
    return None


def build(path, folder, when="changed", check=False):
    """Builds both editions of one lesson.

    Args:
        path: Source file.
        folder: Where the folders `en` and `ko` are.
        when: Executes if the lesson `"changed"` (or is new), also after a change of the `"library"`, or `"always"`.
        check: Whether to write nothing, and raise where something would change.

    Returns:
        What was done, in a line.
    """
    name, cells = path.stem, read(path)
    targets = {language: folder / language / f"{name}.ipynb" for language in LANGUAGES}
    why = restore(cells, targets["en"])
    stamp = {"library": library(), "results": recorded(cells)}
    if why is None:
        old = nbformat.read(targets["en"], as_version=4).metadata["ftlib"]
        if when == "library" and old.get("library") != stamp["library"]:
            why = "the library changed"
        elif when == "always":
            why = "asked for"
        else:
            stamp["library"] = old.get("library")
    if why and check:
        raise LessonError(f"{name} is stale ({why}): make notebooks")
    if why:
        targets["en"].parent.mkdir(parents=True, exist_ok=True)
        execute(cells, name, targets["en"].parent)
    urls = project().get("urls", {})
    texts = {language: edition(cells, name, language, stamp, urls) for language in LANGUAGES}
    done = f"{name}: executed ({why})" if why else f"{name}: up to date"
    for language, text in texts.items():
        target = targets[language]
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        if check:
            raise LessonError(f"notebooks/{language}/{name}.ipynb is not what its source gives: make notebooks")
        done = done.replace("up to date", "text rebuilt")
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        os.replace(part, target)
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", help="numbers, such as 05; all by default")
    parser.add_argument("--library", action="store_true", help="execute also where ftlib changed since")
    parser.add_argument("--always", action="store_true", help="execute all that are named")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something is not in step")
    parser.add_argument("--jobs", type=int, default=2, help="lessons executed at once (2)")
    args = parser.parse_args()
    folder = ROOT / "notebooks"
    paths = sorted((folder / "source").glob("[0-9][0-9]_*.py"))
    unknown = [n for n in args.lessons if not any(p.name.startswith(f"{n}_") for p in paths)]
    if unknown:
        sys.exit(f"No lesson {', '.join(unknown)}. There are: {', '.join(p.stem for p in paths)}.")
    paths = [p for p in paths if not args.lessons or p.name[:2] in args.lessons]
    when = "always" if args.always else "library" if args.library else "changed"
    failed = False
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        tasks = [pool.submit(build, path, folder, when, args.check) for path in paths]
        for task in concurrent.futures.as_completed(tasks):
            try:
                print(task.result(), flush=True)
            except LessonError as error:
                failed = True
                print(f"error: {error}", file=sys.stderr, flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
