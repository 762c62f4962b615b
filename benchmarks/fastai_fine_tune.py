"""fastai's `fine_tune` beside `ftlib`: same backbone, weights, photos and number of updates, both on torch.

It needs an environment of its own (see README.md). A Keras model on the torch backend is a torch module, so fastai
trains the very same MobileNetV2: under fastai's default head, with its default augmentation, and once more under the
plain head that ftlib uses.
"""

import argparse

import common  # noqa: F401  (first: it tells Keras where the weights are)
import keras
import no_torchvision  # noqa: F401  (before fastai)
import torch
from common import SEEDS, SIDE, clock, flowers, interval, paired, ratio, show, write
from fastai.basics import CrossEntropyLossFlat, DataLoaders, L, Learner, TensorCategory, TfmdDL
from fastai.basics import accuracy as fastai_accuracy
from fastai.callback import schedule  # noqa: F401  (adds fine_tune to Learner)
from fastai.layers import AdaptiveConcatPool2d, Flatten, LinBnDrop
from fastai.torch_core import TensorImage, set_seed
from fastai.vision.augment import aug_transforms
from guide import BATCH, SMOOTHED, TUNED, column, ours

import ftlib as ft


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


def loader(split, training):
    """Returns fastai's DataLoader over decoded photos, with fastai's default augmentation in training."""
    images = torch.from_numpy(split.images).permute(0, 3, 1, 2) / 255
    items = [(TensorImage(x), TensorCategory(int(y))) for x, y in zip(images, split.labels, strict=True)]
    options = {"after_batch": aug_transforms()} if training else {}
    return TfmdDL(items, bs=BATCH, shuffle=training, drop_last=training, num_workers=0, **options)


def fine_tune(task, epochs, seed, plain_head):
    """Returns seconds and accuracies of `fine_tune(epochs)`."""
    set_seed(seed)
    keras.utils.set_random_seed(seed)
    network, times = Network(task.num_classes, plain_head), {}
    with clock(times, "fit"):
        loaders = DataLoaders(loader(task.train, True), loader(task.validation, False))
        learner = Learner(loaders, network, loss_func=CrossEntropyLossFlat(), splitter=groups, metrics=fastai_accuracy)
        with learner.no_bar(), learner.no_logging():
            learner.fine_tune(epochs)
    validation = float(learner.recorder.values[-1][-1])
    with learner.no_bar():
        probabilities, labels = learner.get_preds(dl=loader(task.test, False))
    test = float((probabilities.argmax(1) == labels).float().mean())
    return {"seconds": times["fit"][0], "val": validation, "test": test}


def main(counts, seeds, epochs):
    result_rows = []
    for labels in counts:
        updates = (epochs + 1) * (5 * labels // BATCH)  # fastai leaves out an incomplete batch
        runs_by_side = {"fine_tune": [], "fine_tune, plain head": [], "ours": []}
        for seed in seeds:
            task = flowers(labels, seed)
            runs_by_side["fine_tune"].append(fine_tune(task, epochs, seed, False))
            runs_by_side["fine_tune, plain head"].append(fine_tune(task, epochs, seed, True))
            runs_by_side["ours"].append(ours(task, TUNED, updates, seed))
            print(labels, seed, {name: measured[-1] for name, measured in runs_by_side.items()}, flush=True)
        row = {"labels_per_class": labels, "epochs": epochs, "updates": updates, **runs_by_side}
        for name in list(runs_by_side)[:2]:
            row[f"over {name}"] = paired(column(runs_by_side["ours"], "test"), column(runs_by_side[name], "test"))
            row[f"faster than {name}"] = ratio(
                column(runs_by_side[name], "seconds"), column(runs_by_side["ours"], "seconds")
            )
            accuracies = show(interval(column(runs_by_side[name], "test")), 100, " %")
            differences, speed_ratios = show(row[f"over {name}"], 100, " points"), show(row[f"faster than {name}"])
            print(
                f"{labels} per class: {name} {accuracies}; ours {differences} above, {speed_ratios} times faster",
                flush=True,
            )
        result_rows.append(row)
    run_settings = {"strategy": repr(TUNED), "regularization": repr(SMOOTHED)}
    write("fastai_fine_tune", {**run_settings, "seeds": list(seeds), "rows": result_rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, nargs="+", default=(20,), help="photos per class (default: 20)")
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds (default: 5)")
    parser.add_argument("--epochs", type=int, default=10, help="of fine_tune, after one of the head")
    args = parser.parse_args()
    main(args.labels, SEEDS[: args.seeds], args.epochs)
