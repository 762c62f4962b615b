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
from ftlib.files import written_whole
from ftlib.models.arrays import to_numpy
from ftlib.models.inference import fingerprint_images, predict
from ftlib.models.staged_model import StagedModel
from ftlib.objectives.evaluation import reduced_outputs
from ftlib.objectives.objective import Objective
from ftlib.objectives.scores import confusion_matrix
from ftlib.score import CLASSIFICATION_SCORES, Score
from ftlib.tasks.inputs import INPUT_NOUNS, check_inputs
from ftlib.tasks.parts import PARTS
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

_FORMAT = 2  # of run.json
_NO_TASK = "This run was loaded without its data. Use ft.load_run(run_dir, task=...) to predict on it."
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
            `val_loss`, and the scores of the task's objective: `accuracy`, `val_accuracy`, `val_macro_f1` for classes.
            Each also reads as a dict.
        phases: One `PhaseRecord` per phase: what trained, updates planned and done, rate of each stage, trainable
            scalars, best epoch, views of each image, and what was computed once. Each also reads as a dict.
        proofs: List of `Proof`, all of which hold; a broken one would have raised.
        notes: What else a reader should know.
        class_names: One string per class.
        task: The `Task` at the backbone's size, or None in a loaded run.
        scores: Scores computed so far, by split: `accuracy`, `macro_f1`, `loss` for classes.
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
        headline, *other_scores, _ = self.score_kinds
        validation_scores = [_format_score(score, self.score("validation")) for score in (headline, *other_scores[:1])]
        texts = [f"validation {validation_scores[0]}", *validation_scores[1:]]
        if "test" in self.scores:
            texts.append(f"test {_format_score(headline, self.scores['test'])}")
        updates_done = sum(record.updates_done for record in self.phases)
        return (
            f"<Run {self.strategy!r} on {self.settings['task']['name']!r}, seed {self.seed}: {updates_done} updates, "
            f"{', '.join(texts)}, {len(self.proofs)} proofs hold>"
        )

    @property
    def objective(self) -> Objective:
        """What is predicted; a ValueError for a run that was loaded without its task."""
        if self.task is None:
            raise ValueError(_NO_TASK)
        return self.task.objective

    @property
    def score_kinds(self) -> tuple[Score, ...]:
        """What each of its scores means: the headline first, the loss last."""
        if self.task is not None:
            return self.task.objective.scores
        recorded_scores = self.settings.get("task", {}).get("scores")
        return tuple(Score(**score) for score in recorded_scores) if recorded_scores else CLASSIFICATION_SCORES

    @property
    def headline(self) -> Score:
        """The score that comparisons, plots and reports speak of: accuracy for a classification."""
        return self.score_kinds[0]

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of the inputs that it was trained on, of images `(height, width, channels)`, also where the model takes
        any size, or more than the image."""
        if self.task is not None:
            trained_shape = self.task.input_shape
        else:
            trained_shape = self.settings.get("model", {}).get("image_shape")
        return self.model.input_shape[1:] if trained_shape is None else tuple(trained_shape)

    def with_task(self, task: Task) -> "Run":
        """Returns the run with the task that it ran on, whose images are made as large as they were in training."""
        if task.kind == "image":
            sides = zip(self.image_shape, task.image_shape, strict=True)
            height, width, channels = (run_side or task_side for run_side, task_side in sides)
            fitted_task = task.with_images((height, width, channels))
        else:
            fitted_task = task.for_backbone(self.model)
        run = dataclasses.replace(self, task=fitted_task)
        run.run_dir = self.run_dir
        return run

    @property
    def val_score(self) -> float:
        """The headline score on the validation split."""
        return self.score("validation")[self.headline.name]

    @property
    def test_score(self) -> float:
        """The headline score on the test split: computed at the first access, once, and recorded."""
        return self.score("test")[self.headline.name]

    @property
    def val_accuracy(self) -> float:
        """Accuracy on the validation split, 0 to 1; an AttributeError for a task without accuracy."""
        return self._named_score("validation", "accuracy")

    @property
    def val_macro_f1(self) -> float:
        """Mean of the F1 of every class on the validation split, 0 to 1."""
        return self._named_score("validation", "macro_f1")

    @property
    def test_accuracy(self) -> float:
        """Accuracy on the test split: computed at the first access, once, and recorded."""
        return self._named_score("test", "accuracy")

    @property
    def test_macro_f1(self) -> float:
        """Mean of the F1 of every class on the test split: computed and recorded as `test_accuracy` is."""
        return self._named_score("test", "macro_f1")

    def _named_score(self, part, name):
        names = [score.name for score in self.score_kinds]
        if name not in names:
            raise AttributeError(f"This run has no {name}. Its scores are {', '.join(names)}: run.score({part!r}).")
        return self.score(part)[name]

    def score(self, part: str = "validation") -> dict[str, float]:
        """Returns all scores on a split, the headline first; those on the test split are computed once and recorded."""
        if part not in self.scores:
            split = self.split(part)
            targets = self.objective.for_evaluation(split).targets
            self.scores[part] = self.objective.score(self.predictions(part), targets)
            if self.run_dir is not None:
                self._record_score(part, self.run_dir)
        return self.scores[part]

    def baseline(self, part: str = "test") -> dict[str, float]:
        """Returns the scores of the best answer that knows nothing of the inputs: the most frequent class, say."""
        return self.objective.baseline(self.split("train"), self.split(part))

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
            raise ValueError(_NO_TASK)
        return getattr(self.task, part)

    def predictions(self, part: str = "validation") -> np.ndarray:
        """Returns the outputs on a split of the task, computed once: probabilities `(n, classes)` of classes.

        Where outputs are too large to keep, it is what the objective keeps of them.
        """
        if part not in self._predictions:
            split = self.split(part)
            split = self.objective.for_evaluation(split)
            self._predictions[part] = reduced_outputs(self.model, split.inputs, split.targets, self.objective)
        return self._predictions[part]

    def set_predictions(self, part: str, probabilities: np.ndarray) -> None:
        """Takes probabilities `(n, classes)` on a split that were computed elsewhere, in place of computing them."""
        self._predictions[part] = probabilities

    def forget_predictions(self) -> None:
        """Has predictions computed again when they are next asked for: after the weights have changed."""
        self._predictions.clear()

    @property
    def kind(self) -> str:
        """What the inputs are: `"image"`, `"text"` or `"audio"`."""
        if self.task is not None:
            return self.task.kind
        return self.settings.get("task", {}).get("kind", "image")

    def predict(self, inputs) -> np.ndarray:
        """Returns the outputs for inputs of the run's size (`image_shape`): probabilities `(n, classes)` of classes.

        Args:
            inputs: Images with pixels 0-255, token ids, or waveforms, as the task of the run has them.
        """
        if keras.ops.is_tensor(inputs):
            inputs = to_numpy(inputs)
        elif hasattr(inputs, "numpy"):  # a tensor of another library
            inputs = np.asarray(inputs)
        check_inputs(inputs, self.kind, "")
        if tuple(inputs.shape[1:]) != tuple(self.image_shape):
            raise ValueError(
                f"The run takes {INPUT_NOUNS[self.kind]} of the size that it was trained at, {self.image_shape}. "
                f"Received: {tuple(inputs.shape[1:])}. `task.for_backbone(run.model)` converts those of a task."
            )
        if self.kind == "image" and self.model.input_shape[-1] != inputs.shape[-1]:
            raise ValueError(
                f"The model of this run takes more than an image: {self.model.input_shape}, with channels that its "
                "objective adds. `run.score(part)` scores it, and ft.generate(run) makes images with a denoising one."
            )
        return predict(self.model, inputs)

    def confusion(self, part: str = "validation") -> np.ndarray:
        """Returns the matrix of counts, `(classes, classes)`: true class in rows, predicted in columns."""
        if not self.class_names or self.headline.name != "accuracy":
            raise ValueError("A confusion matrix is for tasks with one class each. Use `run.score(part)`.")
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

    def plot(self, metric: str | None = None):
        """Returns a Matplotlib figure of the learning curves, with a mark where each phase begins.

        Args:
            metric: A value of the epochs in `history`. Default None: the headline score on validation.
        """
        metric = f"val_{self.headline.name}" if metric is None else metric
        score = next((score for score in self.score_kinds if score.name == metric.removeprefix("val_")), None)
        return plots.learning_curves({self.strategy: [self.history]}, metric=metric, score=score)

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
        (fingerprint_images(split.inputs), _plain_targets(split.targets))
        for split in (task.train, task.validation, task.test)
    ]
    return hashlib.sha256(json.dumps([split_contents, task.class_names]).encode()).hexdigest()[:16]


def _plain_targets(targets):
    """Returns targets as plain lists, also where each is an array of its own length, or a record."""
    if targets.dtype == object:
        return [_plain_target(target) for target in targets]
    return targets.tolist()


def _plain_target(target):
    return dataclasses.asdict(target) if hasattr(target, "__dataclass_fields__") else np.asarray(target).tolist()


def _format_score(score, values):
    value = values[score.name]
    return f"{score.label} {value:.3f}" if score.unit == "%" else f"{score.label} {score.format(value)}"


def _phase_row(record):
    updates = f"{record.updates_done}/{record.updates}"
    row = (
        f"{record.name:<10}{_stage_span(record.stages):<26}{record.trainable:>11,}{updates:>10}"
        f"{record.rate:>9g}  {record.best_epoch or 'its start'}"
    )
    return row + " (stopped early)" if record.stopped else row


def _stage_span(stage_names):
    return stage_names[0] if len(stage_names) == 1 else f"{stage_names[0]} to {stage_names[-1]}"
