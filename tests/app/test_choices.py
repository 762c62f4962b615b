"""What is chosen where nothing was asked for: backbone, size and strategy."""

import dataclasses
import types
import warnings

import keras
import numpy as np
import pytest
import tiny
from box_folders import write_voc
from objectives import tiny_detection

import ftlib.app.choices as choices
from ftlib.errors import DownloadError
from ftlib.strategies.strategy import get_strategy
from ftlib.tasks.box_files.check import BoxReport, check_boxes
from ftlib.tasks.folder.check import Look
from ftlib.tasks.folder.targets import make_target
from ftlib.tasks.task import with_head


def report(side=256, grey=False, count=20, target="class"):
    look = Look((side, side), grey, np.zeros((32, 32), "uint8"))
    return types.SimpleNamespace(noun="picture", target=make_target(target), looks={str(i): look for i in range(count)})


def cached(place, *names):
    for name in names:
        (place / name).write_bytes(b"")
    return place


MOBILE = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_{}_no_top.h5"


RESNET = "resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5"


@pytest.mark.parametrize(
    "names, pictures, backbone, side",
    [
        ([MOBILE.format(s) for s in choices.SIDES], report(256), "MobileNetV2", 160),
        ([MOBILE.format(s) for s in choices.SIDES], report(100), "MobileNetV2", 128),
        ([MOBILE.format(s) for s in choices.SIDES], report(20), "MobileNetV2", 96),
        ([MOBILE.format(224)], report(256), "MobileNetV2", 224),
        ([MOBILE.format(128), RESNET], report(256), "MobileNetV2", 128),
        ([RESNET], report(256), "ResNet50V2", None),
        (["efficientnetv2-b0_notop.h5", RESNET], report(), "EfficientNetV2B0", None),
        (["efficientnetv2-b0.h5", "mobilenet_v2.h5"], report(256), "MobileNetV2", 160),
        ([], report(28, grey=True), "glyphnet", None),
        ([MOBILE.format(96)], report(28, grey=True), "MobileNetV2", 96),
        ([], report(28), "MobileNetV2", 96),
        ([], report(300, grey=True), "MobileNetV2", 160),
        ([MOBILE.format(s) for s in choices.SIDES], report(256, target="boxes"), "MobileNetV2", 224),
        ([], report(28, grey=True, target="boxes"), "MobileNetV2", 96),
    ],
)
def test_cached_weights_come_first_then_glyphnet_for_small_grey_pictures(
    tmp_path, monkeypatch, names, pictures, backbone, side
):
    monkeypatch.setattr("ftlib.models.inference.device_kind", lambda: "cpu")
    monkeypatch.setattr(choices, "is_shipped", lambda name: False)
    choice = choices.choose_backbone(pictures, cached(tmp_path, *names))
    assert (choice.backbone, choice.image_size) == (backbone, side)


def test_for_boxes_it_is_the_network_made_for_them_at_a_size_that_shows_them(tmp_path, monkeypatch):
    monkeypatch.setattr("ftlib.models.inference.device_kind", lambda: "cpu")
    monkeypatch.setattr(choices, "is_shipped", lambda name: True)
    cached(tmp_path, MOBILE.format(224))
    box_report = check_boxes(write_voc(tmp_path / "shapes", 12))
    choice = choices.choose_backbone(box_report, tmp_path)
    assert (choice.backbone, choice.image_size) == ("minidetector", 192)
    monkeypatch.setattr(BoxReport, "side_for_most", 288)
    assert choices.choose_backbone(box_report, tmp_path, "minidetector").image_size == 288
    monkeypatch.setattr(BoxReport, "side_for_most", 2000)
    assert choices.choose_backbone(box_report, tmp_path).image_size == 320
    assert choices.choose_backbone(box_report, tmp_path, image_size=96).image_size == 96
    monkeypatch.setattr(choices, "is_shipped", lambda name: False)
    assert choices.choose_backbone(box_report, tmp_path).backbone == "MobileNetV2"


def test_what_was_asked_for_is_taken(tmp_path):
    folder = cached(tmp_path, MOBILE.format(160))
    assert choices.choose_backbone(report(), folder, "VGG16", 64) == choices.BackboneChoice("VGG16", 64, "as asked")
    assert choices.choose_backbone(report(), folder, "glyphnet").image_size is None
    assert choices.choose_backbone(report(), folder, None, 96).image_size == 96


def test_weights_that_cannot_be_had_name_every_way_out(monkeypatch, capsys):
    def load_backbone(*args):
        print("Downloading data from ...")
        raise DownloadError("... are not in Keras's cache and could not be downloaded: URL fetch failure")

    monkeypatch.setattr("ftlib.models.backbones.load_backbone", load_backbone)
    with pytest.raises(FileNotFoundError, match="Connect to the network once.*copy the file.*--backbone glyphnet"):
        choices.load_chosen(choices.BackboneChoice("MobileNetV2", 160, ""))
    assert capsys.readouterr().out == ""  # it may have to be one JSON document


def test_what_is_said_of_a_file_becomes_a_remark_and_warnings_of_others_do_not(tmp_path, monkeypatch):
    image = keras.Input((32, 32, 3))
    features = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(6, 3)(image))
    keras.Model(image, keras.layers.Dense(5, "softmax")(features)).save(tmp_path / "whole.keras")
    load_model = keras.models.load_model

    def load_with_warning(*args, **kwargs):
        warnings.warn("of another library", stacklevel=1)
        return load_model(*args, **kwargs)

    monkeypatch.setattr(keras.models, "load_model", load_with_warning)
    loaded = choices.load_chosen(choices.BackboneChoice(str(tmp_path / "whole.keras"), 32, "as asked"))
    (remark,) = loaded.remarks
    assert "were cut off" in remark and loaded.model.output_shape[-1] == 6


def test_what_starts_pretrained_is_compared_with_a_linear_probe_where_one_can_be_made():
    model, task = tiny.model(), tiny.task(train=30)
    guarded = choices.never_worse(get_strategy("lp_ft"), model, task)
    assert guarded.closing == ("linear_probe",) and guarded.keeps_better_start
    assert choices.never_worse(get_strategy("scratch"), model, task).closing == ()
    missing = dataclasses.replace(task, train=task.train.take(np.flatnonzero(task.train.targets != 2)))
    assert choices.never_worse(get_strategy("lp_ft"), model, missing).closing == ()


def test_advice_is_followed_and_costs_on_a_cpu_are_kept_low(monkeypatch):
    model, task = tiny.model(), tiny.task(train=30)
    advice = types.SimpleNamespace(strategy=get_strategy("lp_ft"), regularization="light", reasons=["because"])
    monkeypatch.setattr("ftlib.evidence.advisor.advise", lambda *args: advice)
    monkeypatch.setattr("ftlib.models.inference.device_kind", lambda: "cpu")
    strategy, preset, why = choices.recommend_strategy(model, task, print)
    assert (strategy.name, preset, why) == ("lp_ft", "light", ["because"])
    monkeypatch.setattr(choices, "_GLYPH_SIDE", 8)  # so that 12 pixels are large
    strategy, preset, why = choices.recommend_strategy(model, task, print)
    assert strategy.name == "head_then_top" and strategy.phases[1].views == 4 and "Without a GPU" in why[-1]
    assert choices.regularization(preset).label_smoothing == 0.1
    monkeypatch.setattr("ftlib.models.inference.device_kind", lambda: "gpu")
    assert choices.recommend_strategy(model, task, print)[0].name == "lp_ft"
    assert choices.recommend_strategy(model, task, print, "scratch")[0].name == "scratch"


def test_with_boxes_new_views_are_drawn_for_each_update(monkeypatch):
    task = tiny_detection.shapes(8, 4, 128, stride=8)
    backbone = keras.Sequential([keras.Input((128, 128, 1)), keras.layers.Conv2D(4, 3, 8, name="conv")])
    model = with_head(keras.Model(backbone.inputs, backbone.outputs), task)
    for device, name in (("cpu", "head_then_top"), ("gpu", "lp_ft")):
        monkeypatch.setattr("ftlib.models.inference.device_kind", lambda device=device: device)
        choice = choices.recommend_strategy(model, task, lambda line: None)
        assert choice.strategy.name == name and choice.regularization == "light"
        assert choice.strategy.phases[-1].views is None and "for detection" in choice.why[0]


def test_many_classes_are_not_probed(monkeypatch):
    monkeypatch.setattr("ftlib.evidence.advisor.advise", lambda *args: pytest.fail("it was asked"))
    monkeypatch.setattr(choices, "_MOST_PROBED_CLASSES", 2)
    strategy, _, why = choices.recommend_strategy(tiny.model(), tiny.task(train=9), print)
    assert strategy.name == "feature_extraction_long" and "too many to probe" in why[0]


def test_a_rate_that_was_asked_for_is_that_of_the_last_phase():
    strategy = choices.with_rate(get_strategy("lp_ft"), 5e-5)
    assert strategy.phases[0] == get_strategy("lp_ft").phases[0] and strategy.phases[1].rate == 5e-5
    alone = choices.with_rate(get_strategy("feature_extraction_long"), 2e-3).unrolled(["stage1", "head"], 1280)
    assert alone.phases[0].rate == 2e-3
