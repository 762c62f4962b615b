"""The figures of a run in words."""

import pytest

from ftlib.app.metrics_text import format_headline, format_metrics


def share(value):
    return {"value": value, "low": value - 0.1, "high": value + 0.05}


@pytest.fixture
def metrics():
    names = ("cat", "고양이", "dog")
    return {
        "images": 1200,
        "accuracy": share(0.9),
        "macro_f1": share(0.8),
        "calibration_error": 0.034,
        "classes": [
            {"name": name, "images": 400, "accuracy": share(0.9 - i / 10), "precision": 0.5, "f1": 0.5}
            for i, name in enumerate(names)
        ],
        "groups": [],
    }


def test_the_headline_has_the_interval(metrics):
    assert format_headline(metrics) == "test accuracy 90.0 % (95 % interval 80.0 to 95.0 %, 1,200 pictures)"


def test_the_worst_class_comes_first_in_straight_columns(metrics):
    lines = format_metrics(metrics).splitlines()
    assert lines[0].startswith("accuracy     90.0 %   95 % interval 80.0 to 95.0 %") and " 3.4 %" in lines[2]
    assert lines[4:] == [
        "class   pictures  accuracy   95 % interval  precision",
        "dog          400    70.0 %  60.0 to 75.0 %     50.0 %",
        "고양이       400    80.0 %  70.0 to 85.0 %     50.0 %",
        "cat          400    90.0 %  80.0 to 95.0 %     50.0 %",
    ]


def test_long_tables_are_cut_and_groups_have_one_of_their_own(metrics):
    metrics["groups"] = [{"name": "donor", "images": 3, "accuracy": share(0.5)}]
    text = format_metrics(metrics, most_rows=2)
    assert "cat" not in text and "... and 1 more in metrics.json" in text
    assert text.splitlines()[-1].split() == ["donor", "3", "50.0", "%", "40.0", "to", "55.0", "%"]
