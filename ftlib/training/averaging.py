"""What may follow the last phase: means of weights that cost no training."""

import dataclasses

import keras
import numpy as np

from ftlib.evidence.run import Run
from ftlib.evidence.run_records import ClosingRecord
from ftlib.models.initialization import assign_weights
from ftlib.objectives.evaluation import score_model

SOUP_SIZE = 5  # best epochs that a soup chooses from


@dataclasses.dataclass
class EpochWeights:
    """An epoch of a phase that may be kept.

    Attributes:
        epoch: Number of the epoch within its phase, from 1; 0 for what the phase began with.
        val_loss: Loss on the validation split after it.
        scores: All scores on the validation split.
        weights: Copies of the weights that train, in the order of the stages.
    """

    epoch: int
    val_loss: float
    scores: dict[str, float]
    weights: list[np.ndarray]


def greedy_soup(run: Run, epochs: list[EpochWeights], weights: list[keras.Variable]) -> ClosingRecord:
    """Averages the weights of the last phase's best epochs, one by one, as long as that helps on validation.

    The greedy soup of Wortsman et al., 2022 (https://arxiv.org/abs/2203.05482), with epochs for ingredients.

    Args:
        run: The `Run`; its model has the weights of the best epoch, and is changed in place.
        epochs: The epochs to choose from.
        weights: The weights of the model that the arrays of an epoch belong to.

    Returns:
        The record of the step: the epochs that are in the soup, and the scores on validation.
    """
    soup_epochs: list[int] = []
    soup_weights: list[np.ndarray] = []
    soup_scores = None
    for ingredient in sorted(epochs, key=lambda epoch: epoch.val_loss):
        candidate = ingredient.weights
        if soup_epochs:
            count = len(soup_epochs) + 1
            pairs = zip(soup_weights, ingredient.weights, strict=True)
            candidate = [mean + (weight - mean) / count for mean, weight in pairs]

        scores = _scores_with(run, weights, candidate)
        if soup_scores is None or scores["loss"] <= soup_scores["loss"]:
            soup_epochs.append(ingredient.epoch)
            soup_weights = candidate
            soup_scores = scores

    assign_weights(weights, soup_weights)
    soup_epochs.sort()
    epoch_list = ", ".join(map(str, soup_epochs))
    is_mean = len(soup_epochs) > 1
    description = f"soup: the mean of epochs {epoch_list}" if is_mean else f"soup: epoch {epoch_list} alone is best"
    assert soup_scores is not None, "a phase has an epoch"
    return ClosingRecord("soup", description, soup_scores, epochs=soup_epochs)


def interpolate_weights(run: Run, start_weights: list[np.ndarray]) -> ClosingRecord:
    """Moves the weights to the best point, by validation loss, on the line from the start to where they are.

    WiSE-FT, https://arxiv.org/abs/2109.01903: a part of the way often loses less of the pre-training, and generalizes
    as well or better.

    Args:
        run: The `Run`; its model is changed in place.
        start_weights: Arrays in the order of the model's weights.

    Returns:
        The record of the step: the `alphas` (0 is the start, 1 the tuned model), validation loss and accuracy at each,
        the `alpha` that was chosen and its scores.
    """
    weights = run.model.weights
    tuned_weights = run.model.get_weights()
    alphas = [i / 10 for i in range(11)]
    points = [_point_on_line(start_weights, tuned_weights, alpha) for alpha in alphas]
    scores = [_scores_with(run, weights, point) for point in points]

    # From the tuned end on, so that of equal points the nearest to it is taken.
    best = min(reversed(range(len(alphas))), key=lambda i: scores[i]["loss"])
    assign_weights(weights, points[best])
    return ClosingRecord(
        "interpolate",
        f"interpolate: alpha {alphas[best]:g} of the way from the start to the tuned weights",
        scores[best],
        alpha=alphas[best],
        alphas=alphas,
        val_loss=[score["loss"] for score in scores],
        val_scores=[score[run.objective.headline.name] for score in scores],
    )


def _point_on_line(start_weights, tuned_weights, alpha):
    """Returns the weights a share `alpha` of the way; weights that are no floats are not mixed."""
    if alpha in (0, 1):
        return tuned_weights if alpha else start_weights
    return [
        start + alpha * (tuned - start) if tuned.dtype.kind == "f" else tuned
        for start, tuned in zip(start_weights, tuned_weights, strict=True)
    ]


def _scores_with(run, weights, values):
    assign_weights(weights, values)
    objective = run.task.objective
    validation = objective.for_evaluation(run.task.validation)
    return score_model(run.model, validation.inputs, validation.targets, objective)
