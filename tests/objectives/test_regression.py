"""Numbers: standardized training, answers in the unit of the data, and scores."""

import zipfile

import keras
import numpy as np
import pytest
import tiny
from objectives import tiny_regression

from ftlib.objectives.regression import Regression, StandardizedHuber
from ftlib.strategies.regularization import Regularization
from ftlib.tasks.split import Split
from ftlib.tasks.task import with_head
from ftlib.training.fit import fit


def split_of(targets):
    return Split(np.zeros((len(targets), 2, 2, 1)), np.array(targets), range(len(targets)))


def test_scores_by_hand():
    objective = Regression(("weight",), ("g",)).fitted_to(split_of([8.0, 12.0]))  # mean 10, deviation 2

    scores = objective.score(np.array([[10.0], [14.0], [20.0]]), np.array([10.0, 12.0, 14.0]))

    assert (objective.means, objective.deviations) == ((10.0,), (2.0,))
    assert scores["mae"] == pytest.approx((0 + 2 + 6) / 3)
    assert scores["r2"] == pytest.approx(1 - (0 + 4 + 36) / (4 + 0 + 4))
    assert scores["loss"] == pytest.approx((0 + 0.5 + (3 - 0.5)) / 3)  # 0, 1 and 3 deviations off
    assert objective.scores[1].format(2.5) == "2.5 g" and not objective.scores[1].higher_is_better


def test_of_several_numbers_errors_are_means_of_deviations():
    objective = Regression(("weight", "length"), ("g", "m")).fitted_to(split_of([[8, 1.0], [12, 3.0]]))
    scores = objective.score(np.array([[10, 2.5], [12, 2.0]]), np.array([[8, 2.0], [12, 4.0]]))
    assert scores["mae"] == pytest.approx((1 + 0.5 + 0 + 2) / 4)
    assert objective.scores[1].unit == "deviations"
    weight, length = objective.score_rows(np.array([[10, 2.5], [12, 2.0]]), np.array([[8, 2.0], [12, 4.0]]))
    assert (weight["mae"], weight["bias"], weight["unit"]) == (1.0, 1.0, "g")
    assert length["rmse"] == pytest.approx(np.sqrt((0.25 + 4) / 2))


@pytest.mark.backends
def test_the_loss_is_that_of_the_scores():
    objective = Regression().fitted_to(split_of([8.0, 12.0]))
    outputs, targets = np.array([[10.0], [14.0], [20.0]], "float32"), np.array([[10.0], [12.0], [14.0]], "float32")
    loss = objective.make_loss(Regularization())(targets, outputs)
    assert float(loss) == pytest.approx(objective.score(outputs, targets)["loss"], rel=1e-6)
    reference = keras.losses.Huber(delta=1.0)(targets / 2, outputs / 2)
    assert float(loss) == pytest.approx(float(reference), rel=1e-6)
    assert StandardizedHuber((2.0,)).call(targets, outputs).shape == (3,)


def test_the_mean_of_training_explains_nothing():
    train = split_of([1.0, 2.0, 3.0])
    assert Regression().fitted_to(train).baseline(train, train)["r2"] == pytest.approx(0)


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    [
        (np.array(["3", "4"]), TypeError, "Targets are numbers"),
        (np.array([[1.0, 2.0]]), ValueError, r"shape \(n, 1\)"),
        (np.array([1.0, np.inf]), ValueError, "finite"),
    ],
)
def test_other_targets_are_refused(targets, error, message):
    with pytest.raises(error, match=message):
        Regression().check_targets(targets, "train", ())


def test_a_number_that_never_differs_is_refused():
    with pytest.raises(ValueError, match=r"must differ in 'value'.*Received: 7 for all 3"):
        Regression().fitted_to(split_of([7.0, 7.0, 7.0]))
    with pytest.raises(ValueError, match="one unit for each of 2"):
        Regression(("a", "b"), ("g",))


def test_what_does_not_fit_numbers_is_refused_but_in_a_preset_left_out(capsys):
    task = tiny_regression.task(12)
    model = with_head(tiny_regression.backbone(), task)
    for wrong in (Regularization(label_smoothing=0.1), Regularization(cutmix=1.0)):
        with pytest.raises(ValueError, match="does not fit regression"):
            fit(model, task, "full", wrong, updates=2, verbose=False)
    with pytest.raises(ValueError, match="`class_weight` is for tasks with one class each"):
        fit(model, task, "full", class_weight="balanced", updates=2, verbose=False)
    with pytest.raises(ValueError, match="`advise` is for tasks with one class for each input"):
        fit(model, task, "auto", updates=2, verbose=False)

    run = fit(model, task, "full", "strong", updates=4, batch_size=6, verbose=False)

    assert "The preset 'strong' is used without label_smoothing and cutmix: not for regression of images." in run.notes
    assert "mixup=0.2" in run.settings["regularization"] and "cutmix" not in run.settings["regularization"]


@pytest.mark.parametrize("numbers", [1, 2])
def test_a_saved_model_answers_in_the_unit_without_ftlib(tmp_path, numbers):
    task = tiny_regression.task(60, numbers=numbers)
    model = with_head(tiny_regression.backbone(), task)
    untrained = np.asarray(keras.ops.convert_to_numpy(model(task.test.inputs[:2])))
    np.testing.assert_allclose(untrained[0], task.objective.means, rtol=1e-5)  # it begins with the mean

    run = fit(model, task, tiny.one_phase("all"), "none", updates=80, batch_size=10, verbose=False)

    assert run.test_score > 0.3 and run.baseline()["r2"] <= 0
    run.save(tmp_path)
    # The harness opens such a model in a process without ftlib; here it is enough that nothing asks for it.
    assert b"ftlib" not in zipfile.ZipFile(tmp_path / "model.keras").read("config.json")
    answers = keras.models.load_model(tmp_path / "model.keras").predict(task.test.inputs[:4], verbose=0)
    np.testing.assert_allclose(answers, run.predictions("test")[:4], rtol=1e-4)


def test_answers_have_names_and_units():
    objective = Regression(("weight", "age"), ("g", ""))
    assert [column.title for column in objective.answer_columns()] == ["weight (g)", "age"]
    assert objective.answer_cells(np.array([1.5, 2.0])) == (1.5, 2.0)
    assert objective.answer_record(np.array([1.5, 2.0])) == {"values": {"weight (g)": 1.5, "age": 2.0}}
