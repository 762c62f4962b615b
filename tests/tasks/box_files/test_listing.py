"""Which format a folder has its boxes in, and that the three say the same of the same pictures."""

import json

import numpy as np
import pytest
from box_folders import draw, save_picture, voc_text, write_coco, write_roboflow_coco, write_voc, write_yolo
from folders import photos
from objectives.tiny_detection import CLASSES

from ftlib.tasks.box_files.folder_index import FolderIndex, part_of_path
from ftlib.tasks.box_files.listing import holds_boxes, list_boxes

SIZE = np.array([72, 48, 72, 48])


def corners_of(listing, picture_id):
    """Returns `{class: corners}` lists of a picture in pixels, sorted."""
    (picture,) = [picture for picture in listing.pictures if picture.id == picture_id]
    scale = SIZE if picture.in_shares else 1
    return sorted((box.class_name, *(np.array(box.corners) * scale).round(3).tolist()) for box in picture.boxes)


def test_the_three_formats_say_the_same(tmp_path):
    expected = sorted((CLASSES[int(row[4])], *row[:4].tolist()) for row in draw()[1][3])
    write_voc(tmp_path / "voc", in_pictures_folder=True)
    (tmp_path / "coco").mkdir()
    write_coco(tmp_path / "coco" / "boxes.json")
    write_yolo(tmp_path / "yolo")
    for name, picture_id in (("voc", "JPEGImages/0003.png"), ("coco", "0003.png"), ("yolo", "images/0003.png")):
        listing = list_boxes(tmp_path / name)
        assert listing.format == name and len(listing.pictures) == 20 and not listing.faults and not listing.missing
        found = corners_of(listing, picture_id)
        assert [row[0] for row in found] == [row[0] for row in expected]
        np.testing.assert_allclose([row[1:] for row in found], [row[1:] for row in expected], atol=1e-3)
        assert holds_boxes(tmp_path / name)


def test_usual_exports_have_their_splits(tmp_path):
    counts = {"train": 5, "valid": 3, "test": 2}
    for name, folder in {
        "roboflow coco": write_roboflow_coco(tmp_path / "roboflow coco", tuple(counts.values())),
        "ultralytics": write_yolo(tmp_path / "ultralytics", counts),
        "roboflow yolo": write_yolo(tmp_path / "roboflow yolo", counts, layout="part first"),
        "darknet": write_yolo(tmp_path / "darknet", counts, layout="beside", names_file="classes.txt"),
    }.items():
        parts = [picture.part for picture in list_boxes(folder).pictures]
        assert [parts.count(part) for part in ("train", "validation", "test")] == [5, 3, 2], name
        assert set(list_boxes(folder).declared_classes) >= set(CLASSES)


def test_coco_files_in_a_folder_of_their_own(tmp_path):
    for part, seed in (("train2017", 0), ("val2017", 1)):
        (tmp_path / "annotations").mkdir(exist_ok=True)
        content = write_coco(tmp_path / "annotations" / f"instances_{part}.json", 4, seed, prefix=f"../images/{part}")
        (tmp_path / "annotations" / f"captions_{part}.json").write_text(json.dumps({**content, "annotations": []}))
    listing = list_boxes(tmp_path)
    assert sorted(picture.part for picture in listing.pictures) == ["train"] * 4 + ["validation"] * 4
    assert {picture.id.split("/")[1] for picture in listing.pictures} == {"train2017", "val2017"}


def test_lists_of_voc_and_of_data_yaml_say_the_parts(tmp_path):
    write_voc(tmp_path / "voc", 6, in_pictures_folder=True)
    sets = tmp_path / "voc" / "ImageSets" / "Main"
    sets.mkdir(parents=True)
    (sets / "trainval.txt").write_text("0000\n0001\n0002\n")
    (sets / "val.txt").write_text("0002\n")
    (sets / "test.txt").write_text("0003 1\n0004 -1\n")
    listing = list_boxes(tmp_path / "voc")
    assert [picture.part for picture in listing.pictures] == ["train", "train", "validation", "test", "test"]
    assert list(listing.faults) == ["JPEGImages/0005.png"]

    folder = write_yolo(tmp_path / "yolo", count=4)
    (folder / "learn.txt").write_text("./images/0000.png\n./images/0001.png\n")
    (folder / "data.yaml").write_text("path: .\ntrain: learn.txt\nval: images\nnames:\n  0: disc\n  1: square\n")
    assert [picture.part for picture in list_boxes(folder).pictures] == ["validation"] * 4
    (folder / "data.yaml").write_text("val: images\ntrain: learn.txt\nnames: {0: disc, 1: square}\n")
    assert {picture.part for picture in list_boxes(folder).pictures} >= {"validation"}


def test_pictures_without_boxes_and_pictures_without_annotation(tmp_path):
    folder = write_yolo(tmp_path / "yolo", count=4)
    (folder / "labels" / "0002.txt").unlink()
    listing = list_boxes(folder)
    assert [len(picture.boxes) > 0 for picture in listing.pictures] == [False, True, False, True]
    assert listing.notes == ["1 of 4 pictures have no label file: they count as without objects."]
    folder = write_voc(tmp_path / "voc", 4)
    (folder / "0002.xml").unlink()
    (folder / "0003.png").unlink()
    listing = list_boxes(folder)
    assert listing.unmarked == ["0002.png"] and listing.missing == {"0003.png": "0003.xml"}


def test_what_cannot_be_read_is_named(tmp_path):
    folder = write_yolo(tmp_path / "yolo", count=4)
    (folder / "labels" / "0001.txt").write_text(
        "0 0.5 0.5 0.2\n5 0.5 0.5 0.2 0.2\n0 0.1 0.1 0.4 0.1 0.4 0.6\n1 nan 0 1 1\n1 .5 .5 .5 .5 .9\n"
    )
    listing = list_boxes(folder)
    assert [place.split(": ")[1] for place in listing.faults] == ["line 1", "line 4", "line 5"]
    assert listing.unknown_classes == {"number 5": 1}
    assert listing.pictures[1].boxes[0].corners == (0.1, 0.1, 0.4, 0.6)

    (tmp_path / "coco").mkdir()
    content = write_coco(tmp_path / "coco" / "boxes.json", 3)
    annotations = [
        {"image_id": 99, "category_id": 1, "bbox": [0, 0, 1, 1]},
        {"image_id": 0, "category_id": 1, "bbox": [0, 0, 1]},
        {"image_id": 0, "category_id": 9, "bbox": [0, 0, 1, 1]},
        {"image_id": 0, "category_id": 1, "bbox": [0, 0, 5, 5], "iscrowd": 1},
    ]
    (tmp_path / "coco" / "boxes.json").write_text(json.dumps({**content, "annotations": annotations}))
    listing = list_boxes(tmp_path / "coco")
    assert len(listing.faults) == 3 and listing.unknown_classes == {"category 9": 1}


def test_xml_with_entities_is_not_read(tmp_path):
    folder = write_voc(tmp_path, 3)
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;&b;">]>'
    text = bomb + voc_text("0001.png", (48, 72), draw(3)[1][1]).replace("disc", "&c;").replace("square", "&c;")
    for encoding in ("utf-8", "utf-16"):
        (folder / "0001.xml").write_text(text.replace("?>", f' encoding="{encoding}"?>', 1), encoding=encoding)
        listing = list_boxes(folder)
        if encoding == "utf-8":
            assert "DOCTYPE" in listing.faults["0001.xml"] and len(listing.pictures) == 2
        else:  # its root is not seen in the first bytes
            assert len(listing.pictures) == 2


def test_a_picture_in_two_parts_or_with_two_truths(tmp_path):
    write_roboflow_coco(tmp_path, (4, 2, 2))
    content = json.loads((tmp_path / "train" / "_annotations.coco.json").read_text())
    (tmp_path / "train" / "test.json").write_text(json.dumps(content))
    content["annotations"] = content["annotations"][1:]
    listing = list_boxes(tmp_path)
    assert len(listing.pictures) == 8 and not listing.conflicts and not listing.in_several_parts
    (tmp_path / "train" / "test.json").write_text(json.dumps(content))
    assert len(list_boxes(tmp_path).conflicts) == 1


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda place: photos(place), "has pictures but no boxes that can be read"),
        (lambda place: place.mkdir() or place, "holds no pictures"),
        (lambda place: place / "gone", "There is no folder"),
        (lambda place: write_voc(write_yolo(place, layout="beside"), 3), "in several formats: voc .3 files., yolo"),
    ],
)
def test_folders_that_hold_no_boxes(tmp_path, make, message):
    with pytest.raises((ValueError, OSError), match=message):
        list_boxes(make(tmp_path / "data"))


def test_other_text_files_are_no_labels(tmp_path):
    place = photos(tmp_path / "pets")
    for picture in (place / "cat").iterdir():
        picture.with_suffix(".txt").write_text("a cat on a mat")
    assert not holds_boxes(place) and not holds_boxes(tmp_path / "gone")


def test_one_format_of_several_is_named(tmp_path):
    folder = write_voc(write_yolo(tmp_path, layout="beside"), 3)
    assert list_boxes(folder, "VOC").format == "voc" and list_boxes(folder, "yolo").format == "yolo"
    with pytest.raises(ValueError, match="format of boxes"):
        list_boxes(folder, "pascal")


def test_json_that_is_not_whole(tmp_path):
    save_picture(tmp_path / "a.png", draw(1)[0][0])
    (tmp_path / "boxes.json").write_text('{"images": [], "annotations": {}, "categories": []}')
    with pytest.raises(ValueError, match="is to be COCO's JSON, with the lists"):
        list_boxes(tmp_path)
    (tmp_path / "boxes.json").write_text('{"images": [{"id": 1}], "annotations": [], "categories": []}')
    with pytest.raises(ValueError, match="needs 'file_name'"):
        list_boxes(tmp_path)
    (tmp_path / "boxes.json").write_text('{"images": [{"id": 1}, "annotations": [], "categories": []}')
    with pytest.raises(ValueError, match="cannot be read as JSON"):
        list_boxes(tmp_path)


def test_lists_of_names_that_contradict_each_other(tmp_path):
    folder = write_yolo(tmp_path, count=3)
    (folder / "classes.txt").write_text("square\ndisc\n")
    with pytest.raises(ValueError, match="list different class names"):
        list_boxes(folder)


def test_pictures_are_found_by_the_path_of_another_machine(tmp_path):
    save_picture(tmp_path / "photos" / "A.png", draw(1)[0][0])
    index = FolderIndex(tmp_path)
    assert index.find("C:\\data\\photos\\a.png", "boxes.json") == "photos/A.png"
    assert index.find("photos/A.png", "labels/boxes.json") == "photos/A.png" and index.find(" ", "boxes.json") is None
    save_picture(tmp_path / "more" / "A.png", draw(1)[0][0])
    assert FolderIndex(tmp_path).find("A.png", "boxes.json") is None
    assert part_of_path("images/val/a.png") == "validation" and part_of_path("test/a/train.jpg") == "test"
