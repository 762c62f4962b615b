"""Figures of deck 6."""

import json

from decks import draw
from decks.figures.common import figure
from decks.records import RESULTS


def mean_curves(record_name, task, methods, axis="labels", score="test_accuracy", seed_count=5):
    """Returns the mean score of each method against what is on the axis, where all seeds are recorded."""
    rows = json.loads((RESULTS / f"{record_name}.json").read_text(encoding="utf-8"))["rows"]
    curves = {}
    for method, shown_name in methods.items():
        scores_at = {}
        for row in rows:
            if (row["task"], row["method"]) == (task, method):
                scores_at.setdefault(row[axis], []).append(row[score])
        complete = sorted(place for place, scores in scores_at.items() if len(scores) == seed_count)
        curves[shown_name] = (complete, [sum(scores_at[place]) / seed_count for place in complete])
    return curves


@figure
def reviews_by_labels(names):
    methods = {"tfidf": "letters counted", "frozen": "frozen", "lp_ft": "fine-tuned", "scratch": "from scratch"}
    curves = mean_curves("texts", "nsmc", methods)
    ticks = {count: f"{count:,}" for count in (20, 100, 300, 1000)}
    return draw.curves(curves, "Labels", "Test accuracy", "", log_x=True, percent=True, x_ticks=ticks)


@figure
def commands_by_recordings(names):
    methods = {
        "google": "Google's, heard people", "lp_ft": "minispeech, fine-tuned", "segments": "without network",
        "scratch": "from scratch",
    }  # fmt: skip
    curves = mean_curves("speech", "speech_commands", methods, axis="labels_per_class")
    ticks = {count: str(count) for count in (3, 10, 30)}
    return draw.curves(curves, "Recordings of each word", "Test accuracy", "", log_x=True, percent=True, x_ticks=ticks)
