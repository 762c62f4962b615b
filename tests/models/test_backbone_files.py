"""Files that hold whole classifiers lose the classes of an earlier task, with a word about it."""

import keras
import numpy as np
import pytest

import ftlib as ft
from ftlib.models.backbone_files import gives_probabilities, of_size


def body(classes=None, **options):
    """Returns a small network; with classes, one that ends in a Dense layer."""
    image = keras.Input((12, 12, 3))
    x = keras.layers.Conv2D(6, 3, strides=2, activation="relu")(keras.layers.Rescaling(1 / 255)(image))
    if classes:
        x = keras.layers.Dense(classes, name="labels", **options)(keras.layers.GlobalAveragePooling2D(name="pool")(x))
    return keras.Model(image, x)


def ended(end, **options):
    network = body(5, **options)
    return keras.Model(network.input, end(network.output))


def around(network):
    image = keras.Input((12, 12, 3))
    return keras.Model(image, network(keras.layers.Rescaling(1.0)(image)))


def with_head_model():
    image = keras.Input((12, 12, 3))
    head = keras.Sequential([keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(5, "softmax", name="labels")])
    return keras.Model(image, head(body()(image)))


def fully_convolutional():
    network = body()
    x = keras.layers.Conv2D(5, 1, name="labels")(keras.layers.GlobalAveragePooling2D(keepdims=True)(network.output))
    return keras.Model(network.input, keras.layers.Flatten()(keras.layers.Softmax()(x)))


linear = keras.layers.Activation("linear", dtype="float32")


WHOLE = {
    "softmax operation": lambda: ended(keras.ops.softmax),
    "log of it": lambda: ended(keras.ops.log_softmax),
    "linear after it": lambda: ended(linear, activation="softmax"),
    "log-softmax": lambda: body(5, activation="log_softmax"),
    "log of a sigmoid": lambda: ended(lambda x: keras.ops.log(keras.ops.sigmoid(x) + 1e-6)),
    "nested": lambda: around(body(5, activation="softmax")),
    "nested twice": lambda: around(around(ended(keras.ops.softmax))),
    "nested head": with_head_model,
    "convolution": fully_convolutional,
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_is_cut_where_its_classes_begin(kind, tmp_path):
    whole = WHOLE[kind]()
    whole.save(tmp_path / "whole.keras")
    with pytest.warns(UserWarning, match=r"is a classifier of 5 classes: its last layers \(.*labels.*\) were cut off"):
        taken = ft.load_backbone(tmp_path / "whole.keras")
    assert taken.output_shape[-1] == 6
    kernels = [w for w in taken.weights if w.path.endswith("kernel")]
    assert len(kernels) == 1  # the convolution's: what it has learnt
    source = next(w for w in whole.weights if w.shape == kernels[0].shape)
    np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (source, kernels[0])))
    run_model = ft.classifier(taken, 3)
    assert run_model.output_shape == (None, 3) and [s.name for s in ft.stages(run_model)][-1] == "head"


def averaged():
    network = body(5, activation="softmax")
    other = keras.layers.Dense(5, "softmax")(network.get_layer("pool").output)
    return keras.Model(network.input, keras.layers.Average()([network.output, other]))


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: body(5), "gives 5 numbers for each image. If these are the classes of an earlier task, cut off"),
        (lambda: around(ended(linear)), "gives 5 numbers for each image"),
        (averaged, "gives 5 probabilities for each image"),
    ],
    ids=["logits", "nested logits", "two heads"],
)
def test_what_may_be_classes_is_said_and_stays(make, said, tmp_path):
    make().save(tmp_path / "whole.keras")
    with pytest.warns(UserWarning, match=f"whole.keras {said}"):
        assert ft.load_backbone(tmp_path / "whole.keras").output_shape == (None, 5)


@pytest.mark.filterwarnings("error::UserWarning")
def test_features_are_taken_without_a_word(tmp_path):
    gated = body()
    gate = keras.layers.Dense(6, "sigmoid")(keras.layers.GlobalAveragePooling2D()(gated.output))
    pooled = keras.layers.GlobalAveragePooling2D()(gated.output * keras.layers.Reshape((1, 1, 6))(gate))
    for network in (body(), body(16), body(5, activation="relu"), keras.Model(gated.input, pooled)):
        network.save(tmp_path / "body.keras")
        assert ft.classifier(ft.load_backbone(tmp_path / "body.keras"), 3).output_shape == (None, 3)


def test_in_code_a_whole_classifier_is_said():
    for make in (WHOLE["softmax operation"], WHOLE["nested"], averaged):
        with pytest.warns(UserWarning, match="The backbone gives 5 probabilities for each image"):
            assert ft.classifier(make(), 3).output_shape == (None, 3)


def test_of_one_size_is_what_takes_any_and_no_other():
    image = keras.Input((None, None, 3))
    model = keras.Model(image, keras.layers.Conv2D(4, 3)(image), name="open")
    sized = of_size(model, (12, 16), "it")
    assert sized.input_shape == (None, 12, 16, 3) and sized.name == "open"
    assert {id(weight) for weight in sized.weights} == {id(weight) for weight in model.weights}
    assert of_size(sized, (12, 16), "it") is sized
    with pytest.raises(ValueError, match="it takes images of 12 by 16 pixels alone. Received: image_size=8"):
        of_size(sized, 8, "it")


def test_only_a_vector_of_probabilities_counts_as_classes():
    assert gives_probabilities(body(5, activation="softmax")) and not gives_probabilities(body(5))
    assert not gives_probabilities(body()) and not gives_probabilities(keras.layers.Softmax())
