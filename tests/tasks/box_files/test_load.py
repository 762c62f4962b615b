"""Tasks of pictures with boxes: splits, draws, sizes, and which kind of data a folder is taken for."""

import shutil

import numpy as np
import pytest
from box_folders import draw, write_roboflow_coco, write_voc, write_yolo
from folders import photo, photos
from leaks import assert_no_leak
from objectives import tiny_detection
from PIL import Image

import ftlib as ft
from ftlib.objectives.detection import Detection
from ftlib.tasks.folder.whole_images import WholeImages


def test_a_folder_becomes_a_task_of_boxes(tmp_path):
    task = ft.load_task(write_voc(tmp_path), image_size=48)
    assert isinstance(task.objective, Detection) and task.class_names == ("disc", "square") and task.mirror
    assert sum(map(len, task.splits.values())) == 20 and min(map(len, task.splits.values())) >= 3
    assert_no_leak(task)
    again = ft.load_task(str(tmp_path) + "/", image_size=48)
    assert again.test.ids.tolist() == task.test.ids.tolist()
    assert task.licence.startswith("Not known") and "20 usable pictures" in task.source


def test_pictures_are_whole_and_their_boxes_lie_on_the_shapes(tmp_path):
    task = ft.load_task(write_yolo(tmp_path), image_size=(64, 48))
    images = task.train.inputs
    assert isinstance(images, WholeImages) and images.shape[1:] == (64, 48, 3)
    assert (images[0][:14] == 127).all() and (images[0][-14:] == 127).all() and (images[0][18:46] != 127).any()
    for index, boxes in enumerate(task.train.targets):
        for x0, y0, x1, y1, _ in boxes:
            middle = images[index][int((y0 + y1) / 2), int((x0 + x1) / 2)]
            assert middle.mean() > 130  # shapes are bright, the ground is not


def test_boxes_move_with_the_pictures_to_the_size_of_a_backbone(tmp_path):
    task = ft.load_task(write_voc(tmp_path), image_size=224)
    backbone = tiny_detection.backbone()
    fitted = task.for_backbone(backbone)
    assert fitted.image_shape == (32, 32, 1)
    own = ft.load_task(tmp_path, image_size=32)
    for moved, expected in zip(fitted.train.targets, own.train.targets, strict=True):
        np.testing.assert_allclose(moved, expected, atol=0.05)
    pictures, boxes = draw()
    index = int(str(fitted.train.ids[1])[:4])
    back = fitted.train.inputs.unplace_boxes(fitted.train.targets)[1]
    np.testing.assert_allclose(sorted(back.tolist()), sorted(boxes[index].tolist()), atol=0.1)


def test_a_network_trains_on_it(tmp_path):
    task = ft.load_task(write_voc(tmp_path), image_size=32, stride=4)
    backbone = tiny_detection.backbone()
    model = ft.with_head(backbone, task.for_backbone(backbone))
    run = ft.fit(model, task, "scratch", updates=4, batch_size=4, verbose=False)
    assert 0 <= run.test_score <= 1


def test_given_splits_are_kept_and_draws_are_nested(tmp_path):
    folder = write_roboflow_coco(tmp_path, (14, 4, 4))
    task = ft.load_task(folder)
    assert [len(split) for split in task.splits.values()] == [14, 4, 4]
    few, more, other = (ft.load_task(folder, pictures=n, seed=seed) for n, seed in ((4, 0), (8, 0), (4, 3)))
    assert (
        len(few.train) == 4 and set(few.train.ids) < set(more.train.ids) and set(few.train.ids) != set(other.train.ids)
    )
    assert few.test.ids.tolist() == task.test.ids.tolist()


def test_frames_of_one_film_stay_together(tmp_path):
    folder = write_voc(tmp_path, 24)
    for number in range(24):
        for ending in (".png", ".xml"):
            (folder / f"{number:04d}{ending}").rename(folder / f"film{number // 3}_{number:04d}{ending}")
    task = ft.load_task(folder, group_pattern=r"(film\d+)_")
    films = [set(split.groups.tolist()) for split in task.splits.values()]
    assert sum(map(len, films)) == len(set().union(*films)) == 8


def test_pictures_that_are_nearly_the_same_stay_together(tmp_path):
    folder = write_voc(tmp_path, 20)
    for index in range(20):
        picture = np.array(photo(index // 2, (72, 48)))
        picture[:3, :3] ^= index % 2
        Image.fromarray(picture).save(folder / f"{index:04d}.png")
    task = ft.load_task(folder)
    pairs = [{int(str(file_id)[:4]) // 2 for file_id in split.ids} for split in task.splits.values()]
    assert sum(map(len, pairs)) == 10


def test_which_kind_of_data_a_folder_is_taken_for(tmp_path):
    place = photos(tmp_path / "pets")
    assert ft.load_task(place).num_classes == 2
    shutil.copytree(write_voc(tmp_path / "shapes", 12), place / "cat", dirs_exist_ok=True)
    assert isinstance(ft.load_task(place, image_size=32).objective, Detection)
    assert not isinstance(ft.load_task(place, image_size=32, target="class").objective, Detection)
    assert isinstance(ft.load_task(tmp_path / "shapes", target="boxes").objective, Detection)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"labels_per_class": 3}, "Say how many pictures to train on: pictures=60"),
        ({"pictures": 0}, "`pictures` is a whole number of at least 1"),
        ({"pictures": 99}, "asks for more than the"),
        ({"image_size": 3}, "image_size is"),
        ({"stride": 6}, "`stride` is a power of two"),
        ({"tokenizer": "minibert"}, "is read as pictures with boxes. Received: tokenizer"),
        ({"box_format": "pascal"}, "Unknown format of boxes|format of boxes"),
        ({"label_columns": ["a"]}, "Received: label_columns"),
    ],
)
def test_options_that_make_no_sense(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        ft.load_task(write_voc(tmp_path, 12), **options)


def test_options_of_boxes_are_refused_for_others(tmp_path):
    with pytest.raises(ValueError, match="is read as pictures.*Received: box_format"):
        ft.load_task(photos(tmp_path / "pets"), box_format="voc")


def test_a_class_in_too_few_pictures(tmp_path):
    folder = write_voc(tmp_path, 12)
    text = (folder / "0004.xml").read_text().replace("disc", "ring").replace("square", "ring")
    (folder / "0004.xml").write_text(text)
    with pytest.raises(ValueError, match="'ring' .* needs at least 3 pictures"):
        ft.load_task(folder)
