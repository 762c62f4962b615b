"""What a command writes, on any terminal: lines of progress, results, documents for programs, and errors."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

from ftlib.text import terminal_columns

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.console import RenderableType
    from rich.text import Text

_LIVE_COLUMNS = 60  # a narrower terminal has no room for a bar with words on both sides
_REFRESHES_PER_SECOND = 2  # enough for a time left in whole seconds
_STDERR = 2  # its file descriptor
_SHOWN_BYTES = 4000  # of what was held back, if something fails


class Console:
    """Where a command writes.

    Progress goes to standard output. With `json`, standard output is for one document, and progress goes to standard
    error: to a copy of the stream, so that it is still shown while `quiet_stderr` holds back what C++ libraries write.

    Args:
        quiet: Whether to leave progress out.
        json: Whether the result is a JSON document.

    Attributes:
        pending_error: An exception that the next line of progress raises, or None.
    """

    def __init__(self, quiet: bool = False, json: bool = False):
        self.quiet = quiet
        self.json = json
        self.pending_error: BaseException | None = None
        self._stream = _copy_of_stderr() if json else sys.stdout
        self._terminal: RichConsole | None = None  # while something moves below the lines

    def say(self, line: str | Text = "") -> None:
        """Writes a line of progress."""
        if self.pending_error is not None:
            error = self.pending_error
            self.pending_error = None
            raise error

        if self.quiet:
            return
        if self._terminal is None:
            _write_line(str(line), self._stream)
        else:
            self._terminal.print(line, soft_wrap=True)

    def result(self, text: str, data: Any) -> None:
        """Writes the result: `data` as JSON where that was asked for, else `text`."""
        if self.json:
            self.document(json.dumps(data, indent=1, default=str, ensure_ascii=False))
        else:
            _write_line(text, sys.stdout)

    def document(self, text: str) -> None:
        """Writes what a program will read to standard output, in UTF-8 whatever the terminal's code page is."""
        sys.stdout.flush()
        binary_stream = getattr(sys.stdout, "buffer", None)
        if binary_stream is None:  # not a real stream, as in a notebook
            print(text)
            return
        try:
            binary_stream.write(utf8(text) + b"\n")
            binary_stream.flush()
        except BrokenPipeError:
            _discard_output(sys.stdout)

    @property
    def is_live(self) -> bool:
        """Whether someone is watching in a terminal that can redraw a line; everything else gets plain lines."""
        if self.quiet or self.json or not _is_terminal(self._stream):
            return False
        has_colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")
        encoding = (getattr(self._stream, "encoding", None) or "").lower().replace("-", "")
        return has_colour and encoding == "utf8" and terminal_columns() >= _LIVE_COLUMNS

    @contextlib.contextmanager
    def step(self, line: str) -> Iterator[None]:
        """Writes a line about what is done inside, and shows until it is done that the computer is at work."""
        self.say(line)
        with self.sign_of_life():
            yield

    def sign_of_life(self) -> contextlib.AbstractContextManager[None]:
        """Shows below what is written inside that the computer is at work, for what says nothing for a while."""
        return self.live_display(_spinner)

    @contextlib.contextmanager
    def live_display(self, render: Callable[[], RenderableType]) -> Iterator[None]:
        """Keeps something that moves below the lines that are written inside, if someone is watching.

        What else is printed inside counts as progress: it must not get into a JSON document.

        Args:
            render: Returns what to show now; it is called by a thread, several times a second.
        """
        if not self.is_live:
            with contextlib.redirect_stdout(io.StringIO() if self.quiet else self._stream):
                yield
            return

        from rich.console import Console as RichConsole
        from rich.live import Live

        terminal = RichConsole(file=self._stream, highlight=False, markup=False, emoji=False)
        live = Live(
            get_renderable=render,
            console=terminal,
            transient=True,  # nothing is left of it, also after Ctrl-C
            refresh_per_second=_REFRESHES_PER_SECOND,
            redirect_stderr=False,
        )
        with live:
            self._terminal = terminal
            try:
                yield
            finally:
                self._terminal = None


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Holds back what C++ libraries write to standard error, and shows it only if something fails.

    TensorFlow greets every process with warnings that look like errors on a machine without a GPU.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held_back:
        saved_stderr = os.dup(_STDERR)
        os.dup2(held_back.fileno(), _STDERR)
        failed = False
        try:
            yield
        except (ValueError, TypeError, OSError, ImportError):  # these explain themselves
            raise
        except Exception:
            failed = True
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved_stderr, _STDERR)
            os.close(saved_stderr)
            if failed:
                held_back.seek(0)
                os.write(_STDERR, held_back.read()[-_SHOWN_BYTES:])


def complain(text: str) -> None:
    """Writes what went wrong to standard error."""
    _write_line(text, sys.stderr)


def utf8(text: str) -> bytes:
    """Returns a text as UTF-8; bytes of a file name that are not valid in it are escaped."""
    return text.encode("utf-8", "backslashreplace")


@functools.cache
def _spinner() -> RenderableType:
    """Returns a spinner, always the same: it turns with time."""
    from rich.spinner import Spinner

    return Spinner("dots")


def _copy_of_stderr() -> TextIO:
    try:
        return os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="backslashreplace")
    except (OSError, ValueError, AttributeError):  # not a real file, as in a notebook
        return sys.stderr


def _is_terminal(stream: TextIO) -> bool:
    return hasattr(stream, "isatty") and stream.isatty()


def _write_line(text: str, stream: TextIO) -> None:
    """Writes a line on any code page. A reader that closes the pipe, such as `head`, does not stop the work."""
    try:
        print(_printable(text, stream), file=stream, flush=True)
    except BrokenPipeError:
        _discard_output(stream)


def _discard_output(stream: TextIO) -> None:
    with open(os.devnull, "wb") as null_device:
        os.dup2(null_device.fileno(), stream.fileno())


def _printable(text: str, stream: TextIO) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
