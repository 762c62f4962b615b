"""Stopping a command with Ctrl-C or SIGTERM, and how to go on after it."""

import contextlib
import pathlib
import signal
import threading

from ftlib.errors import DivergedError, OutOfMemoryError
from ftlib.text import format_command


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM)."""


@contextlib.contextmanager
def stoppable(console, run=None):
    """Makes Ctrl-C and SIGTERM end what is done inside, with a `hint` on how to go on as an attribute of the error.

    Libraries lose exceptions that reach them inside a callback, and a Ctrl-C would be lost with them. So the console
    keeps it in mind, and raises it again with the next line.

    Args:
        console: The `Console` that is written to inside.
        run: The folder of a run that goes on. Default None: a new one, which errors name as their attribute `run`.
    """

    def stop(number, frame):
        console.stopped = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
        raise console.stopped

    before = {}
    if threading.current_thread() is threading.main_thread():
        before[signal.SIGTERM] = signal.signal(signal.SIGTERM, stop)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # nohup and the like ignore it
            before[signal.SIGINT] = signal.signal(signal.SIGINT, stop)
    try:
        yield
    except BaseException as error:
        error.hint = _hint(error, run or getattr(error, "run", None))
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _hint(error, run):
    """Returns what to do after an error, as a line, or nothing where the error says so itself."""
    if run is None:
        return "The training had not begun.\n" if isinstance(error, KeyboardInterrupt) else ""
    again = format_command("fit", "--config", pathlib.Path(run) / "config.json")
    if isinstance(error, DivergedError):
        return f"Going on would end the same way. Begin another run, with a lower rate: {again} --rate RATE\n"
    if isinstance(error, OutOfMemoryError):
        return f"Going on would end the same way. Begin another run, with smaller images: {again} --image-size PIXELS\n"
    # Pictures that are missing or have changed, and proofs that do not hold: the next try would find the same.
    if isinstance(error, (ValueError, TypeError, FileNotFoundError, AssertionError)):
        return ""
    return f"Nothing that was trained is lost; go on with: {format_command('fit', '--resume', run)}\n"
