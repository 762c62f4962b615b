"""Images made out of noise: a network that says in which direction a noisy image becomes a real one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import h5py
import keras
import numpy as np

from ftlib.errors import unknown
from ftlib.models.backbone_files import load_into
from ftlib.models.backbones import named_backbone, require_channels_last
from ftlib.models.minigenerator import NAME as MINIGENERATOR
from ftlib.models.minigenerator import minigenerator
from ftlib.models.shipped_files import shipped_file
from ftlib.objectives.augmentation import augment
from ftlib.objectives.classification import Classification, one_hot
from ftlib.objectives.objective import Objective
from ftlib.score import LOSS, Score

if TYPE_CHECKING:
    from ftlib.strategies.regularization import Regularization
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task

_EVALUATION_STREAM = 11  # of random numbers
_IMAGES_AT_ONCE = 1024


@dataclasses.dataclass(frozen=True)
class Denoising(Objective):
    """Images made out of noise, by flow matching: the network learns the way from noise to an image.

    Training mixes an image with noise, `t * image + (1 - t) * noise`, at a time `t` drawn evenly from 0 (all noise) to
    1 (the image, from -1 to 1), and asks for the velocity `image - noise`, by squared error. To make an image, the
    network is followed from noise at 0 to 1 (`generate`). This is flow matching on straight paths (Lipman et al., 2023,
    https://arxiv.org/abs/2210.02747; as rectified flow: Liu et al., 2023, https://arxiv.org/abs/2209.03003). It was
    chosen over the noise schedules of diffusion since there is none to choose: the target is of one size at all times,
    and the paths are straight enough for a few steps.

    A model has one input, so the time and the class come as further channels of the image: `(h, w, c + 1 + classes)`,
    first the noisy image, then the time at every pixel, then the class one-hot at every pixel, or zeros where none is
    told. The output is the velocity, `(h, w, c)`. `denoising_network` is a network for it.

    Targets are class indices `(n,)`; without `conditional` they are not read. Augmentation distorts what is learnt, so
    that distorted images will be generated: give `Regularization(augmentation="none")` where that is not wanted.

    Args:
        conditional: Whether the network is told the class of an image, so that images of a class can be asked for.
            Default False.
        class_channels: Channels for the class. Default None: as many as the task has classes. More make room for a
            network that was trained with more classes than this task has.
        class_dropout: Share of the training images whose class is not told, 0 to 1, so that the network learns to
            do without and `generate` can exaggerate the difference (classifier-free guidance; Ho and Salimans, 2022,
            https://arxiv.org/abs/2207.12598). Default 0.1, their choice. 0: every class is told, and no guidance.

    Raises:
        ValueError: For a number out of range, and class channels without `conditional`.

    Example:
    >>> import dataclasses
    >>> task = ft.load_task("digits", labels_per_class=10)
    >>> task = dataclasses.replace(task, objective=ft.Denoising(conditional=True))
    >>> model = ft.with_head(ft.denoising_network(task.image_shape, classes=10, width=8), task)
    >>> model.input_shape, model.output_shape
    ((None, 8, 8, 12), (None, 8, 8, 1))
    >>> run = ft.fit(model, task, "scratch", updates=20, verbose=False)
    >>> list(run.score())
    ['explained', 'loss']
    """

    conditional: bool = False
    class_channels: int | None = None
    class_dropout: float = 0.1

    name: ClassVar[str] = "denoising"
    draws_inputs: ClassVar[bool] = True

    def __post_init__(self):
        channels = self.class_channels
        if channels is not None and not self.conditional:
            raise ValueError(
                f"`class_channels` are for conditional=True. Received: class_channels={channels!r} without it."
            )
        if channels is not None and (isinstance(channels, bool) or not isinstance(channels, int) or channels < 1):
            raise ValueError(
                f"`class_channels` is a whole number of at least 1. Received: class_channels={channels!r}."
            )
        share = self.class_dropout
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
            raise ValueError(f"`class_dropout` is a share from 0 to 1. Received: class_dropout={share!r}.")

    @property
    def scores(self) -> tuple[Score, ...]:
        """The share of the velocities' variance that is explained, and the mean squared error.

        Neither reaches its best: from a noisy image, neither the image nor the noise can be told for sure.
        """
        return Score("explained", "Explained variance", low=None), LOSS

    def check_targets(self, targets: Any, what: str, class_names: tuple[str, ...]) -> None:
        """Raises unless targets are class indices `(n,)`, with every class in training; not conditional, never."""
        if not self.conditional:
            return
        Classification().check_targets(targets, what, class_names)
        if self.class_channels is not None and self.class_channels < len(class_names):
            raise ValueError(
                f"There must be a class channel for each of {len(class_names)} classes. Received: "
                f"class_channels={self.class_channels}."
            )
        missing_classes = sorted(set(range(len(class_names))) - set(np.unique(targets).tolist()))
        if what == "train" and missing_classes:
            raise ValueError(
                f"Images of a class are learnt from images of it. There are none of {missing_classes[:5]} in training."
            )

    def fitted_to(self, train: Split) -> Denoising:
        """Returns the objective with as many class channels as there are classes."""
        if not self.conditional or self.class_channels is not None:
            return self
        return dataclasses.replace(self, class_channels=int(train.targets.max()) + 1)

    def input_channels(self, image_channels: int) -> int:
        """Returns the channels of the image, of the time and of the classes together."""
        return image_channels + 1 + (self.class_channels or 0)

    def check_regularization(self, regularization: Regularization) -> None:
        """Raises for what blends images or labels, and for an anchor that reads a source task with classes."""
        self.refuse(regularization, "label_smoothing", "mixup", "cutmix")
        if hasattr(regularization.anchor, "source"):
            raise ValueError(
                f"Of the anchors, only ft.L2SP fits denoising. Received: anchor={regularization.anchor!r}."
            )

    def attach_head(self, backbone: keras.Model, task: Task) -> keras.Model:
        """Returns a backbone with a convolution on it that gives the velocity; it starts at zero.

        Args:
            backbone: A functional Keras model that gives feature maps of the image's size, or of one that divides it:
                each place then gives the velocity of a square of pixels.
            task: The `Task`.

        Raises:
            ValueError: For a backbone that takes or gives something else.
        """
        require_channels_last()
        image_channels = task.image_shape[-1]
        self._check_input(backbone, image_channels, "backbone")
        return _with_velocity(backbone, image_channels)

    def check_model(self, model: keras.Model, task: Task) -> None:
        """Raises unless the model takes image, time and classes, and gives a velocity for every pixel."""
        shape = model.output_shape
        channels = shape[-1] if isinstance(shape, tuple) and len(shape) == 4 else None
        if channels not in (1, 3):
            raise ValueError(
                "The model must give a velocity for every pixel, (None, height, width, 1 or 3). Received: output shape "
                f"{shape}. Build it with ft.with_head(backbone, task)."
            )
        self._check_input(model, channels, "model")
        if model.input_shape[1:3] != shape[1:3]:
            raise ValueError(
                f"The model must give as many pixels as it takes. Received: {model.input_shape[1:3]} taken and "
                f"{shape[1:3]} given."
            )

    def _check_input(self, model, image_channels, what):
        """Raises unless a model takes a stack of image, time and classes."""
        wanted_channels = self.input_channels(image_channels)
        shape = model.input_shape
        if not isinstance(shape, tuple) or len(shape) != 4 or shape[-1] != wanted_channels:
            classes = f" and {self.class_channels} for the class" if self.class_channels else ""
            raise ValueError(
                f"For {self!r} the {what} takes {wanted_channels} channels: {image_channels} of the image, 1 for the "
                f"time{classes}. Received: input shape {shape}."
            )

    def make_batch(
        self, inputs: np.ndarray, targets: Any, task: Task, regularization: Regularization, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns noisy images with time and class as channels, and the velocities.

        The times of a batch are spread evenly, each drawn from a stretch of its own (Kingma et al., 2021,
        https://arxiv.org/abs/2107.00630), so that batches are alike.
        """
        images = scale_pixels(augment(inputs, regularization.augmentation, task.mirror, rng))
        noise = rng.standard_normal(images.shape, "float32")
        times = ((np.arange(len(images)) + rng.random(len(images))) / len(images)).astype("float32")

        class_rows = None
        if self.class_channels:
            class_rows = one_hot(targets, self.class_channels)
            class_rows[rng.random(len(images)) < self.class_dropout] = 0
        velocities = images - noise
        return stack_channels(images - _per_image(1 - times) * velocities, times, class_rows), velocities

    def make_loss(self, regularization: Regularization) -> keras.losses.Loss:
        """Returns the mean squared error of the velocities."""
        return keras.losses.MeanSquaredError()

    def for_evaluation(self, split: Split) -> Split:
        """Returns noisy images as inputs, made when they are asked for, and velocities as targets.

        Noise and times depend on the number of images alone: the times are spread evenly from 0 to 1, in an order that
        has nothing to do with the images. Classes are told.
        """
        count = len(split)
        rng = np.random.default_rng([_EVALUATION_STREAM, 0])
        velocities = rng.standard_normal((count, *split.inputs.shape[1:]), "float32")
        np.negative(velocities, out=velocities)
        for indices in _chunks(count):
            velocities[indices] += scale_pixels(np.asarray(split.inputs[indices]))

        class_rows = one_hot(split.targets, self.class_channels) if self.class_channels else None
        times = self.evaluation_times(count)
        noisy_images: Any = _NoisyImages(split.inputs, velocities, times, class_rows)
        return dataclasses.replace(split, inputs=noisy_images, targets=velocities)

    def evaluation_times(self, count: int) -> np.ndarray:
        """Returns the times of `for_evaluation`, `(count,)` `float32`: spread evenly, in a fixed order."""
        order = np.random.default_rng([_EVALUATION_STREAM, 1]).permutation(count)
        return ((order + 0.5) / count).astype("float32")

    def reduce_outputs(self, outputs: np.ndarray, targets: Any) -> np.ndarray:
        """Returns the mean squared error of each image, `(n,)`."""
        errors = np.square(np.asarray(outputs, "float64") - targets)
        return errors.reshape(len(errors), -1).mean(1)

    def score(self, outputs: np.ndarray, targets: Any) -> dict[str, float]:
        """Returns `explained` and `loss`.

        `explained` is R2: 1 less the squared error as a part of that of the targets' own mean.

        Args:
            outputs: The errors of the images, `(n,)`, as `reduce_outputs` gives them.
            targets: Velocities.
        """
        loss = float(np.mean(outputs))
        spread = float(spread_by_example(targets).mean())
        return {"explained": 1 - loss / spread if spread else float("nan"), "loss": loss}

    def baseline(self, train: Split, split: Split) -> dict[str, float]:
        """Returns the score of the mean velocity, which is the mean training image, since noise has the mean 0."""
        total = np.zeros(train.inputs.shape[1:])
        for indices in _chunks(len(train)):
            total += scale_pixels(np.asarray(train.inputs[indices])).sum(0, dtype="float64")
        velocities = self.for_evaluation(split).targets
        answers = np.broadcast_to(total / len(train), velocities.shape)
        return {"explained": self.score(self.reduce_outputs(answers, velocities), velocities)["explained"]}


def denoiser(name: str = MINIGENERATOR) -> keras.Model:
    """Returns a network that draws, under the head of its pre-training: from noisy images to velocities.

    What is tuned to other images keeps its head, since what comes out stays the same: `ft.fit(model, task, "full")`.

    Args:
        name: `"minigenerator"`, which ships with ftlib: letters of 16 by 16 pixels, grey. Of its 51 class channels the
            first ten are free, for the classes of a task; the letters of its card, `read_card(name)["classes"]`, have
            those that follow.

    Returns:
        A functional `keras.Model` from `(None, 16, 16, 53)` (noisy image, time, class) to `(None, 16, 16, 1)`,
        whose network is one layer named `"backbone"`.

    Raises:
        ValueError: For another name, and weights whose checksum is wrong.

    Example:
    >>> model = ft.denoiser("minigenerator")
    >>> ft.generate(model, 2, classes=[10, 11], steps=4).shape
    (2, 16, 16, 1)
    """
    if name != MINIGENERATOR:
        raise unknown("denoiser", name, (MINIGENERATOR,))
    network = minigenerator()
    load_into(network, shipped_file(name, "backbone"), name)
    model = _with_velocity(network, image_channels=1)
    with h5py.File(shipped_file(name, "head")) as file:
        weights = [np.asarray(file[part], "float32") for part in ("kernel", "bias")]
    model.get_layer("velocity").set_weights(weights)
    return model


def _with_velocity(backbone, image_channels):
    """Returns a backbone with a convolution on it that gives the velocity; see `attach_head`."""
    patch = _patch_size(backbone)
    stack = keras.Input(backbone.input_shape[1:], name="noisy_image")
    features = named_backbone(backbone)(stack)
    velocity = keras.layers.Conv2D(
        image_channels * patch**2,
        3,
        padding="same",
        kernel_initializer="zeros",
        dtype="float32",
        data_format="channels_last",
        name="velocity",
    )(features)
    if patch > 1:
        rows, columns = backbone.output_shape[1:3]
        squares = keras.layers.Reshape((rows, columns, patch, patch, image_channels), name="head_squares")(velocity)
        squares = keras.layers.Permute((1, 3, 2, 4, 5), name="head_places")(squares)
        image_shape = (rows * patch, columns * patch, image_channels)
        velocity = keras.layers.Reshape(image_shape, name="head_image")(squares)
    return keras.Model(stack, velocity, name="denoiser")


class _NoisyImages:
    """What a model sees of the images of a split in evaluation: computed when it is asked for.

    Args:
        images: `(n, height, width, channels)`, pixels 0-255, anything that an array of integers can index.
        velocities: Image less noise, of the same shape.
        times: `(n,)`.
        class_rows: `(n, classes)`, or None.

    Attributes:
        shape: `(n, height, width, channels + 1 + classes)`.
    """

    def __init__(self, images: Any, velocities: np.ndarray, times: np.ndarray, class_rows: np.ndarray | None):
        self._images = images
        self._velocities = velocities
        self._times = times
        self._class_rows = class_rows
        class_count = 0 if class_rows is None else class_rows.shape[1]
        self.shape = (*velocities.shape[:-1], velocities.shape[-1] + 1 + class_count)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        images = scale_pixels(np.asarray(self._images[indices]))
        times = self._times[indices]
        class_rows = None if self._class_rows is None else self._class_rows[indices]
        return stack_channels(images - _per_image(1 - times) * self._velocities[indices], times, class_rows)


def _patch_size(backbone):
    """Returns how many pixels a side of the square has that each place of a backbone's output stands for."""
    given, taken = backbone.output_shape, backbone.input_shape
    if isinstance(given, tuple) and len(given) == 4:
        if given[1:3] == taken[1:3]:
            return 1
        sides_are_known = None not in (*given[1:3], *taken[1:3])
        if sides_are_known and taken[1] % given[1] == taken[2] % given[2] == 0:
            patch_height, patch_width = taken[1] // given[1], taken[2] // given[2]
            if patch_height == patch_width:
                return patch_height
    raise ValueError(
        "A head for denoising needs feature maps of the image's size, or of a part of it by one whole number. "
        f"Received: a backbone from {taken} to {given}."
    )


def _chunks(count):
    """Yields the indices from 0 to `count`, some at a time."""
    for first in range(0, count, _IMAGES_AT_ONCE):
        yield np.arange(first, min(first + _IMAGES_AT_ONCE, count))


def _per_image(numbers):
    """Returns numbers `(n,)` such that each is multiplied with an image of its own."""
    return numbers[:, None, None, None]


def scale_pixels(pixels: np.ndarray) -> np.ndarray:
    """Returns pixels 0-255 as `float32` from -1 to 1.

    Example:
    >>> scale_pixels(np.array([0, 255])).tolist()
    [-1.0, 1.0]
    """
    return np.asarray(pixels, "float32") / np.float32(127.5) - np.float32(1)


def to_pixels(images: np.ndarray) -> np.ndarray:
    """Returns images from -1 to 1 as `uint8` pixels; what lies outside is cut off.

    Example:
    >>> to_pixels(np.array([-1.2, 0.0, 1.0])).tolist()
    [0, 128, 255]
    """
    return np.clip(np.rint((np.asarray(images) + 1) * 127.5), 0, 255).astype("uint8")


def stack_channels(noisy_images: np.ndarray, times: np.ndarray, class_rows: np.ndarray | None) -> np.ndarray:
    """Returns what a denoising model takes: noisy images, time and class, `(n, h, w, c + 1 + classes)` `float32`.

    Args:
        noisy_images: `(n, h, w, c)`.
        times: `(n,)`, 0 to 1.
        class_rows: `(n, classes)`, one-hot, or zeros where the class is not told; None for a model without classes.

    Example:
    >>> stack = stack_channels(np.zeros((1, 2, 2, 1)), np.array([0.5]), np.array([[0, 1]]))
    >>> stack[0, 0, 0].tolist()
    [0.0, 0.5, 0.0, 1.0]
    """
    rows = times[:, None] if class_rows is None else np.concatenate([times[:, None], class_rows], axis=1)
    count, height, width, channels = noisy_images.shape
    stack = np.empty((count, height, width, channels + rows.shape[1]), "float32")
    stack[..., :channels] = noisy_images
    stack[..., channels:] = rows[:, None, None, :]
    return stack


def spread_by_example(targets: np.ndarray) -> np.ndarray:
    """Returns the mean squared distance of each target from the mean of all, `(n,)`."""
    deviations = np.square(np.asarray(targets, "float64") - targets.mean(0, dtype="float64"))
    return deviations.reshape(len(deviations), -1).mean(1)


def follow_velocity(
    velocity: Callable[[np.ndarray, float], np.ndarray], noise: np.ndarray, steps: int, method: str
) -> Iterator[np.ndarray]:
    """Yields noise and, after each step, what has become of it, to the time 1.

    Args:
        velocity: A function from images `(n, h, w, c)` and a time to velocities.
        noise: `(n, h, w, c)`, the images at the time 0.
        steps: How many steps of equal length.
        method: `"euler"`: along the velocity where a step begins. `"heun"`: along the mean of that and of the velocity
            where this leads, at twice the cost and with an error that falls with the square of the steps; the last step
            is Euler's (Karras et al., 2022, https://arxiv.org/abs/2206.00364), since velocities change fast near an
            image.

    Example:
    >>> growth = follow_velocity(lambda images, time: images, np.ones(1), steps=2, method="heun")
    >>> [images.item() for images in growth]
    [1.0, 1.625, 2.4375]
    """
    images = noise
    yield images
    for time, next_time in pairwise(np.linspace(0, 1, steps + 1)):
        first_velocity = velocity(images, time)
        moved = images + (next_time - time) * first_velocity
        if method == "heun" and next_time < 1:
            mean_velocity = (first_velocity + velocity(moved, next_time)) / 2
            moved = images + (next_time - time) * mean_velocity
        images = moved
        yield images
