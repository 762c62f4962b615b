"""What holds the weights back while a phase trains: anchors made ready for a model, and their term of the loss."""

import hashlib

import keras
import numpy as np

from ftlib.evidence.probes import backbone_of, chain_models, source_head
from ftlib.models.inference import fingerprint_images, predict
from ftlib.models.initialization import copy_model, state_layers
from ftlib.models.staged_model import StagedModel
from ftlib.strategies.anchors import _EXAMPLES, _LABELS, L2SP, Replay


def describe_anchor(anchor):
    """Returns what makes an anchor what it is, as plain data: its settings, and its source task."""
    source = getattr(anchor, "source", None)
    if source is None:
        return [repr(anchor)]
    labels = hashlib.sha256(np.asarray(source.train.labels, "int64").tobytes()).hexdigest()
    return [repr(anchor), fingerprint_images(source.train.images), labels, list(source.class_names)]


def check_anchor(anchor, recipe, names):
    """Raises a ValueError if an anchor would have nothing to hold under a `Strategy`, on stages of these names."""
    if anchor is None:
        return
    if "head" not in names:
        raise ValueError(f"{anchor!r} spares the head, and this model's is not known: name its first layer, head=...")
    kept = kept_stages(recipe, names)
    if not kept:
        raise ValueError(f"{anchor!r} has nothing to hold: {recipe.name!r} draws every stage of the backbone anew.")
    if any(phase.train == "lora" for phase in recipe.phases):
        raise ValueError(f"{anchor!r} has nothing to hold: LoRA leaves the pre-trained weights as they are.")
    if not any(set(kept) & set(phase.stages(names)) for phase in recipe.unrolled(names).phases):
        raise ValueError(f"{anchor!r} has nothing to hold: {recipe.name!r} trains no stage that is pre-trained.")
    if not isinstance(anchor, L2SP) and len(kept) < len(names) - 1:
        raise ValueError(
            f"{anchor!r} reads the source task through the whole backbone, of which {recipe.name!r} draws stages anew. "
            "Take ft.L2SP."
        )


def kept_stages(recipe, names):
    """Returns the names of the backbone's stages that keep their pre-training under a `Strategy`."""
    body = [name for name in names if name != "head"]
    return [] if recipe.start == "random" else body if recipe.keep is None else body[: recipe.keep]


class PreparedAnchor:
    """An anchor at the start of a run, before anything moves.

    Args:
        anchor: One of `ANCHORS`.
        staged: The model that is about to be trained.
        kept: Names of the stages that keep their pre-training.

    Attributes:
        held: `{id of weight: (weight, start, importance)}`; importance is None where all weights count alike.
        source: `Split` of the source's training images at the backbone's size, for `Replay`; else None.
    """

    def __init__(self, anchor, staged: StagedModel, kept):
        self.anchor, self.source, self.held = anchor, None, {}
        state = state_layers(staged.model)
        pulled = [w for w in staged.weights_of(kept) if id(w) not in state]
        importance = [None] * len(pulled)
        if isinstance(anchor, L2SP):
            starts = [np.array(keras.ops.convert_to_numpy(w)) for w in pulled]
        else:
            self.body = backbone_of(staged)
            task = anchor.source.for_backbone(self.body)
            self.head = source_head(self.body, task)
            if isinstance(anchor, Replay):
                starts, self.source = importance, task.train
            else:
                starts = [np.array(keras.ops.convert_to_numpy(w)) for w in pulled]
                importance = fisher_information(
                    self.body, self.head.model, task.train, pulled, anchor.examples, anchor.seed
                )
        self.held = {id(w): parts for w, *parts in zip(pulled, pulled, starts, importance, strict=True)}

    def describe(self):
        """Returns in words what was measured, or an empty string."""
        if isinstance(self.anchor, L2SP):
            return ""
        return f"{self.anchor!r}: the source is read through its {self.head.kind}"

    def inputs_for(self, images, epoch_key, index):
        """Returns what the trainer takes for a batch of the target: the images, and source examples where wanted."""
        if self.source is None:
            return images
        rng = np.random.default_rng([_EXAMPLES, *epoch_key, index])
        at = rng.integers(len(self.source), size=self.anchor.batch_size)
        shown = np.eye(self.head.model.output_shape[-1], dtype="float32")[self.source.labels[at]]
        return images, np.asarray(self.source.images[at], "float32"), shown

    def term_for(self, trained):
        """Returns the `AnchorTerm` for a phase in which the weights `trained` train; None if it holds none of them."""
        pulled = [self.held[id(w)] for w in trained if id(w) in self.held]
        return AnchorTerm(self, pulled) if pulled else None


class AnchorTerm:
    """The term that an anchor adds to the loss of one phase; the trainer keeps its `constants` among its variables."""

    def __init__(self, prepared, pulled):
        self.prepared, self.strength = prepared, prepared.anchor.strength
        self.pulled, self.constants = [], []
        for weight, start, importance in () if prepared.source is not None else pulled:
            pair = [v if v is None else keras.Variable(v, trainable=False) for v in (start, importance)]
            self.pulled.append((weight, *pair))
            self.constants += [v for v in pair if v is not None]

    def inputs_for(self, images, epoch_key, index):
        return self.prepared.inputs_for(images, epoch_key, index)

    def loss(self, x):
        """Returns the term, a scalar tensor, for what `inputs_for` gave."""
        ops, total = keras.ops, keras.ops.zeros((), "float32")
        if self.prepared.source is not None:
            _, images, shown = x
            said = self.prepared.head.model(self.prepared.body(images, training=False), training=False)
            return self.strength * ops.mean(ops.categorical_crossentropy(shown, said))
        for weight, start, importance in self.pulled:
            squares = ops.square(ops.cast(weight, "float32") - start)
            total += ops.sum(squares if importance is None else importance * squares)
        return self.strength / 2 * total


class _Squares(keras.optimizers.Optimizer):
    """Adds up squared gradients, on any backend, and leaves the weights as they are."""

    def __init__(self):
        super().__init__(learning_rate=1.0, name="squares")

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.sums = [self.add_variable_from_reference(v, name="sum") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        self.assign_add(self.sums[self._get_variable_index(variable)], keras.ops.square(gradient))


class _Reader(keras.Model):
    """A backbone under its source head, in inference mode also while its gradients are taken."""

    def __init__(self, body, head):
        super().__init__(name="reader")
        self.body, self.head = body, head

    def call(self, x):
        return self.head(self.body(x, training=False), training=False)


def fisher_information(body, head, source, weights, examples, seed):
    """Returns the diagonal of the Fisher information of a backbone's weights, divided by the mean of all entries.

    Args:
        body, head: Backbone and fixed head that read the source task.
        source: `Split` of images at the backbone's size.
        weights: The weights asked for, of `body`.
        examples: How many images; all where there are fewer.
        seed: Of the images, and of the labels, which are drawn from the predictions: with the true labels it would be
            the "empirical" Fisher, which is not the same (Kunstner et al., 2019).

    Returns:
        A list of `float32` arrays shaped as `weights`.
    """
    rng = np.random.default_rng([_LABELS, seed])
    at = np.sort(rng.permutation(len(source))[:examples])
    images = np.asarray(source.images[at], "float32")
    copy = copy_model(body)
    copy.trainable = True
    reader, optimizer = _Reader(copy, head), _Squares()
    said = predict(chain_models(copy, head), images)
    drawn = (said.cumsum(1) < rng.random((len(at), 1))).sum(1).clip(max=said.shape[1] - 1)
    targets = np.eye(said.shape[1], dtype="float32")[drawn]
    reader.compile(optimizer, keras.losses.CategoricalCrossentropy(), auto_scale_loss=False)
    optimizer.build(copy.trainable_variables)
    for i in range(len(at)):  # one by one: the square of a batch's mean gradient is not the mean of the squares
        reader.train_on_batch(images[i : i + 1], targets[i : i + 1])
    sums = dict(zip(map(id, copy.trainable_variables), map(keras.ops.convert_to_numpy, optimizer.sums), strict=True))
    twins = dict(zip(map(id, body.weights), map(id, copy.weights), strict=True))
    found = [np.array(sums.get(twins[id(w)], np.zeros(w.shape, "float32"))) for w in weights]
    mean = sum(float(f.sum()) for f in found) / sum(f.size for f in found)
    if not mean > 0:
        raise ValueError("No gradient of the source task reaches the backbone: there is no importance to measure.")
    return [f / mean for f in found]
