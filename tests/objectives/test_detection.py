"""Detection: boxes move with their images, cells answer for them, and a run learns to find them."""

import dataclasses

import keras
import numpy as np
import pytest
from objectives import tiny_detection

import ftlib as ft
from ftlib.models.arrays import to_numpy
from ftlib.objectives.boxes import as_boxes
from ftlib.objectives.detection import DetectionLoss, assign_cells, generalized_iou


def make_task(targets, pixels=32, objective=None, **changes):
    images = np.zeros((len(targets), pixels, pixels, 1), "uint8")
    splits = [ft.Split(images, targets, [f"{part}-{i}" for i in range(len(targets))]) for part in "abc"]
    objective = ft.Detection(stride=4) if objective is None else objective
    return ft.Task("boxes", *splits, ("disc", "square"), "drawn", "none", objective=objective, **changes)


ONE_BOX = [[4, 4, 12, 12, 1]]


# --- targets ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target, message",
    [
        ([[4, 4, 12, 12]], r"the shape \(k, 5\): x0, y0, x1, y1, class. Received: train image 0 with shape \(1, 4\)"),
        ([[4, 4, 4, 12, 0]], "x0 < x1 and y0 < y1. Received: train image 0 with the box 4, 4, 4, 12"),
        ([[4, 4, 12, 12, 2]], r"a whole number in 0..1 \(2 class names\). Received: train image 0 with class 2"),
        ([[4, 4, 12, 12, 0.5]], "train image 0 with class 0.5"),
        ([[4, 4, np.nan, 12, 0]], "finite numbers. Received: train image 0"),
        (np.zeros((0, 5)), "The train split has no boxes"),
    ],
)
def test_targets_that_are_no_boxes_are_refused(target, message):
    with pytest.raises(ValueError, match=message):
        make_task([target])


def test_images_may_have_no_boxes_or_as_many_as_each_other():
    assert make_task([ONE_BOX, []]).objective.image_size == (32, 32)
    assert make_task([ONE_BOX, ONE_BOX]).train.targets.shape == (2, 1, 5)


@pytest.mark.parametrize("options", [{"stride": 6}, {"stride": 0}, {"min_visibility": 2}])
def test_options_out_of_range_are_refused(options):
    (name,) = options
    with pytest.raises(ValueError, match=f"`{name}` .*Received: {name}={options[name]}"):
        ft.Detection(**options)


@pytest.mark.parametrize("name", ["mixup", "cutmix", "label_smoothing"])
def test_what_makes_no_sense_for_boxes_is_refused(name):
    with pytest.raises(ValueError, match=f"`{name}` does not fit detection"):
        ft.Detection().check_regularization(ft.Regularization(**{name: 0.1}))


def test_boxes_move_when_a_task_is_fitted_to_a_backbone():
    task = make_task([[[8, 8, 24, 32, 1], [0, 0, 64, 64, 0]], []], pixels=64)
    fitted = task.for_backbone(tiny_detection.backbone())
    assert fitted.train.targets[0].tolist() == [[4, 4, 12, 16, 1], [0, 0, 32, 32, 0]]
    assert fitted.train.targets[1].shape == (0, 5)
    assert fitted.objective.image_size == (32, 32)


# --- cells ------------------------------------------------------------------------------------------------


def cell_rows(boxes, grid=(8, 8), stride=4):
    cells = assign_cells(as_boxes(boxes), grid, stride, 2).reshape(*grid, 6)
    return {tuple(place) for place in np.argwhere(cells[..., 4:].any(-1)).tolist()}, cells


def test_a_box_belongs_to_the_cells_in_its_middle():
    # Middles of cells lie at 2, 6, 10, ...; those between 0 and 16, at most 6 from 8: 2, 6, 10, 14.
    places, cells = cell_rows([[0, 4, 16, 8, 1]])
    assert places == {(1, 0), (1, 1), (1, 2), (1, 3)}
    assert cells[1, 1].tolist() == [0, 4, 16, 8, 0, 1]
    assert cell_rows([[0, 0, 32, 32, 0]])[0] == {(row, column) for row in range(2, 6) for column in range(2, 6)}


def test_a_box_between_the_middles_of_cells_has_the_cell_that_it_lies_in():
    assert cell_rows([[9, 3, 11, 5, 0]])[0] == {(1, 2)}
    assert cell_rows([[3, 3, 4, 4, 0], [31, 31, 32, 32, 0]])[0] == {(0, 0), (7, 7)}


def test_the_smallest_box_has_the_cell():
    for boxes in ([[0, 0, 16, 16, 0], [4, 4, 12, 12, 1]], [[4, 4, 12, 12, 1], [0, 0, 16, 16, 0]]):
        _, cells = cell_rows(boxes)
        assert cells[1, 1].tolist() == [4, 4, 12, 12, 0, 1]
        assert cells[3, 3].tolist() == [0, 0, 16, 16, 1, 0]


def test_a_batch_is_distorted_with_its_boxes_and_again_so_with_the_same_seed():
    task = tiny_detection.task()
    inputs, targets = task.train.inputs.astype("float32"), task.train.targets
    regularization = ft.Regularization(augmentation="standard")

    def batch(seed, regularization):
        return task.objective.make_batch(inputs, targets, task, regularization, np.random.default_rng(seed))

    images, cells = batch(0, regularization)
    again, cells_again = batch(0, regularization)
    assert np.array_equal(images, again) and np.array_equal(cells, cells_again)
    assert cells.shape == (24, 64, 6) and not np.array_equal(cells, batch(1, regularization)[1])
    assert not cells[0].any() and cells[1].any()

    same_images, plain_cells = batch(0, ft.Regularization())
    assert same_images is inputs and not np.array_equal(cells, plain_cells)
    features = np.zeros((24, 4, 4, 16), "float32")  # what frozen stages gave
    kept, feature_cells = task.objective.make_batch(
        features, targets, task, ft.Regularization(), np.random.default_rng(0)
    )
    assert kept is features and np.array_equal(feature_cells, plain_cells)


def test_a_distorted_shape_is_still_in_its_box():
    # A mirrored image of one bright square: what is bright lies in the box that the cells name.
    image = np.zeros((1, 32, 32, 1), "float32")
    image[0, 6:18, 4:14] = 255
    task = make_task([[[4, 6, 14, 18, 1]]], mirror=True)
    for seed in range(8):
        images, cells = task.objective.make_batch(
            image, task.train.targets, task, ft.Regularization(augmentation="strong"), np.random.default_rng(seed)
        )
        x0, y0, x1, y1 = cells[0][cells[0, :, 5] == 1][0, :4]
        brightness = images[0, ..., 0] - images[0, ..., 0].min()
        rows, columns = np.nonzero(brightness > 0.6 * brightness.max())
        found = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose([x0, y0, x1, y1], found, atol=3)


# --- loss -------------------------------------------------------------------------------------------------


@pytest.mark.backends
def test_the_generalized_iou_is_that_of_the_paper():
    boxes = np.array([[0, 0, 2, 2], [0, 0, 1, 1], [0, 0, 2, 2]], "float32")
    others = np.array([[0, 0, 2, 2], [3, 0, 4, 1], [1, 1, 3, 3]], "float32")
    # Apart: they cover 2 of the 4 around them. Crossing: 1 of 7 in common, 2 of 9 are neither's.
    np.testing.assert_allclose(to_numpy(generalized_iou(boxes, others)), [1, -0.5, 1 / 7 - 2 / 9], atol=1e-6)


@pytest.mark.backends
def test_the_loss_is_what_it_is_by_hand():
    truth = np.zeros((2, 3, 6), "float32")
    truth[0, 0] = [0, 0, 2, 2, 0, 1]
    truth[0, 1] = [0, 0, 2, 2, 1, 0]
    said = np.zeros((2, 3, 6), "float32")
    said[..., 2:4], said[..., 4:] = 2, 0.1
    said[0, 0] = [1, 1, 3, 3, 0.2, 0.7]

    found = -np.log(0.7) - np.log(0.1)
    silent = -np.log(0.8) - 3 * np.log(0.9)
    boxes = 1 - (1 / 7 - 2 / 9)
    empty = -6 * np.log(0.9)
    losses = to_numpy(DetectionLoss().call(truth, said))
    np.testing.assert_allclose(losses, [(found + silent + boxes) / 2, empty], rtol=1e-5)


# --- model ------------------------------------------------------------------------------------------------


@pytest.mark.backends
def test_a_fresh_head_is_calm_and_its_boxes_lie_around_their_cells():
    task = tiny_detection.task()
    model = ft.with_head(tiny_detection.backbone(), task)
    outputs = to_numpy(model(task.train.inputs[:2].astype("float32")))
    assert outputs.shape == (2, 64, 6)
    assert outputs[..., 4:].max() < 0.05
    middles = (outputs[0, :, :2] + outputs[0, :, 2:4]) / 2
    expected = np.stack(np.meshgrid(np.arange(2, 32, 4), np.arange(2, 32, 4)), -1).reshape(-1, 2)
    np.testing.assert_allclose(middles, expected, atol=2.5)
    assert [stage.name for stage in ft.stages(model)] == ["stage1", "stage2", "stage3", "head"]


@pytest.mark.parametrize(
    "stride, size, padding, cells",
    [
        (8, (32, 32), "same", 16),
        (8, (40, 56), "same", 5 * 7),
        (4, (36, 36), "same", 81),  # 5 x 5 places of 8 pixels reach beyond the image
        (4, (36, 36), "valid", 81),
        (16, (32, 48), "same", 6),
    ],
)
def test_the_grid_lies_over_the_image_whatever_the_backbone_gives(stride, size, padding, cells):
    image = keras.Input((*size, 1))
    features = image
    for _ in range(3):
        features = keras.layers.Conv2D(4, 3, 2, padding=padding)(features)
    images = np.zeros((1, *size, 1), "uint8")
    splits = [ft.Split(images, [ONE_BOX], [part]) for part in "abc"]
    task = ft.Task("boxes", *splits, ("a", "b"), "drawn", "none", objective=ft.Detection(stride=stride))
    model = ft.with_head(keras.Model(image, features), task)
    assert model.output_shape == (None, cells, 6)
    task.objective.check_model(model, task)


def test_a_backbone_of_any_size_takes_that_of_the_task():
    image = keras.Input((None, None, 1))
    features = keras.layers.Conv2D(4, 3, 2, padding="same")(keras.layers.Conv2D(4, 3, 2, padding="same")(image))
    model = ft.with_head(keras.Model(image, features), make_task([ONE_BOX]))
    assert (model.input_shape, model.output_shape) == ((None, 32, 32, 1), (None, 64, 6))


def test_backbones_without_maps_and_models_of_other_tasks_are_refused():
    task = make_task([ONE_BOX])
    vector = keras.Sequential([keras.Input((32, 32, 1)), keras.layers.GlobalAveragePooling2D()])
    with pytest.raises(ValueError, match=r"feature maps \(None, h, w, c\).*output shape \(None, 1\)"):
        ft.with_head(vector, task)
    classifier = ft.classifier(tiny_detection.backbone(), 2)
    with pytest.raises(ValueError, match=r"must give \(None, 64, 6\).*ft.with_head"):
        ft.fit(classifier, task, verbose=False)


def test_outputs_that_are_no_boxes_are_refused():
    outputs = np.zeros((1, 2, 6))
    outputs[..., 4:] = 1.5
    with pytest.raises(ValueError, match="0 to 1. Received: numbers from 1.5 to 1.5"):
        ft.Detection().check_outputs(outputs)
    with pytest.raises(ValueError, match="x0 <= x1"):
        ft.Detection().check_outputs(np.array([[[5, 5, 1, 9, 0.5]]]))


# --- scores -----------------------------------------------------------------------------------------------


def test_what_is_kept_of_outputs_scores_as_they_do():
    task = make_task([[[4, 4, 12, 12, 1], [16, 16, 28, 30, 0]], []])
    objective = task.objective
    truth = objective._assign([as_boxes(target) for target in task.train.targets], (32, 32), 2)
    said = truth.copy()
    said[..., 4:] *= 0.8
    reduced = objective.reduce_outputs(said, task.train.targets)
    assert reduced.shape == (2, 101, 6)

    scores = objective.score(reduced, task.train.targets)
    assert list(scores) == [score.name for score in objective.scores] == ["map50", "map", "loss"]
    losses = to_numpy(DetectionLoss().call(truth, said))
    assert scores == {"map50": 1, "map": 1, "loss": pytest.approx(losses.mean())}
    for kept, whole in zip(ft.decode(reduced), ft.decode(said), strict=True):
        np.testing.assert_allclose(kept, whole)


def test_the_baseline_is_a_mean_box_of_each_class():
    task = make_task([[[4, 4, 12, 12, 1]], [[6, 6, 14, 14, 1]]])
    # The box 5, 5, 13, 13 overlaps both by 49 of 79: right at 0.5, 0.55 and 0.6.
    baseline = task.objective.baseline(task.train, task.test)
    assert baseline == {"map50": 1, "map": pytest.approx(0.3)}


# --- runs -------------------------------------------------------------------------------------------------


def test_a_frozen_backbone_is_computed_once_also_with_a_preset_of_regularization(eager, everything_pays):
    """The harness trains without one."""
    task = tiny_detection.task(8)
    model = ft.with_head(tiny_detection.backbone(), task)
    run = ft.fit(model, task, "lp_ft", updates=8, batch_size=4, verbose=False)
    assert run.headline.name == "map50" and all(proof.holds for proof in run.proofs)
    assert np.isfinite(run.score("test")["loss"])
    assert run.phases[0].stages == ["head"] and "computed once" in run.phases[0].cache


@pytest.mark.slow
@pytest.mark.backends
@pytest.mark.parametrize("strategy", ["scratch", "lp_ft"])
def test_it_learns_to_find_shapes(strategy):
    task = tiny_detection.shapes(96, 32, 32, sides=(10, 20), most=1)
    task = dataclasses.replace(task, class_names=("shape",), **{
        part: dataclasses.replace(split, targets=[as_boxes(boxes) * [1, 1, 1, 1, 0] for boxes in split.targets])
        for part, split in task.splits.items()
    })  # fmt: skip
    model = ft.with_head(tiny_detection.backbone(), task)
    run = ft.fit(model, task, strategy, "none", updates=120, batch_size=16, verbose=False)
    assert run.val_score > 0.8 > run.baseline("validation")["map50"]
    found = ft.decode(run.predict(run.task.test.images), threshold=0.3)
    assert sum(map(len, found)) > 20


# --- answers ----------------------------------------------------------------------------------------------


def made_outputs():
    """Returns outputs of a detector for one image: a disc, the same again, and a square that it is less sure of."""
    outputs = np.zeros((64, 6), "float32")
    outputs[:3] = [[1, 1, 9, 9, 0.9, 0], [1, 1, 9, 8.5, 0.8, 0], [16, 16, 30, 30, 0.1, 0.4]]
    return outputs


def test_an_answer_is_a_list_of_boxes_and_how_many_there_are():
    objective, names = ft.Detection(stride=4), ("disc", "square")
    assert objective.answer_cells(made_outputs(), names) == ("disc 1, square 1",)
    record = objective.answer_record(made_outputs(), names)
    assert record["boxes"][0] == {"class": "disc", "score": 0.9, "box": [1, 1, 9, 9]} and len(record["boxes"]) == 2
    assert [column.title for column in objective.answer_columns(names)] == ["objects"]
    assert objective.answer_cells(np.zeros((64, 6)), names) == ("none",)
    assert objective.output_names(names) == ("x0", "y0", "x1", "y1", "disc", "square")
    assert "grid of 4 pixels" in objective.describe_outputs(names) and "disc, square" in objective.describe_outputs(
        names
    )


def test_the_rows_of_classes():
    targets = [np.array([[1, 1, 9, 9, 0], [40, 40, 60, 60, 0]])]
    disc, square = ft.Detection(stride=4).score_rows(made_outputs()[None], targets, ("disc", "square"))
    assert (disc["objects"], disc["said"], disc["right"], disc["precision"], disc["recall"]) == (2, 1, 1, 1, 0.5)
    assert disc["ap50"] == pytest.approx(51 / 101) and square["ap50"] is None and square["precision"] == 0
    assert square["recall"] is None


def test_outputs_that_say_the_same_and_those_that_do_not():
    objective, outputs = ft.Detection(stride=4), made_outputs()[None]
    nearly, moved, surer = outputs + 1e-4, outputs.copy(), outputs.copy()
    moved[0, 2, :4] += 3
    surer[0, 2, 5] = 0.2
    assert objective.same_answers(nearly, outputs).tolist() == [True]
    assert objective.same_answers(moved, outputs).tolist() == objective.same_answers(surer, outputs).tolist() == [False]
    assert objective.output_difference(nearly, outputs) < 1e-3
    assert objective.output_difference(moved, outputs) == pytest.approx(0.1, abs=1e-3)
    assert objective.output_difference(surer, outputs) == pytest.approx(0.2)
    far = outputs.copy()
    far[0, 10, :4] = 5000  # a cell that sees nothing
    assert objective.output_difference(far, outputs) == 0
