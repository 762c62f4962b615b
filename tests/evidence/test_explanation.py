"""Heat maps find what a network was built to look at, and tell when they do not."""

import dataclasses

import keras
import numpy as np
import pytest
import tiny

from ftlib.evidence.explanation import explain, highlight
from ftlib.models.backbones import classifier

pytestmark = pytest.mark.backends
SIDE = 32
HERE = np.s_[4:12, 20:28]  # the bright patch that the network looks for


@pytest.fixture(scope="module")
def images():
    """Three grey images with a bright patch, each with a faint pattern of its own."""
    pixels = np.random.default_rng(0).integers(20, 40, (3, SIDE, SIDE, 1)).astype("float32")
    pixels[:, *HERE] = 250
    return pixels


def brightness_model(strength=1.0, softmax_layer=False):
    """Returns a network whose class "bright" is the more likely the more bright pixels there are, and no other way."""
    image = keras.Input((SIDE, SIDE, 1))
    conv = keras.layers.Conv2D(2, 3, strides=2, padding="same", activation="relu", name="conv")
    body = keras.Model(image, conv(keras.layers.Rescaling(1 / 255)(image)))
    kernel = np.zeros((3, 3, 1, 2), "float32")
    kernel[..., 0] = 1 / 9
    conv.set_weights([kernel, np.array([-0.4, 0.0], "float32")])  # only what is brighter than 0.4 passes
    network = classifier(body, 2)
    weights = np.array([[-100.0, 100.0], [0, 0]], "float32") * strength
    network.get_layer("predictions").set_weights([weights, np.array([1.4, -1.4], "float32")])
    if not softmax_layer:
        return network
    scores = keras.layers.Dense(2, name="scores")
    given = keras.Input((SIDE, SIDE, 1))
    x = keras.layers.GlobalAveragePooling2D(name="pool")(network.get_layer("backbone")(given))
    foreign = keras.Model(given, keras.layers.Softmax()(scores(x)))
    scores.set_weights(network.get_layer("predictions").get_weights())
    return foreign


def outside(heat):
    """Returns the hottest place that is not at the patch, or a pixel of the feature map beside it."""
    heat = heat.copy()
    heat[1:15, 17:31] = 0
    return heat.max()


def test_grad_cam_is_hot_where_the_network_looks_and_nowhere_else(images):
    found = explain(brightness_model(), images, classes=[1, 1, 1])
    assert found.method == "grad_cam" and found.stage == "stage1" and "16 x 16 places" in found.note
    assert found.heat.shape == (3, SIDE, SIDE) and found.heat.dtype == "float32"
    for heat in found.heat:
        assert heat[HERE].mean() > 0.6 and heat.max() == 1
        assert outside(heat) < 0.05


def test_nothing_speaks_for_the_other_class(images):
    assert explain(brightness_model(), images, classes=[0, 0, 0]).heat.max() == 0


def test_a_network_that_is_perfectly_sure_is_explained_too(images):
    sure = brightness_model(strength=100)
    assert keras.ops.convert_to_numpy(sure(images))[:, 1].min() == 1  # the probability no longer has a slope
    np.testing.assert_allclose(
        explain(sure, images).heat, explain(brightness_model(), images, [1, 1, 1]).heat, atol=1e-4
    )


def test_a_head_that_ends_in_a_softmax_layer_gives_the_same_maps(images):
    foreign = explain(brightness_model(softmax_layer=True), images, [1, 1, 1], head="pool")
    np.testing.assert_allclose(foreign.heat, explain(brightness_model(), images, [1, 1, 1]).heat, atol=1e-4)


def test_without_feature_maps_patches_are_covered_and_it_says_so(images):
    image = keras.Input((SIDE, SIDE, 1))
    dense = keras.layers.Dense(2, activation="relu", name="dense")
    network = classifier(keras.Model(image, dense(keras.layers.Flatten()(image))), 2)
    kernel = np.zeros((SIDE, SIDE, 2), "float32")
    kernel[*HERE, 1] = 1 / (64 * 255)
    dense.set_weights([kernel.reshape(-1, 2), np.zeros(2, "float32")])
    network.get_layer("predictions").set_weights([np.array([[5.0, -5], [-5, 5]], "float32"), np.zeros(2, "float32")])
    found = explain(network, images)
    assert found.method == "occlusion" and found.stage is None
    assert "no feature maps" in found.note and "8 x 8 patches" in found.note
    assert found.heat[:, *HERE].mean() > 0.5 and outside(found.heat[0]) < 0.05
    with pytest.raises(ValueError, match="no feature maps.*occlusion"):
        explain(network, images, method="grad_cam")


def test_occlusion_and_grad_cam_agree_on_what_is_plain(images):
    network = brightness_model()
    one, other = (explain(network, images, [1, 1, 1], method=m).heat[0] for m in ("grad_cam", "occlusion"))
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.6


def test_the_check_tells_a_true_map_from_a_false_one(images):
    network = brightness_model()
    found = explain(network, images, [1, 1, 1])
    effect = found.check(network, images)
    assert effect["hot_covered"] < 0.5 < 0.9 < effect["whole"]
    assert abs(effect["cold_covered"] - effect["whole"]) < 0.05
    effect = dataclasses.replace(found, heat=1 - found.heat).check(network, images)
    assert effect["cold_covered"] < 0.5 < effect["hot_covered"]


def test_explaining_leaves_the_network_as_it_was(images):
    network = tiny.model()
    images = tiny.pictures([0, 1, 2])
    before, weights = network.predict(images, verbose=0), tiny.weights(network)
    flags = [layer.trainable for layer in network.layers]
    found = explain(network, images)
    assert (found.classes == before.argmax(1)).all()  # what it says, by default
    assert tiny.moved(weights, tiny.weights(network)) == set()
    assert [layer.trainable for layer in network.layers] == flags
    np.testing.assert_array_equal(network.predict(images, verbose=0), before)


def test_an_earlier_stage_gives_finer_maps():
    images = tiny.pictures([0, 1, 2])
    found = explain(tiny.model(), images, stage="stage1")
    assert found.stage == "stage1" and "6 x 6 places" in found.note


@pytest.mark.parametrize(
    "arguments, said",
    [
        ({"classes": [1, 1]}, "one class index for each of 3"),
        ({"classes": [0, 1, 3]}, "classes 0 to 2.*Received: 0 to 3"),
        ({"classes": [0.0, 1.0, 2.0]}, "one class index"),
        ({"stage": "stage9"}, "Unknown stage with feature maps 'stage9'.*stage1, stage2, stage3"),
        ({"method": "gradcam"}, "Unknown method 'gradcam'. Did you mean 'grad_cam'"),
    ],
)
def test_wrong_arguments_are_named(arguments, said):
    with pytest.raises(ValueError, match=said):
        explain(tiny.model(), tiny.pictures([0, 1, 2]), **arguments)


def test_pixels_from_0_to_1_and_other_images_are_refused(images):
    with pytest.raises(ValueError, match="Multiply by 255"):
        explain(brightness_model(), images / 255)
    found = explain(brightness_model(), images)
    with pytest.raises(ValueError, match="Expected the images explained"):
        found.check(brightness_model(), images[:2])


def test_only_the_hottest_half_keeps_its_colours():
    image = np.full((32, 32, 3), (200.0, 40, 40))
    heat = np.full((32, 32), 0.3, "float32")
    heat[24:] = 1  # a quarter of the image, with a little more than half of all heat
    drawn = highlight(image, heat)
    assert drawn.shape == (224, 224, 3) and drawn.dtype == "uint8"
    assert (drawn[180:] == (200, 40, 40)).all()
    assert (drawn[:150] == drawn[:150, :, :1]).all()  # grey
    assert (drawn[160:176] == (213, 94, 0)).all(-1).any()  # the line between
    # Less heat to keep is a smaller area; all of it is the whole image; none is nothing.
    assert (drawn == highlight(image, heat, share=0.4)).all(-1)[:150].all()
    assert (highlight(image, heat, share=1.0) == (200, 40, 40)).all()
    assert (highlight(image, np.zeros((32, 32), "float32"))[..., 0] == drawn[0, 0, 0]).all()
