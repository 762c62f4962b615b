"""Reports from the field about the library itself: each with the right answer, and a relative of it."""

import dataclasses
import json
import os
import shutil
import types

import keras
import numpy as np
import pytest
import tiny

import ftlib as ft
import ftlib.errors
import ftlib.training.compare
import ftlib.training.fit
from ftlib.evidence.scores import confusion_matrix, score_predictions
from ftlib.models.initialization import reinitialize_layers
from ftlib.models.lora import lora_layers

# --- optimizers of one's own ---------------------------------------------------------------------------------------


class Forgetful(keras.optimizers.SGD):
    """Its `get_config` leaves an argument out, which an attribute holds."""

    def __init__(this, strength=1.0, learning_rate=0.01, **options):  # noqa: N805
        super().__init__(learning_rate, **options)
        this.strength = strength


class Turned(keras.optimizers.SGD):
    """The attribute that bears the name of an argument holds something else."""

    def __init__(self, keep=0.5, learning_rate=0.01, **options):
        super().__init__(learning_rate, **options)
        self.keep = 1 - keep


class TurnedBack(Turned):
    """The same, but its `get_config` says so, and rounds."""

    def get_config(self):
        return {**super().get_config(), "keep": 1 - self.keep}


class Silent(keras.optimizers.SGD):
    """It keeps an argument to itself."""

    def __init__(self, strength, learning_rate=0.01, **options):
        super().__init__(learning_rate, **options)


def trained(optimizer, model=None):
    model, task = tiny.model() if model is None else model, tiny.task()
    model.compile(optimizer, "sparse_categorical_crossentropy")
    model.fit(task.train.images[:4].astype("float32"), task.train.labels[:4], verbose=0)
    return model


def test_layerwise_keeps_what_a_config_leaves_out(eager):
    model = tiny.model()
    optimizer = ft.layerwise(Forgetful(strength=0.25), model)
    assert optimizer.strength == 0.25 and isinstance(optimizer, Forgetful)
    ft.freeze(trained(optimizer, model))  # which makes it again, with its rates per stage
    assert model.optimizer is not optimizer and model.optimizer.strength == 0.25
    assert model.optimizer.stage_rates == optimizer.stage_rates


@pytest.mark.parametrize("optimizer, said", [(Silent(0.5), "leaves out 'strength'"), (Turned(0.1), "'keep' was 0.9")])
def test_an_optimizer_that_does_not_tell_its_settings_is_refused(optimizer, said, eager):
    with pytest.raises(ValueError, match=f"{said}.* Give it a `get_config`"):
        ft.layerwise(optimizer, tiny.model())
    model = trained(optimizer)
    before = [layer.trainable for layer in model._flatten_layers()]
    with pytest.raises(ValueError, match=f"{said}.* Nothing was changed"):
        ft.freeze(model)
    assert model.optimizer is optimizer and [layer.trainable for layer in model._flatten_layers()] == before


def test_an_optimizer_that_tells_them_is_made_again(eager):
    model = trained(TurnedBack(0.1))
    ft.freeze(model)
    assert model.optimizer.keep == pytest.approx(0.9) and model.optimizer.built is False
    assert ft.layerwise(TurnedBack(0.1), model).keep == pytest.approx(0.9)


# --- weights drawn anew --------------------------------------------------------------------------------------------


@keras.saving.register_keras_serializable("field_library")
class Scaled(keras.layers.Layer):
    """Takes a known mean off, and multiplies by scales that are learnt."""

    def build(self, shape):
        self.dataset_mean = self.add_weight(name="dataset_mean", shape=(1,), initializer="zeros", trainable=False)
        self.scale = self.add_weight(name="scale", shape=(shape[-1],), initializer="ones")
        self.map = self.add_weight(name="map", shape=(1, 1, shape[-1]), initializer="ones")
        self.slope = self.add_weight(name="slope", shape=(), initializer=keras.initializers.Constant(0.3))

    def call(self, x):
        return (x - self.dataset_mean) * self.scale * self.map + self.slope


def scaled_network():
    image = keras.Input((8, 8, 1))
    scaled = Scaled(name="scaled")
    x = keras.layers.Conv2D(4, 3, name="conv")(scaled(image))
    x = keras.layers.RMSNormalization(name="norm")(keras.layers.BatchNormalization(name="batch_norm")(x))
    model = keras.Model(image, keras.layers.Dense(3, name="last")(keras.layers.GlobalAveragePooling2D()(x)))
    for weight in model.weights:
        weight.assign(np.full(weight.shape, 7.0))
    scaled.dataset_mean.assign([128.0])
    return model


@pytest.mark.parametrize(
    "draw",
    [lambda m: ft.reinitialize(m, "he_normal"), lambda m: reinitialize_layers(m, m.layers, seed=1)],
    ids=["one", "own"],
)
def test_scales_start_where_their_layer_does_and_facts_stay(draw):
    model = scaled_network()
    draw(model)
    values = {"/".join(path.split("/")[-2:]): value for path, value in tiny.weights(model).items()}
    for name in ("scaled/scale", "scaled/map", "norm/scale", "batch_norm/moving_variance"):
        assert (values[name] == 1).all(), name
    assert values["scaled/slope"] == np.float32(0.3) and (values["batch_norm/moving_mean"] == 0).all()
    assert values["scaled/dataset_mean"] == 128
    assert 0 < np.abs(values["conv/kernel"]).max() < 7 and np.ptp(values["conv/kernel"]) > 0
    images = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 1)).astype("float32")
    assert np.abs(keras.ops.convert_to_numpy(model(images))).max() > 1e-3


def test_a_run_from_scratch_keeps_facts(eager):
    image = keras.Input((12, 12, 1))
    scaled = Scaled()
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(scaled(image))
    scaled.dataset_mean.assign([128.0])
    run = ft.fit(ft.classifier(keras.Model(image, x), 3), tiny.task(), "scratch", "none", updates=3, verbose=False)
    (kept,) = [value for path, value in tiny.weights(run.model).items() if path.endswith("dataset_mean")]
    assert kept == 128


def test_an_initializer_that_does_not_fit_changes_nothing():
    model = scaled_network()
    before = tiny.weights(model)
    with pytest.raises(ValueError, match=r"cannot draw 'conv/kernel', which has the shape \(3, 3, 1, 4\).*Nothing was"):
        ft.reinitialize(model, keras.initializers.Identity())
    assert tiny.moved(before, tiny.weights(model)) == set()


# --- the classes of an earlier task --------------------------------------------------------------------------------


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


# --- comparisons ---------------------------------------------------------------------------------------------------


class Quick:
    """Stands for a run: its accuracy is its seed."""

    def __init__(self, model, task, recipe, regularization, seed, updates, verbose):
        if recipe.name == "full" and seed == 2:
            raise ft.errors.DivergedError("The loss is nan. Try a tenth of it.")
        self.phases = [types.SimpleNamespace(updates_done=updates)]
        self.history, self.settings = [], {"updates": updates}
        self.val_accuracy = self.val_macro_f1 = self.test_accuracy = self.test_macro_f1 = 0.5 + seed / 100


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(ftlib.training.compare, "load_task", lambda name, labels, seed: tiny.task())
    monkeypatch.setattr(ftlib.training.compare, "fit", Quick)
    return {"backbone": tiny.backbone(), "task": "bands", "updates": 8, "verbose": False}


@pytest.mark.parametrize(
    "given, said",
    [
        (dict(seeds=[0, 0, 0]), "`seeds` names a number twice.*count as several"),
        (dict(seeds=[1, np.int64(1)]), "twice"),
        (dict(updates=(8, 8)), "`updates` names"),
        (dict(labels_per_class=(3, 3)), "`labels_per_class` names"),
        (dict(labels_per_class=(None, None)), "twice"),
        (dict(rate_factors=(1, 1.0)), "twice"),
        (dict(seeds=2.0), "seeds=2.0"),
        (dict(seeds=True), "seeds=True"),
        (dict(seeds="3"), "seeds='3'"),
        (dict(seeds=[0, True]), "`seeds` is a number"),
        (dict(updates=8.5), "updates=8.5"),
        (dict(labels_per_class=True), "labels_per_class=True"),
        (dict(rate_factors="1"), "`rate_factors` are"),
        (dict(tuning_seeds=0), "tuning_seeds=0"),
    ],
    ids=str,
)
def test_a_comparison_refuses_what_is_no_grid(given, said, quick):
    with pytest.raises(ValueError, match=said):
        ft.compare(**{**quick, "strategies": ["full"], "labels_per_class": 3, "seeds": 2, **given})


def test_a_comparison_takes_whatever_says_plainly_what_is_meant(quick, tmp_path):
    options = dict(labels_per_class=range(3, 5), seeds=np.int64(2), rate_factors=1.0)
    result = ft.compare(**{**quick, "strategies": "lp_ft", "updates": np.array([8, 9]), **options})
    cells = [(r["labels_per_class"], r["updates"], r["seed"]) for r in result.rows]
    assert cells == [(labels, updates, seed) for labels in (3, 4) for updates in (8, 9) for seed in (0, 1)]
    result.save(tmp_path / "comparison.json")
    assert ft.load_comparison(tmp_path / "comparison.json").rows == result.rows
    assert len(ft.compare(**quick, strategies=ft.strategy("top"), seeds=[3], labels_per_class=3).rows) == 1


def test_runs_before_one_that_diverges_are_not_lost(quick):
    with pytest.raises(
        ft.errors.DivergedError, match=r"'full' with seed 2, 3 labels per class.*nan.*rate_factors"
    ) as e:
        ft.compare(**quick, strategies=["top", "full"], labels_per_class=3, seeds=3)
    done = e.value.done
    assert [(r["strategy"], r["seed"]) for r in done.rows] == [("top", s) for s in range(3)] + [
        ("full", 0),
        ("full", 1),
    ]
    assert [row["n"] for row in done.table()] == [3, 2]


# --- runs that are read again --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    options = dict(updates=4, run_dir=folder, verbose=False)
    run = ft.fit(tiny.model(dropout=0.0), tiny.task(), "feature_extraction", "none", **options)
    return folder, run.test_accuracy


def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "run")


def test_a_task_of_other_classes_is_refused(saved):
    for names, said in (
        (("top", "bottom", "middle"), "the same in another order: top, bottom"),
        ("abc", "other classes: a"),
    ):
        with pytest.raises(ValueError, match=f"in the run's order: top, middle, bottom. Received {said}"):
            ft.load_run(saved[0], dataclasses.replace(tiny.task(), class_names=tuple(names)))


def test_scores_count_for_the_pictures_they_were_measured_on(saved, tmp_path):
    folder, recorded = copied(saved[0], tmp_path), saved[1]
    same = ft.load_run(folder, tiny.task())
    assert same.scores["test"]["accuracy"] == recorded and not same.notes
    before = (folder / "run.json").read_bytes()
    task = tiny.task()
    test = dataclasses.replace(task.test, labels=same.predictions("test").argmax(1))
    other = ft.load_run(folder, dataclasses.replace(task, test=test))
    assert other.test_accuracy == 1 != recorded
    assert other.val_accuracy == same.val_accuracy and "other images than the run was made with" in other.notes[-1]
    assert (folder / "run.json").read_bytes() == before


def test_a_run_without_a_checksum_still_opens(saved, tmp_path):
    folder = copied(saved[0], tmp_path)
    record = json.loads((folder / "run.json").read_text())
    del record["settings"]["task"]["checksum"]
    (folder / "run.json").write_text(json.dumps(record))
    assert ft.load_run(folder, tiny.task()).test_accuracy == saved[1]


def test_a_score_that_cannot_be_recorded_is_told_all_the_same(saved, tmp_path, monkeypatch):
    folder, replace = copied(saved[0], tmp_path), os.replace
    run = ft.load_run(folder, tiny.task())
    run.scores.pop("test")

    def refuse(source, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    assert run.test_accuracy == saved[1] and "could not be recorded" in run.notes[-1]
    assert run.test_macro_f1 and len(run.notes) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["model.keras", "run.json"]
    monkeypatch.setattr(os, "replace", replace)


def test_a_home_folder_is_found(tmp_path, monkeypatch, eager):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    options = dict(updates=3, run_dir="~/run", verbose=False)
    run = ft.fit(tiny.model(), tiny.task(), "feature_extraction", "none", **options)
    run.save("~/again")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "run"]
    assert ft.load_run("~/again").val_accuracy == ft.load_run("~/run").val_accuracy == run.val_accuracy


# --- numbers of every kind -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["uint8", "int8", "uint64"])
def test_labels_of_any_width_are_counted(kind):
    classes, rng = 40, np.random.default_rng(0)
    labels, said = rng.integers(0, classes, 200), rng.integers(0, classes, 200)
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, said), 1)
    np.testing.assert_array_equal(confusion_matrix(labels.astype(kind), said.astype(kind), classes), counts)
    chances = rng.dirichlet(np.ones(classes), 200)
    assert score_predictions(chances, labels.astype(kind)) == score_predictions(chances, labels)


@pytest.fixture(scope="module")
def live(saved):
    return ft.load_run(saved[0], tiny.task())


WORDS = ["a", "b"] * 6


@pytest.mark.parametrize(
    "groups, said",
    [
        (["a", float("nan"), *WORDS[2:]], "missing for 1 of the 12"),
        ([1.0, np.nan] * 6, "missing for 6"),
        ([None, *WORDS[1:]], "missing for 1"),
        (np.ma.array([1, 2] * 6, mask=[1, *[0] * 11]), "missing for 1"),
        (np.ma.array(WORDS, mask=[1, 1, *[0] * 10]), "missing for 2"),
        ([1, "1"] * 6, "all strings or all numbers"),
        (WORDS[1:], r"shape \(11,\)"),
        ([["a"]] * 12, r"shape \(12, 1\)"),
    ],
    ids=["nan among words", "nan", "none", "masked", "masked words", "mixed", "few", "rows"],
)
def test_groups_that_are_none_are_refused(groups, said, live):
    with pytest.raises(ValueError, match=f"`groups`.*{said}"):
        ft.group_accuracy(live, groups=groups)


def test_groups_are_taken_in_whatever_holds_them(live):
    for groups, names in (
        ((1, 2) * 6, {1, 2}),
        (keras.ops.convert_to_tensor([1, 2] * 6), {1, 2}),
        (WORDS, {"a", "b"}),
        (np.array(WORDS, object), {"a", "b"}),
        (np.ma.array([1, 2] * 6), {1, 2}),
    ):
        rows = ft.group_accuracy(live, groups=groups).rows
        assert {r["group"] for r in rows} == names and [r["n"] for r in rows] == [6, 6]


def test_a_run_takes_tensors(live):
    images = tiny.task().test.images
    said = live.predict(images)
    np.testing.assert_allclose(live.predict(keras.ops.convert_to_tensor(images)), said, atol=1e-6)
    np.testing.assert_allclose(live.predict(OfAnotherLibrary(images)), said, atol=1e-6)
    with pytest.raises(ValueError, match=r"images are at least one. Received: an empty array, shape \(0, 12, 12, 1\)"):
        live.predict(images[:0])


class OfAnotherLibrary:
    """Stands for a tensor that no array of integers can index."""

    def __init__(self, values):
        self.values, self.shape = values, values.shape

    def numpy(self):
        return self.values

    def __array__(self, dtype=None, copy=None):
        return self.values


def test_numbers_of_numpy_count(eager):
    model = tiny.model()
    assert repr(ft.unfreeze(model, last=np.int64(1))) == repr(ft.unfreeze(tiny.model(), last=1))
    ((rates, _),) = ft.find_lr(model, tiny.task(), updates=np.int64(12), regularization="none").curves.values()
    assert len(rates) <= 12


@pytest.mark.parametrize("weights", [{0: "a", 1: 1, 2: 1}, {0: None, 1: 1, 2: 1}, {0: [1, 2], 1: 1, 2: 1}], ids=str)
def test_class_weights_are_numbers(weights):
    with pytest.raises(ValueError, match="Class weights are numbers of at least 0"):
        ft.fit(tiny.model(), tiny.task(), class_weight=weights)


def test_a_dict_of_outputs_is_refused():
    network = tiny.model()
    model = keras.Model(network.input, {"classes": network.output})
    with pytest.raises(ValueError, match=r"as one array. Received: a dict of classes. Take one .*\['classes'\]"):
        ft.fit(model, tiny.task())


# --- layers of one's own -------------------------------------------------------------------------------------------


@keras.saving.register_keras_serializable("field_library")
class Counter(keras.layers.Layer):
    """Counts its calls, in training alone or always."""

    def __init__(self, always=True, **options):
        super().__init__(**options)
        self.always = always

    def build(self, shape):
        self.calls = self.add_weight(name="calls", shape=(), initializer="zeros", trainable=False)

    def call(self, x, training=False):
        if training or self.always:
            self.calls.assign_add(1.0)
        return x * 1.0

    def get_config(self):
        return {**super().get_config(), "always": self.always}


def counting(always):
    image = keras.Input((12, 12, 1))
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(Counter(always, name="counter")(image))
    return ft.classifier(keras.Model(image, x), 3)


def test_state_that_moves_in_a_frozen_stage_is_seen_before_training(monkeypatch, eager):
    task, options = tiny.task(), dict(updates=4, verbose=False)
    assert ft.fit(counting(False), task, "feature_extraction", "none", **options).proofs
    assert ft.fit(counting(True), task, "full", "none", **options).proofs  # where it may move
    monkeypatch.setattr(ftlib.training.fit, "train", lambda context: pytest.fail("it trained"))
    with pytest.raises(ValueError, match="Counter 'counter' changes its 'calls' also in inference.* stage1"):
        ft.fit(counting(True), task, "feature_extraction", "none", **options)


def test_lora_names_the_layers_it_looks_for():
    image = keras.Input((12, 12, 1))
    x = keras.layers.Dense(4, name="q_proj")(keras.layers.Conv2D(4, 3, strides=2)(image))
    model = ft.classifier(keras.Model(image, x), 3)
    with pytest.raises(ValueError, match="layers named query, value, query_dense, value_dense"):
        ft.fit(model, tiny.task(), "lora")
    x = keras.layers.Dense(4, name="query")(keras.layers.Conv2D(4, 3, strides=2)(image))
    assert list(lora_layers(ft.stages(ft.classifier(keras.Model(image, x), 3))))
