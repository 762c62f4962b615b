"""A run as evidence: the model, what was done to it, and the proofs."""

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib

import keras
import numpy as np

from ftlib import plots
from ftlib.evidence.proofs import Proof, few
from ftlib.evidence.run_records import EpochRecord, PhaseRecord
from ftlib.evidence.scores import confusion_matrix, score_predictions
from ftlib.models.inference import fingerprint_images, predict
from ftlib.models.staged_model import StagedModel
from ftlib.tasks.task import check_pixels

_FORMAT = 2
_RECORDED = ("strategy", "seed", "settings", "history", "phases", "notes", "scores", "head", "closing")


@dataclasses.dataclass(repr=False)
class Run:
    """What `fit` returns.

    Attributes:
        model: The trained `keras.Model`.
        strategy: Name of the strategy.
        seed: Seed of the run.
        settings: Everything needed to repeat it: task, regularization, updates, versions.
        history: One dict per epoch, all phases in one list: `phase`, `epoch`, `update`, `rate`, `loss`, `accuracy`,
            `val_loss`, `val_accuracy`, `val_macro_f1`.
        phases: One dict per phase: what trained, updates planned and done, rate of each stage, trainable scalars, best
            epoch, views of each image, and what was computed once.
        proofs: List of `Proof`, all of which hold; a broken one would have raised.
        notes: What else a reader should know.
        class_names: One string per class.
        task: The `Task` at the backbone's size, or None in a loaded run.
        scores: Numbers looked at so far, by split: `accuracy`, `macro_f1`, `loss`.
        head: Name of the first layer of the head, for a model without a layer named `"backbone"`.
        start: The model that `fit` was given, not a copy of it; None in a loaded run.
        closing: One dict per closing step of the strategy: what it tried, and what it chose on validation.
    """

    model: keras.Model
    strategy: str
    seed: int
    settings: dict
    history: list
    phases: list
    proofs: list
    notes: list
    class_names: tuple
    task: object = None
    scores: dict = dataclasses.field(default_factory=dict)
    head: str | None = None
    start: keras.Model | None = None
    closing: list = dataclasses.field(default_factory=list)
    _kept: dict = dataclasses.field(default_factory=dict, init=False)

    def __repr__(self):
        test = f", test accuracy {self.scores['test']['accuracy']:.3f}" if "test" in self.scores else ""
        done = sum(p["updates_done"] for p in self.phases)
        return (
            f"<Run {self.strategy!r} on {self.settings['task']['name']!r}, seed {self.seed}: {done} updates, "
            f"validation accuracy {self.val_accuracy:.3f}, macro-F1 {self.val_macro_f1:.3f}{test}, "
            f"{len(self.proofs)} proofs hold>"
        )

    @property
    def image_shape(self):
        """`(height, width, channels)` of the images that it was trained on, also where the model takes any size."""
        known = self.settings.get("model", {}).get("image_shape") if self.task is None else self.task.image_shape
        given = self.model.input_shape[1:]
        return given if None not in given or known is None else tuple(known)

    def with_task(self, task):
        """Returns the run with the task that it ran on, whose images are made as large as they were in training."""
        size = zip(self.image_shape, task.image_shape, strict=True)
        fitted = task.with_images(tuple(want or have for want, have in size))
        run = dataclasses.replace(self, task=fitted)
        run._kept.update({name: value for name, value in self._kept.items() if name == "run_dir"})
        return run

    @property
    def val_accuracy(self):
        return self._score("validation")["accuracy"]

    @property
    def val_macro_f1(self):
        return self._score("validation")["macro_f1"]

    @property
    def test_accuracy(self):
        """Accuracy on the test split: computed at the first access, once, and recorded."""
        return self._score("test")["accuracy"]

    @property
    def test_macro_f1(self):
        return self._score("test")["macro_f1"]

    def _score(self, part):
        if part not in self.scores:
            split = getattr(self._needs_task(), part)
            self.scores[part] = score_predictions(self.predictions(part), split.labels)
            if "run_dir" in self._kept:
                self._record(part)
        return self.scores[part]

    def _record(self, part):
        try:
            _write_record(self, self._kept["run_dir"])
        except OSError as error:  # a folder that cannot be written to keeps no one from the answer
            why = error.strerror or error
            self.notes.append(f"The {part} score could not be recorded in {self._kept['run_dir']}: {why}.")

    def _needs_task(self):
        if self.task is None:
            raise ValueError(
                "This run was loaded without its data. Use ft.load_run(run_dir, task=...) to predict on it."
            )
        return self.task

    def predictions(self, part="validation"):
        """Returns the probabilities `(n, classes)` on a split of the task, computed once."""
        if part not in ("train", "validation", "test"):
            raise ValueError(f'`part` is "train", "validation" or "test". Received: part={part!r}.')
        if part not in self._kept:
            self._kept[part] = predict(self.model, getattr(self._needs_task(), part).images)
        return self._kept[part]

    def forget_predictions(self):
        """Drops the predictions that were computed, since the model has changed."""
        self._kept.clear()

    def predict(self, images):
        """Returns the probabilities `(n, classes)` for images of the run's size (`image_shape`), pixels 0-255."""
        if keras.ops.is_tensor(images):
            images = keras.ops.convert_to_numpy(images)
        elif hasattr(images, "numpy"):  # a tensor of another library
            images = np.asarray(images)
        check_pixels(images)
        if tuple(images.shape[1:]) != tuple(self.image_shape):
            raise ValueError(
                f"The run takes images of the size that it was trained at, {self.image_shape}. Received: "
                f"{tuple(images.shape[1:])}. `task.for_backbone(run.model)` converts those of a task."
            )
        return predict(self.model, images)

    def confusion(self, part="validation"):
        """Returns the matrix of counts, `(classes, classes)`: true class in rows, predicted in columns."""
        labels = getattr(self._needs_task(), part).labels
        return confusion_matrix(labels, self.predictions(part).argmax(1), len(self.class_names))

    def stage_rows(self):
        """Returns one dict per stage as it trained in the last phase, for `plots.stage_picture`."""
        last = self.phases[-1]
        rows = []
        for stage in StagedModel(self.model, self.head).stages:
            trains = stage.name in last["stages"]
            rows.append(
                {
                    "stage": stage.name,
                    "layers": len(stage.layers),
                    "params": stage.params,
                    "output_shape": stage.output_shape,
                    "state": "trainable" if trains else "frozen",
                    "rate": last["rates"][stage.name] if trains else None,
                }
            )
        return rows

    def summary(self):
        """Returns the phases, the scores and the proofs in words; `print` it."""
        lines = [repr(self), "", f"{'phase':<10}{'trains':<26}{'trainable':>11}{'updates':>10}{'rate':>9}  best epoch"]
        for p in self.phases:
            done = f"{p['updates_done']}/{p['updates']}"
            names = _span(p["stages"])
            lines.append(
                f"{p['name']:<10}{names:<26}{p['trainable']:>11,}{done:>10}{p['rate']:>9g}  {p['best_epoch']}"
                + (" (stopped early)" if p["stopped"] else "")
            )
        lines.append("The optimizer's moments start fresh in each phase.")
        for p in self.phases:
            if p["decay"] != 1:
                rates = ", ".join(f"{name} {rate:.1e}" for name, rate in p["rates"].items())
                lines.append(f"{p['name']}: rates {rates}")
            lines += [f"{p['name']}: {p['cache']}"] * bool(p["cache"])
        lines += [c["said"] for c in self.closing]
        lines += ["", *map(str, self.proofs)] + ([""] if self.notes else []) + [f"Note: {n}" for n in self.notes]
        return "\n".join(lines)

    def plot(self, metric="val_accuracy"):
        """Returns a Matplotlib figure of the learning curves, with a mark where each phase begins."""
        return plots.learning_curves({self.strategy: [self.history]}, metric=metric)

    def save(self, run_dir):
        """Writes `model.keras` and `run.json` into a folder, each at once or not at all."""
        run_dir = pathlib.Path(run_dir).expanduser()
        run_dir.mkdir(parents=True, exist_ok=True)
        part = run_dir / "part-model.keras"
        self.model.save(part)
        os.replace(part, run_dir / "model.keras")
        _write_record(self, run_dir)
        self._kept["run_dir"] = run_dir


def load_run(run_dir, task=None):
    """Returns a `Run` from the folder that `fit(..., run_dir=...)` or `run.save(...)` wrote.

    Args:
        run_dir: The folder.
        task: The task it ran on, for new predictions; scores that were recorded need none. With other pictures than
            those of the run, the scores are computed anew, and not recorded; a note says so.

    Raises:
        FileNotFoundError: For a folder without a run.
        ValueError: For a record that cannot be read, and a task with other classes or in another order.
    """
    run_dir = pathlib.Path(run_dir).expanduser()
    record = run_dir / "run.json"
    if not record.is_file() or not (run_dir / "model.keras").is_file():
        stopped = any(run_dir.glob("checkpoint*.npz"))
        more = " It was stopped: call ft.fit again, with the same arguments." if stopped else ""
        raise FileNotFoundError(f"No finished run in {run_dir}: expected model.keras and run.json there.{more}")
    try:
        data = json.loads(record.read_text(encoding="utf-8"))
        if data["format"] != _FORMAT:
            raise ValueError(f"it has format {data['format']}, this ftlib reads {_FORMAT}")
        data["proofs"] = [Proof(**p) for p in data["proofs"]]
        fields = {name: data[name] for name in (*_RECORDED, "proofs")}
        fields["class_names"] = tuple(data["class_names"])
        fields["history"] = [EpochRecord.from_dict(epoch) for epoch in data["history"]]
        fields["phases"] = [PhaseRecord.from_dict(phase) for phase in data["phases"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"Cannot read {record}: {error}.") from error
    model = keras.models.load_model(run_dir / "model.keras", compile=False)
    run = Run(model=model, **fields)
    if task is not None:
        _check_classes(run, task)
        known = run.settings["task"].get("checksum") if isinstance(run.settings.get("task"), dict) else None
        run = run.with_task(task)
        if known is not None and not any(known == task_checksum(one) for one in (run.task, task)):
            run.scores = {}
            run.notes.append(
                "The task that was given holds other images than the run was made with, or the same at another size: "
                "the recorded scores do not count for it, and its own are not recorded."
            )
            return run
    run._kept["run_dir"] = run_dir
    return run


def _check_classes(run, task):
    ours, theirs = tuple(run.class_names), tuple(task.class_names)
    if ours != theirs:
        same = "the same in another order" if sorted(map(str, ours)) == sorted(map(str, theirs)) else "other classes"
        raise ValueError(
            f"The task has to have the classes of the run in the run's order: {few(ours, 10)}. Received {same}: "
            f"{few(theirs, 10)}."
        )


def task_checksum(task):
    """Returns a checksum of the images, labels and class names of a task."""
    splits = [
        (fingerprint_images(s.images), np.asarray(s.labels).tolist()) for s in (task.train, task.validation, task.test)
    ]
    return hashlib.sha256(json.dumps([splits, task.class_names]).encode()).hexdigest()[:16]


def _write_record(run, run_dir):
    data = {"format": _FORMAT, **{name: getattr(run, name) for name in _RECORDED}}
    for name in ("history", "phases"):
        data[name] = [dict(record) for record in data[name]]
    data["class_names"] = list(run.class_names)
    data["proofs"] = [dataclasses.asdict(p) for p in run.proofs]
    part = run_dir / "part-run.json"
    try:
        part.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
        os.replace(part, run_dir / "run.json")
    except OSError:
        with contextlib.suppress(OSError):  # what matters is the error that led here
            part.unlink(missing_ok=True)
        raise


def _span(names):
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
