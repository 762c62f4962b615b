"""Short runs of `ftlib fit` that the tests of the command share: each takes about a second."""

import contextlib
import json
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import ftlib.training.checkpoints
import ftlib.training.loop_rules
from ftlib.app.cli import main
from ftlib.evidence.run import load_run

RUN_FILES = ["class_names.json", "config.json", "data.csv", "findings.json", "metrics.json", "model.keras",
             "report.html", "run.json"]  # fmt: skip
QUICK = ["--backbone", "glyphnet", "--strategy", "feature_extraction_long", "--updates", "8", "--batch-size", "6",
         "--regularization", "none"]  # fmt: skip

# The command in a process of its own, as `short_epochs` makes it; its arguments follow.
COMMAND_IN_SHORT = [sys.executable, "-u", "-c", """
import sys

sys.path[:0] = sys.argv[1:3]
from app_runs import main, short_epochs

with short_epochs():
    sys.exit(main(sys.argv[3:]))
""", *map(str, (Path(__file__).parent, Path(__file__).parents[1]))]  # fmt: skip


@contextlib.contextmanager
def short_epochs():
    """Makes epochs of two updates, which TensorFlow runs without compiling."""
    on_tensorflow = keras.backend.backend() == "tensorflow"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ftlib.training.loop_rules, "SHORTEST_EPOCH", 2)
        if on_tensorflow:
            import tensorflow as tf

            tf.config.run_functions_eagerly(True)
        try:
            yield
        finally:
            if on_tensorflow:
                tf.config.run_functions_eagerly(False)


def fit(pictures, out, *more_arguments):
    return main(["fit", str(pictures), "--out", str(out), *QUICK, *more_arguments])


def files_in(folder):
    """Returns the names of the files in a folder, but for hidden ones."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def assert_same_run(run_dir, other_run_dir):
    """Asserts that two runs on pictures ended in the same way, bit for bit."""
    assert_same_scores(run_dir, other_run_dir)
    assert files_in(run_dir) == RUN_FILES


def assert_same_scores(run_dir, other_run_dir):
    """Asserts that two runs have the same weights, history and figures, bit for bit."""
    run, other_run = load_run(run_dir), load_run(other_run_dir)
    for weights, other_weights in zip(run.model.get_weights(), other_run.model.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, other_weights)
    assert (run.history, run.scores) == (other_run.history, other_run.scores)
    metrics, other_metrics = (json.loads((place / "metrics.json").read_text()) for place in (run_dir, other_run_dir))
    assert metrics == other_metrics


def after_checkpoints(count, monkeypatch, action):
    """Calls `action(folder)` when so many checkpoints are written."""
    write = ftlib.training.checkpoints.CheckpointStore.write
    calls = []

    def write_and_act(self, *given):
        write(self, *given)
        calls.append(1)
        if len(calls) == count:
            action(self.folder)

    monkeypatch.setattr(ftlib.training.checkpoints.CheckpointStore, "write", write_and_act)


def interrupt(*_, **__):
    """What Ctrl-C does."""
    raise KeyboardInterrupt


def write_plain_report(run, path, **given):
    """Stands for `write_model_report`, which takes half of the time of a short run."""
    path.write_text("a report", encoding="utf-8")
    return path
