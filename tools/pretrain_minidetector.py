"""Pre-trains `minidetector`, a small network for boxes, and writes what `ftlib` ships: `make weights`.

It learns to find discs, rings, triangles, rectangles, crosses and letters in six colours on drawn grounds: neither
streets nor plates. Colour is a part of the class. In scenes of any colour a network learns not to look at it, and in
photos of blood it tells a white cell from a red one.
"""

import hashlib
import json
import time

import keras
import numpy as np
from pretraining import load_checkpoint, parse_arguments, rate, save_checkpoint, save_half

from ftlib.files import written_whole
from ftlib.models.minidetector import IMAGE_SIZE, NAME, minidetector
from ftlib.objectives.average_precision import average_precision
from ftlib.objectives.boxes import decode, stack_targets
from ftlib.objectives.detection import Detection
from ftlib.strategies.regularization import Regularization
from ftlib.tasks.split import Split
from ftlib.tasks.streets import bold_font
from ftlib.tasks.task import Task

SHAPES = ("disc", "ring", "triangle", "rectangle", "cross", "letter")
# Of each family of colours a hue 0-1 with its spread, and ranges of saturation and brightness.
COLOURS = {
    "red": (0.0, 0.03, (0.6, 1.0), (0.45, 0.95)), "yellow": (0.14, 0.03, (0.6, 1.0), (0.7, 1.0)),
    "green": (0.36, 0.06, (0.4, 0.9), (0.25, 0.75)), "blue": (0.61, 0.05, (0.5, 1.0), (0.35, 0.9)),
    "pale": (0.5, 0.5, (0.0, 0.12), (0.8, 1.0)), "dark": (0.5, 0.5, (0.0, 0.25), (0.04, 0.25)),
}  # fmt: skip
CLASSES = tuple(f"{colour} {shape}" for colour in COLOURS for shape in SHAPES)
FINENESS, BATCH, TESTED = 2, 16, 160
EVERY = 100  # updates between two checkpoints


def colour_of(family, rng):
    """Returns a colour of a family, as red, green and blue 0-255."""
    import colorsys

    hue, spread, saturations, values = COLOURS[family]
    drawn = (hue + rng.uniform(-spread, spread)) % 1, rng.uniform(*saturations), rng.uniform(*values)
    return tuple(round(255 * part) for part in colorsys.hsv_to_rgb(*drawn))


def draw_ground(pen, size, rng):
    """Draws a ground of two muted colours, and bars on it that are no object."""
    first, second = (rng.uniform(40, 215, 3) * 0.4 + rng.uniform(40, 215) * 0.6 for _ in range(2))
    height, width = size
    for start in range(0, height, 4):
        colour = first + (second - first) * start / height
        pen.rectangle((0, start, width, start + 4), fill=tuple(colour.astype(int)))
    for _ in range(rng.integers(0, 8)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        ends = (x + rng.normal(0, width / 2), y + rng.normal(0, height / 2))
        colour = tuple((rng.uniform(0, 1) * first + rng.uniform(0, 0.6) * second).clip(0, 255).astype(int))
        pen.line((x, y, *ends), fill=colour, width=int(rng.integers(1, 8)))


def draw_shape(pen, shape, box, colour, rng):
    """Fills a box with a shape."""
    x0, y0, x1, y1 = box
    middle_x, middle_y, side = (x0 + x1) / 2, (y0 + y1) / 2, min(x1 - x0, y1 - y0)
    if shape == "disc":
        pen.ellipse(box, fill=colour)
    elif shape == "ring":
        pen.ellipse(box, outline=colour, width=max(2, int(side * 0.22)))
    elif shape == "triangle":
        pen.polygon([(middle_x, y0), (x1, y1), (x0, y1)], fill=colour)
    elif shape == "rectangle":
        pen.rounded_rectangle(box, int(side * rng.uniform(0, 0.3)), fill=colour)
    elif shape == "cross":
        half = side * 0.14
        pen.rectangle((middle_x - half, y0, middle_x + half, y1), fill=colour)
        pen.rectangle((x0, middle_y - half, x1, middle_y + half), fill=colour)
    else:
        _draw_letter(pen, box, colour, rng)


def _draw_letter(pen, box, colour, rng):
    """Writes a letter as large as its box."""
    letter, side = str(rng.choice(list("ABCDEFGHKLMNPRSTUXZ"))), box[3] - box[1]
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    font = bold_font(int(side / 0.73), "DejaVuSansMono-Bold")
    pen.text(middle, letter, fill=colour, font=font, anchor="mm")


def draw_scene(seed):
    """Returns a scene, `uint8` `(128, 192, 3)`, and its boxes `(k, 5)`; the same seed gives the same scene."""
    from PIL import Image, ImageDraw

    rng = np.random.default_rng(seed)
    height, width = (side * FINENESS for side in IMAGE_SIZE)
    picture = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(picture)
    draw_ground(pen, (height, width), rng)
    families, boxes = list(COLOURS), []
    for _ in range(rng.integers(2, 9)):
        side = FINENESS * float(np.exp(rng.uniform(np.log(9), np.log(64))))
        shape, family = int(rng.integers(len(SHAPES))), int(rng.integers(len(families)))
        aspect = {"rectangle": rng.uniform(0.35, 3.2), "letter": 0.66}.get(SHAPES[shape], rng.uniform(0.85, 1.18))
        half_x, half_y = side * aspect**0.5 / 2, side / aspect**0.5 / 2
        if 2 * half_x > width or 2 * half_y > height:
            continue
        x, y = rng.uniform(half_x, width - half_x), rng.uniform(half_y, height - half_y)
        box = np.array([x - half_x, y - half_y, x + half_x, y + half_y])
        others = np.array(boxes).reshape(-1, 5)[:, :4] * FINENESS
        starts, ends = np.maximum(others[:, :2], box[:2]), np.minimum(others[:, 2:], box[2:])
        if (np.prod(np.maximum(ends - starts, 0), axis=1) > 0).any():
            continue
        draw_shape(pen, SHAPES[shape], [float(end) for end in box], colour_of(families[family], rng), rng)
        boxes.append([*(box / FINENESS), family * len(SHAPES) + shape])
    image = np.asarray(picture.reduce(FINENESS), "float32")
    image = image * rng.uniform(0.75, 1.1) + rng.uniform(1, 6) * rng.standard_normal(image.shape, "float32")
    return np.clip(image.round(), 0, 255).astype("uint8"), np.array(boxes, "float32").reshape(-1, 5)


def draw_scenes(count, seed):
    """Returns scenes `(count, 128, 192, 3)` and the boxes of each."""
    images, boxes = zip(*(draw_scene([*seed, row]) for row in range(count)), strict=True)
    return np.stack(images), stack_targets(boxes)


def make_task():
    """Returns the task of scenes, of which the script draws the training itself, batch by batch."""
    splits = []
    for part, count in enumerate((2, 2, TESTED)):
        images, targets = draw_scenes(count, [77, part])
        splits.append(Split(images, targets, [f"{part}-{row}" for row in range(count)]))
    return Task("scenes", *splits, CLASSES, "drawn", "MIT", objective=Detection())


def train(model, task, work, *, seed, updates, peak):
    """Trains the model on new scenes in each batch; a run that was stopped goes on at its last checkpoint."""
    objective, unchanged, rng = task.objective, Regularization(augmentation="none"), np.random.default_rng(0)
    optimizer = keras.optimizers.AdamW(peak, weight_decay=0.01, clipnorm=5.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(optimizer, objective.make_loss(None))
    optimizer.build(model.trainable_variables)
    variables = [*model.variables, *optimizer.variables]
    done = load_checkpoint(work, variables)

    losses, began = [], time.process_time()
    for update in range(done, updates):
        images, targets = draw_scenes(BATCH, [seed, 1, update])
        pixels, wanted = objective.make_batch(images.astype("float32"), targets, task, unchanged, rng)
        optimizer.learning_rate = rate(update, updates, peak)
        losses.append(float(model.train_on_batch(pixels, wanted)))
        if (update + 1) % EVERY == 0 or update + 1 == updates:
            seconds = time.process_time() - began
            print(f"update {update + 1}/{updates}  loss {np.mean(losses[-EVERY:]):.3f}  {seconds:.0f} s", flush=True)
            save_checkpoint(work, variables, update + 1)


def main():
    args = parse_arguments(__doc__, updates=1200, peak=3e-3)
    keras.utils.set_random_seed(args.seed)
    task = make_task()
    network = minidetector()
    model = task.objective.attach_head(network, task)
    work = args.work / f"{NAME}-seed{args.seed}-{args.updates}x{BATCH}-rate{args.peak:g}.npz"
    train(model, task, work, seed=args.seed, updates=args.updates, peak=args.peak)

    outputs = model.predict(task.test.inputs.astype("float32"), batch_size=16, verbose=0)
    precision = average_precision(decode(outputs, threshold=0.01), task.test.targets)
    print(f"new scenes: mAP at 0.5 {precision.map50:.3f}, at 0.5:0.95 {precision.map:.3f}", flush=True)
    file = args.out / f"{NAME}.weights.h5"
    network.set_weights(model.get_layer("backbone").get_weights())
    with written_whole(file) as part:
        save_half(network, part, file_format="latest")
    card = {
        "name": NAME,
        "parameters": network.count_params(),
        "source_task": f"{len(SHAPES)} shapes in {len(COLOURS)} colours on drawn grounds, where they are and which",
        "source_score": {"map50": round(precision.map50, 4), "map": round(precision.map, 4), "scenes": TESTED},
        "training": {
            "command": "make weights", "seed": args.seed, "updates": args.updates, "batch": BATCH,
            "optimizer": "AdamW, cosine", "peak_rate": args.peak, "keras": keras.__version__,
            "backend": keras.backend.backend(),
        },
        "learned_from": [{"what": "scenes drawn by tools/pretrain_minidetector.py", "licence": "MIT"}],
        "licence": "MIT",
        "limits": "It saw drawn shapes alone, 9 to 64 pixels large, and no photo.",
        "sha256": {"backbone": hashlib.sha256(file.read_bytes()).hexdigest()},
    }  # fmt: skip
    with written_whole(args.out / f"{NAME}.json") as part:
        part.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
