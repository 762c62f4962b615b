"""What a command says, on any terminal: progress with the time left, results, documents for programs, errors."""

import contextlib
import io
import json
import os
import re
import sys
import threading
import time

from ftlib.text import WIDEST_LINE, format_duration, terminal_columns

_EVERY = 1.0  # seconds between two looks of someone who waits
_COLUMN = 78  # where the time left stands, behind the longest line of an epoch, if the terminal is wide enough


class Console:
    """Where a command writes.

    Progress goes to standard output; with `json`, where standard output is for one document, to standard error. With
    `quiet` there is none. It writes to a copy of the stream, so that it stays heard while `quiet_stderr` holds back
    what C++ libraries say.

    Args:
        quiet: Whether to leave progress out.
        json: Whether the result is a JSON document.

    Attributes:
        stopped: An exception that the next line of progress raises, or None.
    """

    def __init__(self, quiet=False, json=False):
        self.quiet, self.json, self.stopped = quiet, json, None
        self._stream, self._status = sys.stdout, ""
        if json:
            try:
                self._stream = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="backslashreplace")
            except (OSError, ValueError, AttributeError):  # not a real file, as in a notebook
                self._stream = sys.stderr

    def say(self, line=""):
        """Writes a line of progress."""
        if self.stopped is not None:
            error, self.stopped = self.stopped, None
            raise error
        if not self.quiet:
            _put(line, self._stream)

    def result(self, text, data):
        """Writes the result: `data` as JSON where that was asked for, else `text`."""
        if self.json:
            self.document(json.dumps(data, indent=1, default=str, ensure_ascii=False))
        else:
            _put(text, sys.stdout)

    def document(self, text):
        """Writes what a program will read, to standard output: in UTF-8, whatever the terminal's code page is."""
        sys.stdout.flush()
        binary = getattr(sys.stdout, "buffer", None)
        if binary is None:  # not a real stream, as in a notebook
            print(text)
            return
        try:
            binary.write(utf8(text) + b"\n")
            binary.flush()
        except BrokenPipeError:
            _silence(sys.stdout)

    @property
    def live(self):
        """Whether someone is watching, so that a line may be written over."""
        return not self.quiet and hasattr(self._stream, "isatty") and self._stream.isatty()

    def status(self, line):
        """Writes a line that the next one replaces; only where someone is watching."""
        if self.live:
            line = line[: terminal_columns() - 1]  # a second line could not be written over
            end = "" if line else "\r"  # what is written next begins at the left
            print(_printable(f"\r{line:<{len(self._status)}}", self._stream), end=end, file=self._stream, flush=True)
            self._status = line

    @contextlib.contextmanager
    def progress(self, needs):
        """Shows what `fit` prints inside, each epoch with the time left.

        Args:
            needs: The `Needs` of the run, whose costs tell how much of the work is done after an update.
        """
        watch = Progress(needs)
        done = threading.Event()

        def tick():
            while not done.wait(_EVERY):
                left = watch.left_now()
                self.status(f"  ... {left}" if left else "")

        def show(line):
            self.status("")
            self.say(watch.line(line))

        ticker = threading.Thread(target=tick, daemon=True)
        if self.live:
            ticker.start()
        try:
            with contextlib.redirect_stdout(_Lines(show)):
                yield watch
        finally:
            done.set()
            if ticker.is_alive():
                ticker.join()
            self.status("")


class Progress:
    """Knows from the lines of `fit` how far a run is, and from the estimate and its pace when it will be done.

    Args:
        needs: The `Needs` of the run.
        clock: Returns seconds.
    """

    def __init__(self, needs, clock=time.monotonic):
        self.needs, self.clock, self.total = needs, clock, needs.cost(None)
        self.began = self.at = clock()
        self.first = self.cost = 0.0
        self.left = needs.seconds

    def line(self, line):
        """Returns a line of `fit` without what is the same in each, and with the time left."""
        resumed = re.search(r"goes on after update (\d+)", line)
        if resumed:
            self.first = self.cost = self.needs.cost(int(resumed[1]))
            if self.left is not None:
                self.left *= 1 - self.first / self.total
        line = re.sub(r"^\S+ seed \d+  ", "  ", line)
        found = re.search(r" update +(\d+) ", line)
        if not found:
            return line
        self.cost, self.at = self.needs.cost(int(found[1])), self.clock()
        self.left = self._estimate(self.at - self.began)
        column = _COLUMN if terminal_columns() >= WIDEST_LINE else 0
        return f"{line:<{column}}  {self.left_now()}".rstrip()

    def left_now(self):
        """Returns the time left, in words: a phase may stop early, or the machine get other work."""
        if self.left is None or self.cost >= self.total:
            return ""
        left = self.left - (self.clock() - self.at)
        return f"about {format_duration(left)} left" if left > 0 else "longer than estimated"

    def _estimate(self, seconds):
        """Returns the seconds left, from those so far and, for the share of the work to come, from the estimate.

        Most of the first seconds goes into compiling, which no later part of the work repeats.
        """
        todo, done = self.total - self.cost, self.cost - self.first
        if self.needs.seconds is None:
            return seconds * todo / max(done, 1e-9)
        return todo * (seconds + todo * self.needs.seconds / self.total) / (todo + done)


class _Lines(io.TextIOBase):
    """Hands on whole lines."""

    def __init__(self, show):
        self.show, self.rest = show, ""

    def writable(self):
        return True

    def write(self, text):
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            self.show(line)
        return len(text)


def complain(text):
    """Writes what went wrong to standard error."""
    _put(text, sys.stderr)


def _put(text, stream):
    """Writes a text on any code page. Whoever stops reading, such as `head`, does not stop the work."""
    try:
        print(_printable(text, stream), file=stream, flush=True)
    except BrokenPipeError:
        _silence(stream)


def _silence(stream):
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), stream.fileno())


def utf8(text):
    """Returns a text as UTF-8; the bytes of a file name that is none are escaped."""
    return str(text).encode("utf-8", "backslashreplace")


def _printable(text, stream):
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return str(text).encode(encoding, "backslashreplace").decode(encoding)
