"""Images that a denoising network makes, and how they are told from real ones."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from ftlib import plots
from ftlib.errors import find_name
from ftlib.evidence.run import Run
from ftlib.models.inference import predict
from ftlib.objectives.classification import one_hot
from ftlib.objectives.denoising import Denoising, follow_velocity, spread_by_example, stack_channels, to_pixels
from ftlib.objectives.image_distances import frechet_distance, kernel_distance, nearest_distances
from ftlib.plots.words import say
from ftlib.tasks.inputs import check_pixels
from ftlib.tasks.resizing import fit_images

METHODS = ("euler", "heun")
_NOISE_STREAM = 12  # of random numbers
_STEPS = 20  # twice as many as made a difference on digits


class SamplingPath(NamedTuple):
    """What becomes of noise on its way to images.

    Attributes:
        times: `(frames,)`, from 0 (noise) to 1 (images).
        pixels: `uint8` `(count, frames, height, width, channels)`.
    """

    times: np.ndarray
    pixels: np.ndarray

    def plot(self, row_names: Sequence[Any] | None = None, title: str | None = None):
        """Returns a Matplotlib figure: a row for each image, from noise at the left to the image at the right.

        Args:
            row_names: One for each image, written at its left: its class.
            title: What to see, above all rows.
        """
        count, frames, *image_shape = self.pixels.shape
        names = [say("noise"), *(f"t = {time:.2g}" for time in self.times[1:-1]), say("image")]
        images = self.pixels.reshape(-1, *image_shape)
        return plots.image_grid(images, names * count, columns=frames, title=title, row_names=row_names)


def generate(
    model: Run | keras.Model,
    count: int = 16,
    seed: int = 0,
    classes: int | Sequence[int] | None = None,
    steps: int = _STEPS,
    guidance: float = 1.0,
    method: str = "euler",
) -> np.ndarray:
    """Returns images that a network makes out of noise.

    Args:
        model: A `Run` with the objective `Denoising`, or its model.
        count: How many images.
        seed: Integer: seed of the noise, which NumPy draws, so that it is the same with every backend. With a larger
            `count` the first images are the same.
        classes: Of a network that is told classes: a class index for all, or one for each image. Default None: each
            class in turn. For other networks only None.
        steps: Steps from noise to image. Default 20. Each costs one pass through the network with `"euler"` and two
            with `"heun"`, and twice that with guidance.
        guidance: How far to go from what the network says without the class to what it says with it, and beyond
            (classifier-free guidance; Ho and Salimans, 2022, https://arxiv.org/abs/2207.12598). Default 1: as the class
            says. 0: as without a class. Above 1: images that are more typical of their class, and less varied.
        method: `"euler"` (default): along the velocity. `"heun"`: along the mean of two velocities, more exact on paths
            that are bent. On digits it made no difference, since the paths of flow matching are nearly straight.

    Returns:
        `uint8` pixels `(count, height, width, channels)`.

    Raises:
        ValueError: For another model, and arguments that do not fit.

    Example:
    >>> import dataclasses
    >>> task = dataclasses.replace(ft.load_task("digits", labels_per_class=10), objective=ft.Denoising())
    >>> model = ft.with_head(ft.denoising_network(task.image_shape, width=8), task)
    >>> generate(model, count=2, steps=3).shape
    (2, 8, 8, 1)
    """
    *_, images = _sample(model, count, seed, classes, steps, guidance, method)
    return to_pixels(images)


def sampling_path(
    model: Run | keras.Model,
    count: int = 4,
    seed: int = 0,
    classes: int | Sequence[int] | None = None,
    steps: int = _STEPS,
    guidance: float = 1.0,
    method: str = "euler",
    frames: int = 6,
) -> SamplingPath:
    """Returns the images of `generate` on their way: noise, some steps between, and the images.

    Args:
        model, count, seed, classes, steps, guidance, method: As for `generate`.
        frames: How many of the steps are kept of each image, with noise and image at least 2 and at most `steps` + 1.

    Returns:
        A `SamplingPath`: `.times`, `.pixels`, and `.plot()`, a film strip of each image.

    Raises:
        ValueError: As `generate` does, and for a number of frames out of range.

    Example:
    >>> import dataclasses
    >>> task = dataclasses.replace(ft.load_task("digits", labels_per_class=10), objective=ft.Denoising())
    >>> model = ft.with_head(ft.denoising_network(task.image_shape, width=8), task)
    >>> path = sampling_path(model, count=2, steps=4, frames=3)
    >>> path.times.tolist(), path.pixels.shape
    ([0.0, 0.5, 1.0], (2, 3, 8, 8, 1))
    """
    _require_whole("frames", frames, 2)
    if frames > steps + 1:
        raise ValueError(f"{steps} steps give {steps + 1} frames. Received: frames={frames}.")
    kept_steps = np.rint(np.linspace(0, steps, frames)).astype("int64")
    kept_images = [
        to_pixels(images)
        for step, images in enumerate(_sample(model, count, seed, classes, steps, guidance, method))
        if step in kept_steps
    ]
    return SamplingPath(kept_steps / steps, np.stack(kept_images, axis=1))


def _sample(model, count, seed, classes, steps, guidance, method) -> Iterator[np.ndarray]:
    """Checks the arguments of `generate`, and yields images from -1 to 1, from noise on, after each step."""
    method = find_name("method", method, METHODS)
    for name, number, least in (("count", count, 1), ("steps", steps, 1), ("seed", seed, 0)):
        _require_whole(name, number, least)
    network, image_shape = _denoiser_of(model)
    class_channels = network.input_shape[-1] - image_shape[-1] - 1
    class_count = len(model.class_names) if isinstance(model, Run) and class_channels else class_channels
    class_rows = _class_rows(classes, count, class_count, class_channels)
    if isinstance(guidance, bool) or not isinstance(guidance, (int, float)) or not 0 <= guidance < np.inf:
        raise ValueError(f"`guidance` is a number of at least 0. Received: guidance={guidance!r}.")
    if guidance != 1 and class_rows is None:
        raise ValueError(f"`guidance` is for networks that are told classes. Received: guidance={guidance!r}.")

    def velocity(images, time):
        times = np.full(len(images), time)
        if guidance == 1:
            return predict(network, stack_channels(images, times, class_rows))
        unconditional = predict(network, stack_channels(images, times, np.zeros_like(class_rows)))
        if guidance == 0:
            return unconditional
        conditional = predict(network, stack_channels(images, times, class_rows))
        return unconditional + guidance * (conditional - unconditional)

    noise = np.random.default_rng([_NOISE_STREAM, seed]).standard_normal((count, *image_shape), "float32")
    return follow_velocity(velocity, noise, steps, method)


def _require_whole(name, number, least):
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < least:
        raise ValueError(f"`{name}` is a whole number of at least {least}. Received: {name}={number!r}.")


def _denoiser_of(model) -> tuple[keras.Model, tuple[int, ...]]:
    """Returns the network of a run, or the model itself, and the shape of the images that it makes."""
    network: Any = model.model if isinstance(model, Run) else model
    taken: Any = getattr(network, "input_shape", None)
    given: Any = getattr(network, "output_shape", None)
    has_maps = all(isinstance(shape, tuple) and len(shape) == 4 for shape in (taken, given))
    if not has_maps or given[-1] not in (1, 3) or taken[-1] <= given[-1]:
        raise ValueError(
            "Images are made by a model from noisy images with time (and class) to images, as ft.with_head makes it "
            f"for ft.Denoising. Received: {model!r}, from {taken} to {given}."
        )
    image_shape = model.image_shape if isinstance(model, Run) else (*taken[1:3], given[-1])
    if None in image_shape:
        raise ValueError(f"The model does not tell the size of its images, {image_shape}. Give a run of it.")
    return network, tuple(image_shape)


def _class_rows(classes, count, class_count, class_channels):
    """Returns the class of each image one-hot, `(count, class_channels)`; None for a network without classes."""
    if not class_channels:
        if classes is not None:
            raise ValueError(f"This network is not told classes: ask for none. Received: classes={classes!r}.")
        return None
    indices = np.arange(count) % class_count if classes is None else np.asarray(classes)
    if indices.ndim == 0:
        indices = np.full(count, indices)
    if indices.shape != (count,) or indices.dtype.kind not in "iu":
        raise ValueError(
            f"`classes` is one class index, or one for each of {count} images. Received: {indices.dtype} of shape "
            f"{indices.shape}."
        )
    if indices.min() < 0 or indices.max() >= class_count:
        raise ValueError(
            f"The network knows the classes 0 to {class_count - 1}. Received: {indices.min()} to {indices.max()}."
        )
    return one_hot(indices, class_channels)


def generation_scores(
    generated: Any,
    real: Any,
    features: keras.Model | Callable[[np.ndarray], np.ndarray],
    train: Any = None,
    judge: Run | keras.Model | None = None,
    classes: Sequence[int] | None = None,
) -> dict[str, float]:
    """Returns how far generated images are from real ones, whether they are copies, and what a judge makes of them.

    No number says by itself what is good: score real images, such as others of the test split, in the same way.

    Args:
        generated: Images with pixels 0-255, `(n, height, width, channels)`, at least 2, as from `generate`.
        real: Real images that were not trained on, `(m, height, width, channels)`.
        features: What describes an image, fixed and the same for all that are compared: a backbone, whose maps are
            averaged, or a function from images to an array `(n, ...)`.
        train: The images that the network learnt from. Default None: copies are not looked for.
        judge: A classifier, a run or its model, that was trained on real images. Default None: no judge.
        classes: The class that each generated image was to show, `(n,)`, for the judge.

    Returns:
        A dict. `kernel_distance`: the squared maximum mean discrepancy with a cubic kernel (KID, where the features are
        Inception's; Bińkowski et al., 2018, https://arxiv.org/abs/1801.01401); lower is better; unbiased, so it serves
        for a few hundred images, and for equally good ones lies about 0, on either side. `frechet_distance`: the
        Fréchet distance of normal distributions (FID; Heusel et al., 2017, https://arxiv.org/abs/1706.08500); lower is
        better; too large for small samples, so compare it for samples of one size only. With `train`, `nearest_ratio`:
        how far the nearest training image is from a generated one, as a part of how far it is from a real one (medians,
        of pixels): near 1 for new images, near 0 for copies. With `judge`, `judge_accuracy`: the share of the images
        that the judge takes for what they were to show.

    Raises:
        ValueError: For images, features or classes that do not fit.
        TypeError: For features that are neither a model nor a function.

    Example:
    >>> images = ft.load_task("digits", labels_per_class=10).train.images
    >>> scores = generation_scores(images[:50], images[50:], features=lambda pixels: pixels / 255)
    >>> list(scores)
    ['kernel_distance', 'frechet_distance']
    """
    generated, real = _as_images(generated, "generated"), _as_images(real, "real")
    if generated.shape[1:] != real.shape[1:]:
        raise ValueError(
            f"Generated and real images have one shape. Received: {generated.shape[1:]} and {real.shape[1:]}."
        )
    generated_features, real_features = _describe(generated, features), _describe(real, features)
    scores = {
        "kernel_distance": kernel_distance(generated_features, real_features),
        "frechet_distance": frechet_distance(generated_features, real_features),
    }
    if train is not None:
        train = _as_images(train, "train")
        usual_distance = np.median(nearest_distances(real, train))
        generated_distance = np.median(nearest_distances(generated, train))
        scores["nearest_ratio"] = float(generated_distance / usual_distance) if usual_distance else float("nan")
    if judge is not None:
        scores["judge_accuracy"] = _judge_accuracy(generated, judge, classes)
    return scores


def _as_images(images, what):
    check_pixels(images, f"{what} images")
    return np.asarray(images[np.arange(len(images))])


def _describe(images, features) -> np.ndarray:
    """Returns numbers that describe images, `(n, features)`."""
    if isinstance(features, keras.Model):
        described = predict(features, _fit_to(images, features))
        if described.ndim > 2:  # feature maps or tokens
            described = described.mean(axis=tuple(range(1, described.ndim - 1)))
    elif callable(features):
        described = np.asarray(features(images))
    else:
        raise TypeError(f"`features` is a Keras model or a function of images. Received: {type(features).__name__}.")
    if described.shape[:1] != (len(images),):
        raise ValueError(f"`features` gives a row for each of {len(images)} images. Received: {described.shape}.")
    return described.reshape(len(images), -1)


def _fit_to(images, model):
    """Returns images at the size of a model."""
    sides = zip(model.input_shape[1:], images.shape[1:], strict=True)
    height, width, channels = (wanted or present for wanted, present in sides)
    return fit_images(images, (height, width), channels)


def _judge_accuracy(generated, judge, classes):
    if classes is None or np.shape(classes) != (len(generated),):
        received = None if classes is None else np.shape(classes)
        raise ValueError(
            f"A judge needs the class that each of {len(generated)} images was to show, `classes`. Received: "
            f"{received}."
        )
    model = judge.model if isinstance(judge, Run) else judge
    predicted_classes = predict(model, _fit_to(generated, model)).argmax(1)
    return float((predicted_classes == np.asarray(classes)).mean())


def explained_by_time(run: Run, part: str = "validation", bins: int = 4) -> list[dict[str, float]]:
    """Returns what a denoising run explains of the velocity at times from noise to image.

    Early the image has to be guessed, late the noise: neither can be explained in full.

    Args:
        run: A `Run` with the objective `Denoising`, with its task.
        part: The split.
        bins: How many parts the time from 0 to 1 is cut into.

    Returns:
        A dict for each part of the time: `from`, `to`, and `explained`, as `Denoising.score` gives it.

    Raises:
        ValueError: For a run with another objective, or more parts than images.
    """
    objective = run.objective
    if not isinstance(objective, Denoising):
        raise ValueError(f"Times are those of a denoising run. Received: the objective {objective.name!r}.")
    targets = objective.for_evaluation(run.split(part)).targets
    _require_whole("bins", bins, 1)
    if bins > len(targets):
        raise ValueError(f"There are {len(targets)} images. Received: bins={bins!r}.")
    bin_indices = np.floor(objective.evaluation_times(len(targets)) * bins)
    errors, spreads = run.predictions(part), spread_by_example(targets)
    rows = []
    for index in range(bins):
        is_inside = bin_indices == index
        explained = 1 - errors[is_inside].mean() / spreads[is_inside].mean()
        rows.append({"from": index / bins, "to": (index + 1) / bins, "explained": float(explained)})
    return rows
