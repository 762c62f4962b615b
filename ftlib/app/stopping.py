"""Stopping a command with Ctrl-C or SIGTERM, and how to go on after it."""

import contextlib
import os
import pathlib
import signal
import threading
from collections.abc import Iterator

from ftlib.app.console import Console
from ftlib.errors import DivergedError, OutOfMemoryError
from ftlib.text import format_command


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM)."""


@contextlib.contextmanager
def stoppable(console: Console, run_dir: str | os.PathLike | None = None) -> Iterator[None]:
    """Makes Ctrl-C and SIGTERM end what is done inside, and gives every error a `hint` attribute: how to go on.

    Libraries lose exceptions that reach them inside a callback, and a Ctrl-C would be lost with them. So the console
    keeps it, and raises it again with the next line.

    Args:
        console: The `Console` that is written to inside.
        run_dir: The folder of a run that goes on. Default None: a new one, which errors carry as their attribute
            `run_dir`.
    """

    def stop(signal_number, frame):
        console.pending_error = Terminated() if signal_number == signal.SIGTERM else KeyboardInterrupt()
        raise console.pending_error

    previous_handlers = {}
    if threading.current_thread() is threading.main_thread():
        previous_handlers[signal.SIGTERM] = signal.signal(signal.SIGTERM, stop)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # nohup and the like ignore it
            previous_handlers[signal.SIGINT] = signal.signal(signal.SIGINT, stop)
    try:
        yield
    except BaseException as error:
        hint = _hint(error, run_dir or getattr(error, "run_dir", None))
        error.hint = hint  # pyright: ignore[reportAttributeAccessIssue]  (any error may carry it)
        raise
    finally:
        for signal_number, handler in previous_handlers.items():
            signal.signal(signal_number, handler)


def _hint(error: BaseException, run_dir: str | os.PathLike | None) -> str:
    """Returns what to do after an error, as a line, or nothing where the error says so itself."""
    if run_dir is None:
        return "The training had not begun.\n" if isinstance(error, KeyboardInterrupt) else ""

    repeat_command = format_command("fit", "--config", pathlib.Path(run_dir) / "config.json")
    if isinstance(error, DivergedError):
        return f"Going on would end the same way. Begin another run, with a lower rate: {repeat_command} --rate RATE\n"
    if isinstance(error, OutOfMemoryError):
        advice = f"Begin another run, with smaller images: {repeat_command} --image-size PIXELS"
        return f"Going on would end the same way. {advice}\n"
    # Pictures that are missing or have changed, and proofs that do not hold: the next try would find the same.
    if isinstance(error, (ValueError, TypeError, FileNotFoundError, AssertionError)):
        return ""
    return f"Nothing that was trained is lost; go on with: {format_command('fit', '--resume', run_dir)}\n"
