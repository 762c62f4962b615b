"""Builds the lessons: `make notebooks`. One bilingual source gives an English and a Korean notebook.

`notebooks/source/NN_name.py` is written in Jupytext's percent format. Every English Markdown cell is followed by its
Korean twin. Code cells are written once, in English; `notebooks/source/ko/NN.toml` has the Korean of what their strings
and comments say, and with it the Korean edition gets code and outputs of its own (`tools/lessons/korean.py` has the
rules). Without such a table both editions have the same. An edition is executed again when its code, the expressions in
its prose or the recorded results it reads changed; otherwise only text is rebuilt, which takes no time.
"""

import argparse
import concurrent.futures
import difflib
import json
import os
import pathlib
import re
import sys

import digest
import nbformat
from lessons.editions import make_notebook, project
from lessons.kernel import execute
from lessons.korean import compare_numbers, find_table, find_untranslated, read_table, translate_cells, translate_code
from lessons.source import LANGUAGES, SOURCE_FILES, LessonError, number_of, read_lesson_source

ROOT = pathlib.Path(__file__).resolve().parent.parent
_MARKS = ("code", "checked")  # of a record: what `make results` writes where all came out again


def library_checksum():
    """Returns a checksum of the code that lessons call, and of the weights."""
    library_folder = ROOT / "ftlib"
    module_names = sorted(
        p.relative_to(library_folder).with_suffix("").as_posix() for p in library_folder.rglob("*.py")
    )
    called_modules = [name for name in module_names if name.split("/")[0] not in ("app", "report", "exports", "course")]
    weight_files = sorted((library_folder / "weights").glob("*.h5"))
    return digest.code(library_folder, called_modules, b"".join(file.read_bytes() for file in weight_files))[:16]


def results_checksum(cells):
    """Returns a checksum of the recorded results that a lesson reads: they are inputs like its code."""
    lesson_code = "\n".join(c.code for c in cells if c.code is not None)
    record_names = sorted(set(re.findall(r"""recorded\(["']([\w-]+)["']\)""", lesson_code)))
    record_paths = [ROOT / "results" / f"{n}.json" for n in record_names]
    for folder, pattern in re.findall(
        r"""records_folder\(["']([\w/]+)["']\)\.glob\(["']([\w*.-]+)["']\)""", lesson_code
    ):
        record_paths += sorted((ROOT / folder).glob(pattern))
    return digest.text("".join(_read_record(path) for path in record_paths))


def _read_record(path):
    """Returns what a lesson can read in a record: not which code was last found to give the same."""
    record = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(record, dict) and isinstance(record.get("settings"), dict):
        record["settings"] = {key: value for key, value in record["settings"].items() if key not in _MARKS}
    return json.dumps(record)


def restore_outputs(cells, path):
    """Takes outputs and values from the notebook that is there; returns why it has to be executed, or None."""
    if not path.exists():
        return "new"
    book = nbformat.read(path, as_version=4)
    stored_code_cells = [
        c for c in book.cells if c.cell_type == "code" and "bootstrap" not in c.metadata.get("tags", [])
    ]
    code_cells = [c for c in cells if c.code is not None]
    stored_metadata = [c.metadata.get("ftlib", {}) for c in stored_code_cells]
    if [s.get("sha256") for s in stored_metadata] != [c.sha256 for c in code_cells]:
        return "its code changed"
    for cell, stored_cell, metadata in zip(code_cells, stored_code_cells, stored_metadata, strict=True):
        stored_values = metadata.get("values", {})
        if not set(cell.wanted) <= set(stored_values):
            return "its prose asks for other numbers"
        cell.outputs, cell.values = stored_cell.outputs, {e: stored_values[e] for e in cell.wanted}
    if book.metadata["ftlib"].get("results") != results_checksum(cells):
        return "the recorded results changed"
    return None


def restore_edition(cells, path, when):
    """Takes from a notebook what still holds.

    Args:
        cells: Those of the edition; they get their outputs and values.
        path: Its notebook.
        when: As in `build_lesson`.

    Returns:
        `(stamp, reason)`: the checksums to write into the notebook, and why it has to be executed, or None.
    """
    reason = restore_outputs(cells, path)
    stamp = {"library": library_checksum(), "results": results_checksum(cells)}
    if reason is None:
        old_metadata = nbformat.read(path, as_version=4).metadata["ftlib"]
        if when == "library" and old_metadata.get("library") != stamp["library"]:
            reason = "the library changed"
        elif when == "always":
            reason = "asked for"
        else:
            stamp["library"] = old_metadata.get("library")
    return stamp, reason


def build_lesson(path, folder, when="changed", check=False):
    """Builds both editions of one lesson.

    Args:
        path: Source file.
        folder: Where the folders `en` and `ko` are.
        when: Executes if the lesson `"changed"` (or is new), also after a change of the `"library"`, or `"always"`.
        check: Whether to write nothing, and raise where something would change.

    Returns:
        What was done, in a line.
    """
    lesson_name, cells = path.stem, read_lesson_source(path)
    targets = {language: folder / language / f"{lesson_name}.ipynb" for language in LANGUAGES}
    has_table = find_table(path).exists()
    korean_cells = translate_cells(cells, read_table(path), lesson_name) if has_table else cells
    editions = {"en": cells, "ko": korean_cells}

    stamps, reasons = {}, {}
    for language in LANGUAGES if has_table else ("en",):
        stamps[language], reasons[language] = restore_edition(editions[language], targets[language], when)
        if reasons[language] and check:
            raise LessonError(f"{lesson_name} is stale in {language} ({reasons[language]}): make notebooks")
        if reasons[language]:
            targets[language].parent.mkdir(parents=True, exist_ok=True)
            execute(editions[language], lesson_name, targets[language].parent, language)
    if has_table:
        compare_numbers(cells, korean_cells, lesson_name)

    urls = project().get("urls", {})
    notebook_texts = {
        language: make_notebook(editions[language], lesson_name, language, stamps.get(language, stamps["en"]), urls)
        for language in LANGUAGES
    }
    executions = [f"executed ({reason})" for reason in dict.fromkeys(filter(None, reasons.values()))]
    summary_line = f"{lesson_name}: {', '.join(executions) or 'up to date'}"
    for language, text in notebook_texts.items():
        notebook_path = targets[language]
        if notebook_path.exists() and notebook_path.read_text(encoding="utf-8") == text:
            continue
        if check:
            raise LessonError(f"notebooks/{language}/{lesson_name}.ipynb is not what its source gives: make notebooks")
        summary_line = summary_line.replace("up to date", "text rebuilt")
        notebook_path.parent.mkdir(parents=True, exist_ok=True)
        partial_file = notebook_path.with_suffix(".part")
        partial_file.write_text(text, encoding="utf-8")
        os.replace(partial_file, notebook_path)
    return summary_line


def list_untranslated(source_paths):
    """Prints, as lines for their tables, what some lessons say that has no Korean, and what their tables have in vain.

    Where the English was only reworded, the line has the Korean of the earlier text.
    """
    for path in source_paths:
        table, cells = read_table(path), read_lesson_source(path)
        for cell in cells:
            if cell.code is not None:
                translate_code(cell.code, table, path.stem)
        new_texts = find_untranslated(cells, table)
        old_texts = [text for text in table.korean if text not in table.used]
        print(f"# {path.stem}")
        for text in new_texts:
            similar_texts = difflib.get_close_matches(text, old_texts, n=1)
            korean = table.korean[similar_texts[0]] if similar_texts else ""
            print(f"{json.dumps(text, ensure_ascii=False)} = {json.dumps(korean, ensure_ascii=False)}")
        for text in old_texts:
            print(f"# occurs no more: {json.dumps(text, ensure_ascii=False)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", help="numbers, such as 05; all by default")
    parser.add_argument("--library", action="store_true", help="execute also where ftlib changed since")
    parser.add_argument("--always", action="store_true", help="execute all that are named")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something is not in step")
    parser.add_argument("--untranslated", action="store_true", help="build nothing; list what has no Korean yet")
    parser.add_argument("--jobs", type=int, default=2, help="lessons executed at once (2)")
    args = parser.parse_args()
    notebooks_folder = ROOT / "notebooks"
    source_paths = sorted((notebooks_folder / "source").glob(SOURCE_FILES))
    unknown_lessons = [n for n in args.lessons if not any(number_of(p) == n for p in source_paths)]
    if unknown_lessons:
        sys.exit(f"No lesson {', '.join(unknown_lessons)}. There are: {', '.join(p.stem for p in source_paths)}.")
    source_paths = [p for p in source_paths if not args.lessons or number_of(p) in args.lessons]
    if args.untranslated:
        list_untranslated(source_paths)
        return
    when = "always" if args.always else "library" if args.library else "changed"
    any_failed = False
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        tasks = [pool.submit(build_lesson, path, notebooks_folder, when, args.check) for path in source_paths]
        for task in concurrent.futures.as_completed(tasks):
            try:
                print(task.result(), flush=True)
            except LessonError as error:
                any_failed = True
                print(f"error: {error}", file=sys.stderr, flush=True)
    sys.exit(any_failed)


if __name__ == "__main__":
    main()
