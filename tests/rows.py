"""Rows of comparisons, stages and histories of runs, as plots take them."""


def row(strategy, labels=10, updates=300, mean=0.9, half=0.02, n=20):
    ends = {"test_mean": mean, "test_low": mean - half, "test_high": mean + half}
    more = {"val_mean": mean - 0.01, "val_low": mean - 0.02, "val_high": mean}
    return {"strategy": strategy, "labels_per_class": labels, "updates": updates, "n": n, **ends, **more}


def history(phases=(("head", 3), ("all", 4)), shift=0.0):
    rows = []
    for name, epochs in phases:
        for _ in range(epochs):
            update = 20 * (len(rows) + 1)
            value = min(1.0, 0.5 + update / 400 + shift)
            rows.append(
                {"phase": name, "update": update, "accuracy": value, "val_accuracy": value, "val_loss": 1 - value}
            )
    return rows


GRID = [row("scratch", k, mean=m) for k, m in ((1, 0.5), (10, 0.9))] + [
    row("full", k, mean=m) for k, m in ((1, 0.7), (10, 0.95))
]

STAGES = [
    {"stage": "stem", "output_shape": (16, 16, 8), "params": 500, "layers": 3, "state": "frozen", "rate": None},
    {"stage": "body", "output_shape": None, "params": 0, "layers": 1, "state": "partly", "rate": 1e-4},
    {"stage": "head", "output_shape": (10,), "params": 20_000, "layers": 2, "state": "trainable", "rate": 0.01},
]  # fmt: skip
