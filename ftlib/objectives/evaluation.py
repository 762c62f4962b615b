"""Models scored with an objective, batch by batch."""

from typing import Any

import keras
import numpy as np

from ftlib.models.inference import predict_batches
from ftlib.objectives.objective import Objective


def reduced_outputs(model: keras.Model, inputs: Any, targets: np.ndarray, objective: Objective) -> np.ndarray:
    """Returns what an objective keeps of a model's outputs; see `Objective.reduce_outputs`.

    Args:
        model: A model with one input.
        inputs, targets: `(n, ...)`, as `Objective.for_evaluation` gives them; or, for the inputs, what frozen stages
            gave for them.
        objective: The `Objective`.
    """
    kept_batches = []
    first = 0
    for outputs in predict_batches(model, inputs):
        kept_batches.append(objective.reduce_outputs(outputs, targets[first : first + len(outputs)]))
        first += len(outputs)
    return np.concatenate(kept_batches)


def score_model(model: keras.Model, inputs: Any, targets: np.ndarray, objective: Objective) -> dict[str, float]:
    """Returns the scores of a model; the arguments are those of `reduced_outputs`."""
    return objective.score(reduced_outputs(model, inputs, targets, objective), targets)
