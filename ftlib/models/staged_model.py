"""A model together with where its head begins: its stages, their weights, and the model cut between them."""

from collections.abc import Collection, Iterable

import keras

from ftlib.errors import unknown
from ftlib.models.arrays import unique_by_id
from ftlib.models.layer_graph import LayerGraph, is_functional
from ftlib.models.stages import Stage, Stages, find_stages

MAX_STAGES = 8  # before the head: few enough to name, plot and unfreeze one by one


class StagedModel:
    """A functional model and its stages, found once.

    The model is not changed, and may be changed while this lives: `trainable`, the weights, and what LoRA adds to a
    layer have no part in the stages.

    Args:
        model, head, max_stages: As in `stages`.

    Attributes:
        model: The `keras.Model`.
        head: Name of the first layer of the head, or None.
        layer_graph: The `LayerGraph` of the model.
        stages: The `Stages`, from input to output.

    Raises:
        ValueError: As in `stages`.
    """

    def __init__(self, model: keras.Model, head: str | None = None, max_stages: int = MAX_STAGES):
        if max_stages < 1:
            raise ValueError(f"Expected `max_stages` of at least 1. Received: max_stages={max_stages}.")
        if not is_functional(model):
            raise ValueError(
                "Expected a functional keras.Model or a built Sequential one, for only these have a layer graph. "
                f"Received: {model!r}. Rebuild a subclassed model as keras.Model(inputs, outputs)."
            )
        self.model = model
        self.head = head
        self.layer_graph = LayerGraph(model)
        self.stages, self._last_calls = find_stages(self.layer_graph, head, max_stages)

    @property
    def stage_names(self) -> list[str]:
        """Names of the stages, from input to output."""
        return [stage.name for stage in self.stages]

    @property
    def head_width(self) -> int | None:
        """How many features the head takes; None where it has no kernel."""
        kernels = [weight for weight in self.weights_of(["head"]) if len(weight.shape) > 1]
        return int(kernels[0].shape[-2]) if kernels else None

    def weights_of(self, stage_names: Collection[str]) -> list[keras.Variable]:
        """Returns the weights of the stages with these names, each once, in the model's order."""
        stages = [stage for stage in self.stages if stage.name in stage_names]
        weights = [weight for stage in stages for layer in stage.layers for weight in layer.weights]
        return unique_by_id(weights)

    def cut(self, after: Iterable[str | Stage], past_pooling: bool = False) -> list[keras.Model]:
        """Cuts the model after several stages into consecutive models.

        Args:
            after: Names of stages that have `can_split`, in the model's order. An empty list gives one model.
            past_pooling: Whether the first cut moves on past layers without weights and randomness, to where the
                activation is smallest.

        Returns:
            A list of `len(after) + 1` functional models that share the weights of the model. Each takes what the one
            before returns, as in `split_model`; one after the other they equal the model.

        Raises:
            ValueError: No stage has such a name, the model cannot be cut after it, or the order is another.

        Example:
        >>> import keras
        >>> shape = (64, 64, 3)
        >>> backbone = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=shape)
        >>> [part.output_shape[1:] for part in StagedModel(backbone).cut(["stage1", "stage4"])]
        [(32, 32, 16), (4, 4, 96), (2, 2, 1280)]
        """
        cut_names = [stage.name if isinstance(stage, Stage) else stage for stage in after]
        for name in cut_names:
            self._require_cut_after(name)
        positions = [self.stage_names.index(name) for name in cut_names]
        if positions != sorted(set(positions)):
            raise ValueError(f"Expected stage names in the model's order, each once. Received: {cut_names}.")

        last_calls = [self._last_calls[position] for position in positions]
        boundaries = [call_index for call_index in last_calls if call_index is not None]
        if past_pooling and boundaries:
            boundaries[0] = self.layer_graph.past_pooling(boundaries[0])
        return self.layer_graph.cut(boundaries)

    def _require_cut_after(self, stage_name):
        if stage_name not in self.stage_names:
            raise unknown("stage", stage_name, self.stage_names)
        stage = self.stages[self.stage_names.index(stage_name)]
        if not stage.can_split:
            possible_names = ", ".join(stage.name for stage in self.stages if stage.can_split) or "none"
            raise ValueError(f"Cannot cut after {stage_name!r}: {stage.note}. Stages to cut after: {possible_names}.")


def stages(model: keras.Model, head: str | None = None, max_stages: int = MAX_STAGES) -> Stages:
    """Returns the stages of a functional model, from input to output.

    A stage ends where the resolution falls to half of its pixels or less. A model where it does not do so
    twice, such as a transformer, gives its blocks, or runs of blocks with similar numbers of parameters.
    Layers before the first kernel belong to the first stage; normalization, activation and pooling belong to
    the stage whose output they treat.

    Args:
        model: A functional, or built Sequential, model; nested models are opened. What follows a layer named
            `"backbone"` is the stage `"head"`.
        head: Name of the layer at which the head starts, for a model without a layer `"backbone"`. Default
            `None`: such a model has no head.
        max_stages: Most stages before the head. Default 8: few enough to name, plot and unfreeze one by one.

    Returns:
        A list of `Stage`; printed, it is a table. A layer that is a stack of blocks (KerasHub's ViT encoder)
        gives several stages, for freezing and rates, although the model cannot be cut between them.

    Raises:
        ValueError: The model is not functional, no layer has the name `head`, or layers that are called both
            early and late leave no place to cut.

    Example:
    >>> import keras
    >>> shape = (64, 64, 3)
    >>> backbone = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=shape)
    >>> [stage.output_shape for stage in stages(backbone)]
    [(32, 32, 16), (16, 16, 24), (8, 8, 32), (4, 4, 96), (2, 2, 1280)]
    """
    return StagedModel(model, head, max_stages).stages


def split_model(
    model: keras.Model, stage: str | Stage, head: str | None = None, max_stages: int = MAX_STAGES
) -> tuple[keras.Model, keras.Model]:
    """Cuts a model in two after a stage.

    Args:
        model: A functional model, as in `stages`. It stays as it is.
        stage: Name of a stage that has `can_split`, or the `Stage` itself.
        head, max_stages: As in `stages`.

    Returns:
        `(prefix, suffix)`: two functional models that share the weights of `model`, with `suffix(prefix(x))`
        equal to `model(x)`. What `prefix` returns is what `suffix` takes: one tensor, or, if later layers
        still need some inputs of the model (a padding mask), the list `[activation, input, ...]` with these
        inputs, unchanged, in the order of `model.inputs`.

    Raises:
        ValueError: No stage has this name, or the model cannot be cut after it.

    Example:
    >>> import keras
    >>> shape = (64, 64, 3)
    >>> backbone = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=shape)
    >>> prefix, suffix = split_model(backbone, "stage3")
    >>> prefix.output_shape, suffix.input_shape
    ((None, 8, 8, 32), (None, 8, 8, 32))
    """
    prefix, suffix = StagedModel(model, head, max_stages).cut([stage])
    return prefix, suffix
