"""Several labels for each input: targets, head, batches, loss and scores."""

import keras
import numpy as np
import pytest
from objectives import tiny_multi_label

from ftlib.evidence.run import load_run
from ftlib.objectives.multi_label import MultiLabel, average_precisions
from ftlib.strategies.regularization import Regularization
from ftlib.tasks.split import Split
from ftlib.tasks.task import with_head
from ftlib.training.fit import fit

LABELS = MultiLabel()


def test_scores_by_hand():
    targets = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0]])
    outputs = np.array([[0.9, 0.4, 0.1], [0.8, 0.6, 0.1], [0.7, 0.2, 0.1], [0.1, 0.3, 0.1]])

    scores = LABELS.score(outputs, targets)

    # The first: right at rank 1 and 3; the second: at rank 1 and 4; the third never occurs.
    assert scores["mean_average_precision"] == pytest.approx(((1 + 2 / 3) / 2 + (1 + 2 / 4) / 2) / 2)
    assert scores["macro_f1"] == pytest.approx((4 / 5 + 2 / 3) / 2)  # said 3 of 2, and 1 of 2
    assert scores["exact_match"] == 0.5
    truth = np.where(targets == 1, outputs, 1 - outputs)
    assert scores["loss"] == pytest.approx(-np.log(truth).mean())
    assert list(scores) == [score.name for score in LABELS.scores]


def test_without_positives_there_is_no_average_precision():
    scores = LABELS.score(np.full((3, 2), 0.1), np.zeros((3, 2), int))
    assert np.isnan(scores["mean_average_precision"]) and scores["exact_match"] == 1 and scores["macro_f1"] == 0


def test_constant_answers_have_the_share_of_positives_as_average_precision():
    train = Split(np.zeros((4, 2, 2, 1)), np.array([[1, 0], [1, 0], [0, 1], [1, 1]]), range(4))
    baseline = LABELS.baseline(train, train)
    assert baseline["mean_average_precision"] == pytest.approx((0.75 + 0.5) / 2)
    assert "loss" not in baseline
    assert average_precisions(np.full((4, 1), 0.3), np.array([[1], [0], [0], [0]], bool)) == pytest.approx([0.25])


@pytest.mark.backends
def test_the_loss_is_that_of_the_scores():
    rng = np.random.default_rng(0)
    outputs, targets = rng.uniform(0.05, 0.95, (8, 3)).astype("float32"), rng.integers(0, 2, (8, 3))
    loss = LABELS.make_loss(Regularization())(targets.astype("float32"), outputs)
    assert float(loss) == pytest.approx(LABELS.score(outputs, targets)["loss"], rel=1e-4)
    smoothed = LABELS.make_loss(Regularization(label_smoothing=0.1))(targets.astype("float32"), outputs)
    assert float(smoothed) != float(loss)


def test_mixup_blends_the_targets_with_the_images():
    task = tiny_multi_label.task(6)
    regularization = Regularization(mixup=0.4)
    images, targets = (
        LABELS.make_batch(
            task.train.inputs.astype("float32"), task.train.targets, task, regularization, np.random.default_rng(3)
        )
    )  # fmt: skip
    rng = np.random.default_rng(3)
    partners, share = rng.permutation(6), None
    share = rng.beta(0.4, 0.4)
    expected = share * task.train.targets + (1 - share) * task.train.targets[partners]
    np.testing.assert_allclose(targets, expected, rtol=1e-5)
    assert images.dtype == targets.dtype == np.float32


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    [
        (np.array([0, 1]), ValueError, r"shape \(n, 3\)"),
        (np.array([[0, 1], [1, 0]]), ValueError, r"shape \(n, 3\)"),
        (np.array([[0, 1, 2]]), ValueError, "0 or 1 for each class. Received: train targets from 0 to 2"),
        (np.array([["a", "b", "c"]]), TypeError, "0 or 1"),
    ],
)
def test_other_targets_are_refused(targets, error, message):
    with pytest.raises(error, match=message):
        LABELS.check_targets(targets, "train", ("a", "b", "c"))


def test_a_run_learns_and_its_model_opens_in_plain_keras(tmp_path):
    task = tiny_multi_label.task(60)
    model = with_head(tiny_multi_label.backbone(), task)

    run = fit(model, task, "full", "standard", updates=120, batch_size=10, verbose=False, run_dir=tmp_path / "run")

    assert run.test_score > task.objective.baseline(task.train, task.test)["mean_average_precision"] + 0.1
    assert run.headline.name == "mean_average_precision" and run.class_names == tiny_multi_label.NAMES
    answers = keras.models.load_model(tmp_path / "run" / "model.keras").predict(task.test.inputs, verbose=0)
    np.testing.assert_allclose(answers, run.predictions("test"), atol=1e-5)
    assert load_run(tmp_path / "run").val_score == run.val_score


def test_a_model_for_classes_is_refused():
    task = tiny_multi_label.task(6)
    image = keras.Input((12, 12, 1))
    features = keras.layers.GlobalAveragePooling2D()(image)
    model = keras.Model(image, keras.layers.Dense(3)(features))
    model.layers[-1].bias.assign([2.0, 2.0, 2.0])
    with pytest.raises(ValueError, match="from 0 to 1.*sigmoid"):
        LABELS.check_outputs(model.predict(np.zeros((2, 12, 12, 1)), verbose=0))
    with pytest.raises(ValueError, match=r"probability of each class, \(None, 3\)"):
        LABELS.check_model(keras.Model(image, features), task)


def test_answers_name_the_classes_that_are_there():
    names = ("cat", "dog", "grass")
    assert [column.title for column in LABELS.answer_columns(names)] == ["labels", *names]
    assert LABELS.answer_cells(np.array([0.9, 0.2, 0.5]), names) == ("cat|grass", 0.9, 0.2, 0.5)
    record = LABELS.answer_record(np.array([0.9, 0.2, 0.5]), names)
    assert record["labels"] == ["cat", "grass"] and record["probabilities"]["dog"] == 0.2
    rows = LABELS.score_rows(np.array([[0.9, 0.2, 0.5]]), np.array([[1, 1, 0]]), names)
    assert [row["f1"] for row in rows] == [1.0, 0.0, 0.0] and rows[2]["average_precision"] is None
