"""Stopping a command with Ctrl-C or SIGTERM, and how to go on after it."""

import contextlib
import shlex
import signal
import threading


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
        where = run or getattr(error, "run", None)
        if where is not None:
            error.hint = f"Nothing that was trained is lost; go on with: ftlib fit --resume {shlex.quote(str(where))}\n"
        elif isinstance(error, KeyboardInterrupt):
            error.hint = "The training had not begun.\n"
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
