"""The `ftlib` command."""

from __future__ import annotations

import argparse
import os
import pathlib
import sys
import traceback
from collections.abc import Sequence

from ftlib.app.commands import Help, add_commands
from ftlib.app.comparing import DEFAULT_BACKBONE, DEFAULT_TASK, STRATEGIES, run_comparison
from ftlib.app.console import Console, complain, quiet_stderr
from ftlib.app.stopping import Terminated
from ftlib.text import format_table

# Errors that mean wrong usage, or pictures that cannot be used: exit code 2.
_USAGE_ERRORS = (
    ValueError,
    TypeError,
    ImportError,
    FileNotFoundError,
    NotADirectoryError,
    FileExistsError,
    PermissionError,
)
# What Keras calls the ways in which backbones want their pixels, in words.
_PREPROCESSING = {
    "tf": "-1..1",
    "caffe": "BGR less the ImageNet mean",
    "torch": "standardised per channel",
    "inside": "scaled by its own first layers",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with a list of arguments (default: those of the process) and returns its exit code."""
    args = _parser().parse_args(arguments)
    try:
        return args.command(args)
    except (ValueError, TypeError, OSError, ImportError, ArithmeticError, AssertionError, RuntimeError) as error:
        complain(f"ftlib: {error}")
        _complain_hint(error)
        return 2 if isinstance(error, _USAGE_ERRORS) else args.exit_code_of_failure
    except KeyboardInterrupt as error:
        complain("\nftlib: stopped.")
        _complain_hint(error)
        return 143 if isinstance(error, Terminated) else 130
    except Exception as error:  # a bug of ftlib or of a library: all that is known helps to fix it
        complain(traceback.format_exc().rstrip())
        _complain_hint(error)
        return args.exit_code_of_failure


def _complain_hint(error: BaseException) -> None:
    hint = getattr(error, "hint", "")
    if hint:
        complain(hint.rstrip())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ftlib",
        description="Fine-tuning with evidence: on your own pictures and texts, or the ways of training compared.",
        epilog="examples:\n  ftlib check flowers\n  ftlib fit flowers\n  ftlib predict runs/flowers photo.jpg\n"
        "  ftlib run\n\n`ftlib COMMAND --help` tells more.",
        formatter_class=Help,
    )
    parser.add_argument("--version", action="version", version=_version())
    parser.set_defaults(exit_code_of_failure=1)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_commands(commands)
    _add_run(commands)
    backbones = commands.add_parser("backbones", help="list the pre-trained networks")
    backbones.set_defaults(command=_backbones, exit_code_of_failure=2)
    tasks = commands.add_parser("tasks", help="list the tasks")
    tasks.set_defaults(command=_tasks, exit_code_of_failure=2)
    return parser


def _add_run(commands) -> None:
    run = commands.add_parser(
        "run",
        help="compare three ways of training, live, in a report",
        description="Trains a classifier three ways (from scratch, feature extraction, fine-tuning) with the same\n"
        "labels and updates, several times, and writes a table, a picture, a report and the models.",
        epilog="examples:\n  ftlib run\n  ftlib run --task textures --labels 50 --seeds 5\n"
        "  ftlib run --task ./my_photos --backbone MobileNetV2 --labels 20",
        formatter_class=Help,
    )
    run.add_argument(
        "--task", default=DEFAULT_TASK, help="a name from `ftlib tasks`, or ./FOLDER of class folders (digits)"
    )
    run.add_argument("--backbone", default=DEFAULT_BACKBONE, help="a name from `ftlib backbones`, or a file (glyphnet)")
    run.add_argument("--labels", type=int, default=10, help="training images per class (10)")
    run.add_argument("--seeds", type=int, default=3, help="number of repetitions, each with a seed of its own (3)")
    run.add_argument("--updates", type=int, default=300, help="optimizer steps of each run (300)")
    run.add_argument("--regularization", default="light", help="none, light, standard or strong (light)")
    run.add_argument("--strategies", nargs="+", default=list(STRATEGIES), metavar="NAME", help=", ".join(STRATEGIES))
    run.add_argument("--out", type=pathlib.Path, help="folder for the results (runs/TASK)")
    default_jobs = min(os.cpu_count() or 1, 4)
    run.add_argument("--jobs", type=int, default=default_jobs, help="processes (number of cores, up to 4)")
    run.set_defaults(command=run_comparison, exit_code_of_failure=2)


def _version() -> str:
    from ftlib import __version__

    return f"ftlib {__version__}"


def _backbones(args: argparse.Namespace) -> int:
    with quiet_stderr():
        from ftlib.models.backbones import list_backbones

        backbones = list_backbones()
        names_of_texts, names_of_sounds = (
            ", ".join(info.name for info in list_backbones(kind)) for kind in ("text", "audio")
        )
    rows = [("name", "image", "pixels become")]
    for backbone in backbones:
        image_size = f"{backbone.side}x{backbone.side}x{backbone.channels}"
        rows.append((backbone.name, image_size, _PREPROCESSING.get(backbone.preprocessing, backbone.preprocessing)))
    Console().say(
        f"{format_table(rows, right=(1,))}\n\n"
        "All take pixels 0-255 and do their preprocessing inside. Also: hub:PRESET of KerasHub, or a .keras file.\n"
        f"For texts: {names_of_texts}. For sounds: {names_of_sounds}."
    )
    return 0


def _tasks(args: argparse.Namespace) -> int:
    with quiet_stderr():
        from ftlib.tasks.registry import COPIED_TASKS, DOWNLOADED_TASKS, list_tasks

        task_names = list_tasks()
    origins = {**dict.fromkeys(DOWNLOADED_TASKS, "downloaded once"), **dict.fromkeys(COPIED_TASKS, "from your copy")}
    rows = [(name, origins.get(name, "offline")) for name in task_names]
    own_data = "Or a folder with one folder of pictures per class: ./FOLDER; or a table of texts: ./FILE.csv"
    Console().say(f"{format_table(rows)}\n\n{own_data}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
