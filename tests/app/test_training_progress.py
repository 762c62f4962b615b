"""How a training is shown: a line per epoch with the time left, and a bar where someone is watching."""

import dataclasses
import types

import pytest
import rich.console

from ftlib.app.console import Console
from ftlib.app.resources import Needs, PhaseCost
from ftlib.app.training_progress import ConsoleProgress, RemainingTime, show_progress
from ftlib.evidence.run_records import EpochRecord
from ftlib.strategies.strategy import Phase
from ftlib.training.phase_plan import PhasePlan

COSTS = (PhaseCost("head", 10, 1.0, 20.0), PhaseCost("all", 30, 3.0, 0.0))
NEEDS = Needs(0, {}, 0, COSTS, seconds_per_image=0.1)  # a cost of 120, estimated to take 12 s
HEAD = PhasePlan(Phase("head", "head"), 0, 10, 10, 1, 0, 0, None, False)
ALL = PhasePlan(Phase("all", "all"), 1, 30, 15, 2, 10, 1, None, False)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def epoch(phase, number, update):
    scores = {"accuracy": 0.9, "macro_f1": 0.9, "loss": 0.4}
    return EpochRecord(phase, number, update, 1e-3, {"loss": 0.3, "accuracy": 0.9}, scores)


def shown(renderable):
    """Returns what a terminal shows of something."""
    console = rich.console.Console(width=100)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_the_time_left_follows_the_pace_and_the_costs_of_the_phases(clock):
    remaining_time = RemainingTime(NEEDS, clock)
    assert remaining_time.describe() == "about 12 s left"
    clock.now = 60.0
    remaining_time.update_finished(10)
    # Of a cost of 120, 30 took 60 s, and the 90 that are left are estimated to take 9 s.
    assert remaining_time.seconds == 90 * (60 + 9) / 120
    assert remaining_time.describe() == "about 52 s left"
    clock.now = 61.0
    assert remaining_time.describe() == "about 51 s left"
    clock.now = 1000.0
    assert remaining_time.describe() == "longer than estimated"
    remaining_time.update_finished(40)
    assert remaining_time.describe() == "" and remaining_time.share_done() == 1


def test_a_run_that_goes_on_does_not_count_what_was_done_before(clock):
    remaining_time = RemainingTime(dataclasses.replace(NEEDS, seconds_per_image=None), clock)
    assert remaining_time.describe() == ""
    remaining_time.go_on_after(10)
    clock.now = 30.0
    remaining_time.update_finished(20)
    assert remaining_time.seconds == 60


def test_between_two_epochs_the_bar_goes_on_to_the_next_and_no_further(clock):
    remaining_time = RemainingTime(NEEDS, clock)
    remaining_time.expect_update(10)
    shares = []
    for now in (0, 1, 2, 100):
        clock.now = now
        shares.append(remaining_time.share_done())
    assert shares == pytest.approx([0, 10 / 120, 20 / 120, 30 / 120])
    remaining_time.update_finished(10)
    assert remaining_time.share_done() == pytest.approx(30 / 120)


def test_every_event_becomes_a_line(clock, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    with show_progress(Console(), NEEDS, clock) as progress:
        progress.run_started(types.SimpleNamespace(history=[]))
        progress.phase_started(HEAD, "stage1 computed once")
        clock.now = 60.0
        progress.epoch_finished(epoch("head", 1, 10), is_best=True)
        progress.note("flowers: a note")
        progress.phase_started(ALL, "")
        progress.epoch_finished(epoch("all", 3, 40), is_best=False)
    cached, head_line, note, all_line = capsys.readouterr().out.splitlines()
    assert cached == "  head: stage1 computed once" and note == "flowers: a note"
    words = "  head 1/1  update 10  loss 0.300  val loss 0.400  val accuracy 0.900  best"
    assert head_line == f"{words:<78}  about 52 s left"
    assert all_line == "  all 2/2  update 40  loss 0.300  val loss 0.400  val accuracy 0.900"


def test_a_run_that_goes_on_begins_where_it_was(clock, capsys):
    progress = ConsoleProgress(Console(), RemainingTime(NEEDS, clock))
    progress.run_started(types.SimpleNamespace(history=[epoch("head", 1, 10)]))
    progress.phase_started(ALL, "")
    bar = shown(progress.render_bar())
    assert "all 1/2" in bar and "25%" in bar and "about 9 s left" in bar


def test_the_bar_names_the_phase_and_its_epoch(clock):
    progress = ConsoleProgress(Console(quiet=True), RemainingTime(NEEDS, clock))
    assert "starting" in shown(progress.render_bar()) and "0%" in shown(progress.render_bar())
    progress.phase_started(HEAD, "")
    assert "head 1/1" in shown(progress.render_bar())
    progress.epoch_finished(epoch("head", 1, 10), is_best=True)
    progress.phase_started(ALL, "")
    progress.epoch_finished(epoch("all", 2, 25), is_best=True)
    bar = shown(progress.render_bar())
    assert "all 2/2" in bar and "62%" in bar
    progress.epoch_finished(epoch("all", 3, 40), is_best=True)
    assert "100%" in shown(progress.render_bar())
