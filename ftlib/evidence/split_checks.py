"""What everything that measures a run on one of its splits checks first."""

from ftlib.evidence.run import Run


def check_run_and_split(run: Run, part: str) -> None:
    """Raises a TypeError for what is no `Run`, and a ValueError for another split than `"validation"` and `"test"`."""
    if not isinstance(run, Run):
        raise TypeError(f"`run` is a Run, as from ft.fit(...). Received: {type(run).__name__}.")
    if part not in ("validation", "test"):
        raise ValueError(f'`part` is "validation" or "test". Received: part={part!r}.')


def record_look_at(run: Run, part: str) -> None:
    """Has a run compute the score of a split, and so record that the split was looked at."""
    _ = run.test_accuracy if part == "test" else run.val_accuracy
