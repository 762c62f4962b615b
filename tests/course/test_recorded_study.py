"""The record of a study as the lessons read it: the seeds of a cell, in their order."""

import pytest

from ftlib.course.recorded_study import RecordedStudy

ROWS = [
    {"task": "digits", "labels": labels, "seed": seed, "method": method, "test_accuracy": labels + seed / 10}
    for method in ("frozen", "scratch")
    for labels in (1, 10)
    for seed in (2, 0, 1)
]


def test_scores_come_in_the_order_of_the_seeds():
    study = RecordedStudy(rows=ROWS)
    assert list(study.scores("test_accuracy", method="frozen", labels=10)) == [10, 10.1, 10.2]
    assert study.scores("test_accuracy", method="scratch", labels=1).mean() == pytest.approx(1.1)


@pytest.mark.parametrize("cell", [{"method": "frozne", "labels": 1}, {"method": "frozen"}, {"metod": "frozen"}])
def test_a_cell_that_is_none_or_several_is_one_clear_error(cell):
    with pytest.raises(ValueError, match=r"one row for each seed, out of .*'method': \['frozen', 'scratch'\]"):
        RecordedStudy(rows=ROWS).scores("test_accuracy", **cell)


def test_an_unknown_score_is_told_those_there_are():
    with pytest.raises(ValueError, match="task, labels, seed, method, test_accuracy. Received: 'accuracy'"):
        RecordedStudy(rows=ROWS).scores("accuracy", method="frozen", labels=1)
