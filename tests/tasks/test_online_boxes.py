"""Photos with boxes: how archives are read, and that no video is in two splits."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

import ftlib as ft
from ftlib.tasks import online_boxes


def photo(seed, size=(64, 48)):
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1] // 8, size[0] // 8, 3)).astype("uint8")
    file = io.BytesIO()
    Image.fromarray(pixels).resize(size, Image.Resampling.NEAREST).save(file, "JPEG", quality=95)
    return file.getvalue()


def voc(boxes):
    objects = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{x0}</xmin><ymin>{y0}</ymin><xmax>{x1}</xmax><ymax>{y1}</ymax>"
        "</bndbox></object>"
        for name, x0, y0, x1, y1 in boxes
    )
    return f"<annotation>{objects}</annotation>"


@pytest.fixture
def plates(tmp_path):
    """Returns an archive as that of the plates: 121 photos of one video, and 39 of three others."""
    counts = {"dayride_type1_001": 121, "dayride_type1_002": 8, "dayride_type1_003": 5, "nightride_type3_001": 26}
    path = tmp_path / "plates.zip"
    with zipfile.ZipFile(path, "w") as file:
        for video, count in counts.items():
            for second in range(count):
                name = f"plates/{video}.mp4#t={second * 7}"
                file.writestr(f"{name}.jpg", photo([count, second]))
                file.writestr(f"{name}.json", json.dumps({"size": [64, 48], "boxes": [[8, 8, 24, 14.5]]}))
    return path


def test_plates_are_split_by_video_and_the_last_of_a_drive_validate(plates):
    task = online_boxes.licence_plates(archive=plates, image_size=(24, 32))
    assert [len(split) for split in task.splits.values()] == [100, 21, 39]
    assert not set(task.test.groups) & (set(task.train.groups) | set(task.validation.groups))
    seconds = {part: [online_boxes.second_of(name) for name in split.ids] for part, split in task.splits.items()}
    assert max(seconds["train"]) < min(seconds["validation"])
    np.testing.assert_allclose(task.test.targets[0], [[4, 4, 12, 7.25, 0]])
    assert task.train.inputs.dtype == "uint8" and task.train.inputs.shape[1:] == (24, 32, 3)


def test_a_random_split_of_plates_deals_out_as_many_photos_of_every_video(plates):
    task = online_boxes.licence_plates(archive=plates, image_size=(24, 32), split="random")
    assert [len(split) for split in task.splits.values()] == [100, 21, 39]
    assert set(task.test.groups) & set(task.train.groups)
    assert len({name for split in task.splits.values() for name in split.ids}) == 160
    with pytest.raises(ValueError, match="Unknown split 'videos'"):
        online_boxes.licence_plates(archive=plates, split="videos")


def test_few_photos_are_a_part_of_many_and_the_test_stays(plates):
    few, more, other = (
        online_boxes.licence_plates(count, seed, archive=plates, image_size=(24, 32))
        for count, seed in ((5, 0), (20, 0), (5, 1))
    )
    assert set(few.train.ids) < set(more.train.ids) and set(few.train.ids) != set(other.train.ids)
    assert few.test.ids.tolist() == other.test.ids.tolist()
    for bad in (0, 101, 2.5, True):
        with pytest.raises(ValueError, match="There are 100 photos to learn from. Received: labels_per_class="):
            online_boxes.licence_plates(bad, archive=plates)


def test_plates_that_are_not_here_say_where_they_come_from(monkeypatch, tmp_path):
    monkeypatch.setenv("FTLIB_REAL", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="license-plate-dataset .* put plates.zip"):
        ft.load_task("licence_plates")


def test_cells_have_three_classes_and_slips_of_the_hand_are_left_out(tmp_path):
    path = tmp_path / "bccd.zip"
    boxes = [("RBC", 8, 8, 30, 30), ("WBC", 20, 10, 60, 40), ("Platelets", 40, 30, 52, 44), ("RBC", 9, 9, 9, 30)]
    with zipfile.ZipFile(path, "w") as file:
        for index in range(190):
            file.writestr(f"BCCD/JPEGImages/{index:03d}.jpg", photo(index))
            file.writestr(f"BCCD/Annotations/{index:03d}.xml", voc(boxes))
    task = online_boxes.blood_cells(5, archive=path, image_size=(24, 32))
    assert [len(split) for split in task.splits.values()] == [5, 60, 120]
    assert task.class_names == ("red cell", "white cell", "platelet")
    assert task.notes == ("190 boxes of less than 8 pixels on a side were left out.",)
    np.testing.assert_allclose(task.train.targets[0][:, 4], [0, 1, 2])
    np.testing.assert_allclose(task.train.targets[0][1], [10, 5, 30, 20, 1])


def test_an_annotation_without_a_box_is_refused():
    with pytest.raises(ValueError, match="has a <bndbox>"):
        list(online_boxes.read_voc_boxes("<annotation><object><name>RBC</name></object></annotation>"))


@pytest.mark.real
def test_real_plates_and_cells(real, monkeypatch):
    monkeypatch.setenv("FTLIB_REAL", str(real))
    plates = ft.load_task("licence_plates", 20, image_size=(135, 240))
    assert [len(split) for split in plates.splits.values()] == [20, 21, 39]
    assert sum(map(len, plates.test.targets)) == 48
    cells = ft.load_task("blood_cells", 3, image_size=(120, 160))
    assert [len(split) for split in cells.splits.values()] == [3, 60, 120]
