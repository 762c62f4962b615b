"""How far a training is and how long it will take, shown while it runs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ftlib.app.console import Console
from ftlib.app.resources import Needs
from ftlib.evidence.run import Run
from ftlib.evidence.run_records import EpochRecord
from ftlib.text import WIDEST_LINE, format_duration, terminal_columns, wrap_text
from ftlib.training.progress import PhasePlan, Progress, describe_epoch

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_STAGE_WIDTH = 10  # letters for a phase and its epoch, so that the bar stays where it is from phase to phase
_TIME_COLUMN = 78  # where the time left stands, behind the longest line of an epoch, if the terminal is wide enough


@contextlib.contextmanager
def show_progress(console: Console, needs: Needs, clock: Callable[[], float] = time.monotonic) -> Iterator[Progress]:
    """Shows a training: a line per epoch, and, where someone is watching, a bar with the time left below the lines.

    Args:
        console: The `Console` to write to.
        needs: What the run is estimated to need.
        clock: Returns seconds.

    Yields:
        The `Progress` for `fit`.
    """
    progress = ConsoleProgress(console, RemainingTime(needs, clock))
    with console.live_display(progress.render_bar):
        yield progress


class ConsoleProgress(Progress):
    """Writes the events of a training to a `Console`, each epoch with the time left.

    Args:
        console: Where to write.
        remaining_time: Is updated with every epoch.
    """

    def __init__(self, console: Console, remaining_time: RemainingTime):
        self._console = console
        self._remaining_time = remaining_time
        self._plan: PhasePlan | None = None
        self._epochs_done = 0  # over all phases

    def run_started(self, run: Run) -> None:
        if run.history:
            last_epoch = run.history[-1]
            self._epochs_done = last_epoch["epoch"]
            self._remaining_time.go_on_after(last_epoch["update"])

    def phase_started(self, plan: PhasePlan, cache_note: str) -> None:
        self._plan = plan
        self._expect_next_epoch(plan.updates_before)
        if cache_note:
            self._console.say(wrap_text(cache_note, f"  {plan.phase.name}: "))

    def epoch_finished(self, record: EpochRecord, is_best: bool) -> None:
        assert self._plan is not None, "a phase starts before its first epoch ends"
        self._epochs_done = record.epoch
        self._remaining_time.update_finished(record.update)
        self._expect_next_epoch(record.update)
        line = f"  {describe_epoch(self._plan, record, is_best)}"
        self._console.say(self._with_time_left(line, is_best))

    def note(self, text: str) -> None:
        self._console.say(text)

    def _expect_next_epoch(self, update: int) -> None:
        assert self._plan is not None
        last_update = self._plan.updates_before + self._plan.updates
        self._remaining_time.expect_update(min(update + self._plan.updates_per_epoch, last_update))

    def _with_time_left(self, line: str, is_best: bool) -> str | Text:
        column = _TIME_COLUMN if terminal_columns() >= WIDEST_LINE else 0
        full_line = f"{line:<{column}}  {self._remaining_time.describe()}".rstrip()
        if not self._console.is_live:
            return full_line

        from rich.text import Text

        styled_line = Text(full_line)
        styled_line.stylize("dim", len(line))
        if is_best:  # the last word of the line
            styled_line.stylize("bold green", len(line) - len("best"), len(line))
        return styled_line

    def render_bar(self) -> RenderableType:
        """Returns the bar as it looks now: the phase and its epoch, the share that is done, and the time left."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        if self._plan is None:
            stage = "starting"
        else:
            epoch = min(self._epochs_done - self._plan.epochs_before + 1, self._plan.epochs)
            stage = f"{self._plan.phase.name} {epoch}/{self._plan.epochs}"
        share_done = self._remaining_time.share_done()
        bar = ProgressBar(
            total=1.0,
            completed=share_done,
            width=terminal_columns() // 3,
            complete_style="green",
            finished_style="green",
        )
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_row(f"  {stage:<{_STAGE_WIDTH}}", bar, f"{share_done:4.0%}", self._remaining_time.describe())
        return row


class RemainingTime:
    """Tells from the estimate of a run and from its pace how long it will still take.

    Args:
        needs: The `Needs` of the run, whose costs tell how much of the work is done after an update.
        clock: Returns seconds.

    Attributes:
        seconds: Estimated time left when the last update was reported, or None.
    """

    def __init__(self, needs: Needs, clock: Callable[[], float] = time.monotonic):
        self._needs = needs
        self._clock = clock
        self._started_at = clock()
        self._reported_at = self._started_at
        self._total_cost = needs.cost(None)
        self._cost_before_start = 0.0
        self._cost_done = 0.0
        self._cost_expected = 0.0
        self.seconds = needs.seconds

    def go_on_after(self, update: int) -> None:
        """Records that updates up to this one were done earlier, so that they say nothing about the pace."""
        self._cost_before_start = self._needs.cost(update)
        self._cost_done = self._cost_before_start
        if self.seconds is not None:
            self.seconds *= 1 - self._cost_before_start / self._total_cost

    def update_finished(self, update: int) -> None:
        """Records how many updates of the run are done by now."""
        self._cost_done = self._needs.cost(update)
        self._reported_at = self._clock()
        self.seconds = self._estimate(self._reported_at - self._started_at)

    def expect_update(self, update: int) -> None:
        """Records which update will be reported next: until then, `share_done` goes no further."""
        self._cost_expected = self._needs.cost(update)

    def describe(self) -> str:
        """Returns the time left in words; empty where it is not known, or nothing is left.

        A phase may stop early, and the machine may get other work: "longer than estimated" is all that can be said
        when the time is up.
        """
        if self.seconds is None or self._cost_done >= self._total_cost:
            return ""
        seconds_left = self.seconds - (self._clock() - self._reported_at)
        return f"about {format_duration(seconds_left)} left" if seconds_left > 0 else "longer than estimated"

    def share_done(self) -> float:
        """Returns how much of the work is done, from 0 to 1, guessed from the pace since the last report."""
        cost = self._cost_done
        if self.seconds:
            costs_per_second = (self._total_cost - self._cost_done) / self.seconds
            guessed_cost = cost + costs_per_second * (self._clock() - self._reported_at)
            cost = max(cost, min(guessed_cost, self._cost_expected))
        return min(1.0, cost / max(self._total_cost, 1e-9))

    def _estimate(self, seconds_so_far: float) -> float:
        """Returns the seconds left, from those so far and, for the share of the work to come, from the estimate.

        Most of the first seconds goes into compiling, which no later part of the work repeats.
        """
        cost_left = self._total_cost - self._cost_done
        cost_here = self._cost_done - self._cost_before_start
        if self._needs.seconds is None:
            return seconds_so_far * cost_left / max(cost_here, 1e-9)
        estimated_seconds_left = cost_left * self._needs.seconds / self._total_cost
        return cost_left * (seconds_so_far + estimated_seconds_left) / (cost_left + cost_here)
