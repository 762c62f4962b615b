"""Pre-trains `minigenerator`, a small network that draws letters, and writes what `ftlib` ships: `make weights`.

It learns by flow matching to draw letters out of noise. Half of each batch are Latin letters, whose class is told, and
half letters of all alphabets, untold: so it sees many shapes, and has few classes. No digit is among them. Every update
draws new letters from (seed, update); a run that was stopped goes on at its last checkpoint. On one core it takes about
ten minutes.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import time

import h5py
import keras
import numpy as np
from pretraining import load_checkpoint, parse_arguments, rate, save_checkpoint, save_half

from ftlib.files import written_whole
from ftlib.models.minigenerator import CLASS_CHANNELS, FREE_CLASSES, IMAGE_SIZE, LETTERS, NAME, minigenerator
from ftlib.objectives.denoising import Denoising
from ftlib.strategies.regularization import Regularization
from ftlib.tasks.glyphs import alphabet, load, render
from ftlib.tasks.resizing import fit_images
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

BATCH = 64
EVERY = 200  # updates between two checkpoints
DRAWN_AT_ONCE = 200  # updates whose letters are drawn together
UNTOLD = 0.5  # share of letters of all alphabets, whose class is not told
OBJECTIVE = Denoising(conditional=True, class_channels=CLASS_CHANNELS)


class Letters:
    """Letters for each update, drawn for many updates at once, since the rare ones are kept until there are enough.

    Args:
        seed: Integer.
    """

    def __init__(self, seed: int):
        self.seed = seed
        self.drawn_for = -1
        self.told: tuple[np.ndarray, np.ndarray] = (np.zeros(0), np.zeros(0))
        self.untold = np.zeros(0)

    def of(self, update: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Returns pixels `(64, 16, 16, 1)`, channels of classes `(64,)`, and how many of the first are told."""
        block, place = divmod(update, DRAWN_AT_ONCE)
        if block != self.drawn_for:
            self._draw(block)
        untold_count = round(UNTOLD * BATCH)
        told_count = BATCH - untold_count
        told = slice(place * told_count, (place + 1) * told_count)
        untold = slice(place * untold_count, (place + 1) * untold_count)
        images = np.concatenate([self.told[0][told], self.untold[untold]])
        channels = np.concatenate([FREE_CLASSES + self.told[1][told], np.zeros(untold_count, "int64")])
        return images, channels, told_count

    def _draw(self, block):
        untold_count = DRAWN_AT_ONCE * round(UNTOLD * BATCH)
        told_count = DRAWN_AT_ONCE * BATCH - untold_count
        self.untold = fit_images(render(untold_count, [self.seed, 1, block])[0], (IMAGE_SIZE, IMAGE_SIZE), 1)
        images, labels = draw_letters(told_count, [self.seed, 2, block])
        self.told = fit_images(images, (IMAGE_SIZE, IMAGE_SIZE), 1), labels
        self.drawn_for = block


def draw_letters(count: int, seed: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Returns images and labels of the classes with a name of their own, which come first in the alphabet."""
    from ftlib.tasks import glyphs

    rng = np.random.default_rng(seed)
    maps, map_labels = glyphs._load_strokes()
    labels = rng.permutation(np.arange(count) % LETTERS)
    firsts = np.searchsorted(map_labels, np.arange(LETTERS + 1))
    forms = firsts[labels] + (rng.random(count) * (firsts[labels + 1] - firsts[labels])).astype("int64")
    chunks = [glyphs.draw(maps[forms[begin : begin + 512]], rng) for begin in range(0, count, 512)]
    return np.concatenate(chunks), labels


def make_task() -> Task:
    """Returns a task of letters that are not trained on; its classes are the channels of the network."""
    drawings = load()
    parts = {}
    for part in ("validation", "test"):
        split = drawings.splits[part]
        rows = np.flatnonzero(split.labels < LETTERS)
        images = fit_images(np.asarray(split.images)[rows], (IMAGE_SIZE, IMAGE_SIZE), 1)
        parts[part] = Split(images, FREE_CLASSES + split.labels[rows], split.ids[rows])
    names = tuple(f"free {seat}" for seat in range(FREE_CLASSES)) + letter_names()
    # The script draws what is learnt from itself; without a condition the task does not ask for images of free seats.
    train = Split(
        parts["validation"].images, parts["validation"].labels, [f"train-{row}" for row in parts["validation"].ids]
    )
    return Task("letters", train, parts["validation"], parts["test"], names, "drawn", "MIT", objective=Denoising())


def letter_names() -> tuple[str, ...]:
    """Returns the letters that have a channel each."""
    names = tuple(forms[0] for forms in alphabet()[:LETTERS])
    assert all(name.isascii() for name in names) and not alphabet()[LETTERS][0].isascii()
    return names


def train(model: keras.Model, task: Task, work: pathlib.Path, *, seed: int, updates: int, peak: float) -> None:
    """Trains the model on new letters in each batch; a run that was stopped goes on at its last checkpoint."""
    unchanged, letters = Regularization(augmentation="none"), Letters(seed)
    optimizer = keras.optimizers.AdamW(peak, weight_decay=0.01, clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(optimizer, OBJECTIVE.make_loss(unchanged))
    optimizer.build(model.trainable_variables)
    variables = [*model.variables, *optimizer.variables]
    done = load_checkpoint(work, variables)

    losses, began = [], time.process_time()
    for update in range(done, updates):
        images, channels, told_count = letters.of(update)
        rng = np.random.default_rng([seed, 3, update])
        order = rng.permutation(BATCH)  # the times of a batch rise with the row
        stacks, velocities = OBJECTIVE.make_batch(images[order], channels[order], task, unchanged, rng)
        stacks[order >= told_count, ..., 2:] = 0
        optimizer.learning_rate = rate(update, updates, peak)
        losses.append(float(model.train_on_batch(stacks, velocities)))
        if (update + 1) % EVERY == 0 or update + 1 == updates:
            seconds = time.process_time() - began
            print(f"update {update + 1}/{updates}  loss {np.mean(losses[-EVERY:]):.4f}  {seconds:.0f} s", flush=True)
            save_checkpoint(work, variables, update + 1)


def empty_free_seats(model: keras.Model) -> None:
    """Sets what blocks make of the free class channels to nothing: untrained, they would be noise."""
    for layer in model.get_layer("backbone").layers:
        if layer.name.endswith("_condition"):
            kernel, bias = layer.get_weights()
            kernel[-CLASS_CHANNELS : -CLASS_CHANNELS + FREE_CLASSES] = 0
            layer.set_weights([kernel, bias])


def explained(model: keras.Model, task: Task) -> float:
    """Returns what the model explains of the velocities of letters that it has not seen."""
    split = OBJECTIVE.for_evaluation(task.test)
    outputs = np.asarray(model.predict(split.inputs[np.arange(len(split.inputs))], batch_size=256, verbose=0))
    return OBJECTIVE.score(OBJECTIVE.reduce_outputs(outputs, split.targets), split.targets)["explained"]


def main() -> None:
    args = parse_arguments(__doc__, updates=9000, peak=3e-3)
    keras.utils.set_random_seed(args.seed)
    task = make_task()
    network = minigenerator()
    model = OBJECTIVE.attach_head(network, task)
    work = args.work / f"{NAME}-seed{args.seed}-{args.updates}x{BATCH}-rate{args.peak:g}.npz"
    train(model, task, work, seed=args.seed, updates=args.updates, peak=args.peak)

    score = explained(model, task)
    print(f"new letters: {100 * score:.1f} % of the velocity explained", flush=True)
    empty_free_seats(model)
    network.set_weights(model.get_layer("backbone").get_weights())
    files = {"backbone": args.out / f"{NAME}.weights.h5", "head": args.out / f"{NAME}-head.weights.h5"}
    with written_whole(files["backbone"]) as part:
        save_half(network, part, file_format="latest")
    with written_whole(files["head"]) as part, h5py.File(part, "w") as file:
        for name, array in zip(("kernel", "bias"), model.get_layer("velocity").get_weights(), strict=True):
            file.create_dataset(name, data=array.astype("float16"))
    card = {
        "name": NAME,
        "parameters": network.count_params(),
        "source_task": f"drawing {LETTERS} Latin letters by name and letters of all alphabets untold, no digits",
        "source_score": {"explained": round(score, 4)},
        "training": {
            "command": "make weights", "seed": args.seed, "updates": args.updates, "batch": BATCH,
            "optimizer": "AdamW, cosine", "peak_rate": args.peak, "keras": keras.__version__,
            "backend": keras.backend.backend(),
        },
        "learned_from": [
            {"what": "letters of the DejaVu, STIX and Computer Modern fonts of Matplotlib, drawn with a pen",
             "licence": "free fonts (Bitstream Vera/DejaVu, SIL OFL, Knuth)"},
        ],
        "classes": letter_names(),
        "licence": "MIT",
        "limits": "Grey images of 16 by 16 pixels with bright strokes on black. Draws strokes, no photos.",
        "sha256": {part: hashlib.sha256(path.read_bytes()).hexdigest() for part, path in files.items()},
    }  # fmt: skip
    with written_whole(args.out / f"{NAME}.json") as part:
        part.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
