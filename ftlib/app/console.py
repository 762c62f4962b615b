"""What a command says, on any terminal: progress with the time left, results, documents for programs, errors."""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
import unicodedata

_EVERY = 1.0  # seconds between two looks of someone who waits
_COLUMN = 78  # where the time left stands, behind the longest line of an epoch, if the terminal is wide enough
_NARROW, _WIDE = 30, 100  # columns that text is wrapped to, at least and at most
_CELL = 12  # columns of a table that are never cut off


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
        column = _COLUMN if terminal_columns() >= _WIDE else 0
        return f"{line:<{column}}  {self.left_now()}".rstrip()

    def left_now(self):
        """Returns the time left, in words: a phase may stop early, or the machine get other work."""
        if self.left is None or self.cost >= self.total:
            return ""
        left = self.left - (self.clock() - self.at)
        return f"about {duration(left)} left" if left > 0 else "longer than estimated"

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


def duration(seconds):
    """Returns a time in words that are easy to take in.

    Example:
    >>> duration(42), duration(600), duration(10000)
    ('42 s', '10 min', '2.8 h')
    """
    if seconds < 99.5:
        return f"{max(1, seconds):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5970 else f"{seconds / 3600:.1f} h"


def size(number):
    """Returns a number of bytes in words.

    Example:
    >>> size(3_000_000), size(5_000_000_000)
    ('3 MiB', '4.7 GiB')
    """
    return f"{number / 2**20:,.0f} MiB" if number < 2**30 else f"{number / 2**30:,.1f} GiB"


def wrapped(text, first="", width=None):
    """Returns a text in lines of at most `width` characters (those of the terminal, up to 100), after what comes first.

    Example:
    >>> print(wrapped("one line becomes two", "note  ", 20))
    note  one line
          becomes two
    """
    width = width or max(_NARROW, min(_WIDE, terminal_columns()))
    room, lines = max(_NARROW // 2, width - _columns(first)), [""]
    for word in str(text).split():
        if lines[-1] and _columns(lines[-1]) + 1 + _columns(word) > room:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(f"{' ' * _columns(first) if i else first}{line}" for i, line in enumerate(lines))


def table(rows, right=()):
    """Returns rows of texts as an aligned table; `right` are the columns that are numbers.

    Example:
    >>> print(table([("class", "n"), ("cat", "8"), ("dog", "12")], right=[1]))
    class   n
    cat     8
    dog    12
    """
    rows = [[_one_line(str(cell)) for cell in row] for row in rows]
    widths = [max(_columns(row[k]) for row in rows) for k in range(len(rows[0]))]
    room = terminal_columns() if sys.stdout.isatty() else sum(widths) + 2 * len(widths)
    while sum(widths) + 2 * (len(widths) - 1) > room:
        widest = max(set(range(len(widths))) - set(right), key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= _CELL:
            break
        widths[widest] -= 1
    rows = [[_cut(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    lines = []
    for row in rows:
        blanks = [" " * (width - _columns(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [blanks[k] + cell if k in right else cell + blanks[k] for k, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _one_line(text):
    """Returns a text whose line breaks and other control letters, which a file name may have, are escaped."""
    return "".join(c.encode("unicode_escape").decode() if unicodedata.category(c) == "Cc" else c for c in text)


def _cut(text, width):
    """Returns a text with its middle left out where it is wider than so many columns."""
    if _columns(text) <= width:
        return text
    begin, end = "", ""
    while _columns(begin) + _columns(end) + 3 < width:
        begin, end = (begin + text[len(begin)], end) if len(begin) <= len(end) else (begin, text[-len(end) - 1] + end)
    if _columns(begin) + _columns(end) + 3 > width:  # a wide letter too many
        begin, end = (begin[:-1], end) if len(begin) > len(end) else (begin, end[1:])
    return f"{begin}...{end}"


def _columns(text):
    """Returns how wide a text is in a terminal, where Chinese, Japanese and Korean letters take two columns."""
    letters = (c for c in text if not unicodedata.combining(c))
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in letters)


def terminal_columns():
    """Returns how many columns the terminal has; 100 where there is none."""
    return shutil.get_terminal_size((_WIDE, 24)).columns


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


def command_line(*words):
    """Returns words as they are typed at the prompt of this system.

    Example:
    >>> command_line("ftlib", "predict", "runs/my flowers")
    "ftlib predict 'runs/my flowers'"
    """
    words = [str(word) for word in words]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def utf8(text):
    """Returns a text as UTF-8; the bytes of a file name that is none are escaped."""
    return str(text).encode("utf-8", "backslashreplace")


def _printable(text, stream):
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return str(text).encode(encoding, "backslashreplace").decode(encoding)
