"""What a fine-tuned network still knows of its pre-training."""

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ftlib import plots
from ftlib.evidence.probes import backbone_of, chain_models, source_head
from ftlib.evidence.run import Run
from ftlib.models.arrays import to_numpy
from ftlib.models.inference import fingerprint_model, predict, take_inputs
from ftlib.models.initialization import assign_weights, copy_model
from ftlib.models.staged_model import StagedModel
from ftlib.objectives.classification import Classification
from ftlib.objectives.evaluation import score_model
from ftlib.plots.words import say
from ftlib.score import ACCURACY, Score
from ftlib.tasks.inputs import check_inputs
from ftlib.tasks.task import Task

_DRIFT_IMAGES = 100  # on which the features of every stage are compared


@dataclass(frozen=True, repr=False)
class Forgetting:
    """What `forgetting` returns.

    Attributes:
        source: Name of the source task.
        target: Name of the task that the network was tuned on.
        head: `"pre-trained head"`, `"linear probe"` or `"own head"`: what the source task was read through, before and
            after.
        before, after: Headline score on the source task's validation split: accuracy, 0 to 1, for classes.
        n: Number of its examples.
        drift: One dict per stage of the backbone: `stage`; `drift`, the distance between its features before and after,
            divided by their size before (0: untouched); `similarity`, debiased linear CKA (1: the same up to rotation
            and scale, about 0: unrelated; Kornblith et al., 2019, Nguyen et al., 2021). Stages between which a model
            cannot be cut share the row of the last of them.
    """

    source: str
    target: str
    head: str
    before: float
    after: float
    n: int
    drift: list[dict[str, Any]]
    score: Score = ACCURACY

    @property
    def lost(self) -> float:
        """How much worse the score on the source task is after tuning: above 0 where something was forgotten."""
        return self.score.rank(self.before) - self.score.rank(self.after)

    def __repr__(self):
        before, after = self.score.format(self.before), self.score.format(self.after)
        lines = [
            f"{self.source!r} read through its {self.head}: {self.score.label} {before} before tuning on "
            f"{self.target!r}, {after} after ({self.n:,} examples)"
        ]
        lines += [f"  {'stage':<12}{'drift':>8}{'similarity (CKA)':>20}"]
        lines += [f"  {row['stage']:<12}{row['drift']:>8.3f}{row['similarity']:>20.3f}" for row in self.drift]
        return "\n".join(lines)

    def plot(self):
        """Returns a Matplotlib figure of how far the features of each stage moved."""
        before, after = self.score.format(self.before), self.score.format(self.after)
        title = say(
            "{source}: {before} before tuning on {target}, {after} after",
            source=self.source,
            before=before,
            target=self.target,
            after=after,
        )
        bars = {row["stage"]: row["drift"] for row in self.drift}
        return plots.bars(bars, title, say("Distance of features from their start"))


def forgetting(run: Run, source: Task, before: keras.Model | None = None, examples: int | None = None) -> Forgetting:
    """Measures what fine-tuning cost on the task that the backbone came from.

    The old head is kept, or, where there is none, a linear probe is fitted on the backbone before tuning and then
    fixed; the tuned backbone is put under the same head. The result says which of the two it was. A source that
    is not of images and their classes (a language model, say) is read through the head of the model before tuning,
    which must be its own.

    Args:
        run: A `Run` of `fit`.
        source: A `Task`: that of the pre-training, or one that stands for what is not to be forgotten. Its training
            images serve for the probe alone, its validation images for the score.
        before: The model that `fit` was given, or its backbone. Default None: `run.start`; a loaded run has none.
        examples: How many validation images of the source, evenly taken. Default None: all.

    Returns:
        A `Forgetting`: it prints as a table, and has `.before`, `.after`, `.lost`, `.drift` and `.plot()`.

    Raises:
        TypeError: For a run or a source of another kind.
        ValueError: Where the model before tuning is not known, has changed since, or does not fit the run's, and for
            pixels outside 0 to 255.

    Example:
    >>> task = ft.load_task("digits", labels_per_class=10)
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    >>> run = ft.fit(model, task, "lp_ft", updates=60, verbose=False)
    >>> ft.forgetting(run, ft.load_task("glyphs"), examples=500).head
    'pre-trained head'
    """
    if not isinstance(run, Run):
        raise TypeError(f"`run` is a Run, as from ft.fit(...). Received: {type(run).__name__}.")
    if not isinstance(source, Task):
        raise TypeError(f"`source` is a Task, as from ft.load_task(...). Received: {type(source).__name__}.")
    if examples is not None and (isinstance(examples, bool) or not isinstance(examples, int) or examples < 1):
        raise ValueError(f"`examples` is a whole number of at least 1, or None. Received: examples={examples!r}.")
    check_inputs(source.validation.inputs, source.kind, "source")
    backbone_before = _backbone_before(run, before)
    backbone_after = backbone_of(StagedModel(run.model, run.head))
    shapes_before, shapes_after = ([weight.shape for weight in b.weights] for b in (backbone_before, backbone_after))
    if shapes_before != shapes_after:
        raise ValueError(f"The model before tuning is not that of the run: {backbone_before.name!r} has other weights.")

    source = source.for_backbone(backbone_before)
    split = source.validation
    if examples is not None and examples < len(split):
        split = split.take(_evenly_spaced(len(split), examples))
    if isinstance(source.objective, Classification) and source.kind == "image":
        head = source_head(backbone_before, source)
        head_kind = head.kind
        models = [chain_models(backbone, head.model) for backbone in (backbone_before, backbone_after)]
    else:
        head_kind = "own head"
        models = _under_own_head(run, before, source)
    score_before, score_after = (_headline_score(model, split, source.objective) for model in models)

    drift_indices = _evenly_spaced(len(split), min(_DRIFT_IMAGES, len(split)))
    drift_inputs = take_inputs(source.objective.for_evaluation(split).inputs, drift_indices)
    return Forgetting(
        source=source.name,
        target=run.settings["task"]["name"],
        head=head_kind,
        before=score_before,
        after=score_after,
        n=len(split),
        drift=_measure_drift(backbone_before, backbone_after, drift_inputs),
        score=source.objective.headline,
    )


def _evenly_spaced(length, count):
    return np.linspace(0, length - 1, count).astype(int)


def _headline_score(model, split, objective):
    split = objective.for_evaluation(split)
    return score_model(model, split.inputs, split.targets, objective)[objective.headline.name]


def _under_own_head(run, before, source):
    """Returns the model before tuning, and the same with the tuned backbone under it.

    Raises:
        ValueError: If its head is not one for the source task.
    """
    model = run.start if before is None else before
    source.objective.check_model(model, source)
    head_name = run.head if any(layer.name == run.head for layer in model.layers) else None
    start, tuned = StagedModel(copy_model(model), head_name), StagedModel(copy_model(model), head_name)
    if "head" not in start.stage_names:
        raise ValueError(
            f"{source.name!r} is read through the head of the model before tuning. Received: a model without a head. "
            "Give it with its head: forgetting(run, source, before=model)."
        )
    tuned_weights = backbone_of(StagedModel(run.model, run.head)).weights
    assign_weights(backbone_of(tuned).weights, [to_numpy(weight) for weight in tuned_weights])
    return [start.model, tuned.model]


def _backbone_before(run, model_before):
    """Returns a copy of the backbone before tuning, so that nothing of the caller's is touched."""
    if model_before is None:
        if run.start is None:
            raise ValueError(
                "A loaded run does not hold the model that it started from: forgetting(run, source, before=model)."
            )
        if fingerprint_model(run.start) != run.settings["model"]["checksum"]:
            raise ValueError(
                "The model that `fit` was given has changed since. Load it again: forgetting(run, source, before=...)."
            )
        return copy_model(backbone_of(StagedModel(run.start, run.head)))

    if not isinstance(model_before, keras.Model):
        raise TypeError(f"`before` is a Keras model. Received: {type(model_before).__name__}.")
    has_run_head = run.head is not None and any(layer.name == run.head for layer in model_before.layers)
    staged = StagedModel(model_before, run.head if has_run_head else None)
    return copy_model(backbone_of(staged) if "head" in staged.stage_names else model_before)


def _measure_drift(backbone_before, backbone_after, images):
    """Returns one row per stage: how far its features moved on some inputs."""
    *earlier_stages, last_stage = StagedModel(backbone_before).stages
    cut_names = [stage.name for stage in earlier_stages if stage.can_split]
    stage_features = (_features_by_stage(model, cut_names, images) for model in (backbone_before, backbone_after))

    rows = []
    names = [*cut_names, last_stage.name]
    for name, features_before, features_after in zip(names, *stage_features, strict=True):
        flat_before, flat_after = (x.reshape(len(x), -1) for x in (features_before, features_after))
        size_before = np.linalg.norm(flat_before) or 1.0
        drift = float(np.linalg.norm(flat_before - flat_after) / size_before)
        rows.append({"stage": name, "drift": drift, "similarity": linear_cka(flat_before, flat_after)})
    return rows


def _features_by_stage(model, cut_names, inputs):
    """Yields what each part of a model between cuts gives for some inputs."""
    parts = StagedModel(model).cut(cut_names)
    if all(len(part.outputs) == 1 for part in parts):
        features = inputs
        for part in parts:
            features = predict(part, features)
            yield features
        return

    # Later parts need inputs of the model besides features, such as a mask: each stage is computed from the inputs.
    for name in cut_names:
        before_cut, _ = StagedModel(model).cut([name])
        yield predict(keras.Model(before_cut.inputs[0], before_cut.outputs[0]), inputs)
    yield predict(model, inputs)


def linear_cka(first: np.ndarray, second: np.ndarray) -> float:
    """Returns the linear CKA of two sets of features, `(n, p)` and `(n, q)`, by way of the n x n Gram matrices.

    Debiased (Song et al., 2007): with fewer images than features, the plain one finds any two sets alike. NaN for
    fewer than 4 images.
    """
    count = len(first)
    if count < 4:
        return math.nan
    first_gram, second_gram = _centred_gram(first), _centred_gram(second)
    product_of_norms = _debiased_hsic(first_gram, first_gram) * _debiased_hsic(second_gram, second_gram)
    if product_of_norms > 0:
        return float(_debiased_hsic(first_gram, second_gram) / math.sqrt(product_of_norms))
    return 1.0 if np.array_equal(first, second) else 0.0  # features that say nothing any more are like no others


def _centred_gram(features):
    centred = (features - features.mean(0)).astype("float32")
    gram = (centred @ centred.T).astype("float64")
    np.fill_diagonal(gram, 0)
    return gram


def _debiased_hsic(first_gram, second_gram):
    """Returns the unbiased Hilbert-Schmidt independence criterion of two Gram matrices (Song et al., 2007)."""
    n = len(first_gram)
    sums = first_gram.sum() * second_gram.sum() / ((n - 1) * (n - 2))
    sums -= 2 * (first_gram.sum(0) @ second_gram.sum(0)) / (n - 2)
    return ((first_gram * second_gram).sum() + sums) / (n * (n - 3))
