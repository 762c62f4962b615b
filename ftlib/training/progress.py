"""What a training tells while it runs: events, for whoever shows them."""

from ftlib.evidence.run import Run
from ftlib.evidence.run_records import EpochRecord
from ftlib.training.phase_plan import PhasePlan


class Progress:
    """Receives the events of a run, and shows nothing: derive from it, and override what you want to show.

    Example:
    >>> class Losses(ft.Progress):
    ...     def epoch_finished(self, record, is_best):
    ...         print(f"{record.update}: {record.val_loss:.2f}")
    """

    def run_started(self, run: Run) -> None:
        """The run begins, or goes on: then `run.history` holds the epochs that are done."""

    def phase_started(self, plan: PhasePlan, cache_note: str) -> None:
        """A phase begins, or goes on. `cache_note` says what is computed once for it; empty where nothing is."""

    def epoch_finished(self, record: EpochRecord, is_best: bool) -> None:
        """An epoch is done; `is_best` if no epoch of the phase had a lower validation loss."""

    def note(self, text: str) -> None:
        """Something that a person may want to know, in a sentence."""

    def run_finished(self, run: Run) -> None:
        """The run is complete; it was saved if it has a folder."""


class PrintedProgress(Progress):
    """Prints a line for each event: what `fit` shows by default."""

    def __init__(self):
        self._prefix = ""
        self._plan: PhasePlan | None = None

    def run_started(self, run):
        self._prefix = f"{run.strategy} seed {run.seed}  "

    def phase_started(self, plan, cache_note):
        self._plan = plan
        if cache_note:
            print(f"{self._prefix}{plan.phase.name}: {cache_note}")

    def epoch_finished(self, record, is_best):
        assert self._plan is not None, "a phase starts before its first epoch ends"
        print(self._prefix + describe_epoch(self._plan, record, is_best))

    def note(self, text):
        print(text)


def describe_epoch(plan: PhasePlan, record: EpochRecord, is_best: bool) -> str:
    """Returns an epoch as a line, whose numbers stand below those of the line before: losses and headline score."""
    epoch = record.epoch - plan.epochs_before
    epoch_width = len(str(plan.epochs))
    update_width = len(str(plan.updates_before + plan.updates))
    headline, value = next(iter(record.validation.items()))
    line = (
        f"{plan.phase.name} {epoch:>{epoch_width}}/{plan.epochs}  update {record.update:>{update_width}}  "
        f"loss {record.loss:.3f}  val loss {record.val_loss:.3f}  val {headline.replace('_', ' ')} {value:.3f}"
    )
    return line + ("  best" if is_best else "")
