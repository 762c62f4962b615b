"""Boxes around objects and their classes: a head of one stage without anchors, after FCOS (Tian et al., 2019)."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import keras
import numpy as np

from ftlib.models.arrays import to_numpy
from ftlib.models.backbones import named_backbone, require_channels_last
from ftlib.objectives.augmentation import distort, draw_distortions
from ftlib.objectives.average_precision import average_precision
from ftlib.objectives.box_mistakes import box_mistakes
from ftlib.objectives.boxes import (
    MAX_DETECTIONS,
    NMS_IOU,
    as_boxes,
    box_areas,
    clip_boxes,
    decode,
    resize_boxes,
    stack_targets,
    transform_boxes,
)
from ftlib.objectives.objective import AnswerColumn, Objective
from ftlib.score import LOSS, Score

if TYPE_CHECKING:
    from ftlib.strategies.regularization import Regularization
    from ftlib.tasks.split import Split
    from ftlib.tasks.task import Task

_WIDTH = 64  # channels of the head
_GROUPS = 8  # of its normalization
_PRIOR = 0.01  # probability of any class that a fresh head gives (Lin et al., 2017)
_RADIUS = 1.5  # of the middle of a box whose cells answer for it, in strides (FCOS)
_LOWEST_SCORE = 0.01  # of the detections that scores are computed from
_LARGEST_EXPONENT = 6.0  # of a distance in strides


@dataclasses.dataclass(frozen=True)
class Detection(Objective):
    """Where the objects in an image are, and of which class: boxes.

    Targets are an array `(n,)` of float arrays `(k, 5)`: x0, y0, x1, y1 in pixels of the images of the split, and the
    index of the class; `k` may be 0. Boxes move with their images, when these are cropped and resized for a backbone
    and when they are augmented. Outputs are `(n, cells, 4 + classes)`: each cell of a grid over the image says x0, y0,
    x1, y1 in pixels of the model's images, and the probability of each class; `decode` makes detections of them.

    Args:
        stride: Pixels from one cell to the next, a power of two. Default 8, as the finest level of FCOS: two objects
            whose middles are nearer than that share a cell. The last features of most backbones are four times as
            coarse, and the head makes them finer. 4 is better for images below 64 pixels, and takes four times the
            time in the head.
        min_visibility: Share of a box that has to stay in the image when it is cropped or moved; below it the box is
            dropped. Default 0.25.
        image_size: `(height, width)` of the images. The task sets it.

    Raises:
        ValueError: For numbers out of range.

    Example:
    >>> images = np.zeros((2, 64, 64, 1), "uint8")
    >>> boxes = [np.array([[8, 8, 24, 24, 0], [30, 30, 50, 60, 1]]), np.zeros((0, 5))]
    >>> splits = [ft.Split(images, boxes, [f"{part}-{i}" for i in range(2)]) for part in ("a", "b", "c")]
    >>> task = ft.Task("shapes", *splits, ("circle", "square"), "drawn", "none", objective=ft.Detection(stride=4))
    >>> ft.with_head(ft.load_backbone("glyphnet"), task).output_shape
    (None, 64, 6)
    """

    name: ClassVar[str] = "detection"
    moves_targets: ClassVar[bool] = True
    has_linear_head: ClassVar[bool] = False

    stride: int = 8
    min_visibility: float = 0.25
    image_size: tuple[int, int] | None = dataclasses.field(default=None, repr=False)

    def __post_init__(self):
        is_whole = isinstance(self.stride, (int, np.integer)) and not isinstance(self.stride, bool)
        if not is_whole or self.stride < 1 or self.stride & (self.stride - 1):
            raise ValueError(f"`stride` is a power of two, such as 8. Received: stride={self.stride!r}.")
        if not 0 <= self.min_visibility <= 1:
            raise ValueError(
                f"`min_visibility` lies between 0 and 1. Received: min_visibility={self.min_visibility!r}."
            )

    @property
    def scores(self) -> tuple[Score, ...]:
        """The mean average precision at 0.5 and at 0.5 to 0.95, as COCO defines it, and the loss."""
        return Score("map50", "mAP at 0.5"), Score("map", "mAP at 0.5:0.95"), LOSS

    def check_targets(self, targets: Any, what: str, class_names: tuple[str, ...]) -> None:
        """Raises unless targets are boxes `(k, 5)` with area, of classes of the task, at least one in the split."""
        if not class_names:
            raise ValueError('Detection needs the names of the classes: Task(..., class_names=("cell",)).')
        box_count = 0
        for index, target in enumerate(targets):
            _check_target(target, f"{what} image {index}", class_names)
            box_count += len(as_boxes(target))
        if not box_count:
            raise ValueError(f"The {what} split has no boxes; detection needs at least one in every split.")

    def fitted_to(self, train: Split) -> Detection:
        """Returns the objective with the size of the images, which the grid of cells lies over."""
        height, width = train.inputs.shape[1:3]
        return dataclasses.replace(self, image_size=(int(height), int(width)))

    def resize_split(self, split: Split, inputs: Any) -> Split:
        """Returns a split with resized inputs, and its boxes moved along; those that are cut off are dropped.

        Inputs that keep their images whole move the boxes themselves: `move_boxes(boxes, size)`.
        """
        image_size, size = tuple(split.inputs.shape[1:3]), tuple(inputs.shape[1:3])
        move_boxes = getattr(split.inputs, "move_boxes", None)
        if move_boxes is not None:
            return dataclasses.replace(split, inputs=inputs, targets=move_boxes(split.targets, size))
        if image_size == size:
            return dataclasses.replace(split, inputs=inputs)
        boxes_of_image = [
            resize_boxes(as_boxes(target), image_size, size, self.min_visibility) for target in split.targets
        ]
        return dataclasses.replace(split, inputs=inputs, targets=stack_targets(boxes_of_image))

    def check_regularization(self, regularization: Regularization) -> None:
        """Raises for mixtures of two images, whose boxes would have to be halved, and for label smoothing."""
        self.refuse(regularization, "mixup", "cutmix", "label_smoothing")

    def attach_head(self, backbone: keras.Model, task: Task) -> keras.Model:
        """Returns a backbone with convolutions over its last features, made as fine as the grid of cells.

        Their normalization is in groups of channels, which batches of a few images suit. The last layer starts with a
        probability of 0.01 for each class, so that the many cells without an object do not drown the few with one.
        Where the backbone takes any size, the model takes that of the task.
        """
        require_channels_last()
        _check_features(backbone)
        height, width = (
            own_side or side for own_side, side in zip(backbone.input_shape[1:3], task.input_shape[:2], strict=True)
        )
        grid = self.grid_of((height, width))

        image = keras.Input((height, width, backbone.input_shape[-1]), name="image")
        features = named_backbone(backbone)(image)
        features = _convolve(features, 1, "head_reduce")
        features = self._fit_to_grid(features, (height, width))
        features = keras.layers.Dropout(0.0, name="head_dropout")(features)
        box_features = _convolve(features, 3, "head_box")
        class_features = _convolve(features, 3, "head_class")

        exponents = keras.layers.Conv2D(
            4, 3, padding="same", kernel_initializer=_small_normal(), dtype="float32", name="distances"
        )(box_features)
        prior: Any = keras.initializers.Constant(-math.log((1 - _PRIOR) / _PRIOR))
        probabilities = keras.layers.Conv2D(
            task.num_classes,
            3,
            padding="same",
            activation="sigmoid",
            kernel_initializer=_small_normal(),
            bias_initializer=prior,
            dtype="float32",
            name="probabilities",
        )(class_features)
        boxes = self._boxes_from(exponents)
        cells = keras.layers.Concatenate(dtype="float32", name="cells")([boxes, probabilities])
        outputs = keras.layers.Reshape((math.prod(grid), 4 + task.num_classes), dtype="float32", name="predictions")
        return keras.Model(image, outputs(cells), name="detector")

    def grid_of(self, image_size: Sequence[int]) -> tuple[int, int]:
        """Returns the rows and columns of the cells over images of a size `(height, width)`."""
        return math.ceil(image_size[0] / self.stride), math.ceil(image_size[1] / self.stride)

    def _fit_to_grid(self, features, image_size):
        """Returns feature maps with a place for each cell: doubled or halved by convolutions, then cut or resized."""
        grid = self.grid_of(image_size)
        coarseness = math.log2(max(image_size[0] / features.shape[1], 1) / self.stride)
        for step in range(round(coarseness)):
            features = keras.layers.UpSampling2D(2, name=f"head_double{step + 1}")(features)
            features = _convolve(features, 3, f"head_finer{step + 1}")
        for step in range(round(-coarseness)):
            features = _convolve(features, 3, f"head_coarser{step + 1}", strides=2)

        excess = [side - cells for side, cells in zip(features.shape[1:3], grid, strict=True)]
        steps = 2 ** max(round(coarseness), 0)
        if all(0 <= rows < steps for rows in excess) and any(excess):
            # The last features of a backbone that pads reach beyond the image.
            features = keras.layers.Cropping2D(((0, excess[0]), (0, excess[1])), name="head_crop")(features)
        elif any(excess):
            features = keras.layers.Resizing(*grid, name="head_resize")(features)
        return features

    def _boxes_from(self, exponents):
        """Returns the boxes of cells, `(None, rows, columns, 4)`, from the logarithms of the distances to their sides.

        The distances are those of the middle of the cell from the left, the upper, the right and the lower side.
        """
        limited: Any = keras.ops.clip(exponents, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
        distances: Any = self.stride * keras.ops.exp(limited)  # pyright: ignore[reportOperatorIssue]
        sides: Any = keras.ops.split(distances, 4, axis=-1)
        left, top, right, bottom = sides
        # Counted in the graph, so that a saved model holds no table of places.
        ones = keras.ops.ones_like(left)
        columns: Any = keras.ops.cumsum(ones, axis=2)
        rows: Any = keras.ops.cumsum(ones, axis=1)
        x, y = (columns - 0.5) * self.stride, (rows - 0.5) * self.stride
        return keras.ops.concatenate([x - left, y - top, x + right, y + bottom], axis=-1)

    def check_model(self, model: keras.Model, task: Task) -> None:
        """Raises unless the model gives a box and the probability of each class for each cell of its images."""
        if task.kind != "image":
            raise ValueError(f"Detection is for images. Received: a task of the kind {task.kind!r}.")
        height, width = (
            own_side or side for own_side, side in zip(model.input_shape[1:3], task.input_shape[:2], strict=True)
        )
        expected = (math.prod(self.grid_of((height, width))), 4 + task.num_classes)
        shape = model.output_shape
        if not isinstance(shape, tuple) or shape[1:] != expected:
            raise ValueError(
                f"The model must give (None, {expected[0]}, {expected[1]}): for each cell of {self.stride} pixels a "
                f"box and a probability per class of {task.name!r}. Received: output shape {shape}. Build it with "
                "ft.with_head(backbone, task)."
            )

    def check_outputs(self, outputs: np.ndarray) -> None:
        """Raises unless outputs are boxes and probabilities."""
        boxes, probabilities = outputs[..., :4], outputs[..., 4:]
        if probabilities.min() < 0 or probabilities.max() > 1:
            raise ValueError(
                "The model must give probabilities of classes, 0 to 1. Received: numbers from "
                f"{probabilities.min():g} to {probabilities.max():g}. End it with a sigmoid activation."
            )
        if not (boxes[..., 2:] >= boxes[..., :2]).all():
            raise ValueError("The model must give boxes x0, y0, x1, y1 with x0 <= x1 and y0 <= y1.")

    def make_batch(
        self, inputs: np.ndarray, targets: Any, task: Task, regularization: Regularization, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns distorted images, and for each cell the box that it answers for and its class, as `assign_cells`."""
        image_size = task.input_shape[:2]
        boxes_of_image = [as_boxes(target) for target in targets]
        if regularization.augmentation != "none":
            distortions = draw_distortions(len(inputs), image_size, regularization.augmentation, task.mirror, rng)
            inputs = distort(inputs, *distortions)
            boxes_of_image = [
                transform_boxes(boxes, transform, image_size, self.min_visibility)
                for boxes, transform in zip(boxes_of_image, distortions.transforms, strict=True)
            ]
        return inputs, self._assign(boxes_of_image, image_size, task.num_classes)

    def _assign(self, boxes_of_image, image_size, num_classes):
        """Returns the rows of `assign_cells` of several images, `(n, cells, 4 + classes)`."""
        grid = self.grid_of(image_size)
        inside = [clip_boxes(boxes, image_size, 0) for boxes in boxes_of_image]
        return np.stack([assign_cells(boxes, grid, self.stride, num_classes) for boxes in inside])

    def make_loss(self, regularization: Regularization) -> keras.losses.Loss:
        """Returns the `DetectionLoss`."""
        return DetectionLoss()

    def reduce_outputs(self, outputs: np.ndarray, targets: Any) -> np.ndarray:
        """Returns the loss and the detections of each image, `(batch, 1 + 100, 4 + classes)`.

        The first row begins with the loss. The rows after it are like those of the outputs, and each has the
        probability of one class; where there are fewer detections, they are zeros. So `decode` reads both.
        """
        assert self.image_size is not None, "a task sets it"
        num_classes = outputs.shape[-1] - 4
        true_rows = self._assign([as_boxes(target) for target in targets], self.image_size, num_classes)
        losses = to_numpy(DetectionLoss().call(keras.ops.convert_to_tensor(true_rows), outputs))

        reduced = np.zeros((len(outputs), 1 + MAX_DETECTIONS, 4 + num_classes), "float32")
        reduced[:, 0, 0] = losses
        for image_rows, found in zip(reduced, decode(outputs, _LOWEST_SCORE), strict=True):
            places = 1 + np.arange(len(found))
            image_rows[places, :4] = found[:, :4]
            image_rows[places, 4 + found[:, 4].astype("int64")] = found[:, 5]
        return reduced

    def score(self, outputs: np.ndarray, targets: Any) -> dict[str, float]:
        """Returns `map50`, `map` and `loss`; see `average_precision`."""
        precision = average_precision(decode(outputs, threshold=0), targets)
        return {"map50": precision.map50, "map": precision.map, "loss": float(outputs[:, 0, 0].mean())}

    def baseline(self, train: Split, split: Split) -> dict[str, float]:
        """Returns the scores of one box of each class in every image: the mean of the boxes in training."""
        boxes = np.concatenate([as_boxes(target) for target in train.targets])
        shares = np.bincount(boxes[:, 4].astype("int64")) / len(boxes)
        answer = np.array(
            [
                [*boxes[boxes[:, 4] == class_index, :4].mean(axis=0), class_index, shares[class_index]]
                for class_index in np.flatnonzero(shares)
            ]
        )
        precision = average_precision([answer] * len(split), split.targets)
        return {"map50": precision.map50, "map": precision.map}

    def answer_columns(self, class_names: tuple[str, ...], top: int = 1) -> tuple[AnswerColumn, ...]:
        """Returns `objects`: how many of each class there are, in words."""
        return (AnswerColumn("objects", is_number=False),)

    def answer_cells(self, output: np.ndarray, class_names: tuple[str, ...], top: int = 1) -> tuple[Any, ...]:
        """Returns what was found with a probability of 0.3 or more, counted: `"plate 2, wheel 4"`."""
        return (count_in_words(decode(output[None])[0], class_names),)

    def answer_record(self, output: np.ndarray, class_names: tuple[str, ...], top: int = 1) -> dict[str, Any]:
        """Returns `{"boxes": [{"class", "score", "box"}, ...]}`, the surest first, in pixels of the model's images."""
        return {"boxes": box_records(decode(output[None])[0], class_names)}

    def describe_outputs(self, class_names: tuple[str, ...]) -> str:
        """Returns what the numbers of a cell are, and how boxes come of them."""
        return (
            f"for each cell of a grid of {self.stride} pixels: x0, y0, x1, y1 of a box in pixels of the model's "
            f"image, then the probability of each class ({', '.join(class_names)}); boxes that overlap a surer box of "
            f"their class by more than {NMS_IOU:g} (intersection over union) are left out"
        )

    def output_names(self, class_names: tuple[str, ...]) -> tuple[str, ...]:
        """Returns the corners of the box and the classes."""
        return "x0", "y0", "x1", "y1", *class_names

    def score_rows(self, outputs: np.ndarray, targets: Any, class_names: tuple[str, ...]) -> list[dict[str, Any]]:
        """Returns for each class how many objects there are, average precisions, and what a limit of 0.3 gives.

        These are `said`, `right`, `precision` and `recall` of the boxes with a probability of 0.3 or more.
        """
        precisions = average_precision(decode(outputs, threshold=0), targets, len(class_names))
        mistakes = box_mistakes(decode(outputs), targets, len(class_names))
        rows = []
        for index, name in enumerate(class_names):
            objects, said, right = (int(counts[index]) for counts in (mistakes.objects, mistakes.said, mistakes.right))
            rows.append(
                {
                    "name": name,
                    "objects": objects,
                    "ap50": _known_or_none(precisions.by_class50[index]),
                    "ap": _known_or_none(precisions.by_class[index]),
                    "said": said,
                    "right": right,
                    "precision": right / said if said else None,
                    "recall": right / objects if objects else None,
                }
            )
        return rows

    def output_difference(self, outputs: np.ndarray, expected: np.ndarray) -> float:
        """Returns the largest difference of a probability, or of a side where there is an object, in images."""
        probability_difference = np.abs(outputs[..., 4:] - expected[..., 4:]).max()
        # Cells that see nothing say boxes of thousands of pixels, whose last digits mean nothing.
        has_object = expected[..., 4:].max(axis=-1) >= _LOWEST_SCORE
        box_difference = np.abs(outputs[..., :4] - expected[..., :4])[has_object].max(initial=0.0)
        longest_side = max(float(np.abs(expected[..., :4][has_object]).max(initial=1.0)), 1.0)
        return float(max(probability_difference, box_difference / longest_side))

    def same_answers(self, outputs: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Returns where the same objects are found, each within half a pixel, `(n,)`."""
        return np.array(
            [
                found.shape == wanted.shape and bool(np.allclose(found[:, :5], wanted[:, :5], atol=0.5))
                for found, wanted in zip(decode(outputs), decode(expected), strict=True)
            ]
        )


def box_records(detections: np.ndarray, class_names: Sequence[str]) -> list[dict[str, Any]]:
    """Returns detections `(k, 6)` of one image as plain data: class, score, and the corners with two decimals.

    Example:
    >>> box_records(np.array([[1, 2, 30.456, 40, 0, 0.5]]), ["plate"])
    [{'class': 'plate', 'score': 0.5, 'box': [1.0, 2.0, 30.46, 40.0]}]
    """
    return [
        {
            "class": str(class_names[int(row[4])]),
            "score": round(float(row[5]), 4),
            "box": [round(float(corner), 2) for corner in row[:4]],
        }
        for row in detections
    ]


def count_in_words(detections: np.ndarray, class_names: Sequence[str]) -> str:
    """Returns how many objects of each class there are in one image, in the order of the classes; "none" for none.

    Example:
    >>> count_in_words(np.array([[0, 0, 9, 9, 1, 0.9], [5, 5, 9, 9, 1, 0.8]]), ["plate", "wheel"])
    'wheel 2'
    """
    counts = np.bincount(np.asarray(detections)[:, 4].astype("int64"), minlength=len(class_names))
    return ", ".join(f"{name} {count}" for name, count in zip(class_names, counts, strict=True) if count) or "none"


def _known_or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _check_target(target, what, class_names):
    """Raises unless a target is boxes `(k, 5)` that are some pixels large, of classes of the task."""
    boxes = np.asarray(target)
    if boxes.dtype.kind not in "iuf" and boxes.size:
        raise TypeError(f"Boxes are numbers (k, 5): x0, y0, x1, y1, class. Received: {what} of dtype {boxes.dtype}.")
    if boxes.shape != (0,) and (boxes.ndim != 2 or boxes.shape[1] != 5):
        raise ValueError(
            f"The boxes of an image have the shape (k, 5): x0, y0, x1, y1, class. Received: {what} with shape "
            f"{boxes.shape}."
        )
    rows = as_boxes(boxes)
    if not np.isfinite(rows).all():
        raise ValueError(f"Boxes are finite numbers. Received: {what} with {rows[~np.isfinite(rows).all(1)][0]}.")
    is_flat = (rows[:, 2] <= rows[:, 0]) | (rows[:, 3] <= rows[:, 1])
    if is_flat.any():
        received = ", ".join(f"{number:g}" for number in rows[is_flat][0, :4])
        raise ValueError(
            f"A box has x0 < x1 and y0 < y1. Received: {what} with the box {received}. Leave out such boxes."
        )
    is_known = (rows[:, 4] >= 0) & (rows[:, 4] < len(class_names)) & (rows[:, 4] == np.round(rows[:, 4]))
    if not is_known.all():
        raise ValueError(
            f"The class of a box is a whole number in 0..{len(class_names) - 1} ({len(class_names)} class names). "
            f"Received: {what} with class {rows[~is_known][0, 4]:g}."
        )


def _check_features(backbone):
    """Raises a ValueError unless a backbone gives feature maps of a known number of channels."""
    shape = getattr(backbone, "output_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4 or any(isinstance(part, (tuple, list)) for part in shape):
        raise ValueError(
            "Detection needs a convolutional backbone that gives feature maps (None, h, w, c). Received: "
            f"{backbone!r} with output shape {shape}."
        )


def _convolve(features, kernel_size, name, strides=1):
    """Returns features after a convolution without bias, normalization in groups of channels, and ReLU."""
    features = keras.layers.Conv2D(
        _WIDTH, kernel_size, strides, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )(features)
    features = keras.layers.GroupNormalization(_GROUPS, name=name + "_norm")(features)
    return keras.layers.ReLU(name=name + "_relu")(features)


def _small_normal() -> Any:
    return keras.initializers.RandomNormal(stddev=0.01)


def assign_cells(boxes: np.ndarray, grid: tuple[int, int], stride: int, num_classes: int) -> np.ndarray:
    """Returns for each cell the box that it answers for.

    A box belongs to the cells whose middles lie in it, no further than 1.5 strides from its own middle along each axis,
    and in any case to the cell that its middle lies in. Where boxes meet, the smallest has the cell.

    Args:
        boxes: `(k, 5)`, inside the image.
        grid: Rows and columns of the cells.
        stride: Pixels from one cell to the next.
        num_classes: Number of classes.

    Returns:
        `float32` `(cells, 4 + classes)`, row by row: the box, and a one for its class; zeros for a cell without.
    """
    rows, columns = grid
    cells = np.zeros((rows, columns, 4 + num_classes), "float32")
    middles_y = (np.arange(rows) + 0.5) * stride
    middles_x = (np.arange(columns) + 0.5) * stride
    for x0, y0, x1, y1, class_index in boxes[np.argsort(-box_areas(boxes), kind="stable")]:
        answer = np.zeros(4 + num_classes, "float32")
        answer[:4] = x0, y0, x1, y1
        answer[4 + int(class_index)] = 1
        own_rows = _cells_in_middle(middles_y, y0, y1, stride)
        own_columns = _cells_in_middle(middles_x, x0, x1, stride)
        cells[own_rows[:, None], own_columns[None, :]] = answer
    return cells.reshape(rows * columns, 4 + num_classes)


def _cells_in_middle(cell_middles, start, end, stride):
    """Returns the indices along one axis of the cells that a box from `start` to `end` belongs to."""
    middle = (start + end) / 2
    is_inside = (cell_middles > start) & (cell_middles < end) & (np.abs(cell_middles - middle) <= _RADIUS * stride)
    is_inside[min(int(middle // stride), len(cell_middles) - 1)] = True
    return np.flatnonzero(is_inside)


class DetectionLoss(keras.losses.Loss):
    """Binary cross-entropy of the classes, and generalized IoU of the boxes (Rezatofighi et al., 2019).

    Both are sums over the cells of an image, divided by the cells that answer for an object; boxes count in these
    alone. It is so per image, and not per batch, so that the loss of an image does not depend on its company. Targets
    and outputs are `(batch, cells, 4 + classes)`: the rows of `assign_cells`, and what the model gives.

    The focal loss, which plays down what is nearly right, is for grids of a hundred thousand cells. With the hundreds
    here, and a start at a low probability, all cells can count in full, and classes that look alike are told apart in
    fewer updates.
    """

    def __init__(self, name: str = "detection_loss"):
        super().__init__(name=name)

    def call(self, y_true, y_pred):
        """Returns the loss of each image, `(batch,)`."""
        true_classes = y_true[..., 4:]
        probabilities: Any = keras.ops.clip(y_pred[..., 4:], 1e-7, 1 - 1e-7)
        has_object: Any = keras.ops.max(true_classes, axis=-1)
        object_cells: Any = keras.ops.maximum(keras.ops.sum(has_object, axis=-1), 1.0)

        found: Any = keras.ops.log(probabilities)
        left_alone: Any = keras.ops.log(1 - probabilities)
        class_losses = -true_classes * found - (1 - true_classes) * left_alone
        box_losses = has_object * (1 - generalized_iou(y_true[..., :4], y_pred[..., :4]))
        class_loss: Any = keras.ops.sum(class_losses, axis=(-2, -1))
        box_loss: Any = keras.ops.sum(box_losses, axis=-1)
        return (class_loss + box_loss) / object_cells


def generalized_iou(boxes: Any, other_boxes: Any) -> Any:
    """Returns the generalized intersection over union of boxes, pair by pair (Rezatofighi et al., 2019).

    Unlike the plain one it also tells apart boxes that do not meet: it goes on falling, to -1, the further they are.

    Args:
        boxes, other_boxes: Tensors `(..., 4)`.

    Returns:
        A tensor `(...)`, -1 to 1.
    """
    common: Any = _areas(
        keras.ops.maximum(boxes[..., :2], other_boxes[..., :2]),
        keras.ops.minimum(boxes[..., 2:], other_boxes[..., 2:]),
    )
    enclosing: Any = _areas(
        keras.ops.minimum(boxes[..., :2], other_boxes[..., :2]),
        keras.ops.maximum(boxes[..., 2:], other_boxes[..., 2:]),
    )
    areas: Any = _areas(boxes[..., :2], boxes[..., 2:]) + _areas(other_boxes[..., :2], other_boxes[..., 2:])
    union = areas - common
    overlap: Any = common / keras.ops.maximum(union, 1e-6)
    gap: Any = (enclosing - union) / keras.ops.maximum(enclosing, 1e-6)
    return overlap - gap


def _areas(starts, ends) -> Any:
    sides: Any = keras.ops.maximum(ends - starts, 0.0)
    return sides[..., 0] * sides[..., 1]
