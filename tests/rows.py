"""Rows of comparisons and histories of runs, as plots take them."""


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
