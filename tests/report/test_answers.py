"""What a report says of a model's answers is what its predictions say."""

from types import SimpleNamespace

import numpy as np
import pytest

from ftlib.objectives.scores import wilson_interval
from ftlib.plots.models import ConfusedPair
from ftlib.report.answers import Answers, RunScore, task_name

LABELS = np.array([0, 0, 0, 1, 1, 2], "uint8")
PREDICTED = np.array([0, 1, 1, 1, 0, 2])
CONFIDENCES = np.array([0.9, 0.6, 0.8, 0.7, 0.95, 0.5])


def probabilities():
    rows = np.tile(((1 - CONFIDENCES) / 3)[:, None], (1, 4))
    rows[np.arange(6), PREDICTED] = CONFIDENCES
    return rows


def a_run(**changes):
    task = SimpleNamespace(test=SimpleNamespace(labels=LABELS, images=np.zeros((6, 8, 8, 1))))
    fields = {
        "task": task,
        "class_names": ("cat", "dog", "cow", "hen"),
        "predictions": lambda split_name: probabilities(),
        "settings": {"task": {"name": "pets", "test": 6, "validation": 5}},
        "scores": {},
        "test_accuracy": 0.5,
        "val_accuracy": 0.4,
    }
    return SimpleNamespace(**{**fields, **changes})


@pytest.fixture(scope="module")
def answers():
    return Answers.of(a_run())


def test_without_data_there_are_no_answers():
    assert Answers.of(a_run(task=None)) is None


def test_mistakes_come_the_surest_first(answers):
    assert answers.mistake_indices.tolist() == [4, 2, 1] and answers.accuracy == 0.5


def test_classes_come_the_worst_first_and_those_without_images_are_left_out(answers):
    assert [score.name for score in answers.class_scores] == ["cat", "dog", "cow"]
    cat = answers.class_scores[0]
    assert (cat.image_count, cat.right_count, cat.recall, cat.precision) == (3, 1, 1 / 3, 1 / 2)
    assert cat.f1 == pytest.approx(2 / 5) and cat.interval == wilson_interval(1, 3)


def test_confusions_are_counted_also_where_labels_are_small_integers(answers):
    assert answers.most_confused(5) == [ConfusedPair("cat", "dog", 2, 2 / 3), ConfusedPair("dog", "cat", 1, 1 / 2)]
    assert answers.most_confused(1) == [ConfusedPair("cat", "dog", 2, 2 / 3)]
    assert answers.confusion_counts()[0].tolist() == [1, 2, 0, 0]
    many = a_run(class_names=tuple(map(str, range(200))), predictions=lambda name: np.eye(200)[PREDICTED + 100])
    assert Answers.of(many).most_confused(1) == [ConfusedPair("0", "101", 2, 2 / 3)]  # 200 * 2 is no uint8


def test_what_is_left_above_a_confidence_is_counted(answers):
    assert answers.surer_than(0.0) == (6, 3) and answers.surer_than(0.75) == (3, 1)


def test_the_score_is_that_of_the_test_images_where_they_were_looked_at():
    assert RunScore.of(a_run()) == (0.5, 6, "test")
    assert RunScore.of(a_run(task=None, scores={"test": {}})) == (0.5, 6, "test")
    assert RunScore.of(a_run(task=None)) == (0.4, 5, "validation")
    assert RunScore.of(a_run(task=None, settings={"task": "pets"})) == (0.4, None, "validation")


def test_a_score_has_an_interval_where_the_number_of_images_is_known():
    assert RunScore(0.96, 500, "test").interval_text == "95 % interval 93.9 to 97.4 %"
    assert RunScore(0.96, None, "test").interval_text == ""


def test_a_task_is_named_however_it_was_recorded():
    assert task_name({"task": {"name": "pets"}}) == task_name({"task": "pets"}) == "pets"
    assert task_name({}) == "this task"
