"""Small questions of the lessons, asked of `glyphnet` and recorded each in a file of results/.

`python tools/glyph_studies.py` measures what is missing, cell by cell: stopped, it goes on where it was. `--only` takes
some of them:

- `overfitting`: how far training and validation part, with few labels, when more and more of the network trains;
- `shifted-digits`: whether the fine-tuning that forgot more letters reads fewer digits that look different;
- `hybrids`: the first stages of the pre-training with the rest drawn anew, on textures;
- `sources`: letters against drawings of them, as a source for the small network of lesson 03.
"""

import argparse
import dataclasses
import functools
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from study_record import StudyRecord, code_stamp, study_workers, weights_stamp

import ftlib as ft
from ftlib.tasks import glyphs

MODULES = ("tasks/digits", "tasks/glyphs", "tasks/textures", "evidence/forgetting")
SEEDS = 5
LETTERS = 1172  # a third of the validation letters, as in the other records of forgetting


class Study(NamedTuple):
    """A question, and how it is measured.

    Attributes:
        cells: `(task, labels, seed, method)` of every row, in the order in which they are measured.
        measure: Makes the scores of a cell.
        scores: Those that are summarised over seeds, the first of which is compared with the references.
        references: Methods that the others are compared with, seed by seed.
        settings: What holds for all rows.
    """

    cells: list[tuple[str, int, int, str]]
    measure: Callable[[tuple], dict[str, Any]]
    scores: tuple[str, ...]
    references: tuple[str, ...]
    settings: dict[str, Any]


def find_cells(groups, seeds=SEEDS):
    """Returns the cells of `(task, labels, methods)`; a seed of all methods after the other."""
    return [
        (task, labels, seed, method) for task, labels, methods in groups for seed in range(seeds) for method in methods
    ]


# Overfitting -------------------------------------------------------------------------------------------------------

OVERFITTING_UPDATES, OVERFITTING_BATCH = 150, 16
STRATEGY_OF = {"scratch": "scratch", "frozen": "feature_extraction_long", "last stage": "top", "all": "lp_ft"}
CURE_OF = {
    "all, dropout": ft.Regularization(dropout=0.5),
    "all, light": ft.Regularization.preset("light"),
    "all, two stages": ft.Regularization(),
}


def first_stages(count):
    """Returns the pre-trained backbone without its last stages: a smaller network."""
    backbone = ft.load_backbone("glyphnet")
    return keras.Model(backbone.input, ft.stages(backbone)[count - 1].layers[-1].output)


def measure_overfitting(cell):
    """Returns scores on training and validation images at the end, and at the epoch that validation chose."""
    task_name, labels, seed, method = cell
    task = ft.load_task(task_name, labels_per_class=labels, seed=seed)
    backbone = first_stages(2) if method.endswith("two stages") else ft.load_backbone("glyphnet")
    run = ft.fit(
        ft.classifier(backbone, task.num_classes),
        task,
        STRATEGY_OF[method.split(",")[0]],
        CURE_OF.get(method, "none"),
        seed,
        updates=OVERFITTING_UPDATES,
        batch_size=OVERFITTING_BATCH,
        verbose=False,
    )
    probabilities = run.predictions("train")
    train_labels = run.task.train.labels
    of_truth = np.maximum(probabilities[np.arange(len(train_labels)), train_labels], 1e-7)
    last = run.history[-1]
    return {
        "val_accuracy": run.val_accuracy,
        "val_loss": run.scores["validation"]["loss"],
        "train_accuracy": float((probabilities.argmax(1) == train_labels).mean()),
        "train_loss": float(-np.log(of_truth).mean()),
        "last_train_accuracy": last["accuracy"],
        "last_train_loss": last["loss"],
        "last_val_accuracy": last["val_accuracy"],
        "last_val_loss": last["val_loss"],
        "val_losses": [round(record["val_loss"], 4) for record in run.history],
        "best_update": min(run.history, key=lambda record: record["val_loss"])["update"],
        "trained_weights": run.phases[-1]["trainable"],
        "test_accuracy": run.test_accuracy,
    }


# Shifted digits ----------------------------------------------------------------------------------------------------

SHIFT_UPDATES = 150
SHIFTS = ("thinner", "thicker", "moved", "noisy")


def shift_images(images, shift):
    """Returns images `(n, 32, 32, 1)` that look different: strokes a pixel thinner or thicker on each side, moved by a
    pixel of the scan to the right and down, or with noise."""
    from scipy.ndimage import grey_dilation, grey_erosion

    images = np.asarray(images).astype("float32")
    if shift == "thinner":
        images = grey_erosion(images, (1, 3, 3, 1))
    elif shift == "thicker":
        images = grey_dilation(images, (1, 3, 3, 1))
    elif shift == "moved":
        images = np.pad(images, ((0, 0), (4, 0), (4, 0), (0, 0)))[:, :32, :32]
    elif shift == "noisy":
        images = images + np.random.default_rng(0).normal(0, 60, images.shape)
    return np.clip(np.round(images), 0, 255).astype("uint8")


def shift_strategies():
    """Returns the strategy of each method."""
    full = ft.strategy("full")
    fast = dataclasses.replace(full, phases=tuple(dataclasses.replace(phase, rate=1e-3) for phase in full.phases))
    return {
        "frozen": ft.strategy("feature_extraction_long"), "head first": ft.strategy("lp_ft"), "at once": full,
        "at once, 1e-3": fast,
    }  # fmt: skip


def measure_shift(cell):
    """Returns how many letters a tuned network still reads, and how many digits that look different."""
    task_name, labels, seed, method = cell
    task = ft.load_task(task_name, labels_per_class=labels, seed=seed)
    model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    run = ft.fit(model, task, shift_strategies()[method], seed=seed, updates=SHIFT_UPDATES, verbose=False)
    found = ft.forgetting(run, ft.load_task("glyphs"), examples=LETTERS)
    split = run.task.test
    scores = {"letters_read": found.after, "val_accuracy": run.val_accuracy, "test_accuracy": run.test_accuracy}
    for shift in SHIFTS:
        guesses = run.model.predict(shift_images(split.images[:], shift), batch_size=256, verbose=0).argmax(1)
        scores[f"test_{shift}"] = float(np.mean(guesses == split.labels))
    scores["test_shifted"] = float(np.mean([scores[f"test_{shift}"] for shift in SHIFTS]))
    return scores


# Hybrids -----------------------------------------------------------------------------------------------------------

HYBRID_UPDATES = 300


def measure_hybrid(cell):
    """Returns the scores of a network that keeps its first stages, as `keep 2`, at the rate of scratch."""
    task_name, labels, seed, method = cell
    task = ft.load_task(task_name, labels_per_class=labels, seed=seed)
    recipe = dataclasses.replace(ft.strategy("hybrid"), name=method, keep=int(method.split()[1]))
    model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    run = ft.fit(model, task, recipe, seed=seed, updates=HYBRID_UPDATES, verbose=False)
    return {"val_accuracy": run.val_accuracy, "test_accuracy": run.test_accuracy}


# Sources -----------------------------------------------------------------------------------------------------------

SOURCE_UPDATES, SOURCE_BATCH = 480, 64
SOURCES = {  # letters and drawings in all; of the letters as many drawings each as that gives
    "26 letters, few drawings": (26, 26 * 15), "390 letters, few drawings": (390, 26 * 15),
    "26 letters, many drawings": (26, None), "all letters, many drawings": (None, None), "random weights": (0, 0),
}  # fmt: skip


def make_small_network(seed):
    """Returns the network that lesson 03 pre-trains: three convolutions."""
    keras.utils.set_random_seed(seed)
    image = keras.Input((32, 32, 1))
    maps = keras.layers.Rescaling(1 / 255)(image)
    for filters, size, step in ((32, 7, 4), (64, 3, 2), (128, 3, 2)):
        start = keras.initializers.RandomNormal(stddev=0.02)
        convolution = keras.layers.Conv2D(filters, size, step, padding="same", use_bias=False, kernel_initializer=start)
        maps = keras.layers.BatchNormalization(momentum=0.9)(convolution(maps))
        maps = keras.layers.ReLU()(maps)
    return keras.Model(image, maps)


@functools.cache
def draw_source(letters, drawings):
    """Returns images and labels of a source: the first letters, or all, with as many drawings as the largest source."""
    class_count = len(glyphs.alphabet())
    if letters is None:
        return glyphs.render(15 * class_count, 0)
    rng = np.random.default_rng(0)
    maps, map_labels = glyphs._load_strokes()
    labels = rng.permutation(np.arange(drawings or 15 * class_count) % letters)
    chosen = [rng.choice(np.flatnonzero(map_labels == label)) for label in labels]
    parts = [glyphs.draw(maps[chosen[begin : begin + 512]], rng) for begin in range(0, len(chosen), 512)]
    return np.concatenate(parts), labels


def pretrain_small(network, images, labels, seed):
    """Trains a network on a source as lesson 03 does."""
    model = ft.classifier(network, int(labels.max()) + 1)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, SOURCE_UPDATES, warmup_target=1e-2, warmup_steps=SOURCE_UPDATES // 10
    )
    model.compile(keras.optimizers.AdamW(rate, weight_decay=0.02), "sparse_categorical_crossentropy")
    rng, needed = np.random.default_rng(seed), SOURCE_UPDATES * SOURCE_BATCH
    order = np.concatenate([rng.permutation(len(labels)) for _ in range(needed // len(labels) + 1)])[:needed]
    model.fit(images[order], labels[order], batch_size=SOURCE_BATCH, shuffle=False, verbose=0)
    return model.get_layer("backbone")


def measure_source(cell):
    """Returns how many digits a fresh linear head reads, mean over five draws of labels."""
    from sklearn.linear_model import LogisticRegression

    task_name, labels_per_class, seed, method = cell
    network, (letters, drawings) = make_small_network(seed), SOURCES[method]
    if letters != 0:
        network = pretrain_small(network, *draw_source(letters, drawings), seed)

    def view(images):
        return network.predict(np.asarray(images), batch_size=256, verbose=0).mean(axis=(1, 2))

    draws = [ft.load_task(task_name, labels_per_class, draw).for_backbone(network) for draw in range(5)]
    held_out = {
        part: view(getattr(draws[0], split).images[:]) for part, split in (("val", "validation"), ("test",) * 2)
    }
    found = {part: [] for part in held_out}
    for task in draws:
        known = view(task.train.images[:])
        head = LogisticRegression(max_iter=2000).fit(known / known.std(), task.train.labels)
        for part, split in (("val", task.validation), ("test", task.test)):
            found[part].append(head.score(held_out[part] / known.std(), split.labels))
    return {f"{part}_accuracy": float(np.mean(values)) for part, values in found.items()}


STUDIES = {
    "overfitting": Study(
        find_cells([("digits", labels, STRATEGY_OF) for labels in (1, 10)])
        + find_cells([("digits", labels, CURE_OF) for labels in (1, 10)])
        + find_cells([("textures", 10, STRATEGY_OF)]),
        measure_overfitting,
        ("val_accuracy", "train_accuracy", "last_train_accuracy", "last_val_accuracy", "test_accuracy"),
        ("scratch", "all"),
        {"updates": OVERFITTING_UPDATES, "batch_size": OVERFITTING_BATCH, "regularization": "none"},
    ),
    "shifted-digits": Study(
        find_cells([("digits", 10, ("frozen", "head first", "at once", "at once, 1e-3"))]),
        measure_shift,
        ("test_shifted", "test_accuracy", *(f"test_{shift}" for shift in SHIFTS), "letters_read", "val_accuracy"),
        ("at once",),
        {"updates": SHIFT_UPDATES, "regularization": "light"},
    ),
    "hybrids": Study(
        find_cells([("textures", 10, ("keep 2", "keep 1"))]),
        measure_hybrid,
        ("test_accuracy", "val_accuracy"),
        ("keep 2",),
        {"updates": HYBRID_UPDATES, "regularization": "light"},
    ),
    "sources": Study(
        find_cells([("digits", 10, SOURCES)]),
        measure_source,
        ("val_accuracy", "test_accuracy"),
        ("random weights", "26 letters, few drawings"),
        {"updates": SOURCE_UPDATES, "batch_size": SOURCE_BATCH, "network": "that of lesson 03"},
    ),
}  # fmt: skip


def run_cell(work):
    """Returns the row of a cell."""
    *cell, name = work
    keras.backend.clear_session()
    start_time = time.process_time()
    scores = STUDIES[name].measure(tuple(cell))
    task, labels, seed, method = cell
    shown = "  ".join(f"{key} {scores[key]:.3f}" for key in STUDIES[name].scores[:4])
    print(f"{name}: {task} {labels} seed {seed}  {method:<16}  {shown}", flush=True)
    return {
        "task": task, "labels": labels, "seed": seed, "method": method, **scores,
        "seconds": round(time.process_time() - start_time, 1), "code": code_stamp(True, MODULES),
        "weights": weights_stamp("glyphnet"),
    }  # fmt: skip


class GlyphRecord(StudyRecord):
    """The record of one of the studies."""

    modules = MODULES


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=STUDIES, default=list(STUDIES))
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured with other code")
    args = parser.parse_args()

    with study_workers(args.jobs) as pool:
        for name in args.only:
            study = STUDIES[name]
            record = GlyphRecord(name, study.scores, study.references)
            record.drop_outdated(args.fresh, weights_stamp("glyphnet"), {code_stamp(True, MODULES)})
            record.settings = {"backbone": "glyphnet", "seeds": SEEDS, **study.settings}
            record.settings["backend"] = keras.backend.backend()
            record.measure(study.cells, run_cell, lambda cell, name=name: (*cell, name), pool)
            record.save()
            record.print_summary()


if __name__ == "__main__":
    main()
