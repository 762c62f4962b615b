"""A run as evidence: the model, what was done to it, and the proofs."""

import dataclasses
import hashlib
import json
import os
import pathlib

import keras
import numpy as np

from ftlib import plots
from ftlib.evidence.proofs import Proof, list_some
from ftlib.evidence.run_records import ClosingRecord, EpochRecord, PhaseRecord
from ftlib.evidence.scores import confusion_matrix, score_predictions
from ftlib.files import written_whole
from ftlib.models.arrays import to_numpy
from ftlib.models.inference import fingerprint_images, predict
from ftlib.models.staged_model import StagedModel
from ftlib.tasks.task import PARTS, Split, Task, check_pixels

_FORMAT = 2  # of run.json
_RECORDED_FIELDS = ("strategy", "seed", "settings", "notes", "scores", "head")


@dataclasses.dataclass(repr=False)
class Run:
    """What `fit` returns.

    Attributes:
        model: The trained `keras.Model`.
        strategy: Name of the strategy.
        seed: Seed of the run.
        settings: Everything needed to repeat it: task, regularization, updates, versions.
        history: One `EpochRecord` per epoch, all phases in one list: `phase`, `epoch`, `update`, `rate`, `loss`,
            `accuracy`, `val_loss`, `val_accuracy`, `val_macro_f1`. Each also reads as a dict.
        phases: One `PhaseRecord` per phase: what trained, updates planned and done, rate of each stage, trainable
            scalars, best epoch, views of each image, and what was computed once. Each also reads as a dict.
        proofs: List of `Proof`, all of which hold; a broken one would have raised.
        notes: What else a reader should know.
        class_names: One string per class.
        task: The `Task` at the backbone's size, or None in a loaded run.
        scores: Scores computed so far, by split: `accuracy`, `macro_f1`, `loss`.
        head: Name of the first layer of the head, for a model without a layer named `"backbone"`.
        start: The model that `fit` was given, not a copy of it; None in a loaded run.
        closing: One `ClosingRecord` per closing step of the strategy: what it tried, and what it chose on validation.
        run_dir: The folder that the run was saved in or loaded from, where new scores are recorded; None without one.
    """

    model: keras.Model
    strategy: str
    seed: int
    settings: dict
    history: list[EpochRecord]
    phases: list[PhaseRecord]
    proofs: list[Proof]
    notes: list[str]
    class_names: tuple[str, ...]
    task: Task | None = None
    scores: dict[str, dict[str, float]] = dataclasses.field(default_factory=dict)
    head: str | None = None
    start: keras.Model | None = None
    closing: list[ClosingRecord] = dataclasses.field(default_factory=list)
    run_dir: pathlib.Path | None = dataclasses.field(default=None, init=False)
    _predictions: dict[str, np.ndarray] = dataclasses.field(default_factory=dict, init=False)  # by split

    def __repr__(self):
        test_score = f", test accuracy {self.scores['test']['accuracy']:.3f}" if "test" in self.scores else ""
        updates_done = sum(record.updates_done for record in self.phases)
        return (
            f"<Run {self.strategy!r} on {self.settings['task']['name']!r}, seed {self.seed}: {updates_done} updates, "
            f"validation accuracy {self.val_accuracy:.3f}, macro-F1 {self.val_macro_f1:.3f}{test_score}, "
            f"{len(self.proofs)} proofs hold>"
        )

    @property
    def image_shape(self) -> tuple[int, ...]:
        """`(height, width, channels)` of the images that it was trained on, also where the model takes any size."""
        if self.task is not None:
            trained_shape = self.task.image_shape
        else:
            trained_shape = self.settings.get("model", {}).get("image_shape")
        model_shape = self.model.input_shape[1:]
        return model_shape if None not in model_shape or trained_shape is None else tuple(trained_shape)

    def with_task(self, task: Task) -> "Run":
        """Returns the run with the task that it ran on, whose images are made as large as they were in training."""
        sides = zip(self.image_shape, task.image_shape, strict=True)
        height, width, channels = (run_side or task_side for run_side, task_side in sides)
        fitted_task = task.with_images((height, width, channels))
        run = dataclasses.replace(self, task=fitted_task)
        run.run_dir = self.run_dir
        return run

    @property
    def val_accuracy(self) -> float:
        """Accuracy on the validation split, 0 to 1."""
        return self._score("validation")["accuracy"]

    @property
    def val_macro_f1(self) -> float:
        """Mean of the F1 of every class on the validation split, 0 to 1."""
        return self._score("validation")["macro_f1"]

    @property
    def test_accuracy(self) -> float:
        """Accuracy on the test split: computed at the first access, once, and recorded."""
        return self._score("test")["accuracy"]

    @property
    def test_macro_f1(self) -> float:
        """Mean of the F1 of every class on the test split: computed and recorded as `test_accuracy` is."""
        return self._score("test")["macro_f1"]

    def _score(self, split_name):
        if split_name not in self.scores:
            labels = self.split(split_name).labels
            self.scores[split_name] = score_predictions(self.predictions(split_name), labels)
            if self.run_dir is not None:
                self._record_score(split_name, self.run_dir)
        return self.scores[split_name]

    def _record_score(self, split_name, run_dir):
        try:
            _write_record(self, run_dir)
        except OSError as error:  # a folder that cannot be written to keeps no one from the answer
            reason = error.strerror or error
            self.notes.append(f"The {split_name} score could not be recorded in {run_dir}: {reason}.")

    def split(self, part: str) -> Split:
        """Returns the split `"train"`, `"validation"` or `"test"` of the task; a ValueError without a task."""
        if part not in PARTS:
            raise ValueError(f'`part` is "train", "validation" or "test". Received: part={part!r}.')
        if self.task is None:
            raise ValueError(
                "This run was loaded without its data. Use ft.load_run(run_dir, task=...) to predict on it."
            )
        return getattr(self.task, part)

    def predictions(self, part: str = "validation") -> np.ndarray:
        """Returns the probabilities `(n, classes)` on a split of the task, computed once."""
        if part not in self._predictions:
            self._predictions[part] = predict(self.model, self.split(part).images)
        return self._predictions[part]

    def set_predictions(self, part: str, probabilities: np.ndarray) -> None:
        """Takes probabilities `(n, classes)` on a split that were computed elsewhere, in place of computing them."""
        self._predictions[part] = probabilities

    def forget_predictions(self) -> None:
        """Has predictions computed again when they are next asked for: after the weights have changed."""
        self._predictions.clear()

    def predict(self, images) -> np.ndarray:
        """Returns the probabilities `(n, classes)` for images of the run's size (`image_shape`), pixels 0-255."""
        if keras.ops.is_tensor(images):
            images = to_numpy(images)
        elif hasattr(images, "numpy"):  # a tensor of another library
            images = np.asarray(images)
        check_pixels(images)
        if tuple(images.shape[1:]) != tuple(self.image_shape):
            raise ValueError(
                f"The run takes images of the size that it was trained at, {self.image_shape}. Received: "
                f"{tuple(images.shape[1:])}. `task.for_backbone(run.model)` converts those of a task."
            )
        return predict(self.model, images)

    def confusion(self, part: str = "validation") -> np.ndarray:
        """Returns the matrix of counts, `(classes, classes)`: true class in rows, predicted in columns."""
        labels = self.split(part).labels
        return confusion_matrix(labels, self.predictions(part).argmax(1), len(self.class_names))

    def stage_rows(self) -> list[dict]:
        """Returns one dict per stage as it trained in the last phase, for `plots.stage_picture`."""
        last_phase = self.phases[-1]
        rows = []
        for stage in StagedModel(self.model, self.head).stages:
            trains = stage.name in last_phase.stages
            rows.append(
                {
                    "stage": stage.name,
                    "layers": len(stage.layers),
                    "params": stage.params,
                    "output_shape": stage.output_shape,
                    "state": "trainable" if trains else "frozen",
                    "rate": last_phase.rates[stage.name] if trains else None,
                }
            )
        return rows

    def summary(self) -> str:
        """Returns the phases, the scores and the proofs in words; `print` it."""
        lines = [repr(self), "", f"{'phase':<10}{'trains':<26}{'trainable':>11}{'updates':>10}{'rate':>9}  best epoch"]
        lines += [_phase_row(record) for record in self.phases]
        lines.append("The optimizer's moments start fresh in each phase.")

        for record in self.phases:
            if record.decay != 1:
                stage_rates = ", ".join(f"{name} {rate:.1e}" for name, rate in record.rates.items())
                lines.append(f"{record.name}: rates {stage_rates}")
            if record.cache:
                lines.append(f"{record.name}: {record.cache}")
        lines += [record.description for record in self.closing]

        lines += ["", *map(str, self.proofs)]
        if self.notes:
            lines += ["", *(f"Note: {note}" for note in self.notes)]
        return "\n".join(lines)

    def plot(self, metric: str = "val_accuracy"):
        """Returns a Matplotlib figure of the learning curves, with a mark where each phase begins."""
        return plots.learning_curves({self.strategy: [self.history]}, metric=metric)

    def save(self, run_dir: str | os.PathLike) -> None:
        """Writes `model.keras` and `run.json` into a folder, each at once or not at all."""
        folder = pathlib.Path(run_dir).expanduser()
        with written_whole(folder / "model.keras") as part_path:
            self.model.save(part_path)
        _write_record(self, folder)
        self.run_dir = folder


def load_run(run_dir: str | os.PathLike, task: Task | None = None) -> Run:
    """Returns a `Run` from the folder that `fit(..., run_dir=...)` or `run.save(...)` wrote.

    Args:
        run_dir: The folder.
        task: The task it ran on, for new predictions; scores that were recorded need none. With other pictures than
            those of the run, the scores are computed anew, and not recorded; a note says so.

    Raises:
        FileNotFoundError: For a folder without a run.
        ValueError: For a record that cannot be read, and a task with other classes or in another order.
    """
    folder = pathlib.Path(run_dir).expanduser()
    record_path = folder / "run.json"
    if not record_path.is_file() or not (folder / "model.keras").is_file():
        was_stopped = any(folder.glob("checkpoint*.npz"))
        advice = " It was stopped: call ft.fit again, with the same arguments." if was_stopped else ""
        raise FileNotFoundError(f"No finished run in {folder}: expected model.keras and run.json there.{advice}")
    recorded_fields = _read_record(record_path)
    model = keras.models.load_model(folder / "model.keras", compile=False)
    run = Run(model=model, **recorded_fields)  # pyright: ignore[reportArgumentType]  (a Keras model, as `save` wrote it)

    if task is not None:
        _check_classes(run, task)
        run = run.with_task(task)
        if not _is_recorded_task(run, task):
            run.scores = {}
            run.notes.append(
                "The task that was given holds other images than the run was made with, or the same at another size: "
                "the recorded scores do not count for it, and its own are not recorded."
            )
            return run
    run.run_dir = folder
    return run


def _read_record(record_path):
    """Returns the recorded arguments of a `Run`, or raises a ValueError that says what is wrong with the file."""
    try:
        data = json.loads(record_path.read_text(encoding="utf-8"))
        if data["format"] != _FORMAT:
            raise ValueError(f"it has format {data['format']}, this ftlib reads {_FORMAT}")
        return {
            **{name: data[name] for name in _RECORDED_FIELDS},
            "history": [EpochRecord.from_dict(row) for row in data["history"]],
            "phases": [PhaseRecord.from_dict(row) for row in data["phases"]],
            "closing": [ClosingRecord.from_dict(row) for row in data["closing"]],
            "proofs": [Proof(**row) for row in data["proofs"]],
            "class_names": tuple(data["class_names"]),
        }
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"Cannot read {record_path}: {error}.") from error


def _write_record(run, folder):
    data = {
        "format": _FORMAT,
        **{name: getattr(run, name) for name in _RECORDED_FIELDS},
        "history": [dict(record) for record in run.history],
        "phases": [dict(record) for record in run.phases],
        "closing": [dict(record) for record in run.closing],
        "class_names": list(run.class_names),
        "proofs": [dataclasses.asdict(proof) for proof in run.proofs],
    }
    with written_whole(folder / "run.json") as part_path:
        part_path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def _check_classes(run, task):
    run_names, task_names = tuple(run.class_names), tuple(task.class_names)
    if run_names != task_names:
        is_reordered = sorted(map(str, run_names)) == sorted(map(str, task_names))
        difference = "the same in another order" if is_reordered else "other classes"
        raise ValueError(
            f"The task has to have the classes of the run in the run's order: {list_some(run_names, 10)}. Received "
            f"{difference}: {list_some(task_names, 10)}."
        )


def _is_recorded_task(run, task):
    """Returns whether a task, or the same at the run's size, is the one that was recorded; True where none was."""
    task_settings = run.settings.get("task")
    recorded_checksum = task_settings.get("checksum") if isinstance(task_settings, dict) else None
    return recorded_checksum is None or any(recorded_checksum == task_checksum(known) for known in (run.task, task))


def task_checksum(task: Task) -> str:
    """Returns a checksum of the images, labels and class names of a task."""
    split_contents = [
        (fingerprint_images(split.images), np.asarray(split.labels).tolist())
        for split in (task.train, task.validation, task.test)
    ]
    return hashlib.sha256(json.dumps([split_contents, task.class_names]).encode()).hexdigest()[:16]


def _phase_row(record):
    updates = f"{record.updates_done}/{record.updates}"
    row = (
        f"{record.name:<10}{_stage_span(record.stages):<26}{record.trainable:>11,}{updates:>10}"
        f"{record.rate:>9g}  {record.best_epoch}"
    )
    return row + " (stopped early)" if record.stopped else row


def _stage_span(stage_names):
    return stage_names[0] if len(stage_names) == 1 else f"{stage_names[0]} to {stage_names[-1]}"
