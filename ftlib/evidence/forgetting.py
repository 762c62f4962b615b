"""What a fine-tuned network still knows of its pre-training."""

import math
from dataclasses import dataclass

import keras
import numpy as np

from ftlib import plots
from ftlib.evidence.probes import backbone_of, chain_models, source_head
from ftlib.evidence.run import Run
from ftlib.models.inference import fingerprint_model, predict
from ftlib.models.initialization import copy_model
from ftlib.models.staged_model import StagedModel
from ftlib.tasks import Task
from ftlib.tasks.task import check_pixels

_DRIFT = 100  # images on which the features of every stage are compared


@dataclass(frozen=True, repr=False)
class Forgetting:
    """What `forgetting` returns.

    Attributes:
        source: Name of the source task.
        target: Name of the task that the network was tuned on.
        head: `"pre-trained head"` or `"linear probe"`: what the source task was read through, before and after.
        before, after: Accuracy on the source task's validation images, 0 to 1.
        n: Number of these images.
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
    drift: list

    @property
    def lost(self):
        """Accuracy on the source task before tuning less that after it."""
        return self.before - self.after

    def __repr__(self):
        said = f"{100 * self.before:.1f} % before tuning on {self.target!r}, {100 * self.after:.1f} % after"
        lines = [f"{self.source!r} read through its {self.head}: {said} ({self.n:,} images)"]
        lines += [f"  {'stage':<12}{'drift':>8}{'similarity (CKA)':>20}"]
        lines += [f"  {r['stage']:<12}{r['drift']:>8.3f}{r['similarity']:>20.3f}" for r in self.drift]
        return "\n".join(lines)

    def plot(self):
        """Returns a Matplotlib figure of how far the features of each stage moved."""
        title = (
            f"{self.source}: {100 * self.before:.1f} % before tuning on {self.target}, {100 * self.after:.1f} % after"
        )
        return plots.bars({r["stage"]: r["drift"] for r in self.drift}, title, "Distance of features from their start")


def forgetting(run, source, before=None, examples=None):
    """Measures what fine-tuning cost on the task that the backbone came from.

    The old head is kept, or, where there is none, a linear probe is fitted on the backbone before tuning and then
    fixed; the tuned backbone is put under the same head. The result says which of the two it was.

    Args:
        run: A `Run` of `fit`.
        source: A `Task`: that of the pre-training, or one that stands for what is not to be forgotten. Its training
            images serve for the probe alone, its validation images for the accuracy.
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
    check_pixels(source.validation.images, "source images")
    old, new = _start(run, before), backbone_of(StagedModel(run.model, run.head))
    if [w.shape for w in old.weights] != [w.shape for w in new.weights]:
        raise ValueError(f"The model before tuning is not that of the run: {old.name!r} has other weights.")
    source = source.for_backbone(old)
    split = source.validation
    if examples is not None and examples < len(split):
        split = split.take(np.linspace(0, len(split) - 1, examples).astype(int))
    read = source_head(old, source)
    scores = []
    for body in (old, new):
        said = predict(chain_models(body, read.model), split.images)
        scores.append(float((said.argmax(1) == split.labels).mean()))
    few = np.asarray(split.images[np.linspace(0, len(split) - 1, min(_DRIFT, len(split))).astype(int)], "float32")
    task = run.settings["task"]["name"]
    return Forgetting(source.name, task, read.kind, *scores, len(split), _drift(old, new, few))


def _start(run, before):
    """Returns a copy of the backbone before tuning, so that nothing of the caller's is touched."""
    if before is None:
        if run.start is None:
            raise ValueError(
                "A loaded run does not hold the model that it started from: forgetting(run, source, before=model)."
            )
        if fingerprint_model(run.start) != run.settings["model"]["checksum"]:
            raise ValueError(
                "The model that `fit` was given has changed since. Load it again: forgetting(run, source, before=...)."
            )
        return copy_model(backbone_of(StagedModel(run.start, run.head)))
    if not isinstance(before, keras.Model):
        raise TypeError(f"`before` is a Keras model. Received: {type(before).__name__}.")
    staged = StagedModel(before, run.head if _has(before, run.head) else None)
    return copy_model(backbone_of(staged) if "head" in staged.stage_names else before)


def _has(model, name):
    return name is not None and any(layer.name == name for layer in model.layers)


def _drift(old, new, images):
    """Returns one row per stage: how far its features moved on some images."""
    rows, inputs = [], [images, images]
    *first, last = StagedModel(old).stages
    names = [stage.name for stage in first if stage.can_split]
    parts = [StagedModel(model).cut(names) for model in (old, new)]
    for stage, *pair in zip([*names, last.name], *parts, strict=True):
        inputs = [predict(part, x) for part, x in zip(pair, inputs, strict=True)]
        a, b = (x.reshape(len(x), -1) for x in inputs)
        size = np.linalg.norm(a) or 1.0
        rows.append({"stage": stage, "drift": float(np.linalg.norm(a - b) / size), "similarity": _cka(a, b)})
    return rows


def _cka(a, b):
    """Returns the linear CKA of two sets of features, `(n, p)` and `(n, q)`, by way of the n x n Gram matrices.

    Debiased (Song et al., 2007): with fewer images than features, the plain one finds any two sets alike.
    """
    n = len(a)
    if n < 4:
        return math.nan

    def gram(x):
        x = (x - x.mean(0)).astype("float32")
        k = (x @ x.T).astype("float64")
        np.fill_diagonal(k, 0)
        return k

    def common(one, other):
        sums = one.sum() * other.sum() / ((n - 1) * (n - 2)) - 2 * (one.sum(0) @ other.sum(0)) / (n - 2)
        return ((one * other).sum() + sums) / (n * (n - 3))

    before, after = gram(a), gram(b)
    size = common(before, before) * common(after, after)
    if size > 0:
        return float(common(before, after) / math.sqrt(size))
    return 1.0 if np.array_equal(a, b) else 0.0  # features that say nothing any more are like no others
