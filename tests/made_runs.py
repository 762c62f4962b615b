"""Runs whose predictions are given, so that what is measured on them is known."""

import dataclasses

import numpy as np
import tiny

from ftlib.evidence.run import Run


def made_run(probabilities, labels, groups=None):
    """A run whose network gives these probabilities on validation and on test."""
    task = tiny.task(validation=len(labels), test=len(labels))
    parts = {
        name: dataclasses.replace(getattr(task, name), labels=labels, groups=groups) for name in ("validation", "test")
    }
    task = dataclasses.replace(task, **parts)
    run = Run(None, "made", 0, {"task": {"name": "made"}}, [], [], [], [], task.class_names, task)
    run.set_predictions("validation", probabilities)
    run.set_predictions("test", probabilities)
    return run


def drawn_predictions(n=3000, sharpen=1.0, seed=0):
    """Probabilities, and labels drawn from them before they are sharpened."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.normal(size=(n, 3))
    powers = np.exp(logits)
    true = powers / powers.sum(1, keepdims=True)
    labels = (true.cumsum(1) < rng.random((n, 1))).sum(1).clip(max=2)
    powers = np.exp(sharpen * logits)
    return (powers / powers.sum(1, keepdims=True)).astype("float32"), labels
