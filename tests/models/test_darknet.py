"""Networks of Darknet. The numbers of reference are OpenCV's, whose reader of Darknet is another program than ours."""

import darknet_files
import keras
import numpy as np
import pytest
import tiny

import ftlib as ft
from ftlib.models.darknet import COCO_CLASSES, read_cfg, read_weights


def run(model, images):
    return keras.ops.convert_to_numpy(model(images, training=False))


@pytest.fixture
def cfg(tmp_path):
    return darknet_files.write_tiny(tmp_path)


@pytest.mark.backends
def test_a_detector_gives_what_another_reader_of_its_files_computes(cfg):
    detector, names = ft.load_detector(cfg)
    outputs = run(detector, darknet_files.drawn_picture(64)[None])[0]
    assert outputs.shape == (384, 6)
    assert names == ("0", "1")

    expected = {
        297: [38.014, 37.004, 39.387, 45.796, 0.5235, 0.4452],
        169: [38.010, 4.923, 39.380, 13.873, 0.5222, 0.4462],
        0: [-1.770, -2.555, 13.577, 7.700, 0.2491, 0.2836],
        100: [14.932, 44.921, 28.864, 56.270, 0.2161, 0.2724],
        150: [24.313, 1.429, 27.629, 8.958, 0.3008, 0.2012],
    }
    for cell, numbers in expected.items():
        np.testing.assert_allclose(outputs[cell], numbers, atol=1e-3)
    ft.Detection().check_outputs(outputs[None])


def test_a_backbone_ends_before_the_convolution_of_the_finest_head(cfg):
    backbone = ft.load_backbone(str(cfg))
    assert backbone.output_shape == (None, 16, 16, 12)
    names = {layer.name for layer in backbone.layers}
    assert not {"convolutional11", "convolutional17"} & names, "the heads are cut off"

    detector, _ = ft.load_detector(cfg)
    fused = keras.Model(detector.input, detector.get_layer("route16").output)
    picture = darknet_files.drawn_picture(64)[None]
    np.testing.assert_array_equal(run(backbone, picture), run(fused, picture))


def test_a_backbone_is_cut_frozen_saved_and_trained_as_any_other(cfg, tmp_path, eager):
    backbone = ft.load_backbone(cfg)
    found = ft.stages(backbone)
    assert [stage.name for stage in found][0] == "stage1"
    assert len(found) > 1

    boxes = [np.array([[4.0, 4, 20, 24, 0]]), np.array([[30.0, 8, 50, 40, 1]])]
    images = np.stack([darknet_files.drawn_picture(64), darknet_files.drawn_picture(64)[::-1]])
    splits = [ft.Split(images[:, :, ::-1] * share, boxes, [f"{share}-{i}" for i in "ab"]) for share in (1, 0.8, 0.6)]
    task = ft.Task("drawn", *splits, ("a", "b"), "drawn", "none", objective=ft.Detection(stride=8))
    model = ft.with_head(backbone, task)
    before = [np.array(weight) for weight in model.get_layer("backbone").get_weights()]
    run_of_task = ft.fit(model, task, "lp_ft", updates=4, verbose=False)
    assert np.isfinite(run_of_task.score("test")["loss"])
    after = run_of_task.model.get_layer("backbone").get_weights()
    assert any(not np.array_equal(old, new) for old, new in zip(before, after, strict=True))

    backbone.save(tmp_path / "saved.keras")
    again = ft.load_backbone(tmp_path / "saved.keras")
    picture = darknet_files.drawn_picture(64)[None]
    np.testing.assert_allclose(run(again, picture), run(backbone, picture), atol=1e-5)


def test_a_backbone_for_classes_takes_random_weights_other_sizes_and_saved_weights(cfg, tmp_path):
    assert ft.load_backbone(cfg, weights=None, image_size=(32, 96)).output_shape == (None, 8, 24, 12)
    backbone = ft.load_backbone(cfg)
    assert ft.with_head(backbone, tiny.task()).output_shape[0] is None

    backbone.save_weights(tmp_path / "kept.weights.h5")
    picture = darknet_files.drawn_picture(64)[None]
    kept = ft.load_backbone(cfg, weights=tmp_path / "kept.weights.h5")
    np.testing.assert_array_equal(run(kept, picture), run(backbone, picture))


def test_weights_of_an_old_version_count_images_in_32_bits(tmp_path):
    cfg = darknet_files.write_tiny(tmp_path, version=(0, 1, 0))
    np.testing.assert_array_equal(read_weights(cfg.with_suffix(".weights")), darknet_files.tiny_numbers())


def test_a_classifier_ends_before_its_global_pooling(tmp_path):
    cfg = tmp_path / "classifier.cfg"
    cfg.write_text(
        "[net]\nwidth=16\nheight=16\n[convolutional]\nfilters=6\nsize=3\npad=1\nactivation=relu\n"
        "[convolutional]\nfilters=4\nactivation=linear\n[avgpool]\n[softmax]\n"
    )
    assert ft.load_backbone(cfg, weights=None).output_shape == (None, 16, 16, 4)
    with pytest.raises(ValueError, match=r"has \[yolo\] sections, and classifier.cfg has none"):
        ft.load_detector(cfg, weights=None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[dropout]", "[crnn]", r"\[crnn\] in line \d+ .* is a kind of layer that is not read"),
        ("activation=mish", "activation=gelu", r"has an activation that is not read: gelu"),
        ("stride=2\npad=1\nactivation=swish", "stride=2\ndilation=2\nactivation=swish", "Received: dilation=2"),
        ("layers=-1,6", "layers=-1,60", r"names layer 60, and there are the layers 0 to"),
        ("layers=-1,6", "layers=-1,10", r"joins features of one size. Received: 8 by 8 and 16 by 16"),
        ("from=-4", "from=-3", r"adds features of one shape"),
        ("groups=8", "groups=3", r"3 groups divide neither"),
        ("filters=7", "filters=9", r"reads 1 boxes of 5 \+ 2 numbers. Received: 9 channels"),
        ("size=2\nstride=2", "size=3\nstride=2", r"windows of 3 with a stride of 2"),
        ("filters=12", "filters=many", r"`filters` is a number. Received: filters=many"),
        ("filters=12", "twelve filters", r"sections \[name\] and options name=value. Received: line \d+"),
        ("[net]", "[layers]", r"begins with \[net\]. Received: \[layers\]"),
    ],
)
def test_what_is_not_read_is_named_with_its_line(tmp_path, old, new, message):
    assert old in darknet_files.TINY_CFG
    cfg = darknet_files.write_tiny(tmp_path, darknet_files.TINY_CFG.replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        ft.load_detector(cfg, weights=None)


def test_weights_that_do_not_fit_are_told_from_a_broken_download(tmp_path):
    numbers = darknet_files.tiny_numbers()
    cfg = darknet_files.write_tiny(tmp_path, numbers=numbers[:-3])
    with pytest.raises(ValueError, match=r"has 1,\d+ weights. Received: 1,\d+ in tiny.weights, which is too short"):
        ft.load_backbone(cfg)
    cfg = darknet_files.write_tiny(tmp_path, numbers=np.append(numbers, numbers[:2]))
    with pytest.raises(ValueError, match="which is too long: it belongs to another network"):
        ft.load_backbone(cfg)

    weights = cfg.with_suffix(".weights")
    weights.write_bytes(weights.read_bytes()[:-2])
    with pytest.raises(ValueError, match="It may be a broken download"):
        ft.load_backbone(cfg)
    weights.write_bytes(b"short")
    with pytest.raises(ValueError, match="too short"):
        ft.load_backbone(cfg)
    weights.unlink()
    with pytest.raises(FileNotFoundError, match="Put the .weights file beside the cfg file"):
        ft.load_backbone(cfg)
    with pytest.raises(ValueError, match="has the weights beside its cfg file"):
        ft.load_backbone(cfg, weights="imagenet")
    with pytest.raises(FileNotFoundError, match=r"none.cfg"):
        ft.load_backbone(tmp_path / "none.cfg")


def test_names_of_classes_are_one_for_each(cfg):
    assert ft.load_detector(cfg, class_names=("plate", "car"))[1] == ("plate", "car")
    with pytest.raises(ValueError, match="`class_names` are 2, one for each class. Received: 1"):
        ft.load_detector(cfg, class_names=("plate",))
    assert len(COCO_CLASSES) == len(set(COCO_CLASSES)) == 80


def test_sections_say_where_they_stand(cfg):
    sections = read_cfg(cfg)
    assert sections[1].kind == "convolutional"
    assert str(sections[1]) == "[convolutional] in line 7 of the cfg file"


@pytest.mark.real
def test_yolo_fastest_finds_a_clock_just_as_opencv_does(real):
    detector, names = ft.load_detector(real / "detectors" / "yolo-fastest-1.1.cfg")
    assert detector.count_params() == 346_062
    outputs = run(detector, darknet_files.drawn_clock()[None])
    (found,) = ft.decode(outputs, threshold=0.25, iou=0.45)
    assert [names[int(row[4])] for row in found] == ["clock"]
    np.testing.assert_allclose(found[0, :4], [75.460, 41.408, 254.450, 242.724], atol=0.01)
    assert found[0, 5] == pytest.approx(0.51603, abs=1e-4)

    last = keras.Model(detector.input, detector.get_layer("convolutional129").output)
    numbers = run(last, darknet_files.drawn_clock()[None])[0]
    np.testing.assert_allclose(
        numbers[10, 10, :6], [0.38909, -0.32703, 0.74736, 0.20520, -13.00065, -2.21579], atol=1e-3
    )
    np.testing.assert_allclose(
        numbers[3, 17, 85:91], [-0.27660, -0.37014, 0.53096, 0.05397, -15.07443, -12.82856], atol=1e-3
    )


@pytest.mark.real
def test_yolo_fastest_is_a_backbone_with_one_map_of_both_strides(real):
    backbone = ft.load_backbone(real / "detectors" / "yolo-fastest-1.1.cfg", image_size=(192, 320))
    assert backbone.output_shape == (None, 12, 20, 120)
    assert [stage.can_split for stage in ft.stages(backbone)] == [True, True, True, False]
