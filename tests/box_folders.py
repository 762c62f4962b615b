"""Folders of small pictures with boxes, in the three formats and in the layouts that programs write."""

import json

import numpy as np
from objectives.tiny_detection import CLASSES, draw_shapes
from PIL import Image

PIXELS = 48


def draw(count=20, seed=0, pixels=PIXELS, wide=1.5):
    """Returns pictures `(height, width, 3)` that are wider than high, and their boxes `(k, 5)` in their pixels."""
    images, targets = draw_shapes(count, pixels, [seed, 77], most=3)
    pictures, boxes = [], []
    left = int(pixels * (wide - 1) / 2)
    for image, target in zip(images, targets, strict=True):
        bars = np.zeros((pixels, int(pixels * wide), 3), "uint8") + 60
        bars[:, left : left + pixels] = image
        pictures.append(bars)
        boxes.append(target + [left, 0, left, 0, 0])
    return pictures, boxes


def save_picture(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def write_voc(folder, count=20, seed=0, in_pictures_folder=False, names=CLASSES):
    """Writes `0000.png` with `0000.xml` beside it, or in JPEGImages and Annotations; pixels count from 1."""
    pictures, boxes = draw(count, seed)
    places = ("JPEGImages", "Annotations") if in_pictures_folder else (".", ".")
    for index, (picture, rows) in enumerate(zip(pictures, boxes, strict=True)):
        save_picture(folder / places[0] / f"{index:04d}.png", picture)
        (folder / places[1]).mkdir(parents=True, exist_ok=True)
        (folder / places[1] / f"{index:04d}.xml").write_text(voc_text(f"{index:04d}.png", picture.shape, rows, names))
    return folder


def voc_text(file_name, shape, rows, names=CLASSES):
    objects = "".join(
        f"<object><name>{names[int(c)]}</name><bndbox><xmin>{x0 + 1:.0f}</xmin><ymin>{y0 + 1:.0f}</ymin>"
        f"<xmax>{x1:.0f}</xmax><ymax>{y1:.0f}</ymax></bndbox></object>"
        for x0, y0, x1, y1, c in rows
    )
    height, width = shape[:2]
    return (
        f"<annotation><filename>{file_name}</filename><size><width>{width}</width><height>{height}</height></size>"
        f"{objects}</annotation>"
    )


def write_coco(path, count=20, seed=0, names=CLASSES, prefix="", ids_from=0):
    """Writes pictures beside a COCO file."""
    pictures, boxes = draw(count, seed)
    images, annotations = [], []
    for index, (picture, rows) in enumerate(zip(pictures, boxes, strict=True)):
        height, width = picture.shape[:2]
        save_picture(path.parent / prefix / f"{index:04d}.png", picture)
        image_id = ids_from + index
        images.append({"id": image_id, "file_name": f"{index:04d}.png", "width": width, "height": height})
        for x0, y0, x1, y1, class_index in rows.tolist():
            annotations.append(
                {"id": len(annotations), "image_id": image_id, "category_id": 1 + int(class_index),
                 "bbox": [x0, y0, x1 - x0, y1 - y0]}
            )  # fmt: skip
    categories = [{"id": 0, "name": "shapes"}, *({"id": 1 + i, "name": name} for i, name in enumerate(names))]
    content = {"images": images, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(content))
    return content


def write_roboflow_coco(folder, counts=(12, 4, 4)):
    """Writes train, valid and test, each with _annotations.coco.json, as Roboflow exports them."""
    for seed, (part, count) in enumerate(zip(("train", "valid", "test"), counts, strict=True)):
        (folder / part).mkdir(parents=True)
        write_coco(folder / part / "_annotations.coco.json", count, seed)
    return folder


def yolo_lines(rows, shape):
    height, width = shape[:2]
    return "".join(
        f"{int(c)} {(x0 + x1) / 2 / width:.6f} {(y0 + y1) / 2 / height:.6f} {(x1 - x0) / width:.6f} "
        f"{(y1 - y0) / height:.6f}\n"
        for x0, y0, x1, y1, c in rows
    )


def write_yolo(folder, counts=None, count=20, names_file="data.yaml", layout="images first"):
    """Writes images/train and labels/train (and val, test), or train/images and train/labels, or all in one folder."""
    counts = counts or {"": count}
    for seed, (part, part_count) in enumerate(counts.items()):
        pictures, boxes = draw(part_count, seed)
        for index, (picture, rows) in enumerate(zip(pictures, boxes, strict=True)):
            places = {
                "images first": (f"images/{part}", f"labels/{part}"),
                "part first": (f"{part}/images", f"{part}/labels"),
                "beside": (part or ".", part or "."),
            }[layout]
            save_picture(folder / places[0] / f"{index:04d}.png", picture)
            (folder / places[1]).mkdir(parents=True, exist_ok=True)
            (folder / places[1] / f"{index:04d}.txt").write_text(yolo_lines(rows, picture.shape))
    if names_file == "data.yaml":
        (folder / names_file).write_text(
            f"train: ../train/images\nval: ../valid/images\n\nnc: 2  # classes\nnames: {list(CLASSES)}\n"
        )
    elif names_file:
        (folder / names_file).write_text("\n".join(CLASSES) + "\n")
    return folder
