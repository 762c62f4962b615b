"""From a picture to the numbers that a detector takes, and from what it gives to boxes in pixels of the picture.

`ftlib.exports.export` puts a copy of this file, `boxes.py`, beside an exported detector. It needs NumPy and Pillow, and
nothing of `ftlib`. With the ONNX file, for one:

    import onnxruntime
    from PIL import Image

    import boxes

    session = onnxruntime.InferenceSession("model.onnx")
    picture = Image.open("photo.jpg")
    (outputs,) = session.run(None, {session.get_inputs()[0].name: boxes.prepare(picture, (224, 224))})
    for x0, y0, x1, y1, class_index, probability in boxes.find(outputs[0], picture.size, (224, 224)):
        ...

The size, `(height, width)`, and the names of the classes stand in `export.json`.
"""

import numpy as np
from PIL import Image, ImageOps

GREY = 127  # of the bars beside a picture whose shape is not that of the model's images
OVERLAP = 0.6  # intersection over union above which two boxes of a class are taken for one object
MOST_CANDIDATES, MOST_BOXES = 500, 100


def place(picture_size, size):
    """Returns where a picture lies in the model's image: `(top, left, height, width)`.

    Args:
        picture_size: `(width, height)` of the upright picture, as Pillow has it.
        size: `(height, width)` of the model's image.
    """
    width, height = picture_size
    scale = min(size[0] / height, size[1] / width)
    placed_height, placed_width = max(1, round(height * scale)), max(1, round(width * scale))
    return (size[0] - placed_height) // 2, (size[1] - placed_width) // 2, placed_height, placed_width


def prepare(picture, size, channels=3):
    """Returns a picture as a detector takes it, whole between grey bars: `float32` `(1, height, width, channels)`.

    Args:
        picture: A `PIL.Image`; it is turned as its EXIF data say.
        size: `(height, width)` of the model's image.
        channels: 3, or 1 for grey.
    """
    upright = ImageOps.exif_transpose(picture).convert("RGB")
    top, left, height, width = place(upright.size, size)
    resized = upright.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3)
    image = Image.new("RGB", (size[1], size[0]), (GREY, GREY, GREY))
    image.paste(resized, (left, top))
    return np.asarray(image.convert("RGB" if channels == 3 else "L"), "float32").reshape(1, *size, channels)


def find(outputs, picture_size, size, threshold=0.3):
    """Returns the objects in a picture: `(k, 6)`, the surest first: x0, y0, x1, y1, class, probability.

    Args:
        outputs: What the model gives for one picture, `(cells, 4 + classes)`.
        picture_size: `(width, height)` of the upright picture; corners are in its pixels.
        size: `(height, width)` of the model's image.
        threshold: Probability that a box has at least.
    """
    probabilities = outputs[:, 4:]
    cells, classes = np.nonzero(probabilities >= threshold)
    scores = probabilities[cells, classes]
    order = np.argsort(-scores, kind="stable")[:MOST_CANDIDATES]
    boxes, classes, scores = outputs[cells[order], :4], classes[order], scores[order]

    kept = []
    for index in range(len(boxes)):
        rivals = [other for other in kept if classes[other] == classes[index]]
        if all(overlap(boxes[index], boxes[other]) <= OVERLAP for other in rivals):
            kept.append(index)
    kept = kept[:MOST_BOXES]

    top, left, height, width = place(picture_size, size)
    corners = boxes[kept].astype("float64").reshape(-1, 4)
    corners[:, 0::2] = np.clip((corners[:, 0::2] - left) * picture_size[0] / width, 0, picture_size[0])
    corners[:, 1::2] = np.clip((corners[:, 1::2] - top) * picture_size[1] / height, 0, picture_size[1])
    return np.concatenate([corners, classes[kept, None], scores[kept, None]], axis=1)


def overlap(box, other_box):
    """Returns the intersection over union of two boxes x0, y0, x1, y1."""
    sides = np.minimum(box[2:], other_box[2:]) - np.maximum(box[:2], other_box[:2])
    common = np.prod(np.maximum(sides, 0))
    areas = [np.prod(np.maximum(corners[2:] - corners[:2], 0)) for corners in (box, other_box)]
    return common / max(sum(areas) - common, 1e-9)
