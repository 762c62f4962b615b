"""fastai's `fine_tune` beside `ftlib`: same backbone, weights, photos and number of updates, both on torch.

It needs an environment of its own (see README.md). A Keras model on the torch backend is a torch module, so fastai
trains the very same MobileNetV2: under fastai's default head, with its default augmentation, and once more under the
plain head that ftlib uses.
"""

import argparse
import json

import common  # noqa: F401  (first: it tells Keras where the weights are)
import keras
import no_torchvision  # noqa: F401  (before fastai)
import torch
from common import HERE, SEEDS, SIDE, blood_cells, clock, flowers, paired, ratio, write
from fastai.basics import CrossEntropyLossFlat, DataLoaders, L, Learner, TensorCategory, TfmdDL
from fastai.basics import accuracy as fastai_accuracy
from fastai.callback import schedule  # noqa: F401  (adds fine_tune to Learner)
from fastai.layers import AdaptiveConcatPool2d, Flatten, LinBnDrop
from fastai.torch_core import TensorImage, set_seed
from fastai.vision.augment import aug_transforms
from guide import BATCH, SMOOTHED, TUNED, column, ours

import ftlib as ft

DATA = {"flowers": flowers, "blood cells": blood_cells}
RECORD = HERE / "results" / "fastai_fine_tune.json"


class Network(torch.nn.Module):
    """MobileNetV2 by Keras under a head of torch; takes fastai's images, channels first, 0 to 1."""

    def __init__(self, classes, plain_head):
        super().__init__()
        self.body = ft.load_backbone("MobileNetV2", image_size=SIDE)
        for layer in self.body._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False
        size = self.body.output_shape[-1]
        if plain_head:
            pool, last = torch.nn.AdaptiveAvgPool2d(1), [torch.nn.Linear(size, classes)]
        else:  # what vision_learner puts on a body by default
            pool = AdaptiveConcatPool2d()
            first = LinBnDrop(2 * size, 512, p=0.25, act=torch.nn.ReLU(inplace=True))
            last = [first, LinBnDrop(512, classes, p=0.5)]
        self.head = torch.nn.Sequential(pool, Flatten(), *last)

    def forward(self, images):
        x = images.as_subclass(torch.Tensor).permute(0, 2, 3, 1) * 255
        return self.head(self.body(x, training=self.training).permute(0, 3, 1, 2))


def groups(network):
    """Splits what may train into fastai's three groups: the first stages, the last two, the head."""
    found = ft.stages(network.body)
    parts = found[:-2], found[-2:]
    lists = [[v.value for s in part for layer in s.layers for v in layer.trainable_variables] for part in parts]
    return L(*[L(*one) for one in lists], L(*network.head.parameters()))


def loader(split, batch_size, training):
    """Returns fastai's DataLoader over decoded photos, with fastai's default augmentation in training."""
    images = torch.from_numpy(split.images).permute(0, 3, 1, 2) / 255
    items = [(TensorImage(x), TensorCategory(int(y))) for x, y in zip(images, split.labels, strict=True)]
    options = {"after_batch": aug_transforms()} if training else {}
    return TfmdDL(items, bs=batch_size, shuffle=training, drop_last=training, num_workers=0, **options)


def fine_tune(task, epochs, seed, batch_size, plain_head):
    """Returns seconds and accuracies of `fine_tune(epochs)`."""
    set_seed(seed)
    keras.utils.set_random_seed(seed)
    network, times = Network(task.num_classes, plain_head), {}
    with clock(times, "fit"):
        loaders = DataLoaders(loader(task.train, batch_size, True), loader(task.validation, batch_size, False))
        learner = Learner(loaders, network, loss_func=CrossEntropyLossFlat(), splitter=groups, metrics=fastai_accuracy)
        with learner.no_bar(), learner.no_logging():
            learner.fine_tune(epochs)
    validation = float(learner.recorder.values[-1][-1])
    with learner.no_bar():
        probabilities, labels = learner.get_preds(dl=loader(task.test, batch_size, False))
    test = float((probabilities.argmax(1) == labels).float().mean())
    return {"seconds": times["fit"][0], "val": validation, "test": test}


def compare_on(data_name, labels, seeds, epochs, plain_head):
    """Trains all sides with the same seeds, goes on where the record ends, and writes it after each seed.

    Args:
        data_name: One of `DATA`.
        labels: Photos per class.
        seeds: Each draws other photos and another start.
        epochs: Of `fine_tune`, after one of the head.
        plain_head: Whether fastai trains once more, under the head that ftlib uses.
    """
    sides = ["fine_tune", *(["fine_tune, plain head"] if plain_head else []), "ours"]
    keys = {"data": data_name, "side": SIDE, "labels_per_class": labels, "epochs": epochs}
    row = next((row for row in recorded_rows() if keys.items() <= row.items() and set(sides) <= set(row)), keys)
    runs_by_side = {side: row.get(side, []) for side in sides}
    for seed in seeds[len(runs_by_side["ours"]) :]:
        task = DATA[data_name](labels, seed)
        batch_size = largest_batch_size(len(task.train))
        updates = (epochs + 1) * (len(task.train) // batch_size)  # fastai leaves out an incomplete batch
        for side in sides[:-1]:
            runs_by_side[side].append(fine_tune(task, epochs, seed, batch_size, plain_head=side != "fine_tune"))
        runs_by_side["ours"].append(ours(task, TUNED, updates, seed, batch_size=batch_size))
        print(data_name, labels, seed, {name: measured[-1] for name, measured in runs_by_side.items()}, flush=True)

        row = {**keys, "batch_size": batch_size, "updates": updates, **runs_by_side}
        for side in sides[:-1]:
            row[f"over {side}"] = paired(column(runs_by_side["ours"], "test"), column(runs_by_side[side], "test"))
            seconds = (column(runs_by_side[name], "seconds") for name in (side, "ours"))
            row[f"faster than {side}"] = ratio(*seconds)
        other_rows = [other for other in recorded_rows() if not keys.items() <= other.items()]
        write(
            "fastai_fine_tune", {"strategy": repr(TUNED), "regularization": repr(SMOOTHED), "rows": [*other_rows, row]}
        )


def recorded_rows():
    return json.loads(RECORD.read_text())["rows"] if RECORD.exists() else []


def largest_batch_size(photo_count):
    """Returns 32, or less where an epoch would not have three batches: fastai takes whole ones only."""
    return max(size for size in (4, 8, 16, BATCH) if size == 4 or 3 * size <= photo_count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=list(DATA), choices=list(DATA), help="(default: all)")
    parser.add_argument("--labels", type=int, nargs="+", default=(20,), help="photos per class (default: 20)")
    parser.add_argument("--seeds", type=int, default=10, help="number of seeds (default: 10)")
    parser.add_argument("--epochs", type=int, default=10, help="of fine_tune, after one of the head")
    parser.add_argument("--plain-head", action="store_true", help="fastai also under the head that ftlib uses")
    args = parser.parse_args()
    for data_name in args.data:
        for labels in args.labels:
            compare_on(data_name, labels, SEEDS[: args.seeds], args.epochs, args.plain_head)
