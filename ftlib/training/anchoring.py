"""What holds the weights back while a phase trains: anchors made ready for a model, and their term of the loss."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from ftlib.evidence.probes import backbone_of, chain_models, source_head
from ftlib.models.arrays import to_numpy
from ftlib.models.inference import fingerprint_images, predict
from ftlib.models.initialization import copy_model, state_layers
from ftlib.models.staged_model import StagedModel
from ftlib.objectives.classification import Classification
from ftlib.strategies.anchors import EWC, EXAMPLE_STREAM, L2SP, LABEL_STREAM, Replay
from ftlib.strategies.strategy import Strategy
from ftlib.tasks.split import Split

Anchor = L2SP | EWC | Replay


def describe_anchor(anchor: Anchor) -> list:
    """Returns what makes an anchor what it is, as plain data: its settings, and its source task."""
    if isinstance(anchor, L2SP):
        return [repr(anchor)]
    train = anchor.source.train
    labels_digest = hashlib.sha256(np.asarray(train.labels, "int64").tobytes()).hexdigest()
    return [repr(anchor), fingerprint_images(train.images), labels_digest, list(anchor.source.class_names)]


def check_anchor(anchor: Anchor | None, strategy: Strategy, stage_names: Sequence[str]) -> None:
    """Raises a ValueError if an anchor would have nothing to hold under a strategy, on stages of these names."""
    if anchor is None:
        return
    source = getattr(anchor, "source", None)
    if source is not None and not isinstance(source.objective, Classification):
        raise ValueError(
            f"{type(anchor).__name__} takes a source task with one class each. Received: {source!r}. Take ft.L2SP."
        )
    if "head" not in stage_names:
        raise ValueError(f"{anchor!r} spares the head, and this model's is not known: name its first layer, head=...")
    pretrained_stages = kept_stages(strategy, stage_names)
    if not pretrained_stages:
        raise ValueError(f"{anchor!r} has nothing to hold: {strategy.name!r} draws every stage of the backbone anew.")
    if any(phase.train == "lora" for phase in strategy.phases):
        raise ValueError(f"{anchor!r} has nothing to hold: LoRA leaves the pre-trained weights as they are.")
    phases = strategy.unrolled(stage_names).phases
    if not any(set(pretrained_stages) & set(phase.trained_stages(stage_names)) for phase in phases):
        raise ValueError(f"{anchor!r} has nothing to hold: {strategy.name!r} trains no stage that is pre-trained.")
    if not isinstance(anchor, L2SP) and len(pretrained_stages) < len(stage_names) - 1:
        raise ValueError(
            f"{anchor!r} reads the source task through the whole backbone, of which {strategy.name!r} draws stages "
            "anew. Take ft.L2SP."
        )


def kept_stages(strategy: Strategy, stage_names: Sequence[str]) -> list[str]:
    """Returns the names of the backbone's stages that keep their pre-training under a strategy."""
    if strategy.start == "random":
        return []
    backbone_stages = [name for name in stage_names if name != "head"]
    return backbone_stages if strategy.keep is None else backbone_stages[: strategy.keep]


class HeldWeight(NamedTuple):
    """A pre-trained weight that an anchor holds.

    Attributes:
        weight: The `keras.Variable` of the model.
        start_value: What it was before anything moved, an array; None for `Replay`, which does not look at it.
        importance: Fisher information of each entry, an array; None where all entries count alike.
    """

    weight: keras.Variable
    start_value: Any
    importance: Any


class PreparedAnchor:
    """An anchor at the start of a run, before anything moves.

    Args:
        anchor: One of `ANCHORS`.
        staged: The model that is about to be trained.
        stage_names: Names of the stages that keep their pre-training, as from `kept_stages`.

    Attributes:
        held_weights: Dict from the id of a weight to its `HeldWeight`.
        backbone, source_head: What the source task is read through, a model and a `SourceHead`; None for `L2SP`.
        source_split: `Split` of the source's training images at the backbone's size, for `Replay`; else None.
    """

    def __init__(self, anchor: Anchor, staged: StagedModel, stage_names: Sequence[str]):
        self.anchor = anchor
        self.backbone = None
        self.source_head = None
        self.source_split: Split | None = None
        state_weights = state_layers(staged.model)
        weights = [weight for weight in staged.weights_of(stage_names) if id(weight) not in state_weights]
        start_values: list = [None] * len(weights)
        importance: list = [None] * len(weights)

        if not isinstance(anchor, Replay):
            start_values = [np.array(to_numpy(weight)) for weight in weights]
        if not isinstance(anchor, L2SP):
            self.backbone = backbone_of(staged)
            source_task = anchor.source.for_backbone(self.backbone)
            self.source_head = source_head(self.backbone, source_task)
            if isinstance(anchor, Replay):
                self.source_split = source_task.train
            else:
                importance = fisher_information(
                    self.backbone, self.source_head.model, source_task.train, weights, anchor.examples, anchor.seed
                )
        held_weights = map(HeldWeight, weights, start_values, importance)
        self.held_weights = {id(held.weight): held for held in held_weights}

    def describe(self) -> str:
        """Returns in words what was measured, or an empty string."""
        if self.source_head is None:
            return ""
        return f"{self.anchor!r}: the source is read through its {self.source_head.kind}"

    def term_for(self, trained_weights: Sequence[keras.Variable]) -> "AnchorTerm | None":
        """Returns the `AnchorTerm` for a phase in which these weights train; None if it holds none of them."""
        held = [self.held_weights[id(weight)] for weight in trained_weights if id(weight) in self.held_weights]
        if not held:
            return None
        if isinstance(self.anchor, Replay):
            return ReplayTerm(self)
        return DistanceTerm(self.anchor.strength, held)


class AnchorTerm:
    """The term that an anchor adds to the loss of one phase.

    Attributes:
        constants: List of `keras.Variable` that the trainer keeps among its variables.
    """

    def __init__(self, strength: float):
        self.strength = strength
        self.constants: list[keras.Variable] = []

    def inputs_for(self, images: np.ndarray, epoch_key: tuple[int, int, int], index: int) -> Any:
        """Returns what the trainer takes for a batch of the target: the images, and source examples where wanted.

        Args:
            images: Images of the target, or what a frozen part of the model computed from them.
            epoch_key: `(seed, phase, epoch)`.
            index: Which batch of the epoch.
        """
        return images

    def loss(self, inputs: Any) -> Any:
        """Returns the term, a scalar tensor, for what `inputs_for` returned."""
        raise NotImplementedError


class DistanceTerm(AnchorTerm):
    """Half the strength times the squared distances of the weights from their start, for `L2SP` and `EWC`."""

    def __init__(self, strength: float, held_weights: Sequence[HeldWeight]):
        super().__init__(strength)
        self.held_weights = []
        for weight, start_value, importance in held_weights:
            start_constant = self._constant(start_value)
            importance_constant = None if importance is None else self._constant(importance)
            self.held_weights.append(HeldWeight(weight, start_constant, importance_constant))

    def _constant(self, value):
        constant = keras.Variable(value, trainable=False)
        self.constants.append(constant)
        return constant

    def loss(self, inputs):
        total = keras.ops.zeros((), "float32")
        for weight, start_value, importance in self.held_weights:
            squares = keras.ops.square(keras.ops.cast(weight, "float32") - start_value)
            total += keras.ops.sum(squares if importance is None else importance * squares)
        return self.strength / 2 * total


class ReplayTerm(AnchorTerm):
    """The strength times the cross-entropy on examples of the source task, which come along with each batch."""

    def __init__(self, prepared: PreparedAnchor):
        super().__init__(prepared.anchor.strength)
        assert isinstance(prepared.anchor, Replay) and prepared.source_head is not None
        self.batch_size = prepared.anchor.batch_size
        self.backbone: Any = prepared.backbone
        self.head: Any = prepared.source_head.model
        self.source_split: Any = prepared.source_split

    def inputs_for(self, images, epoch_key, index):
        rng = np.random.default_rng([EXAMPLE_STREAM, *epoch_key, index])
        example_indices = rng.integers(len(self.source_split), size=self.batch_size)
        source_images = np.asarray(self.source_split.images[example_indices], "float32")
        class_count = self.head.output_shape[-1]
        source_targets = np.eye(class_count, dtype="float32")[self.source_split.labels[example_indices]]
        return images, source_images, source_targets

    def loss(self, inputs):
        _, source_images, source_targets = inputs
        predictions = self.head(self.backbone(source_images, training=False), training=False)
        return self.strength * keras.ops.mean(keras.ops.categorical_crossentropy(source_targets, predictions))


class _SquaredGradientSums(keras.optimizers.Optimizer):
    """Adds up squared gradients, on any backend, and leaves the weights as they are."""

    def __init__(self):
        super().__init__(learning_rate=1.0, name="squares")
        self.sums = []

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.sums = [self.add_variable_from_reference(variable, name="sum") for variable in variables]

    def update_step(self, gradient, variable, learning_rate):
        self.assign_add(self.sums[self._get_variable_index(variable)], keras.ops.square(gradient))


class _SourceReader(keras.Model):
    """A backbone under its source head, in inference mode also while its gradients are taken."""

    def __init__(self, backbone, head):
        super().__init__(name="reader")
        self.backbone = backbone
        self.head = head

    def call(self, x):
        return self.head(self.backbone(x, training=False), training=False)


def fisher_information(
    backbone: keras.Model,
    head: keras.Model,
    source: Split,
    weights: Sequence[keras.Variable],
    example_count: int,
    seed: int,
) -> list[np.ndarray]:
    """Returns the diagonal of the Fisher information of a backbone's weights, divided by the mean of all entries.

    Args:
        backbone, head: Backbone and fixed head that read the source task.
        source: `Split` of images at the backbone's size.
        weights: The weights asked for, of `backbone`.
        example_count: How many images; all where there are fewer.
        seed: Of the images, and of the labels, which are drawn from the predictions: with the true labels it would be
            the "empirical" Fisher, which is not the same (Kunstner et al., 2019).

    Returns:
        A list of `float32` arrays shaped as `weights`.

    Raises:
        ValueError: If no gradient reaches the backbone.
    """
    rng = np.random.default_rng([LABEL_STREAM, seed])
    image_indices = np.sort(rng.permutation(len(source))[:example_count])
    all_images: Any = source.images
    images = np.asarray(all_images[image_indices], "float32")
    backbone_copy = copy_model(backbone)
    backbone_copy.trainable = True

    predictions = predict(chain_models(backbone_copy, head), images)
    targets = _draw_targets(predictions, rng)
    squared_gradients = _sum_squared_gradients(backbone_copy, head, images, targets)

    copy_of = {id(weight): copied for weight, copied in zip(backbone.weights, backbone_copy.weights, strict=True)}
    sums = []
    for weight in weights:
        no_gradient = np.zeros(weight.shape, "float32")
        sums.append(np.array(squared_gradients.get(id(copy_of[id(weight)]), no_gradient)))
    mean = sum(float(entries.sum()) for entries in sums) / sum(entries.size for entries in sums)
    if not mean > 0:
        raise ValueError("No gradient of the source task reaches the backbone: there is no importance to measure.")
    return [entries / mean for entries in sums]


def _draw_targets(predictions, rng):
    """Draws a class for each row of probabilities, and returns the classes as one-hot targets."""
    class_count = predictions.shape[1]
    thresholds = rng.random((len(predictions), 1))
    drawn_classes = (predictions.cumsum(1) < thresholds).sum(1).clip(max=class_count - 1)
    return np.eye(class_count, dtype="float32")[drawn_classes]


def _sum_squared_gradients(backbone, head, images, targets):
    """Returns a dict from the id of each trainable weight of a backbone to the sum of its squared gradients."""
    reader = _SourceReader(backbone, head)
    optimizer = _SquaredGradientSums()
    reader.compile(optimizer, keras.losses.CategoricalCrossentropy(), auto_scale_loss=False)
    optimizer.build(backbone.trainable_variables)
    for i in range(len(images)):  # one by one: the square of a batch's mean gradient is not the mean of the squares
        reader.train_on_batch(images[i : i + 1], targets[i : i + 1])
    return {
        id(variable): to_numpy(total)
        for variable, total in zip(backbone.trainable_variables, optimizer.sums, strict=True)
    }
