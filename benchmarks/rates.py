"""What rates per stage cost per update: `ft.layerwise` and Keras's MultiOptimizer against the plain optimizer.

The same MobileNetV2 at 160 pixels, all of it training, the same batch of 32. The sides take turns in blocks of updates,
so that a machine that slows down slows all of them; the cost is the median over blocks of a side's time divided by that
of the plain optimizer in the same round.
"""

import time

from common import SIDE, backbone, ft, keras, np, record

ROUNDS, BLOCK = 12, 5


def sides():
    """Returns `(name, make)`; `make(model)` gives the optimizer."""
    yield "plain", lambda model: keras.optimizers.AdamW(1e-4)
    yield "layerwise", lambda model: ft.layerwise(keras.optimizers.AdamW(1e-4), model, decay=0.75)
    if hasattr(keras.optimizers, "MultiOptimizer"):
        yield "MultiOptimizer", multi


def multi(model):
    """One AdamW per stage, as MultiOptimizer has it; it asks for the optimizer of each variable."""
    found, chosen = ft.stages(model), {}
    for depth, stage in enumerate(reversed(found)):
        optimizer = keras.optimizers.AdamW(1e-4 * 0.75**depth)
        chosen.update((id(weight), optimizer) for layer in stage.layers for weight in layer.weights)
    return keras.optimizers.MultiOptimizer(lambda variable: chosen[id(variable)])


def main():
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (32, SIDE, SIDE, 3)).astype("float32")
    targets = np.eye(5, dtype="float32")[rng.integers(0, 5, 32)]
    models, times = {}, {}
    for name, make in sides():
        model = ft.classifier(backbone(), 5)
        ft.unfreeze(model)
        try:
            model.compile(make(model), "categorical_crossentropy")
            model.train_on_batch(images, targets)
        except Exception as error:  # another signature in another version of Keras: say so, and measure the rest
            print(f"{name}: {type(error).__name__}: {error}")
            continue
        models[name], times[name] = model, []
    for _ in range(ROUNDS):
        for name, model in models.items():
            start = time.perf_counter()
            for _ in range(BLOCK):
                model.train_on_batch(images, targets)
            times[name].append((time.perf_counter() - start) / BLOCK)
    plain, rows = np.array(times["plain"]), []
    for name, values in times.items():
        ratio = float(np.median(np.array(values) / plain))
        rows.append({"side": name, "seconds_per_update": float(np.median(values)), "cost": ratio - 1})
        print(f"{name:15} {1000 * rows[-1]['seconds_per_update']:7.1f} ms per update  {100 * rows[-1]['cost']:+.1f} %")
    record("rates", {"rounds": ROUNDS, "updates_per_round": BLOCK, "rows": rows})


if __name__ == "__main__":
    main()
