"""The figures of a run in words: a headline, and a table of its classes."""

from collections.abc import Mapping
from typing import Any

from ftlib.text import format_interval, format_percent, format_table

Figures = Mapping[str, Any]  # a share with its 95 % interval: `value`, `low` and `high`, from 0 to 1


def format_metrics(metrics: Mapping[str, Any], most_rows: int = 30) -> str:
    """Returns figures as text: the headline, and a table of the classes and one of the groups, the worst first.

    Args:
        metrics: As from `ftlib.evidence.metrics.measure`.
        most_rows: Rows of a table.
    """
    if "scores" in metrics:
        return _format_scores(metrics, most_rows)
    accuracy = metrics["accuracy"]
    macro_f1 = metrics["macro_f1"]
    calibration_error = f"{100 * metrics['calibration_error']:>4.1f} %"
    noun = metrics.get("noun", "picture")
    picture_count = f"{metrics['images']:,} test {noun}s"
    lines = [
        f"accuracy     {_percent(accuracy)}   95 % interval {_interval(accuracy)}   {picture_count}",
        f"macro-F1     {_percent(macro_f1)}   95 % interval {_interval(macro_f1)}   every class counts the same",
        f"calibration  {calibration_error}   between the probabilities that it states and how often it is right",
        "",
    ]
    if metrics["classes"]:
        header = ("class", f"{noun}s", "accuracy", "95 % interval", "precision")
        rows = [(*_cells(row), format_percent(row["precision"])) for row in _worst_first(metrics["classes"])]
        lines += _table_lines(header, rows, most_rows)
    if metrics["groups"]:
        header = ("group", f"{noun}s", "accuracy", "95 % interval")
        lines += _table_lines(header, [_cells(row) for row in _worst_first(metrics["groups"])], most_rows)
    return "\n".join(lines).rstrip()


def format_headline(metrics: Mapping[str, Any]) -> str:
    """Returns the accuracy, or what else is the headline, with its interval in a few words."""
    if "scores" in metrics:
        headline = metrics["scores"][0]
        interval = f"95 % interval {_score_interval(headline)}, {metrics['images']:,} pictures"
        return f"test {headline['title']} {format_score(headline)} ({interval})"
    accuracy = metrics["accuracy"]
    details = f"95 % interval {_interval(accuracy)}, {metrics['images']:,} {metrics.get('noun', 'picture')}s"
    return f"test accuracy {_percent(accuracy)} ({details})"


def _format_scores(metrics: Mapping[str, Any], most_rows: int) -> str:
    """Returns the scores of whatever is predicted, each with what the best blind answer has, and the rows."""
    scores = metrics["scores"]
    table = [("", "test", "95 % interval", "without a model")]
    for score in scores:
        cells = (format_score(score), _score_interval(score), format_score({**score, "value": score["baseline"]}))
        table.append((score["title"], *cells))
    lines = [format_table(table, right=(1, 2, 3)), f"{metrics['images']:,} test pictures", ""]
    rows = metrics["rows"]
    if rows:
        header = [name.replace("_", " ") for name in rows[0]]
        cells = [[_plain_cell(value) for value in row.values()] for row in rows]
        lines += _table_lines(tuple(header), [tuple(row) for row in cells], most_rows)
    return "\n".join(lines).rstrip()


def format_score(score: Mapping[str, Any]) -> str:
    """Returns the value of a score as it is printed: "97.5 %", "0.81", "3.2 g"."""
    value = score["value"]
    if value is None:
        return "unknown"
    return format_percent(value) if score["unit"] == "%" else f"{value:.3g} {score['unit']}".rstrip()


def _score_interval(score: Mapping[str, Any]) -> str:
    if score["low"] is None:
        return "unknown"
    if score["unit"] == "%":
        return format_interval(score["low"], score["high"])
    return f"{score['low']:.3g} to {score['high']:.3g}"


def _plain_cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _worst_first(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(rows, key=lambda row: row["accuracy"]["value"])


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    return row["name"], f"{row['images']:,}", _percent(row["accuracy"]), _interval(row["accuracy"])


def _table_lines(header: tuple[str, ...], rows: list[tuple[str, ...]], most_rows: int) -> list[str]:
    lines = [format_table([header, *rows[:most_rows]], right=range(1, len(header)))]
    if len(rows) > most_rows:
        lines.append(f"... and {len(rows) - most_rows:,} more in metrics.json")
    return [*lines, ""]


def _percent(figures: Figures) -> str:
    return format_percent(figures["value"])


def _interval(figures: Figures) -> str:
    return format_interval(figures["low"], figures["high"])
