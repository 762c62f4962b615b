"""What `check_boxes` finds: boxes that are mended, left out or refused, and what is said of the pictures."""

import json

import numpy as np
import pytest
from box_folders import draw, save_picture, voc_text, write_coco, write_roboflow_coco, write_voc, write_yolo
from PIL import Image

import ftlib as ft
from ftlib.tasks.box_files.check import make_group_finder
from ftlib.tasks.box_files.inspection import inspect_boxes
from ftlib.tasks.folder.targets import parse_boxes


def with_boxes(tmp_path, boxes, count=12):
    """Writes a COCO folder whose second picture, of 72 x 48 pixels, has these boxes of discs: x, y, width, height."""
    tmp_path.mkdir(exist_ok=True)
    content = write_coco(tmp_path / "boxes.json", count)
    annotations = [annotation for annotation in content["annotations"] if annotation["image_id"] != 1]
    annotations += [{"id": -i, "image_id": 1, "category_id": 1, "bbox": list(box)} for i, box in enumerate(boxes)]
    (tmp_path / "boxes.json").write_text(json.dumps({**content, "annotations": annotations}))
    return tmp_path


def kinds(report):
    return [remark.kind for remark in report.remarks()]


def test_a_folder_without_faults(tmp_path):
    report = ft.check_boxes(write_voc(tmp_path), image_size=64)
    assert report.class_names == ("disc", "square") and len(report.files) == 20
    assert sum(report.box_counts.values()) == sum(map(len, draw()[1]))
    assert report.empty == ("0000.png",) and kinds(report) == ["empty"]
    assert "read as Pascal VOC xml" in repr(report) and "Without boxes, 1 of 20 pictures" in repr(report)


def test_boxes_are_clipped_and_those_without_area_or_there_twice_are_left_out(tmp_path):
    folder = with_boxes(tmp_path, [(-6, 10, 20, 20), (60, 40, 12.8, 8), (5, 5, 0, 9), (30, 8, 9, 9), (30, 8, 9, 9)])
    report = ft.check_boxes(folder)
    assert report.defects.clipped == {"0001.png": 1} and report.defects.flat == {"0001.png": 1}
    assert report.defects.repeated == {"0001.png": 1} and not report.errors()
    boxes = [box.corners for box in parse_boxes(next(f.class_name for f in report.files if f.id == "0001.png"))]
    assert boxes == [(0, 10, 14, 30), (30, 8, 39, 17), (60, 40, 72, 48)]


def test_a_box_wholly_outside_is_an_error(tmp_path):
    folder = with_boxes(tmp_path, [(80, 10, 20, 20), (5, 5, 9, 9)])
    findings = inspect_boxes(folder)
    assert not findings.usable and "1 box wholly outside" in str(findings)
    with pytest.raises(ValueError, match="1 box wholly outside of their pictures.*0001.png. Mend or remove"):
        ft.load_task(folder)


def test_unknown_classes_are_an_error(tmp_path):
    folder = write_yolo(tmp_path)
    (folder / "labels" / "0001.txt").write_text("7 0.5 0.5 0.2 0.2\n")
    with pytest.raises(ValueError, match=r"number 7 .1 box.. It has disc, square"):
        ft.load_task(folder)


def test_tiny_boxes_depend_on_the_size_of_the_images(tmp_path):
    folder = with_boxes(tmp_path, [(5, 5, 6, 20)])
    assert ft.check_boxes(folder, image_size=72).defects.tiny == {"0001.png": 1}
    assert not ft.check_boxes(folder, image_size=144).defects.tiny
    assert "under 8 pixels along a side in images of 72 x 72" in repr(ft.check_boxes(folder, image_size=72))


def test_pictures_that_are_missing_or_have_another_size(tmp_path):
    folder = write_voc(tmp_path, 12)
    (folder / "0003.png").unlink()
    for name, size in (("0004", (144, 96)), ("0005", (60, 60))):
        Image.open(folder / f"{name}.png").resize(size).save(folder / f"{name}.png")
    before = draw(12)[1][4]
    report = ft.check_boxes(folder)
    assert report.missing == {"0003.png": "0003.xml"}
    assert "for 72 x 48 pixels, and the picture has 60 x 60" in report.skipped["0005.png"]
    label = next(file.class_name for file in report.files if file.id == "0004.png")
    np.testing.assert_allclose(sorted(box.corners for box in parse_boxes(label)), sorted((2 * before[:, :4]).tolist()))
    assert any("1 picture of another size" in note for note in report.notes)


def test_a_picture_that_exif_turns(tmp_path):
    folder = write_voc(tmp_path, 12)
    picture = Image.open(folder / "0004.png")
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(folder / "0004.png", exif=exif)
    assert "which its EXIF data turn" in ft.check_boxes(folder).skipped["0004.png"]


def test_classes_without_boxes_are_left_out(tmp_path):
    report = ft.check_boxes(write_roboflow_coco(tmp_path))
    assert report.unused_classes == ("shapes",) and report.class_names == ("disc", "square")
    assert "Left out, classes without any box: shapes" in report.lines()


def test_copies_and_leaks(tmp_path):
    folder = write_roboflow_coco(tmp_path, (12, 4, 4))
    copy = folder / "train" / "copy.png"
    copy.write_bytes((folder / "test" / "0001.png").read_bytes())
    content = json.loads((folder / "train" / "_annotations.coco.json").read_text())
    content["images"].append({"id": 99, "file_name": "copy.png", "width": 72, "height": 48})
    boxes = draw(4, 2)[1][1].tolist()
    content["annotations"] += [
        {"image_id": 99, "category_id": 1 + int(c), "bbox": [x0, y0, x1 - x0, y1 - y0]} for x0, y0, x1, y1, c in boxes
    ]
    (folder / "train" / "_annotations.coco.json").write_text(json.dumps(content))
    report = ft.check_boxes(folder)
    assert report.leaks == (("test/0001.png", "train/copy.png"),)
    assert "train/copy.png" not in {file.id for file in report.files}
    assert any(finding.kind == "leak" for finding in inspect_boxes(folder).findings)


def test_groups_by_a_pattern_and_copies_of_roboflow(tmp_path):
    folder = write_voc(tmp_path, 12)
    assert ft.check_boxes(folder, group_pattern=r"00(\d)").groups["0004.png"] == "0"
    assert make_group_finder(None)("train/cat_png.rf.0123abcd.jpg") == "cat_png"
    assert make_group_finder("^[a-z]+")("cars-1/a.jpg") == "cars" and make_group_finder("x(y)?")("ab x") == ""
    with pytest.raises(ValueError, match="`group_pattern` is a regular expression"):
        ft.check_boxes(folder, group_pattern="(")


def test_untrained_classes_and_nothing_to_train_on(tmp_path):
    folder = write_roboflow_coco(tmp_path, (12, 4, 4))
    content = json.loads((folder / "test" / "_annotations.coco.json").read_text())
    content["categories"][1]["name"] = "ring"
    (folder / "test" / "_annotations.coco.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="test pictures.*that training does not have: ring. Training has: disc"):
        ft.check_boxes(folder)
    assert ft.check_boxes(folder, training=False).class_names == ("disc", "ring", "square")
    for name in ("train", "valid"):
        (folder / name / "_annotations.coco.json").unlink()
    with pytest.raises(ValueError, match="has boxes in test but none to train on"):
        ft.check_boxes(folder)


def test_no_box_at_all(tmp_path):
    save_picture(tmp_path / "a.png", draw(1)[0][0])
    (tmp_path / "a.xml").write_text(voc_text("a.png", (48, 72), []))
    with pytest.raises(ValueError, match="None of the pictures of .* has a box that can be used"):
        ft.check_boxes(tmp_path)
