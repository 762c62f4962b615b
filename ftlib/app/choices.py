"""Which backbone and which strategy suit some pictures and the machine, where nobody said so."""

import contextlib
import dataclasses
import io
import os
import pathlib
import re
import socket
import statistics
import warnings

from ftlib.errors import DownloadError

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
_LIMIT = {"cpu": 160, "gpu": 224}  # pixels of a side, where nobody said so: cost grows with its square
_GLYPH = 64  # pixels: up to here, grey pictures may suit glyphnet
_PROBED = 200  # classes up to which linear probes are quick and the rule of `advise` was tried near enough


@dataclasses.dataclass(frozen=True)
class Choice:
    """A backbone by name, the side of its images in pixels (None: its own), and why."""

    backbone: str
    image_size: int | None
    why: str


def choose_backbone(report, folder=None, name=None, image_size=None):
    """Returns the backbone for some pictures: the one that was asked for, or the best at hand.

    First ImageNet weights in Keras's cache; then `glyphnet`, which ships with ftlib, for small grey pictures; then a
    download of MobileNetV2, which `load_backbone` tries and whose failure names the way out.

    Args:
        report: The `FolderReport` of the pictures.
        folder: Where Keras keeps weights. Default None: `models` in its home.
        name, image_size: What was asked for, each or none.

    Returns:
        A `Choice`.
    """
    folder = cache_folder() if folder is None else folder
    if name is not None:
        return Choice(name, image_size or _side(name, report, folder), "as asked")
    names = [file.name for file in folder.iterdir()] if folder.is_dir() else []
    for known, pattern in CACHED.items():
        if any(re.fullmatch(pattern, file) for file in names):
            return Choice(known, image_size or _side(known, report, folder), "ImageNet weights in Keras's cache")
    if is_glyphs(report) and image_size in (None, 32):
        return Choice("glyphnet", None, "small grey pictures, and no ImageNet weights in Keras's cache")
    first = next(iter(CACHED))
    return Choice(first, image_size or _side(first, report, folder), "no ImageNet weights in the cache: downloaded")


def is_glyphs(report):
    """Returns whether pictures are so small and grey that a backbone of letters may suit them."""
    looks = list(report.looks.values())
    grey = sum(look.grey for look in looks) >= 0.99 * len(looks)
    return bool(looks) and grey and statistics.median(max(look.size) for look in looks) <= _GLYPH


def _side(name, report, folder):
    """Returns the side for MobileNetV2: near that of the pictures, not too large for the machine, and with weights."""
    if name != "MobileNetV2":
        return None
    from ftlib.models.inference import device_kind

    looks = report.looks.values()
    typical = statistics.median(min(look.size) for look in looks) if looks else 224
    found = [re.fullmatch(CACHED[name], file.name) for file in folder.iterdir()] if folder.is_dir() else []
    sides = sorted(side for side in (int(m[1]) for m in found if m) if side in SIDES) or SIDES
    limit = min(_LIMIT[device_kind()], next((side for side in SIDES if side >= typical), SIDES[-1]))
    return max((side for side in sides if side <= limit), default=sides[0])


def cache_folder():
    """Returns where Keras keeps downloaded weights."""
    return pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras") / "models"


def load(choice, pretrained=True):
    """Loads the backbone of a `Choice`, with random weights where `pretrained` is false: nothing is fetched then.

    Returns:
        `(backbone, choice, sentences)`: the choice again, with a size where the backbone takes images of any, and what
        should be known of the backbone.

    Raises:
        OSError: If its weights cannot be had; the message names every way out.
        ValueError, ImportError: As `load_backbone`.
    """
    from ftlib.models.backbone_files import of_size
    from ftlib.models.backbones import load_backbone

    # Keras tells of a download on standard output, which is for the result alone.
    with _patience(20), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("ignore")
        warnings.filterwarnings("always", message=".*were cut off")
        try:
            backbone = load_backbone(choice.backbone, "default" if pretrained else None, choice.image_size)
        except DownloadError as error:
            raise FileNotFoundError(
                f"The ImageNet weights of {choice.backbone} are not in Keras's cache ({cache_folder()}) and could not "
                "be downloaded. Connect to the network once; or copy the file into that folder on a machine that has "
                "it; or name a backbone that is here: --backbone glyphnet (small grey pictures), --backbone MODEL.keras"
                " (a Keras model of your own)."
            ) from error
    remarks = [str(warning.message) for warning in warned]
    if None in backbone.input_shape[1:3]:
        side = choice.image_size or ANY_SIZE
        backbone, choice = of_size(backbone, side, choice.backbone), dataclasses.replace(choice, image_size=side)
        remarks.append(f"The backbone takes images of any size; it is trained, and used, at {side} x {side} pixels.")
    return backbone, choice, remarks


@contextlib.contextmanager
def _patience(seconds):
    """Gives up a connection that does not answer, which would otherwise be waited for without end."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def choose_strategy(model, task, say, name=None):
    """Returns `(Strategy, regularization fields, sentences why)` for a classifier and a task.

    `advise` decides. Where it says to tune everything but there is no GPU, the last two stages of a large backbone are
    tuned, on four views of each picture: what the stages below make of those is computed once (see `Phase.views`).

    Args:
        model: The classifier.
        task: The `Task` at its size.
        say: Takes a line of progress.
        name: A strategy that was asked for; None leaves it to `advise`.
    """
    from ftlib.evidence.advisor import advise
    from ftlib.models.inference import device_kind
    from ftlib.models.staged_model import stages
    from ftlib.strategies.strategy import get_strategy

    if name is not None:
        return get_strategy(name), "light", ["strategy: as asked"]
    if task.num_classes > _PROBED:
        labels = len(task.train) / task.num_classes
        chosen = "lp_ft" if labels >= 5 else "feature_extraction_long"
        why = [f"{task.num_classes:,} classes are too many to probe (over {_PROBED}): {chosen} by the number of labels"]
        recipe, preset = get_strategy(chosen), "light"
    else:
        say("asking `advise`: how well each stage of it tells the classes apart, before any training ...")
        advice = advise(model, task)
        recipe, preset, why = advice.strategy, advice.regularization, advice.said
    if recipe.name == "lp_ft" and device_kind() == "cpu" and max(task.image_shape[:2]) > _GLYPH:
        why.append("Without a GPU the last two stages are tuned, not all, on four views of each picture computed once.")
        return head_then_top(min(2, len(stages(model)) - 1)), SMOOTHED, why
    return recipe, preset, why


def head_then_top(top=2):
    """Returns the strategy that was measured against Keras's guide in `benchmarks/guide.py`, with its shares."""
    from ftlib.strategies.strategy import Phase, Strategy

    head = Phase("head", "head", share=0.5, rate=1e-2, width=128, views=1)
    return Strategy("head_then_top", "pretrained", (head, Phase("top", top, share=0.5, rate=3e-4, views=4)))


def regularization(name):
    """Returns the `Regularization` of a preset, or of `"light, smoothed"`: light, with label smoothing 0.1.

    Without smoothing the validation loss, by which the best epoch is chosen, rises while the accuracy still does.
    """
    from ftlib.strategies.regularization import Regularization

    if name == SMOOTHED:
        return dataclasses.replace(Regularization.preset("light"), label_smoothing=0.1)
    return Regularization.preset(name)


def with_rate(recipe, rate):
    """Returns a strategy whose last phase has another rate, taken as it is; the phases before keep theirs."""
    *before, last = recipe.phases
    return dataclasses.replace(recipe, phases=(*before, dataclasses.replace(last, rate=rate, width=None)))
