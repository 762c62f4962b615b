"""Which backbone and which strategy suit some pictures and the machine, where they were not chosen."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import pathlib
import re
import socket
import statistics
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, cast

from ftlib.app.own_data import DEFAULT_BOX_BACKBONE, DEFAULT_SOUND_BACKBONE, DEFAULT_TEXT_BACKBONE
from ftlib.errors import DownloadError
from ftlib.models.shipped_files import is_shipped
from ftlib.tasks.folder.check import FolderReport

if TYPE_CHECKING:
    import keras

    from ftlib.strategies.regularization import Regularization
    from ftlib.strategies.strategy import Strategy
    from ftlib.tasks.folder.data_report import DataReport
    from ftlib.tasks.task import Task

_SHIPPED_BACKBONES = {"text": DEFAULT_TEXT_BACKBONE, "sound": DEFAULT_SOUND_BACKBONE}
_TF = "_weights_tf_dim_ordering_tf_kernels"
# ImageNet backbones in the order in which they are looked for in Keras's cache, and the files that hold their weights.
# MobileNetV2 is the one that this project has measured, and the quickest.
CACHED = {
    "MobileNetV2": rf"mobilenet_v2{_TF}_1\.0_(\d+)_no_top\.h5",
    "EfficientNetV2B0": r"efficientnetv2-b0_notop\.h5",
    "EfficientNetB0": r"efficientnetb0_notop\.h5",
    "ConvNeXtTiny": r"convnext_tiny_notop\.h5",
    "ResNet50V2": rf"resnet50v2{_TF}_notop\.h5",
    "ResNet50": rf"resnet50{_TF}_notop\.h5",
    "DenseNet121": rf"densenet121{_TF}_notop\.h5",
    "Xception": rf"xception{_TF}_notop\.h5",
    "InceptionV3": rf"inception_v3{_TF}_notop\.h5",
    "VGG16": rf"vgg16{_TF}_notop\.h5",
}
SIDES = (96, 128, 160, 192, 224)  # that MobileNetV2 was pre-trained at
ANY_SIZE = 224  # pixels of a side for a backbone that takes any: most were pre-trained at that
SMOOTHED = "light, smoothed"  # the preset light with label smoothing 0.1
_LARGEST_SIDE = {"cpu": 160, "gpu": 224}  # pixels, unless chosen: cost grows with the square
_DETECTOR_SIDES = {"cpu": (192, 320), "gpu": (192, 512)}  # between which minidetector's images lie, by their boxes
_LARGEST_BOX_SIDE = 224  # with boxes on any device: what is small in a picture is lost below that
_GLYPH_SIDE = 64  # pixels: up to here, grey pictures may suit glyphnet
_MOST_PROBED_CLASSES = 200  # up to which linear probes are quick and the rule of `advise` was tried near enough
_CONNECTION_PATIENCE = 20  # seconds


class BackboneChoice(NamedTuple):
    """A backbone by name, the side of its images in pixels (None: its own), and why."""

    backbone: str
    image_size: int | None
    why: str


class LoadedBackbone(NamedTuple):
    """A backbone that was chosen and loaded.

    Attributes:
        model: The backbone, for images of one size.
        choice: Its `BackboneChoice`, with a size where the backbone takes images of any.
        remarks: Sentences that should be known of the backbone.
    """

    model: keras.Model
    choice: BackboneChoice
    remarks: list[str]


class StrategyChoice(NamedTuple):
    """A strategy, the name of its regularization (see `regularization`), and sentences that say why."""

    strategy: Strategy
    regularization: str
    why: list[str]


def choose_backbone(
    report: DataReport,
    weights_folder: pathlib.Path | None = None,
    name: str | None = None,
    image_size: int | None = None,
) -> BackboneChoice:
    """Returns the backbone for some pictures: the one that was asked for, or the best that is available.

    For boxes it is `minidetector`, at a size that shows nine in ten of them. Else first ImageNet weights in Keras's
    cache; then `glyphnet`, which ships with ftlib, for small grey pictures; then a download of MobileNetV2, which
    `load_backbone` tries and whose error names the alternatives.

    Args:
        report: The `FolderReport` of the pictures; of texts the `TextReport`, of sounds the `SoundReport`.
        weights_folder: Where Keras keeps weights. Default None: `models` in its home.
        name, image_size: What was asked for, if anything.
    """
    if report.noun in _SHIPPED_BACKBONES:
        shipped_name = _SHIPPED_BACKBONES[report.noun]
        return BackboneChoice(name or shipped_name, None, "ships with ftlib" if name is None else "as asked")
    report = cast(FolderReport, report)
    folder = keras_weights_folder() if weights_folder is None else weights_folder
    if name is not None:
        return BackboneChoice(name, image_size or _choose_side(name, report, folder), "as asked")
    if report.target.keeps_whole and is_shipped(DEFAULT_BOX_BACKBONE):
        side = image_size or _choose_side(DEFAULT_BOX_BACKBONE, report, folder)
        return BackboneChoice(DEFAULT_BOX_BACKBONE, side, "made for boxes, and ships with ftlib")
    file_names = _names_in(folder)
    for known_name, pattern in CACHED.items():
        if any(re.fullmatch(pattern, file_name) for file_name in file_names):
            side = image_size or _choose_side(known_name, report, folder)
            return BackboneChoice(known_name, side, "ImageNet weights in Keras's cache")
    if shows_glyphs(report) and image_size in (None, 32) and not report.target.keeps_whole:
        return BackboneChoice("glyphnet", None, "small grey pictures, and no ImageNet weights in Keras's cache")
    first_name = next(iter(CACHED))
    side = image_size or _choose_side(first_name, report, folder)
    return BackboneChoice(first_name, side, "no ImageNet weights in the cache: downloaded")


def shows_glyphs(report: FolderReport) -> bool:
    """Returns whether pictures are so small and grey that a backbone of letters may suit them."""
    looks = list(report.looks.values())
    if not looks:
        return False
    grey_count = sum(look.grey for look in looks)
    median_side = statistics.median(max(look.size) for look in looks)
    return grey_count >= 0.99 * len(looks) and median_side <= _GLYPH_SIDE


def _choose_side(name: str, report: FolderReport, weights_folder: pathlib.Path) -> int | None:
    """Returns the side for MobileNetV2: near that of the pictures, not too large for the machine, and with weights.

    For `minidetector` it is one that shows nine boxes in ten; for others None, their own.
    """
    from ftlib.models.inference import device_kind
    from ftlib.tasks.box_files.check import BoxReport

    if name == DEFAULT_BOX_BACKBONE and isinstance(report, BoxReport):
        smallest, largest = _DETECTOR_SIDES[device_kind()]
        return max(smallest, min(report.side_for_most, largest))
    if name != "MobileNetV2":
        return None

    looks = report.looks.values()
    median_side = statistics.median(min(look.size) for look in looks) if looks else ANY_SIZE
    matches = [re.fullmatch(CACHED[name], file_name) for file_name in _names_in(weights_folder)]
    cached_sides = sorted(int(match[1]) for match in matches if match and int(match[1]) in SIDES)
    sides = cached_sides or SIDES
    nearest_side = next((side for side in SIDES if side >= median_side), SIDES[-1])
    largest_side = _LARGEST_BOX_SIDE if report.target.keeps_whole else _LARGEST_SIDE[device_kind()]
    limit = min(largest_side, nearest_side)
    return max((side for side in sides if side <= limit), default=sides[0])


def _names_in(folder: pathlib.Path) -> list[str]:
    return [file.name for file in folder.iterdir()] if folder.is_dir() else []


def keras_weights_folder() -> pathlib.Path:
    """Returns where Keras keeps downloaded weights."""
    return pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras") / "models"


def load_chosen(choice: BackboneChoice, pretrained: bool = True) -> LoadedBackbone:
    """Loads the backbone that was chosen, with random weights where `pretrained` is false: nothing is fetched then.

    Raises:
        OSError: If its weights are not available; the message names every alternative.
        ValueError, ImportError: As `load_backbone`.
    """
    from ftlib.models.backbone_files import of_size

    # Keras reports a download on standard output, which is for the result alone.
    with (
        _connection_timeout(_CONNECTION_PATIENCE),
        contextlib.redirect_stdout(io.StringIO()),
        warnings.catch_warnings(record=True) as caught_warnings,
    ):
        warnings.simplefilter("ignore")
        # What `load_backbone` warns its caller of; warnings of Keras and TensorFlow are addressed to other modules.
        warnings.filterwarnings("always", category=UserWarning, module=re.escape(__name__))
        backbone = _load_or_explain(choice, pretrained)

    remarks = [str(warning.message) for warning in caught_warnings]
    if len(backbone.input_shape) == 4 and None in backbone.input_shape[1:3]:
        side = choice.image_size or ANY_SIZE
        backbone = of_size(backbone, side, choice.backbone)
        choice = choice._replace(image_size=side)
        remarks.append(f"The backbone takes images of any size; it is trained, and used, at {side} x {side} pixels.")
    return LoadedBackbone(backbone, choice, remarks)


def _load_or_explain(choice: BackboneChoice, pretrained: bool) -> keras.Model:
    """Loads a backbone; if its weights cannot be downloaded, the error names every alternative."""
    from ftlib.models.backbones import load_backbone

    try:
        return load_backbone(choice.backbone, "default" if pretrained else None, choice.image_size)
    except DownloadError as error:
        raise FileNotFoundError(
            f"The ImageNet weights of {choice.backbone} are not in Keras's cache ({keras_weights_folder()}) and could "
            "not be downloaded. Connect to the network once; or copy the file into that folder on a machine that has "
            "it; or name a backbone that is here: --backbone glyphnet (small grey pictures), --backbone MODEL.keras "
            "(a Keras model of your own)."
        ) from error


@contextlib.contextmanager
def _connection_timeout(seconds: float) -> Iterator[None]:
    """Gives up a connection that does not answer, which would otherwise be waited for without end."""
    previous_timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(previous_timeout)


def recommend_strategy(
    model: keras.Model, task: Task, say: Callable[[str], object], name: str | None = None
) -> StrategyChoice:
    """Returns the strategy for a classifier and a task: the one that was asked for, or what `advise` recommends.

    Where `advise` says to tune everything but there is no GPU, the last two stages of a large backbone are tuned, on
    four views of each picture: what the stages below compute from those is computed once (see `Phase.views`).

    Args:
        model: The classifier.
        task: The `Task` at its size.
        say: Takes a line of progress.
        name: A strategy that was asked for; None leaves it to `advise`.
    """
    from ftlib.models.inference import device_kind
    from ftlib.models.staged_model import stages
    from ftlib.objectives.classification import Classification
    from ftlib.strategies.strategy import get_strategy

    if name is not None:
        return StrategyChoice(get_strategy(name), "light", ["strategy: as asked"])
    if not isinstance(task.objective, Classification) or task.kind != "image":
        choice = _choose_without_advice(task)
    elif task.num_classes > _MOST_PROBED_CLASSES:
        choice = _choose_without_probes(task)
    else:
        choice = _choose_by_advice(model, task, say)
    is_large = task.kind == "image" and max(task.image_shape[:2]) > _GLYPH_SIDE
    if choice.strategy.name == "lp_ft" and device_kind() == "cpu" and is_large:
        top_stages = min(2, len(stages(model)) - 1)
        reason = "Without a GPU the last two stages are tuned, not all"
        if task.objective.moves_targets:  # boxes move with their pictures, which are then drawn anew for each update
            return StrategyChoice(head_then_top(top_stages, views=None), "light", [*choice.why, f"{reason}."])
        reason += ", on four views of each picture computed once."
        return StrategyChoice(head_then_top(top_stages), _smoothed_where_it_fits(task), [*choice.why, reason])
    return choice


def _smoothed_where_it_fits(task: Task) -> str:
    """Returns `"light, smoothed"`, or `"light"` for what label smoothing does not fit."""
    from ftlib.training.request import adapt_preset

    smoothed = regularization(SMOOTHED)
    return SMOOTHED if adapt_preset(smoothed, task) == smoothed else "light"


def _choose_without_advice(task: Task) -> StrategyChoice:
    """Returns the strategy for several labels, numbers, texts or sounds: the rule of `advise` was not tried on them."""
    from ftlib.strategies.strategy import get_strategy
    from ftlib.tasks.inputs import INPUT_NOUNS

    what = task.objective.name.replace("_", " ")
    known = "only tasks of one class each"
    if task.kind != "image":
        what, known = INPUT_NOUNS[task.kind], "pictures alone"
    reason = f"`advise` knows {known}, so for {what} the head is trained first, and then all."
    return StrategyChoice(get_strategy("lp_ft"), "light", [reason])


def _choose_without_probes(task: Task) -> StrategyChoice:
    from ftlib.strategies.strategy import get_strategy

    labels_per_class = len(task.train) / task.num_classes
    name = "lp_ft" if labels_per_class >= 5 else "feature_extraction_long"
    too_many = f"{task.num_classes:,} classes are too many to probe (over {_MOST_PROBED_CLASSES})"
    return StrategyChoice(get_strategy(name), "light", [f"{too_many}: {name} by the number of labels"])


def _choose_by_advice(model: keras.Model, task: Task, say: Callable[[str], object]) -> StrategyChoice:
    from ftlib.evidence.advisor import advise

    say("asking `advise`: how well each stage of it tells the classes apart, before any training ...")
    advice = advise(model, task)
    return StrategyChoice(advice.strategy, advice.regularization, list(advice.reasons))


def head_then_top(top_stages: int = 2, views: int | None = 4) -> Strategy:
    """Returns the strategy that was measured against Keras's guide in `benchmarks/guide.py`, with its shares.

    Args:
        top_stages: How many of the last stages are tuned after the head.
        views: Of each picture, on which these are tuned; None draws new ones for each update.
    """
    from ftlib.strategies.strategy import Phase, Strategy

    head_phase = Phase("head", "head", share=0.5, rate=1e-2, width=128, views=1)
    top_phase = Phase("top", top_stages, share=0.5, rate=3e-4, views=views)
    return Strategy("head_then_top", "pretrained", (head_phase, top_phase))


def regularization(name: str) -> Regularization:
    """Returns the `Regularization` of a preset, or of `"light, smoothed"`: light, with label smoothing 0.1.

    Without smoothing the validation loss, by which the best epoch is chosen, rises while the accuracy still does.
    """
    from ftlib.strategies.regularization import Regularization

    if name == SMOOTHED:
        return dataclasses.replace(Regularization.preset("light"), label_smoothing=0.1)
    return Regularization.preset(name)


def never_worse(strategy: Strategy, model: keras.Model, task: Task) -> Strategy:
    """Returns a strategy that gives nothing worse on validation than it could have had for less.

    A phase that makes nothing better ends with what it began with. And at the end, where one can be made, a linear
    probe of the frozen features is compared with what was trained, so that nobody is given a tuned network that a
    minute of logistic regression beats.
    """
    from ftlib.models.staged_model import StagedModel
    from ftlib.training.probe_step import takes_probe

    strategy = dataclasses.replace(strategy, keeps_better_start=True)
    starts_pretrained = strategy.start == "pretrained" and strategy.keep is None
    if not starts_pretrained or not takes_probe(StagedModel(model), task):
        return strategy
    return dataclasses.replace(strategy, closing=(*strategy.closing, "linear_probe"))


def with_rate(strategy: Strategy, rate: float) -> Strategy:
    """Returns a strategy whose last phase has another rate, taken as it is; the phases before keep theirs."""
    *earlier_phases, last_phase = strategy.phases
    changed_phase = dataclasses.replace(last_phase, rate=rate, width=None)
    return dataclasses.replace(strategy, phases=(*earlier_phases, changed_phase))
