"""What a run writes down of each epoch and each phase."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Self

_OLDER_NAMES = {"said": "description", "val_accuracy": "val_scores"}  # of a closing record


class Record(Mapping):
    """A dataclass that also reads as the dict that it is saved as: `record.loss` is `record["loss"]`."""

    __dataclass_fields__: dict[str, Any]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Returns the record that `dict(record)` was made of.

        Raises:
            TypeError: For a name that the record does not have, or one that is missing.
        """
        return cls(**data)

    def __getitem__(self, name: str) -> Any:
        if name not in self.__dataclass_fields__:
            raise KeyError(name)
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dataclass_fields__)

    def __len__(self) -> int:
        return len(self.__dataclass_fields__)


@dataclasses.dataclass(frozen=True, eq=False)
class EpochRecord(Record):
    """An epoch of a phase. It reads and saves as one flat dict: `record["val_loss"]`, `record.val_loss`.

    Attributes:
        phase: Name of the phase.
        epoch: Number of the epoch, counted from 1 over all phases.
        update: Updates done so far, over all phases.
        rate: Learning rate of the epoch's last update.
        training: Loss, and what else is measured, as means over the epoch's batches while the model trained on them:
            read as `loss`, `accuracy`.
        validation: Scores on the validation split after the epoch: read as `val_accuracy`, `val_macro_f1`, `val_loss`
            of a classification, and as the objective of the task names them in general.
    """

    phase: str
    epoch: int
    update: int
    rate: float
    training: dict[str, float]
    validation: dict[str, float]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Returns the record that `dict(record)` was made of.

        Raises:
            TypeError: If one of its values is missing.
        """
        own = {name: value for name, value in data.items() if name in ("phase", "epoch", "update", "rate")}
        scores = {name: value for name, value in data.items() if name not in own}
        if "loss" not in scores or "val_loss" not in scores:
            raise TypeError(f"an epoch needs its 'loss' and 'val_loss', and has {', '.join(data)}")
        return cls(
            **own,
            training={name: value for name, value in scores.items() if not name.startswith("val_")},
            validation={name[4:]: value for name, value in scores.items() if name.startswith("val_")},
        )

    def _flat(self):
        values = {"phase": self.phase, "epoch": self.epoch, "update": self.update, "rate": self.rate}
        return values | self.training | {f"val_{name}": value for name, value in self.validation.items()}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "validation" not in self.__dict__:  # while it is copied it is still empty
            raise AttributeError(name)
        try:
            return self._flat()[name]
        except KeyError:
            raise AttributeError(f"An epoch has {', '.join(self)}. Received: {name!r}.") from None

    def __getitem__(self, name: str) -> Any:
        return self._flat()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._flat())

    def __len__(self) -> int:
        return len(self._flat())


@dataclasses.dataclass(frozen=True, eq=False)
class PhaseRecord(Record):
    """A phase that is over.

    Attributes:
        name: Name of the phase.
        stages: Names of the stages that trained.
        updates, updates_done: Updates planned and done.
        rate: Peak learning rate of the last stage.
        decay: Factor of the rate from each stage to the one before it.
        rates: Peak rate of each stage that trained.
        trainable: Number of scalars that trained.
        best_epoch: The epoch whose weights were kept, counted from 1 within the phase; 0 where it ended with those that
            it began with.
        epochs: Epochs done.
        stopped: Whether it stopped before the planned updates, because validation no longer improved.
        views: Fixed views of each training image; None where every update drew new ones.
        cache: What was computed once, in words; empty where nothing was.
    """

    name: str
    stages: list[str]
    updates: int
    updates_done: int
    rate: float
    decay: float
    rates: dict[str, float]
    trainable: int
    best_epoch: int
    epochs: int
    stopped: bool
    views: int | None = None
    cache: str = ""


@dataclasses.dataclass(frozen=True, eq=False)
class ClosingRecord(Record):
    """A step after the last phase that made other weights of those that were trained.

    Attributes:
        step: `"soup"`, `"interpolate"` or `"linear_probe"`.
        description: What it chose, in words.
        scores: All scores on the validation split, with the weights that it chose.
        epochs: Of a soup: the epochs whose mean the weights are.
        alpha: Of an interpolation: how far the weights lie from the start (0) to what was trained (1).
        alphas, val_loss, val_scores: Of an interpolation: the points that were tried, and loss and headline score at
            each. Of a linear probe: headline scores of the probe, and of what was trained.
    """

    step: str
    description: str
    scores: dict[str, float]
    epochs: list[int] | None = None
    alpha: float | None = None
    alphas: list[float] | None = None
    val_loss: list[float] | None = None
    val_scores: list[float] | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Returns the record that `dict(record)` was made of, also by an ftlib that used other names."""
        return cls(**{_OLDER_NAMES.get(name, name): value for name, value in data.items()})
