"""The closing step that asks whether the training was worth it: the frozen features under a linear classifier."""

from __future__ import annotations

from typing import NamedTuple

import keras
import numpy as np

from ftlib.evidence.probes import linear_probe
from ftlib.evidence.run import Run
from ftlib.evidence.run_records import ClosingRecord
from ftlib.models.inference import predict
from ftlib.models.initialization import assign_weights
from ftlib.models.staged_model import StagedModel
from ftlib.objectives.classification import Classification
from ftlib.objectives.evaluation import score_model
from ftlib.tasks.task import Task

MOST_EXAMPLES = 20_000  # of training that a probe is fitted on, drawn where there are more
STRENGTHS = (0.01, 0.1, 1.0, 10.0)  # of logistic regression, scikit-learn's C
SHARPNESS = (0.3, 1.0, 3.0)  # of a nearest class mean: factors of the sharpness that fits the spread within the classes


class LinearHead(NamedTuple):
    """A linear classifier of pooled features.

    Attributes:
        name: Such as `"logistic regression"`.
        weights: Kernel `(features, classes)` and bias `(classes,)`.
    """

    name: str
    weights: tuple[np.ndarray, np.ndarray]


def require_probe(staged: StagedModel, task: Task) -> None:
    """Raises a ValueError unless a linear classifier of pooled features can take the place of a model's head.

    Args:
        staged: The classifier.
        task: Its `Task`.
    """
    if not takes_probe(staged, task):
        raise ValueError(
            'The closing step "linear_probe" needs a task with one class each, of all of which there are training '
            f"examples, and a head whose only weights are a Dense layer with softmax. Received: {task!r}. Leave it out."
        )


def takes_probe(staged: StagedModel, task: Task) -> bool:
    """Returns whether a linear classifier of pooled features can take the place of a model's head."""
    last_layer = staged.model.layers[-1]
    return (
        isinstance(task.objective, Classification)
        and len(np.unique(task.train.targets)) == task.num_classes
        and isinstance(last_layer, keras.layers.Dense)
        and last_layer.use_bias
        and last_layer.activation is keras.activations.softmax
        and len(staged.weights_of(["head"])) == len(last_layer.weights)
    )


def try_linear_probe(run: Run) -> ClosingRecord:
    """Puts the pre-trained backbone back, under a linear classifier of its features, where that is better so.

    Features of the model that the run began with are computed once. Logistic regression of several strengths, and the
    nearest class mean (a linear classifier, too), are fitted on training; the best on validation, by the headline score
    and then by the loss, is compared with what was trained, which stays unless the headline score is better.

    Args:
        run: The `Run`; its model is changed in place where the probe is better.

    Returns:
        The record of the step, with the headline scores of the probe and of what was trained as `val_scores`.
    """
    task, objective = run.task, run.objective
    assert task is not None and run.start is not None, "a run that was just trained has both"
    headline = objective.headline
    trained_scores = run.scores["validation"]

    last_layer = run.start.layers[-1]
    feature_model = keras.Model(run.start.input, last_layer.input)
    drawn = np.random.default_rng(0).permutation(len(task.train))[:MOST_EXAMPLES]
    first_of_class = np.unique(task.train.targets, return_index=True)[1]  # for classes so rare that none was drawn
    train = task.train.take(np.union1d(drawn, first_of_class))
    heads = fit_linear_heads(predict(feature_model, train.inputs), np.asarray(train.targets), task.num_classes)

    validation = objective.for_evaluation(task.validation)
    features = predict(feature_model, validation.inputs)
    head_model = keras.Sequential([keras.Input(features.shape[1:]), _unbuilt_copy(last_layer)])
    scored = []
    for head in heads:
        assign_weights(head_model.weights, head.weights)
        scored.append(score_model(head_model, features, validation.targets, objective))
    best = max(range(len(heads)), key=lambda i: (headline.rank(scored[i][headline.name]), -scored[i]["loss"]))

    is_better = headline.is_better(scored[best][headline.name], trained_scores[headline.name])
    if is_better:
        head_weights = {
            id(weight): value for weight, value in zip(last_layer.weights, heads[best].weights, strict=True)
        }
        start_values = zip(run.start.weights, run.start.get_weights(), strict=True)
        assign_weights(run.model.weights, [head_weights.get(id(weight), value) for weight, value in start_values])
        run.forget_predictions()

    probe_score, trained_score = scored[best][headline.name], trained_scores[headline.name]
    description = (
        f"linear probe: {heads[best].name} on the frozen features has {headline.label} {headline.format(probe_score)} "
        f"on validation, what was trained {headline.format(trained_score)}; "
        f"{'the probe' if is_better else 'what was trained'} is kept"
    )
    kept_scores = scored[best] if is_better else trained_scores
    return ClosingRecord("linear_probe", description, kept_scores, val_scores=[probe_score, trained_score])


def fit_linear_heads(features: np.ndarray, labels: np.ndarray, class_count: int) -> list[LinearHead]:
    """Returns linear classifiers of features: logistic regressions, and nearest class means.

    Args:
        features: `(n, features)`.
        labels: Class indices, `(n,)`; of every class there is at least one.
        class_count: How many classes there are.
    """
    regressions = [
        LinearHead("logistic regression", linear_probe(features, labels, strength)) for strength in STRENGTHS
    ]
    means = np.stack([features[labels == index].mean(axis=0) for index in range(class_count)])
    spread = ((features - means[labels]) ** 2).mean() or ((features - features.mean(axis=0)) ** 2).mean() or 1.0
    nearest_means = []
    for factor in SHARPNESS:
        sharpness = factor / (spread * features.shape[1] ** 0.5)
        kernel, bias = sharpness * means.T, -sharpness / 2 * (means**2).sum(axis=1)
        nearest_means.append(LinearHead("the nearest class mean", (kernel.astype("float32"), bias.astype("float32"))))
    return [*regressions, *nearest_means]


def _unbuilt_copy(layer):
    return type(layer).from_config(layer.get_config())
