"""What a task is: three disjoint splits of inputs with targets, what is predicted, and where they come from."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from ftlib.errors import find_name, is_whole_number
from ftlib.models.arrays import fit_length
from ftlib.models.token_network import longest_text
from ftlib.models.tokenizer import TextTokenizer
from ftlib.objectives.classification import Classification
from ftlib.objectives.objective import Objective
from ftlib.tasks.parts import PARTS
from ftlib.tasks.resizing import fit_images
from ftlib.tasks.split import Split

KINDS = ("image", "text", "audio")  # of inputs


@dataclasses.dataclass(frozen=True, repr=False)
class Task:
    """A problem to train on: three splits, and what is to be predicted. By default one class for each image.

    Args:
        name: Short name, as in `load_task(name)`.
        train, validation, test: Disjoint `Split`s. `labels_per_class` has been applied to `train` only.
        class_names: One string per class, in the order of the class indices; empty where there are no classes.
        source: Where the data come from, in a sentence.
        licence: The terms they come under.
        mirror: Whether a mirrored image keeps its label. True for photos, False for writing; augmentation obeys it.
        notes: Findings worth printing, such as files that could not be read.
        objective: What is predicted, an `Objective`. Default: `Classification()`.
        kind: What the inputs are: `"image"` (default), `"text"` (token ids) or `"audio"` (waveforms).
        unknown_id: For texts: the id that augmentation puts in place of a token, that of an unknown or masked one.
            Default 0: none, as in padding.
        tokenizer: For texts: the `Tokenizer` that made their ids, where one did. Default None.
        texts: For texts: `{id: text}` as they were before they became ids, where that is known. Default: empty.
        sample_rate: For sounds: how many samples a second has. Default 0: not known.

    Raises:
        TypeError, ValueError: For a split without examples, and targets that the objective does not read.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    class_names: tuple[str, ...]
    source: str
    licence: str
    mirror: bool = False
    notes: tuple[str, ...] = ()
    objective: Objective = Classification()
    kind: str = "image"
    unknown_id: int = 0
    tokenizer: TextTokenizer | None = None
    texts: Mapping[str, str] = dataclasses.field(default_factory=dict, compare=False)
    sample_rate: int = 0

    def __post_init__(self):
        object.__setattr__(self, "class_names", tuple(str(name) for name in self.class_names))
        object.__setattr__(self, "notes", tuple(self.notes))
        if not isinstance(self.objective, Objective):
            raise TypeError(f"`objective` is an Objective, such as ft.Regression(). Received: {self.objective!r}.")
        object.__setattr__(self, "kind", find_name("kind of inputs", self.kind, KINDS))
        if not is_whole_number(self.unknown_id) or self.unknown_id < 0:
            raise ValueError(f"`unknown_id` is a token id of at least 0. Received: unknown_id={self.unknown_id!r}.")
        if not is_whole_number(self.sample_rate) or self.sample_rate < 0:
            raise ValueError(
                f"`sample_rate` is a number of samples per second. Received: sample_rate={self.sample_rate!r}."
            )
        for part in PARTS:
            self._require_split(part)
        object.__setattr__(self, "objective", self.objective.fitted_to(self.train))

    def _require_split(self, part: str) -> None:
        """Raises unless a split has examples, with targets that the objective reads."""
        split = getattr(self, part)
        if not isinstance(split, Split):
            raise TypeError(f"`{part}` is a Split(images, labels, ids). Received: {type(split).__name__}.")
        if len(split) == 0:
            raise ValueError(f"The {part} split of task {self.name!r} is empty; every split needs examples.")
        self.objective.check_targets(split.targets, part, self.class_names)

    @property
    def splits(self) -> dict[str, Split]:
        """`{"train": Split, "validation": Split, "test": Split}`."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one training input: of an image `(height, width, channels)`."""
        return tuple(self.train.inputs.shape[1:])

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Another name of `input_shape`, for a task of images."""
        return self.input_shape

    def __repr__(self):
        size = "x".join(str(side) for side in self.input_shape)
        unit = {"image": "pixels", "text": "tokens", "audio": "samples"}[self.kind]
        what = self.objective.name.replace("_", " ")
        predicted = what if self.objective != Classification() else f"{self.num_classes} classes"
        return (
            f"<Task {self.name!r}: {predicted}, {size} {unit}, "
            f"{len(self.train)} train / {len(self.validation)} validation / {len(self.test)} test>"
        )

    def read_texts(self, part: str, indices: Sequence[int] | np.ndarray | None = None) -> list[str]:
        """Returns texts of a split to read: as they came, else as far as their ids tell.

        Args:
            part: `"train"`, `"validation"` or `"test"`.
            indices: Which of them. Default None: all.

        Raises:
            ValueError: For a task without texts, or without a tokenizer that could turn ids into texts.
        """
        if self.kind != "text" or (self.tokenizer is None and not self.texts):
            raise ValueError(f"Texts are read of a task of texts with a tokenizer. Received: {self!r}.")
        split = self.splits[find_name("part", part, PARTS)]
        rows = range(len(split)) if indices is None else indices
        texts = []
        for row in rows:
            text = self.texts.get(str(split.ids[row]))
            if text is None:
                assert self.tokenizer is not None, "only a text that was read needs none"
                text = self.tokenizer.decode(np.asarray(split.inputs[row]))
            texts.append(text)
        return texts

    def for_backbone(self, backbone: keras.Model) -> "Task":
        """Returns the task with its inputs as a backbone takes them: images of its size and channels, texts and sounds
        of its length, where it has one.

        Arrays of images are converted at once up to 1 GiB, larger ones and memory maps batch by batch when they are
        asked for; a folder decodes straight to the new size. Texts and sounds are cut at their end, or filled up with
        zeros there.

        Args:
            backbone: A Keras model with one input: `(None, height, width, channels)` for a task of images,
                `(None, length)` for others.

        Returns:
            A `Task`; this very object where nothing needs converting.

        Raises:
            ValueError: For a backbone that takes something else.

        Example:
        >>> task = ft.load_task("digits", labels_per_class=10)
        >>> task.for_backbone(ft.load_backbone("glyphnet")).image_shape
        (32, 32, 1)
        """
        backbone_shape = backbone.input_shape
        if self.kind != "image":
            _require_sequence(backbone_shape, self.kind)
            return self._with_length(backbone_shape[1] if self.kind == "audio" else self._text_length(backbone))
        image_channels = {self.objective.input_channels(channels): channels for channels in (1, 3)}
        if (
            not isinstance(backbone_shape, tuple)
            or len(backbone_shape) != 4
            or backbone_shape[-1] not in image_channels
        ):
            expected_channels = " or ".join(map(str, image_channels))
            raise ValueError(
                f"A task fits a backbone with one image input of shape (None, height, width, {expected_channels}). "
                f"Received: a model with input shape {backbone_shape}."
            )
        # A side that the backbone leaves open stays as it is.
        height, width = (
            wanted or present for wanted, present in zip(backbone_shape[1:3], self.image_shape[:2], strict=True)
        )
        return self.with_images((height, width, image_channels[backbone_shape[-1]]))

    def with_images(self, shape: tuple[int, int, int]) -> "Task":
        """Returns the task with its images of a shape `(height, width, channels)`; see `for_backbone`."""
        height, width, channels = shape
        present_shapes = {tuple(split.inputs.shape[1:]) for split in self.splits.values()}
        if present_shapes == {(height, width, channels)}:
            return self
        return self._with_splits(
            lambda split: self.objective.resize_split(split, fit_images(split.inputs, (height, width), channels))
        )

    def _text_length(self, backbone):
        """Returns the length that a backbone takes texts at; None for any. One that takes shorter ones gets them so."""
        longest = longest_text(backbone)
        if longest is None or backbone.input_shape[1] is not None:
            return longest
        return min(longest, max(split.inputs.shape[1] for split in self.splits.values()))

    def _with_length(self, length):
        """Returns the task with texts or sounds of a length; None leaves them as they are."""
        if length is None or all(split.inputs.shape[1] == length for split in self.splits.values()):
            return self
        return self._with_splits(
            lambda split: self.objective.resize_split(split, fit_length(np.asarray(split.inputs), length))
        )

    def _with_splits(self, convert):
        fitted_splits = {part: convert(split) for part, split in self.splits.items()}
        return dataclasses.replace(self, **fitted_splits)


def _require_sequence(shape: Any, kind: str) -> None:
    """Raises a ValueError unless an input shape is that of sequences, `(None, length)`."""
    if not isinstance(shape, tuple) or len(shape) != 2:
        what = "texts, (None, tokens)" if kind == "text" else "sounds, (None, samples)"
        raise ValueError(f"A task of {what}, fits a backbone with one such input. Received: input shape {shape}.")


def with_head(backbone: keras.Model, task: Task) -> keras.Model:
    """Returns a backbone with a fresh head for whatever a task predicts; for classes it is `classifier`.

    Args:
        backbone: A functional Keras model, as from `load_backbone`; the model shares its weights.
        task: A `Task`.

    Returns:
        A functional `keras.Model` whose backbone is one layer named `"backbone"`.

    Raises:
        TypeError: For a task of another type.
        ValueError: For a backbone whose output the head cannot take.

    Example:
    >>> task = ft.load_task("digits", labels_per_class=10)
    >>> ft.with_head(ft.load_backbone("glyphnet"), task).output_shape
    (None, 10)
    """
    if not isinstance(task, Task):
        raise TypeError(f"`task` is a Task, as from ft.load_task(...). Received: {type(task).__name__}.")
    return task.objective.attach_head(backbone, task)


def draw_labels(labels: np.ndarray, labels_per_class: int | None, seed: int) -> np.ndarray:
    """Returns the indices of `labels_per_class` examples of every class, drawn with `seed`.

    For one seed the draws are nested: the 3 examples of a class are among the 10, so a curve against the number of
    labels adds examples and never swaps them.

    Args:
        labels: Class indices of the pool, `(n,)`.
        labels_per_class: How many to draw of each class; None takes all of the pool.
        seed: Integer.

    Returns:
        Sorted indices, `int64`.

    Raises:
        ValueError: If a class has fewer examples than asked for.
    """
    if labels_per_class is None:
        return np.arange(len(labels))
    if not is_whole_number(labels_per_class) or labels_per_class < 1:
        raise ValueError(
            f"labels_per_class is a whole number of at least 1, or None for all. Received: {labels_per_class!r}."
        )
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < labels_per_class:
        raise ValueError(
            f"labels_per_class={labels_per_class} asks for more than class {classes[counts.argmin()]} has: "
            f"{counts.min()} training examples. Ask for at most that many."
        )
    order = np.random.default_rng(seed).permutation(len(labels))
    drawn_by_class = [order[labels[order] == label][: int(labels_per_class)] for label in classes]
    return np.sort(np.concatenate(drawn_by_class))
