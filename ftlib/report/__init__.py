"""A report to hand over: one HTML file with everything in it."""

from ftlib.report.contents import of_comparison, of_run
from ftlib.report.page import file_to_write, page, write_page

__all__ = ["write_report"]


def write_report(result, path, task=None, recorded=None, recorded_in="results/digits.json"):
    """Writes a report: one HTML file that needs no network, no scripts and no other file.

    It holds the headline with its interval, pictures, how each strategy trained, the proofs, the mistakes,
    and the settings to repeat it. The file appears whole or not at all; one that is there stays until then.
    For a `Run` whose test accuracy was not looked at yet, this is the look.

    Args:
        result: A `Run` or a `Comparison`.
        path: The file to write, such as `"report.html"`. Its folder is made if it is missing.
        task: The `Task` of a run that was loaded without its data. Default None: then what needs images is
            left out, and the report says so.
        recorded: A `Comparison` measured earlier, shown beside a live one and marked as recorded.
        recorded_in: Where `recorded` comes from, for its mark.

    Returns:
        The `pathlib.Path` of the file.

    Raises:
        TypeError: For a result that is neither a `Run` nor a `Comparison`.
        ValueError: For a path that is a folder.

    Example:
    >>> from types import SimpleNamespace
    >>> row = {"strategy": "full", "labels_per_class": 10, "updates": 300, "n": 3, "rate_factor": 1}
    >>> row |= {f"{part}_{end}": 0.96 for part in ("test", "val") for end in ("mean", "low", "high")}
    >>> result = SimpleNamespace(settings={}, runs=[], table=lambda: [row], histories=lambda *cell: {})
    >>> write_report(result, "report.html").name
    'report.html'
    """
    path = file_to_write(path)
    if hasattr(result, "table"):
        html = page(*of_comparison(result, recorded, recorded_in))
    elif hasattr(result, "phases"):
        html = page(*of_run(result, task))
    else:
        raise TypeError(f"Expected a Run or a Comparison. Received: {type(result).__name__}.")
    return write_page(html, path)
