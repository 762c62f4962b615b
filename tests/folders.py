"""Folders of small pictures that the tests of the practitioner's path share."""

import numpy as np
import tiny
from PIL import Image

CLASSES = ("bottom", "middle", "top")


def bands(place, each=8, seed=0, classes=CLASSES):
    """Writes `each` noisy grey pictures of 24 x 24 pixels per class, of which the third that is bright tells it."""
    for label, name in enumerate(classes):
        (place / name).mkdir(parents=True, exist_ok=True)
        for i, image in enumerate(tiny.pictures([label % 3] * each, seed=1000 * seed + label)):
            pixels = np.kron(image[:, :, 0], np.ones((2, 2), "uint8"))
            Image.fromarray(pixels).save(place / name / f"{i:03d}.png")
    return place


def photo(seed, size=(60, 48)):
    """Returns a smooth colour picture, another one for every seed."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), "uint8")
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def photos(place, each=8, seed=0, classes=("cat", "dog"), size=(60, 48)):
    """Writes `each` smooth colour pictures per class."""
    for label, name in enumerate(classes):
        (place / name).mkdir(parents=True, exist_ok=True)
        for i in range(each):
            photo(10_000 * seed + 1000 * label + i, size).save(place / name / f"{i:03d}.png")
    return place


def table(path, rows, head="path,label"):
    """Writes a CSV file."""
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def smooth_picture(seed, size=(40, 30)):
    """Returns a smooth colour picture that JPEG keeps well; another one for every seed."""
    small = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), "uint8")
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def fill(place, name, number, start):
    """Writes `number` smooth pictures of a class, others for every `start`."""
    (place / name).mkdir(parents=True)
    for i in range(number):
        smooth_picture(start + i).save(place / name / f"p{i:02d}.png")


def ids_of(task):
    """Returns the ids of all pictures of a task."""
    return {str(i) for split in (task.train, task.validation, task.test) for i in split.ids}


def put(folder, count, seed=0, name="{:03d}.png"):
    """Writes smooth colour pictures into one folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        photo(1000 * seed + i).save(folder / name.format(i))
    return folder


def findings_by_kind(path):
    """Returns `{kind: Finding}` of the pictures at a path."""
    from ftlib.tasks.folder.inspection import inspect_data

    return {finding.kind: finding for finding in inspect_data(path).findings}
