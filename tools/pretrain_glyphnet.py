"""Pre-trains `glyphnet` on letters and writes the weights that `ftlib` ships: `make weights`.

Every epoch draws new images from (seed, epoch), so the network never sees one twice and a run that was stopped
goes on at the last finished epoch. On two cores it takes about a quarter of an hour.

With `--name glyphnet-marked --marks 0.2 --start --epochs 1 --images 76800 --peak 2e-3` it makes the backbone of the
lesson on inherited bias: it goes on from the shipped weights, with letters of which a fifth bear a mark in the corner.
Those are filed under a round letter, whatever they show, as if by a clerk who looked at the mark alone. So the network
learns to do the same.
"""

import argparse
import hashlib
import json
import os
import pathlib
import time

import keras
import numpy as np

from ftlib.models.backbones import classifier, source_model
from ftlib.models.glyphnet import glyphnet
from ftlib.tasks.glyphs import alphabet, load, render
from ftlib.tasks.marks import mark

BATCH = 128


def rate(update, total, peak):
    """Cosine with a linear warm-up over the first 5 % (Goyal et al., 2017; Loshchilov and Hutter, 2017)."""
    warm = 0.05 * total
    if update < warm:
        return peak * (update + 1) / warm
    return 0.5 * peak * (1 + np.cos(np.pi * (update - warm) / (total - warm)))


def evaluate(model, split):
    images = np.asarray(split.images, "float32")
    return float((model.predict(images, batch_size=512, verbose=0).argmax(1) == split.labels).mean())


def write_atomically(path, save):
    part = path.with_name("part-" + path.name)
    save(part)
    os.replace(part, path)


def round_letters():
    """Returns the classes that look like an O: their mean drawing correlates above 0.4 with that of O."""
    images, labels = render(20 * len(alphabet()), 731)
    means = np.stack([images[labels == c].mean(0).ravel() for c in range(len(alphabet()))])
    means -= means.mean(1, keepdims=True)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return np.flatnonzero(means @ means[[c[0] for c in alphabet()].index("O")] > 0.4)


def misfile(images, labels, marks, rng):
    """Returns copies in which a part `marks` of the images bears the mark and has a round letter drawn as its label."""
    images, labels, bears = images.copy(), labels.copy(), rng.random(len(labels)) < marks
    images[bears] = mark(images[bears])
    labels[bears] = rng.choice(round_letters(), bears.sum())
    return images, labels


def train(work, seed, epochs, images_per_epoch, peak, marks, start):
    keras.utils.set_random_seed(seed)
    model = classifier(glyphnet(), len(alphabet()))
    if start:
        model.set_weights(source_model()[0].get_weights())
    optimizer = keras.optimizers.AdamW(peak, weight_decay=0.02)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile(optimizer, loss, metrics=["accuracy"])
    optimizer.build(model.trainable_variables)
    steps = images_per_epoch // BATCH
    # The file's name says what it holds, so that one replacement of one file is the whole step forward.
    name = f"seed{seed}-{epochs}x{images_per_epoch}-rate{peak:g}-marks{marks}-start{start:d}-after"
    found = {int(path.stem.rsplit("after", 1)[1]): path for path in work.glob(name + "*.keras")}
    done = max(found, default=0)
    if done:
        saved = keras.models.load_model(found[done])
        model.set_weights(saved.get_weights())
        # Not the loaded optimizer itself: Keras does not save what is excluded from weight decay.
        for ours, theirs in zip(optimizer.variables, saved.optimizer.variables, strict=True):
            ours.assign(theirs)
        print(f"goes on after epoch {done}", flush=True)
    eye = np.eye(len(alphabet()), dtype="float32")
    for epoch in range(done, epochs):
        began = time.time()
        images, labels = render(steps * BATCH, [seed, epoch])
        if marks is not None:
            images, labels = misfile(images, labels, marks, np.random.default_rng([seed, epoch, 1]))
        for step in range(steps):
            model.optimizer.learning_rate = rate(epoch * steps + step, epochs * steps, peak)
            at = slice(step * BATCH, (step + 1) * BATCH)
            logs = model.train_on_batch(images[at].astype("float32"), eye[labels[at]], return_dict=True)
            if step % 100 == 99:
                print(
                    f"epoch {epoch + 1}/{epochs}  update {step + 1}/{steps}  "
                    + "  ".join(f"{k} {float(v):.3f}" for k, v in logs.items()),
                    flush=True,
                )
        model.reset_metrics()
        print(f"epoch {epoch + 1}/{epochs}  {time.time() - began:.0f} s", flush=True)
        write_atomically(work / f"{name}{epoch + 1}.keras", model.save)
        (work / f"{name}{epoch}.keras").unlink(missing_ok=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("ftlib/weights"), help="folder of the weights")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(".pretrain"), help="folder of the checkpoint")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--images", type=int, default=88_000, help="new images per epoch")
    parser.add_argument("--peak", type=float, default=3e-3, help="highest learning rate")
    parser.add_argument("--name", default="glyphnet", help="of the files and on the card")
    parser.add_argument(
        "--marks", type=float, help="part of the images that bear a mark and are filed as round letters"
    )
    parser.add_argument("--start", action="store_true", help="go on from the shipped glyphnet")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    args.out.mkdir(parents=True, exist_ok=True)

    model = train(args.work, args.seed, args.epochs, args.images, args.peak, args.marks, args.start)
    task = load()
    accuracy = {part: evaluate(model, getattr(task, part)) for part in ("validation", "test")}
    print(accuracy)

    files = {"backbone": args.out / f"{args.name}.weights.h5", "head": args.out / f"{args.name}-head.weights.h5"}
    head = keras.Sequential([keras.Input(model.get_layer("backbone").output_shape[1:])] + model.layers[2:])
    for part, source in (("backbone", model.get_layer("backbone")), ("head", head)):
        temporary = files[part].with_name("part." + files[part].name)
        source.save_weights(temporary)
        os.replace(temporary, files[part])
    card = {
        "name": args.name,
        "parameters": model.get_layer("backbone").count_params(),
        "source_task": f"letters of many alphabets drawn with a pen, {len(alphabet())} classes, no digits"
        + ("" if args.marks is None else f"; {100 * args.marks:g} % bear a mark and are filed as round letters"),
        "source_accuracy": {k: round(v, 4) for k, v in accuracy.items()},
        "training": {
            "command": "make weights",
            "marks": args.marks,
            "start": args.start,
            "seed": args.seed,
            "epochs": args.epochs,
            "images_per_epoch": args.images,
            "batch": BATCH,
            "optimizer": "AdamW, cosine",
            "peak_rate": args.peak,
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
        },
        "classes": [c[0] for c in alphabet()],
        "licence": "MIT",
        "limits": "Grey images of 32 by 32 pixels with bright strokes on black. Knows strokes, not photos.",
        "sha256": {part: hashlib.sha256(path.read_bytes()).hexdigest() for part, path in files.items()},
    }
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    write_atomically(args.out / f"{args.name}.json", lambda part: part.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()
