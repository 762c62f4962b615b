"""What lessons compute and no record holds: their own code cells, run again until they have it."""

import contextlib
import io
import pathlib
import pickle

import digest
from lessons.source import read

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "notebooks" / "source"
KEPT = pathlib.Path(__file__).resolve().parents[2] / "slides" / "build" / "live"
# The names that figures take from a lesson. The value is the first that a name has there.
WANTED = {
    "01": ("curves", "forwards", "learnt", "series"), "02": ("path", "scores"), "05": ("scores",), "17": ("shown",),
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
    from notebooks import library

    (path,) = SOURCE.glob(f"{number}_*.py")
    code = [cell.code for cell in read(path) if cell.code is not None]
    stamp = digest.text(library() + "\n\n".join(code) + repr(WANTED[number]))
    kept = KEPT / f"{number}-{stamp}.pickle"
    if not kept.exists():
        found = _run(code, WANTED[number], path.name)
        KEPT.mkdir(parents=True, exist_ok=True)
        for old in KEPT.glob(f"{number}-*.pickle"):
            old.unlink()
        kept.write_bytes(pickle.dumps(found))
    return pickle.loads(kept.read_bytes())  # written by this very function


def _run(code, wanted, name):
    here, found = {"__name__": "lesson"}, {}
    for cell in code:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(cell, name, "exec"), here)  # a lesson of ours, asserts included
        found.update({key: here[key] for key in wanted if key in here and key not in found})
        if len(found) == len(wanted):
            return found
    raise ValueError(f"{name} no longer defines {', '.join(set(wanted) - set(found))}, which the slides draw")
