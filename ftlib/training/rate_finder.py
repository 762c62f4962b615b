"""`find_lr`: how high the learning rate may be, measured in one short run."""

import dataclasses
from typing import TYPE_CHECKING

import keras
import numpy as np

from ftlib import plots
from ftlib.models.arrays import to_numpy
from ftlib.models.freezing import set_trainable
from ftlib.models.initialization import copy_model
from ftlib.models.staged_model import StagedModel
from ftlib.plots.words import say
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Phase, get_strategy
from ftlib.tasks.task import Task
from ftlib.training.batches import EpochBatches, reseed_layers
from ftlib.training.fit import fit
from ftlib.training.random_layers import without_dropout_in
from ftlib.training.trainer import Trainer, make_optimizer, split_into_segments

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SMOOTHING = 0.9  # weight of the past in the running mean of the losses: about the last ten updates
_EXPLOSION = 4  # times the lowest loss: there the search ends
_SUGGESTED_SHARE = 10  # the suggestion is the rate of the lowest loss divided by this
_HEAD_UPDATES = 300  # of `feature_extraction`, of which the head gets a third


@dataclasses.dataclass(frozen=True, repr=False)
class RateSearch:
    """What `find_lr` returns.

    Attributes:
        curves: Dict from what trained (`"all"`, or the name of a stage) to `(rates, losses)`, two arrays: the smoothed
            training loss after an update with each rate.
        suggestions: Dict from the same names to the rate to use as a phase's `rate`.
        notes: What a reader should know, as sentences.
    """

    curves: dict[str, tuple]
    suggestions: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def suggestion(self) -> float:
        """The suggested rate; of a search per stage, the lowest, which no stage finds too high."""
        return min(self.suggestions.values())

    def __repr__(self):
        lines = [f"{'trains':<10}{'suggested rate':>15}{'lowest loss at':>16}"]
        for name, (rates, losses) in self.curves.items():
            lines.append(f"{name:<10}{self.suggestions[name]:>15.1e}{rates[np.argmin(losses)]:>16.1e}")
        return "\n".join([*lines, *self.notes])

    def plot(self) -> "Figure":
        """Returns a Matplotlib figure of the loss against the rate, with a mark at each suggestion."""
        if len(self.curves) == 1:
            suggestion = self.suggestion
            title = say("Suggested rate {rate:.1e} (ring): a tenth of where the loss is lowest", rate=suggestion)
        else:
            title = say("Rings: the suggested rate of each stage, a tenth of its lowest point")
        loss_label = say("Training loss, smoothed")
        figure = plots.lines(self.curves, say("Learning rate"), loss_label, title, log_x=True)
        axes = figure.axes[0]
        for (name, (rates, losses)), line in zip(self.curves.items(), list(axes.lines), strict=False):
            suggested_rate = self.suggestions[name]
            height = np.interp(np.log(suggested_rate), np.log(rates), losses)
            axes.plot(suggested_rate, height, "o", markersize=11, markerfacecolor="none", color=line.get_color())
        return figure


def find_lr(  # noqa: PLR0913 - all but two are options with defaults
    model: keras.Model,
    task: Task,
    per_stage: bool = False,
    low: float = 1e-6,
    high: float = 1.0,
    updates: int = 100,
    regularization: str | Regularization = "light",
    seed: int = 0,
    batch_size: int = 32,
    head: str | None = None,
) -> RateSearch:
    """Trains a copy with a rate that grows at every update, and suggests one from where the loss falls.

    The learning-rate range test (Smith, 2017, https://arxiv.org/abs/1506.01186): from `low` on, each rate is the same
    factor times the one before, until the loss is four times its lowest. The suggestion is a tenth of the rate at
    which the smoothed loss is lowest, since there it is about to rise. The arguments, the optimizer and metrics of a
    compiled model, and the random numbers of NumPy, Python and Keras stay as they are, bit for bit.

    A head that knows nothing yet, as `classifier` makes it, passes no gradient on. Such a head is trained first, on a
    copy, as the strategy `"feature_extraction"` does it, and a note says so.

    Args:
        model: A classifier, as for `fit`.
        task: A `Task`.
        per_stage: Whether to search for each stage by itself, with all others frozen. Default False: one search with
            everything trainable. BatchNormalization is frozen either way, as in `fit`.
        low, high: First and last rate. The defaults reach from what hardly moves Adam to what breaks it.
        updates: Updates of each search. Default 100: about 17 a decade.
        regularization: The one of the run to come. Default `"light"`, as in `fit`; with `"none"`, a head that knows its
            few images by heart has no loss left from which to see anything. An `anchor` is left out: it holds what has
            moved, and a search begins where nothing has.
        seed, batch_size, head: As in `fit`.

    Returns:
        A `RateSearch`: it prints as a table, and has `.suggestion`, `.suggestions` and `.plot()`.

    Raises:
        ValueError, TypeError: For arguments that do not fit, before anything is trained.

    Example:
    >>> task = ft.load_task("digits", labels_per_class=10)
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    >>> ft.find_lr(model, task).plot()  # doctest: +SKIP
    """
    regularization = dataclasses.replace(Regularization.preset(regularization), anchor=None)
    staged = StagedModel(model, head)
    _check(task, low, high, updates)

    notes = ()
    if _head_is_zero(staged):
        strategy = get_strategy("feature_extraction")
        head_run = fit(
            model,
            task,
            strategy,
            regularization,
            seed,
            updates=_HEAD_UPDATES,
            batch_size=batch_size,
            head=head,
            verbose=False,
        )
        model = head_run.model
        notes = ("The head was all zero, so it was trained first, for 100 updates.",)

    task = task.for_backbone(model)
    rates = np.geomspace(low, high, updates)
    stage_names = staged.stage_names
    searches = {name: [name] for name in stage_names} if per_stage else {"all": stage_names}
    curves = {}
    for name, trained_stages in searches.items():
        search_model = StagedModel(copy_model(model), head)
        curves[name] = _search(search_model, task, trained_stages, rates, regularization, seed, batch_size)
    suggestions = {name: float(rates[np.argmin(losses)] / _SUGGESTED_SHARE) for name, (rates, losses) in curves.items()}
    return RateSearch(curves, suggestions, notes)


def _head_is_zero(staged):
    return not any(np.any(to_numpy(weight)) for weight in staged.weights_of(["head"]))


def _search(
    staged: StagedModel,
    task: Task,
    trained_stages: list[str],
    rates: np.ndarray,
    regularization: Regularization,
    seed: int,
    batch_size: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Trains some stages of a model, in place, and returns the rates reached and the smoothed loss at each."""
    set_trainable(staged, trained_stages)
    if not staged.model.trainable_weights:
        raise ValueError(f"Nothing trains in {', '.join(trained_stages)}.")
    phase = Phase("search", tuple(trained_stages), rate=rates[0], schedule="constant")
    epoch_key = (seed, 0, 0)
    batches = EpochBatches(task, batch_size, len(rates), epoch_key, regularization)
    reseed_layers(staged.model, epoch_key)

    running_mean = 0.0
    smoothed_losses = []
    with without_dropout_in(staged.stages, trained_stages):
        trainer = Trainer(split_into_segments(staged, trained_stages), regularization)
        loss_function = task.objective.make_loss(regularization)
        trainer.compile(make_optimizer(phase, len(rates), regularization.weight_decay, staged), loss_function)
        for i, rate in enumerate(rates):
            trainer.optimizer.learning_rate = rate
            trainer.reset_metrics()
            loss = float(trainer.train_on_batch(*batches[i], return_dict=True)["loss"])
            running_mean = _SMOOTHING * running_mean + (1 - _SMOOTHING) * loss
            smoothed_loss = running_mean / (1 - _SMOOTHING ** (i + 1))
            exploded = bool(smoothed_losses) and smoothed_loss > _EXPLOSION * min(smoothed_losses)
            if exploded or not np.isfinite(loss):
                break
            smoothed_losses.append(smoothed_loss)
    return rates[: len(smoothed_losses)], np.array(smoothed_losses)


def _check(task, low, high, updates):
    if not isinstance(task, Task):
        raise TypeError(f"`task` is a Task, as from ft.load_task(...). Received: {type(task).__name__}.")
    if not 0 < low < high:
        raise ValueError(f"`low` and `high` are rates with 0 < low < high. Received: low={low!r}, high={high!r}.")
    if isinstance(updates, bool) or not isinstance(updates, (int, np.integer)) or updates < 10:
        raise ValueError(f"`updates` is a whole number of at least 10. Received: updates={updates!r}.")
