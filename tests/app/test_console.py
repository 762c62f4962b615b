"""What a command says: time left, quiet, and JSON that can be read."""

import dataclasses
import io
import json
import sys

from ftlib.app.console import Console, Progress
from ftlib.app.resources import Needs
from ftlib.text import format_table

NEEDS = Needs(0, {}, 0, (("head", 10, 1.0, 20.0), ("all", 30, 3.0, 0.0)), seconds_per_image=0.1)
LINE = "lp_ft seed 0  {}  update {:>3}  loss 0.300  val loss 0.400  val accuracy 0.900  best"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_the_time_left_follows_the_pace_and_the_costs_of_the_phases():
    clock = Clock()
    watch = Progress(NEEDS, clock)
    assert watch.left_now() == "about 12 s left"  # estimated: a cost of 120 at 0.1 s
    clock.now = 60.0
    line = watch.line(LINE.format("head 1/1", 10))
    epoch, left = line[:-17], line[-17:]
    assert epoch.rstrip() == "  head 1/1  update  10  loss 0.300  val loss 0.400  val accuracy 0.900  best"
    assert left == "  about 52 s left"
    # Of a cost of 120, 30 took 60 s, and the 90 that are left are estimated to take 9 s.
    assert watch.left == 90 * (60 + 9) / 120
    clock.now = 61.0
    assert watch.left_now() == "about 51 s left"
    clock.now = 1000.0
    assert watch.left_now() == "longer than estimated"
    assert watch.line(LINE.format("all 1/1", 40)).endswith("best")  # nothing is left
    assert watch.line("flowers: a note") == "flowers: a note"


def test_a_run_that_goes_on_does_not_count_what_was_done_before():
    clock = Clock()
    watch = Progress(dataclasses.replace(NEEDS, seconds_per_image=None), clock)
    watch.line("runs/x: goes on after update 10")
    clock.now = 30.0
    watch.line(LINE.format("all 1/2", 20))
    assert watch.left == 60


def test_what_fit_prints_is_shown_and_standard_output_comes_back(capsys):
    console = Console()
    with console.progress(NEEDS):
        print("one\ntw", end="")
        print("o")
    print("after")
    assert capsys.readouterr().out == "one\ntwo\nafter\n"


def test_a_line_that_is_written_over_leaves_nothing_behind(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdout", terminal)
    console = Console()
    console.status("  ... about 9 s left")
    console.status("")
    console.say("done")
    assert terminal.getvalue() == f"\r  ... about 9 s left\r{' ' * 20}\rdone\n"


def test_json_is_alone_on_standard_output(capfd):
    console = Console(json=True)
    console.say("working")
    console.result("text", {"accuracy": 0.5})
    said = capfd.readouterr()
    assert json.loads(said.out) == {"accuracy": 0.5} and said.err == "working\n"


def test_quiet_leaves_the_result_alone(capsys):
    console = Console(quiet=True)
    console.say("working")
    with console.progress(NEEDS):
        print("line")
    console.result("text", {})
    assert capsys.readouterr().out == "text\n"


def test_a_name_that_the_terminal_cannot_show_stops_nothing(monkeypatch):
    narrow = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    Console().say("고양이 cat")
    Console().result("고양이", {})
    narrow.flush()
    assert b"cat" in narrow.buffer.getvalue()


def test_letters_that_are_two_columns_wide_keep_a_table_straight():
    lines = format_table([("class", "n"), ("고양이", "8"), ("dog", "12")], right=[1]).splitlines()
    assert lines == ["class    n", "고양이   8", "dog     12"]
