"""The code of a lesson, executed once, and what is kept of its outputs."""

import json
import os
import pathlib
import re
import subprocess

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from lessons.source import LessonError

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 300  # per cell
# What TensorFlow's C++ code says about the machine is no output of a cell. Python's own warnings still are.
QUIET = ["--log-level=ERROR", "--IPKernelApp.capture_fd_output=False"]
# One thread sums in one order, so that two builds on one machine give the same bytes.
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# A path of somebody's machine, an address in memory or on the web.
_PRIVATE = re.compile(r"(?<![\w.])/(?:home|root|tmp|usr|work|Users|content)/\S*|\b0x[0-9a-f]{6,}\b|https?://\S+")


def execute(cells, name, folder):
    """Runs the code cells in a fresh kernel, and stores outputs and values in them.

    Raises:
        LessonError: If a cell fails, or gives what a reader should not see: warnings, a figure without alt text, a
            path of this machine.
    """
    book, owners = nbformat.v4.new_notebook(), []
    for number, cell in enumerate([c for c in cells if c.code is not None], start=1):
        book.cells.append(nbformat.v4.new_code_cell(cell.code))
        owners.append((number, cell))
        if cell.wanted:
            book.cells.append(nbformat.v4.new_code_cell(_ask(cell.wanted)))
            owners.append((number, None))
    client = NotebookClient(
        book,
        kernel_name="python3",
        timeout=SECONDS,
        record_timing=False,
        extra_arguments=QUIET,
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute(env=_environment(), stderr=subprocess.DEVNULL)
    except (CellExecutionError, CellTimeoutError) as error:
        raise LessonError(f"{name}: {_COLOUR.sub('', str(error))}") from None
    for at, ((number, cell), done) in enumerate(zip(owners, book.cells, strict=True)):
        if cell is not None:
            cell.outputs = [_output(o, number, f"{name}, code cell {number}") for o in _joined(done.outputs)]
            if cell.wanted:
                answers = "".join(o["text"] for o in book.cells[at + 1].outputs)
                cell.values = dict(zip(cell.wanted, json.loads(answers), strict=True))


def _ask(expressions):
    """Returns code that prints what the placeholders give, as f-strings, and that leaves no name behind."""
    answers = ", ".join("f'''{" + expression + "}'''" for expression in expressions)
    return f'print(__import__("json").dumps([{answers}]))'


def _environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FTLIB_")}
    kept.update(dict.fromkeys(THREADS, "1"), FTLIB_LANG="en", TF_CPP_MIN_LOG_LEVEL="2", PYTHONHASHSEED="0")
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return kept


def _joined(outputs):
    """Joins neighbours on the same stream: where the kernel cuts them depends on the moment."""
    joined = []
    for one in outputs:
        if joined and one["output_type"] == "stream" and joined[-1].get("name") == one["name"]:
            joined[-1]["text"] += one["text"]
        else:
            joined.append(one)
    return joined


def _output(one, number, where):
    """Returns an output with what is to be kept of it."""
    kind = one["output_type"]
    if kind == "stream":
        if one["name"] != "stdout":
            raise LessonError(f"{where} writes to stderr, which readers take for an error:\n{one['text']}")
        _public(one["text"], where)
        return nbformat.v4.new_output("stream", name="stdout", text=one["text"])
    data, metadata = one.get("data", {}), {}
    if "image/png" in data:
        about = one["metadata"].get("image/png", {})
        if not about.get("alt", "").strip():
            raise LessonError(f"{where} shows a figure without alt text: ft.show(fig, alt=...).")
        # The text stands in where a page shows no images.
        kept = {"image/png": data["image/png"].strip(), "text/plain": about["alt"]}
        metadata = {"image/png": {k: about[k] for k in ("alt", "width") if k in about}}
    elif set(data) & {"text/html", "application/vnd.jupyter.widget-view+json", "image/svg+xml"}:
        raise LessonError(f"{where}: outputs are text and ft.show figures. Received: {', '.join(data)}.")
    else:
        kept = {"text/plain": data["text/plain"]}
        _public(data["text/plain"], where)
    if kind == "execute_result":
        return nbformat.v4.new_output(kind, data=kept, metadata=metadata, execution_count=number)
    return nbformat.v4.new_output(kind, data=kept, metadata=metadata)


def _public(text, where):
    hit = _PRIVATE.search(text)
    if hit:
        raise LessonError(f"{where} prints {hit[0]!r}: a path, an address in memory or on the web.")
