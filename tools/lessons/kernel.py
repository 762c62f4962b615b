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


def execute(cells, name, folder, language="en"):
    """Runs the code cells in a fresh kernel, and stores outputs and values in them.

    Args:
        cells: Of one edition.
        name: Of the lesson, for errors.
        folder: Where the kernel starts.
        language: In which exercises answer.

    Raises:
        LessonError: If a cell fails, or gives what a reader should not see: warnings, a figure without alt text, a
            path of this machine, a package that is missing on it.
    """
    notebook, owners = nbformat.v4.new_notebook(), []
    for number, cell in enumerate([c for c in cells if c.code is not None], start=1):
        notebook.cells.append(nbformat.v4.new_code_cell(cell.code))
        owners.append((number, cell))
        if cell.wanted:
            notebook.cells.append(nbformat.v4.new_code_cell(_ask(cell.asked or cell.wanted)))
            owners.append((number, None))
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=SECONDS,
        record_timing=False,
        extra_arguments=QUIET,
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute(env=_environment(language), stderr=subprocess.DEVNULL)
    except (CellExecutionError, CellTimeoutError) as error:
        raise LessonError(f"{name}: {_COLOUR.sub('', str(error))}") from None
    for position, ((number, cell), executed_cell) in enumerate(zip(owners, notebook.cells, strict=True)):
        if cell is not None:
            cell.outputs = [
                _output(o, number, f"{name}, code cell {number}", language) for o in _joined(executed_cell.outputs)
            ]
            if cell.wanted:
                printed_answers = "".join(o["text"] for o in notebook.cells[position + 1].outputs)
                cell.values = dict(zip(cell.wanted, json.loads(printed_answers), strict=True))


def _ask(expressions):
    """Returns code that prints what the placeholders give, as f-strings, and that leaves no name behind."""
    quoted_expressions = ", ".join("f'''{" + expression + "}'''" for expression in expressions)
    return f'print(__import__("json").dumps([{quoted_expressions}]))'


def _environment(language):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FTLIB_")}
    environment.update(dict.fromkeys(THREADS, "1"), FTLIB_LANG=language, TF_CPP_MIN_LOG_LEVEL="2", PYTHONHASHSEED="0")
    environment["FTLIB_TRACK"] = "glyph"  # nobody's photos are stored in a notebook
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return environment


def _joined(outputs):
    """Joins neighbours on the same stream: where the kernel cuts them depends on the moment."""
    joined_outputs = []
    for cell_output in outputs:
        if (
            joined_outputs
            and cell_output["output_type"] == "stream"
            and joined_outputs[-1].get("name") == cell_output["name"]
        ):
            joined_outputs[-1]["text"] += cell_output["text"]
        else:
            joined_outputs.append(cell_output)
    return joined_outputs


# How `model.summary()` begins, a table drawn with letters. It is kept as the text that it is, without colours.
_DRAWN_TABLE = '<pre style="white-space:pre;'
# What `IPython.display.Audio` gives for a WAV file: the one output in HTML, and no longer than some seconds of sound.
_PLAYER = re.compile(
    r"\s*<audio\s+controls=\"controls\"\s*>\s*<source src=\"data:audio/wav;base64,[\w+/=]{1,60000}\""
    r" type=\"audio/wav\" />\s*Your browser does not support the audio element\.\s*</audio>\s*"
)
_SOUND = {"en": "A sound to listen to.", "ko": "들을 수 있는 소리입니다."}


def _output(cell_output, number, place, language="en"):
    """Returns an output with what is to be kept of it."""
    output_type = cell_output["output_type"]
    if output_type == "stream":
        if cell_output["name"] != "stdout":
            raise LessonError(f"{place} writes to stderr, which readers take for an error:\n{cell_output['text']}")
        if "pip install" in cell_output["text"]:
            raise LessonError(f"{place} lacks a package here, run make setup:\n{cell_output['text']}")
        _public(cell_output["text"], place)
        return nbformat.v4.new_output("stream", name="stdout", text=cell_output["text"])
    data, metadata = cell_output.get("data", {}), {}
    if "image/png" in data:
        image_metadata = cell_output["metadata"].get("image/png", {})
        if not image_metadata.get("alt", "").strip():
            raise LessonError(f"{place} shows a figure without alt text: ft.show(fig, alt=...).")
        # The text stands in where a page shows no images. Sliders beside the figure need a running notebook: they go.
        kept_data = {"image/png": data["image/png"].strip(), "text/plain": image_metadata["alt"]}
        metadata = {"image/png": {k: image_metadata[k] for k in ("alt", "width") if k in image_metadata}}
    elif _PLAYER.fullmatch(data.get("text/html", "")):
        kept_data = {"text/html": data["text/html"], "text/plain": _SOUND[language]}
    elif data.get("text/html", "").startswith(_DRAWN_TABLE):
        kept_data = {"text/plain": _COLOUR.sub("", data["text/plain"])}
        _public(kept_data["text/plain"], place)
    elif set(data) & {"text/html", "application/vnd.jupyter.widget-view+json", "image/svg+xml"}:
        raise LessonError(f"{place}: outputs are text, ft.show figures and short sounds. Received: {', '.join(data)}.")
    else:
        kept_data = {"text/plain": data["text/plain"]}
        _public(data["text/plain"], place)
    if output_type == "execute_result":
        return nbformat.v4.new_output(output_type, data=kept_data, metadata=metadata, execution_count=number)
    return nbformat.v4.new_output(output_type, data=kept_data, metadata=metadata)


def _public(text, place):
    private_text = _PRIVATE.search(text)
    if private_text:
        raise LessonError(f"{place} prints {private_text[0]!r}: a path, an address in memory or on the web.")
