"""What a command writes: on a terminal, into a pipe, as JSON, on any code page, and to a reader who leaves."""

import io
import json
import os
import subprocess
import sys

import pytest
from rich.text import Text

from ftlib.app.console import Console, quiet_stderr


class Terminal(io.TextIOWrapper):
    """A stream that says that it is a terminal, and keeps what was written."""

    def __init__(self, encoding="utf-8"):
        super().__init__(io.BytesIO(), encoding)

    def isatty(self):
        return True

    def text(self):
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)


@pytest.fixture
def make_terminal(monkeypatch):
    """A function that puts a terminal in the place of standard output."""
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")

    def make(encoding="utf-8"):
        terminal = Terminal(encoding)
        monkeypatch.setattr(sys, "stdout", terminal)
        return terminal

    return make


def write_below_a_display(console):
    with console.live_display(lambda: Text("something that moves")):
        console.say("one line")
        print("a line of a library")
    console.say("another")


def test_lines_are_written_above_what_moves_and_nothing_is_left_of_it(make_terminal):
    terminal = make_terminal()
    console = Console()
    assert console.is_live
    write_below_a_display(console)
    text = terminal.text()
    assert text.index("one line\n") < text.index("a line of a library\n") < text.rindex("something that moves")
    assert text.endswith("another\n")
    after_the_display = text[text.rindex("something that moves") + len("something that moves") :]
    assert "\x1b[2K" in after_the_display and "\x1b[?25h" in after_the_display  # wiped, and the cursor is back


def test_an_error_inside_wipes_what_moves(make_terminal):
    terminal = make_terminal()
    console = Console()
    with pytest.raises(KeyboardInterrupt), console.live_display(lambda: Text("something that moves")):
        raise KeyboardInterrupt
    assert terminal.text().endswith("\x1b[2K")
    console.say("stopped")
    assert terminal.text().endswith("\x1b[2Kstopped\n")


@pytest.mark.parametrize(
    "variables, encoding, options",
    [
        ({"TERM": "dumb"}, "utf-8", {}),
        ({"NO_COLOR": "1"}, "utf-8", {}),
        ({"COLUMNS": "40"}, "utf-8", {}),
        ({}, "cp1252", {}),
        ({}, "utf-8", {"quiet": True}),
    ],
    ids=["dumb", "no colour", "narrow", "code page", "quiet"],
)
def test_a_terminal_that_cannot_show_it_gets_plain_lines(make_terminal, monkeypatch, variables, encoding, options):
    terminal = make_terminal(encoding)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    write_below_a_display(Console(**options))
    assert terminal.text() == ("" if options else "one line\na line of a library\nanother\n")


@pytest.mark.parametrize("variables", [{}, {"FORCE_COLOR": "1", "COLUMNS": "200"}])
def test_a_pipe_gets_plain_lines(capsys, monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    write_below_a_display(Console())
    assert capsys.readouterr().out == "one line\na line of a library\nanother\n"


def test_json_is_alone_on_standard_output(capfd):
    console = Console(json=True)
    write_below_a_display(console)
    with console.step("working"):
        pass
    console.result("text", {"accuracy": 0.5})
    captured = capfd.readouterr()
    assert json.loads(captured.out) == {"accuracy": 0.5}
    assert captured.err == "one line\na line of a library\nanother\nworking\n"


def test_quiet_leaves_the_result_alone(capsys):
    console = Console(quiet=True)
    write_below_a_display(console)
    console.result("text", {})
    assert capsys.readouterr().out == "text\n"


def test_an_interrupt_that_a_library_lost_comes_with_the_next_line(capsys):
    console = Console()
    console.pending_error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        console.say("a line")
    console.say("the next")
    assert capsys.readouterr().out == "the next\n"


def test_a_name_that_the_terminal_cannot_show_stops_nothing(monkeypatch):
    ascii_stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", ascii_stream)
    Console().say("고양이 cat")
    Console().result("고양이", {})
    ascii_stream.flush()
    assert b"cat" in ascii_stream.buffer.getvalue()


def test_a_document_is_utf8_on_any_code_page(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), "cp1252")
    monkeypatch.setattr(sys, "stdout", stream)
    Console().document("고양이")
    assert stream.buffer.getvalue().decode("utf-8") == "고양이\n"


@pytest.mark.skipif(os.name == "nt", reason="the command is one of a Unix shell")
def test_a_reader_that_leaves_stops_nothing(root):
    code = (
        "import sys; from ftlib.app.console import Console; console = Console()\n"
        "for i in range(20_000): console.say(f'line {i}')\n"
        "print('still here', file=sys.stderr)"
    )
    command = f'{sys.executable} -c "{code}" | head -1'
    completed = subprocess.run(command, shell=True, cwd=root, capture_output=True, text=True)
    assert completed.stdout == "line 0\n" and completed.stderr == "still here\n"


def write_to_stderr():
    os.write(2, b"a greeting of a C++ library\n")


def test_greetings_are_held_back(capfd):
    with quiet_stderr():
        write_to_stderr()
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"


@pytest.mark.parametrize("error, is_shown", [(ValueError, False), (RuntimeError, True)])
def test_they_are_shown_where_they_may_explain_a_failure(error, is_shown, capfd):
    with pytest.raises(error), quiet_stderr():
        write_to_stderr()
        raise error
    assert ("greeting" in capfd.readouterr().err) is is_shown
