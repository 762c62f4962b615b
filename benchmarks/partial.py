"""Training a part of MobileNetV2, all of it, and nothing pre-trained: plain Keras against `ft.fit`.

Both sides train the same layers with the same optimizer on the same 400 photos in batches of 32, without augmentation,
with the validation loss after every epoch. Plain Keras freezes with `trainable=False`, BatchNorm included, and runs
`model.fit`. Case by case: the seconds of both sides, tracing included, in alternation; the median of three.
"""

import sys

from common import Clock, classifier, flowers, ft, keras, np, record

REPEATS = 3
NONE = ft.Regularization()


def cases():
    """Returns, by name, epochs and which backbone stages train (with the head)."""
    return {
        "last stage": (30, 1),
        "last two stages": (10, 2),
        "last three stages": (4, 3),
        "all": (2, "all"),
        "scratch": (2, "scratch"),
    }


def plain(task, epochs, train):
    model = classifier(task)
    names = [s.name for s in ft.stages(model)]
    last = len(names) - 1 if isinstance(train, str) else train
    ft.unfreeze(model, last=last, batch_norm="train" if train == "scratch" else "freeze")
    with Clock() as clock:
        targets = [np.eye(task.num_classes, dtype="float32")[s.labels] for s in (task.train, task.validation)]
        model.compile(keras.optimizers.Adam(1e-4), "categorical_crossentropy", metrics=["accuracy"])
        model.fit(
            task.train.images, targets[0], batch_size=32, epochs=epochs, verbose=0, shuffle=True,
            validation_data=(task.validation.images, targets[1]),
        )  # fmt: skip
    return clock.seconds


def ours(task, epochs, train, steps):
    model = classifier(task)
    phase = ft.Phase("only", "all" if train == "scratch" else train, rate=1e-4, schedule="constant")
    recipe = ft.Strategy("partial", "random" if train == "scratch" else "pretrained", (phase,))
    with Clock() as clock:
        run = ft.fit(model, task, recipe, NONE, updates=epochs * steps, verbose=False)
    return clock.seconds, run.phases[0]["cache"]


def main():
    task, rows = flowers(80, 0), []
    steps = -(-len(task.train) // 32)
    for name, (epochs, train) in cases().items():
        times = {"keras": [], "ftlib": []}
        for i in range(REPEATS):
            for side in ("keras", "ftlib") if i % 2 else ("ftlib", "keras"):
                if side == "keras":
                    times[side].append(plain(task, epochs, train))
                else:
                    seconds, cache = ours(task, epochs, train, steps)
                    times[side].append(seconds)
        seconds = {side: float(np.median(values)) for side, values in times.items()}
        ratios = [a / b for a, b in zip(times["keras"], times["ftlib"], strict=True)]
        rows.append({"case": name, "epochs": epochs, **seconds, "ratio": float(np.median(ratios)), "cache": cache})
        print(f"{name:18} {epochs:3} epochs  keras {seconds['keras']:6.1f} s  ftlib {seconds['ftlib']:6.1f} s  "
              f"{rows[-1]['ratio']:.2f} x   {cache}", flush=True)  # fmt: skip
    record("partial", {"repeats": REPEATS, "rows": rows})


if __name__ == "__main__":
    sys.exit(main())
