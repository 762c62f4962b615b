"""What may follow the last phase: means of weights that cost no training."""

from ftlib.evidence.scores import score_predictions
from ftlib.models.inference import predict
from ftlib.models.initialization import assign_weights

SOUP_SIZE = 5  # best epochs that a soup chooses from


def greedy_soup(run, epochs, weights):
    """Averages the weights of the last phase's best epochs, one by one, as long as that helps on validation.

    The greedy soup of Wortsman et al., 2022 (https://arxiv.org/abs/2203.05482), with epochs for ingredients.

    Args:
        run: The `Run`; its model has the weights of the best epoch, and is changed in place.
        epochs: List of dicts with `epoch`, `val_loss` and `weights`, a list of arrays.
        weights: The weights of the model that these arrays belong to.

    Returns:
        Dict with the epochs that are in the soup, and the scores on validation.
    """
    epochs = sorted(epochs, key=lambda e: e["val_loss"])
    kept, mean, best = [], None, None
    for epoch in epochs:
        tried = epoch["weights"]
        if kept:
            tried = [m + (w - m) / (len(kept) + 1) for m, w in zip(mean, tried, strict=True)]
        scores = _scores_with(run, weights, tried)
        if best is None or scores["loss"] <= best["loss"]:
            kept, mean, best = [*kept, epoch["epoch"]], tried, scores
    assign_weights(weights, mean)
    listed = ", ".join(map(str, sorted(kept)))
    said = f"soup: the mean of epochs {listed}" if len(kept) > 1 else f"soup: epoch {listed} alone is best"
    return {"step": "soup", "epochs": sorted(kept), "scores": best, "said": said}


def interpolate_weights(run, start):
    """Moves the weights to the best point, by validation loss, on the line from the start to where they are.

    WiSE-FT, https://arxiv.org/abs/2109.01903: a part of the way often loses less of the pre-training, and generalizes
    as well or better.

    Args:
        run: The `Run`; its model is changed in place.
        start: List of arrays in the order of the model's weights.

    Returns:
        Dict with the `alphas` (0 is the start, 1 the tuned model), validation loss and accuracy at each, the `alpha`
        that was chosen and its scores.
    """
    weights, end = run.model.weights, run.model.get_weights()

    def at(alpha):
        return [
            a + alpha * (b - a) if b.dtype.kind == "f" and 0 < alpha < 1 else (b if alpha else a)
            for a, b in zip(start, end, strict=True)
        ]

    alphas = [i / 10 for i in range(11)]
    scores = [_scores_with(run, weights, at(alpha)) for alpha in alphas]
    best = min(reversed(range(len(alphas))), key=lambda i: scores[i]["loss"])
    assign_weights(weights, at(alphas[best]))
    return {
        "step": "interpolate",
        "alphas": alphas,
        "alpha": alphas[best],
        "scores": scores[best],
        "val_loss": [s["loss"] for s in scores],
        "val_accuracy": [s["accuracy"] for s in scores],
        "said": f"interpolate: alpha {alphas[best]:g} of the way from the start to the tuned weights",
    }


def _scores_with(run, weights, values):
    assign_weights(weights, values)
    split = run.task.validation
    return score_predictions(predict(run.model, split.images), split.labels)
