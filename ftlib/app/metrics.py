"""The figures of `ftlib.evidence.metrics.measure` as text."""

from ftlib.text import table


def told(metrics, most=30):
    """Returns figures as text: the headline, and a table of the classes, the worst first."""
    accuracy, f1 = metrics["accuracy"], metrics["macro_f1"]
    lines = [
        f"accuracy     {_percent(accuracy)}   95 % interval {_span(accuracy)}   {metrics['images']:,} test pictures",
        f"macro-F1     {_percent(f1)}   95 % interval {_span(f1)}   every class counts alike",
        f"calibration  {100 * metrics['calibration_error']:>4.1f} %   between the probabilities that it states and how "
        "often it is right",
        "",
    ]
    for kind, rows in (("class", metrics["classes"]), ("group", metrics["groups"])):
        if not rows:
            continue
        rows = sorted(rows, key=lambda row: row["accuracy"]["value"])
        more = [f"... and {len(rows) - most:,} more in metrics.json"] * (len(rows) > most)
        head = (kind, "pictures", "accuracy", "95 % interval") + ("precision",) * (kind == "class")
        cells = [head]
        for row in rows[:most]:
            cells.append((row["name"], f"{row['images']:,}", _percent(row["accuracy"]), _span(row["accuracy"])))
            if kind == "class":
                cells[-1] += (f"{100 * row['precision']:.1f} %",)
        lines += [table(cells, right=(1, 2, 3, 4)), *more, ""]
    return "\n".join(lines).rstrip()


def headline(metrics):
    """Returns the accuracy with its interval in a few words."""
    accuracy = metrics["accuracy"]
    return f"test accuracy {_percent(accuracy)} (95 % interval {_span(accuracy)}, {metrics['images']:,} pictures)"


def _percent(value):
    return f"{100 * value['value']:.1f} %"


def _span(value):
    return f"{100 * value['low']:.1f} to {100 * value['high']:.1f} %"
