"""What lessons compute and no record holds: their own code cells, run again until they have it."""

import contextlib
import io
import pathlib
import pickle

import digest
from lessons.source import read_lesson_source

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "notebooks" / "source"
KEPT = pathlib.Path(__file__).resolve().parents[2] / "slides" / "build" / "live"
# The names that figures take from a lesson. The value is the first that a name has there.
WANTED = {
    "01": ("curves",), "01b": ("forwards", "learnt", "series"), "02": ("path", "scores"), "05": ("scores",),
    "17": ("shown",),
}  # fmt: skip


def names(number):
    """Returns what a lesson computes, from the last build where neither its code nor ftlib has changed since.

    Args:
        number: Such as `"01"`.

    Returns:
        A dict from the wanted names to what they first held.

    Raises:
        ValueError: If the lesson does not define them all.
    """
    from notebooks import library_checksum

    (lesson_path,) = SOURCE.glob(f"{number}_*.py")
    lesson_code = [cell.code for cell in read_lesson_source(lesson_path) if cell.code is not None]
    code_checksum = digest.text(library_checksum() + "\n\n".join(lesson_code) + repr(WANTED[number]))
    stored_file = KEPT / f"{number}-{code_checksum}.pickle"
    if not stored_file.exists():
        lesson_values = _run(lesson_code, WANTED[number], lesson_path.name)
        KEPT.mkdir(parents=True, exist_ok=True)
        for outdated_file in KEPT.glob(f"{number}-*.pickle"):
            outdated_file.unlink()
        stored_file.write_bytes(pickle.dumps(lesson_values))
    return pickle.loads(stored_file.read_bytes())  # written by this very function


def _run(code, wanted_names, file_name):
    namespace, lesson_values = {"__name__": "lesson"}, {}
    for cell in code:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(cell, file_name, "exec"), namespace)  # a lesson of ours, asserts included
        lesson_values.update(
            {key: namespace[key] for key in wanted_names if key in namespace and key not in lesson_values}
        )
        if len(lesson_values) == len(wanted_names):
            return lesson_values
    raise ValueError(
        f"{file_name} no longer defines {', '.join(set(wanted_names) - set(lesson_values))}, which the slides draw"
    )
