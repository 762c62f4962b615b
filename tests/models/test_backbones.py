"""Backbones take pixels 0-255 whatever they were trained on; and classifiers on top of them."""

import sys

import keras
import numpy as np
import pytest
import tiny

from ftlib.models import backbones
from ftlib.models.backbones import classifier, list_backbones, load_backbone, source_model
from ftlib.models.initialization import copy_model
from ftlib.models.shipped_files import shipped_file
from ftlib.strategies.regularization import Regularization
from ftlib.training.fit import fit

PIXELS = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype("float32")


def outputs(model, images):
    return keras.ops.convert_to_numpy(model(images, training=False))


@pytest.fixture(scope="module")
def glyphnet():
    return load_backbone("glyphnet")


@pytest.mark.slow
def test_glyphnet_comes_with_weights_that_know_letters(glyphnet):
    assert (glyphnet.input_shape, glyphnet.output_shape) == ((None, 32, 32, 1), (None, 4, 4, 128))
    same, random = load_backbone("glyphnet"), load_backbone("glyphnet", weights=None)
    assert tiny.moved(tiny.weights(glyphnet), tiny.weights(same)) == set()
    assert "stage3_block2_2_conv/kernel" in tiny.moved(tiny.weights(glyphnet), tiny.weights(random))
    model, names = source_model()
    assert model.output_shape == (None, len(names)) and len(set(names)) == len(names)
    letters = "ABEFHKMRTXZ"
    said = outputs(model, np.stack([printed(letter) for letter in letters])).argmax(1)
    assert sum(names[i] == letter for i, letter in zip(said, letters, strict=True)) >= 6  # of 879 classes


def printed(letter):
    """Returns a printed letter, bright on black, `(32, 32, 1)`."""
    from matplotlib import font_manager
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("L", (64, 64))
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 56)
    ImageDraw.Draw(image).text((32, 32), letter, 255, font, anchor="mm")
    return np.asarray(image.resize((32, 32), Image.Resampling.BOX), "float32")[..., None]


def test_every_name_feeds_its_network_what_its_own_preprocessing_would(monkeypatch):
    """Networks are replaced by nothing at all, so that what comes out is what the network would get."""
    named = [b for b in list_backbones() if b.name not in (*backbones.SHIPPED, "minidetector")]
    assert len(named) > 30 and {b.preprocessing for b in named} == {"tf", "torch", "caffe", "inside"}
    families = {"ConvNeXt", "DenseNet", "EfficientNetB", "EfficientNetV2", "Inception", "MobileNetV2", "MobileNetV3"}
    families |= {"NASNet", "ResNet", "VGG", "Xception"}
    assert {f for f in families if any(b.name.startswith(f) for b in named)} == families

    def nothing(include_top, weights, input_tensor, input_shape):
        assert (include_top, weights, input_shape) == (False, "imagenet", (32, 32, 3))
        return keras.Model(keras.utils.get_source_inputs(input_tensor)[0], keras.layers.Identity()(input_tensor))

    for info in named:
        home = sys.modules[getattr(keras.applications, info.name).__module__]
        monkeypatch.setattr(keras.applications, info.name, nothing)
        got = outputs(load_backbone(info.name, image_size=32), PIXELS)
        want = home.preprocess_input(PIXELS.copy(), data_format="channels_last")
        np.testing.assert_allclose(got, want, atol=1e-3 if info.preprocessing == "caffe" else 1e-5, err_msg=info.name)
        assert got.dtype == "float32"


@pytest.mark.slow
def test_a_backbone_of_keras_applications_equals_its_original(tmp_path):
    original = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(32, 32, 3))
    original.save_weights(tmp_path / "own.weights.h5")
    ours = load_backbone("MobileNetV2", weights=tmp_path / "own.weights.h5", image_size=(32, 32))
    assert ours.input_shape == (None, 32, 32, 3) and keras.backend.standardize_dtype(ours.inputs[0].dtype) == "float32"
    want = outputs(original, keras.applications.mobilenet_v2.preprocess_input(PIXELS.copy()))
    np.testing.assert_allclose(outputs(ours, PIXELS), want, atol=1e-4 * want.std())
    assert np.abs(outputs(original, PIXELS) - want).max() > 0.1 * want.std() > 0  # it makes a difference


def test_names_that_are_listed_exist():
    listed = list_backbones()
    shipped = listed[: len(backbones.SHIPPED)]
    assert [b.name for b in shipped] == list(backbones.SHIPPED) and {(b.side, b.channels) for b in shipped} == {(32, 1)}
    assert {b.name: b.side for b in listed}["InceptionV3"] == 299
    assert listed[len(shipped)].name == "minidetector"
    for info in listed[len(shipped) + 1 :]:
        assert callable(getattr(keras.applications, info.name)) and info.channels == 3


def test_weights_that_cannot_be_had_say_where_they_belong(monkeypatch):
    def offline(**options):
        raise Exception("URL fetch failure on https://example.org/x.h5")

    monkeypatch.setattr(keras.applications, "VGG16", offline)
    with pytest.raises(OSError, match="ImageNet weights of VGG16 are not in Keras's cache.*KERAS_HOME"):
        load_backbone("VGG16")


@pytest.mark.backends
def test_a_classifier_for_maps_tokens_and_vectors():
    image = keras.Input((8, 8, 1))
    maps = keras.layers.Conv2D(4, 3)(image)
    tokens = keras.layers.Reshape((36, 4))(maps)
    vector = keras.layers.Flatten()(maps)
    batch = np.ones((2, 8, 8, 1), "float32")
    for output, features in ((maps, 4), (tokens, 4), (vector, 144)):
        body = keras.Model(image, output, name="mine")
        before = outputs(body, batch)
        model = classifier(body, np.int64(5), dropout=0.25)
        assert [x.name for x in model.layers][1] == "backbone" and model.output_shape == (None, 5)
        assert model.get_layer("predictions").kernel.shape == (features, 5)
        assert model.get_layer("head_dropout").rate == 0.25
        said = outputs(model, batch)
        np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-5)
        # The caller's backbone keeps its name and works; the weights are shared.
        assert body.name == "mine"
        np.testing.assert_array_equal(outputs(body, batch), before)
        assert {id(w) for w in body.weights} <= {id(w) for w in model.weights}
        np.testing.assert_allclose(said, 0.2, rtol=1e-5)  # a head at zero has no opinion yet


def test_probabilities_are_float32_with_mixed_precision():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = tiny.model()
        assert model.get_layer("backbone").get_layer("conv1").compute_dtype == "float16"
        assert outputs(model, tiny.split(3).images.astype("float32")).dtype == "float32"
    finally:
        keras.config.set_dtype_policy(policy)


@pytest.mark.slow
def test_a_model_in_a_file(tmp_path):
    model = tiny.model()
    images = tiny.split(3).images.astype("float32")
    features = outputs(model.get_layer("backbone"), images)
    model.save(tmp_path / "whole.keras")
    taken = load_backbone(tmp_path / "whole.keras")  # the layer named "backbone", without the head
    np.testing.assert_allclose(outputs(taken, images), features, atol=1e-6)
    bare = tiny.backbone(seed=1)
    bare.save(tmp_path / "bare.keras")
    np.testing.assert_allclose(outputs(load_backbone(str(tmp_path / "bare.keras")), images), outputs(bare, images))
    bare.save_weights(tmp_path / "bare.weights.h5")
    other = load_backbone(tmp_path / "whole.keras", weights=tmp_path / "bare.weights.h5")
    np.testing.assert_allclose(outputs(other, images), outputs(bare, images), atol=1e-6)
    random = load_backbone(tmp_path / "bare.keras", weights=None)
    assert {"conv1/kernel", "conv3/kernel", "norm2/beta"} <= tiny.moved(tiny.weights(bare), tiny.weights(random))
    with pytest.raises(ValueError, match="12 by 12 pixels alone.*image_size=64"):
        load_backbone(tmp_path / "bare.keras", image_size=64)


@pytest.mark.slow
def test_a_preset_of_keras_hub_in_a_folder(tmp_path, eager, monkeypatch):
    hub = pytest.importorskip("keras_hub")
    keras.utils.set_random_seed(0)
    body = hub.models.ViTBackbone(
        image_shape=(12, 12, 3), patch_size=4, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=16
    )
    body.save_to_preset(str(tmp_path / "vit"))
    images = tiny.split(3, channels=3).images.astype("float32")
    monkeypatch.chdir(tmp_path)
    plain = load_backbone("hub:./vit")  # without a converter: pixels go in as they are
    np.testing.assert_allclose(outputs(plain, images), outputs(body, images), atol=1e-5)
    converter = hub.layers.ViTImageConverter(image_size=(12, 12), scale=[1 / 127.5] * 3, offset=[-1.0] * 3)
    converter.save_to_preset(str(tmp_path / "vit"))
    scaled = load_backbone(f"hub:{tmp_path / 'vit'}")
    np.testing.assert_allclose(outputs(scaled, images), outputs(body, images / 127.5 - 1), atol=1e-5)
    random = load_backbone("hub:./vit", weights=None)
    assert np.abs(outputs(random, images) - outputs(scaled, images)).max() > 1e-3
    with pytest.raises(FileNotFoundError, match="No preset folder at ./bit"):
        load_backbone("hub:./bit")
    with pytest.raises(ValueError, match='weights="default"'):
        load_backbone("hub:./vit", weights="imagenet")

    model = classifier(scaled, 3)
    model.get_layer("backbone").trainable = False
    copy = copy_model(model)  # a KerasHub backbone nested in a model cannot be made from its config alone
    np.testing.assert_array_equal(outputs(copy, images), outputs(model, images))
    assert not {id(w) for w in copy.weights} & {id(w) for w in model.weights}
    assert not copy.get_layer("backbone").trainable and copy.get_layer("predictions").trainable
    settings = Regularization(dropout=0.3)
    run = fit(model, tiny.task(channels=3), "feature_extraction", settings, updates=3, verbose=False)
    assert run.model.get_layer("head_dropout").rate == 0.3


def test_the_shipped_files_are_those_on_the_card():
    for name in backbones.SHIPPED:
        assert shipped_file(name, "backbone").name == f"{name}.weights.h5"
        assert shipped_file(name, "head").name == f"{name}-head.weights.h5"
