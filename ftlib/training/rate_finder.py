"""`find_lr`: how high the learning rate may be, measured in one short run."""

import dataclasses

import keras
import numpy as np

from ftlib import plots
from ftlib.models.freezing import set_trainable
from ftlib.models.initialization import copy_model
from ftlib.models.staged_model import StagedModel
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Phase, get_strategy
from ftlib.tasks.task import Task
from ftlib.training.batches import EpochBatches, reseed_layers
from ftlib.training.fit import fit
from ftlib.training.random_layers import without_dropout_in
from ftlib.training.trainer import Trainer, make_optimizer, split_into_parts

_MEMORY = 0.9  # of the running mean of the losses: about the last ten updates
_WORSE = 4  # times the lowest loss: there the search ends


@dataclasses.dataclass(frozen=True, repr=False)
class RateSearch:
    """What `find_lr` returns.

    Attributes:
        curves: Dict from what trained (`"all"`, or the name of a stage) to `(rates, losses)`, two arrays: the smoothed
            training loss after an update with each rate.
        suggestions: Dict from the same names to the rate to use as a phase's `rate`.
        notes: What a reader should know.
    """

    curves: dict
    suggestions: dict
    notes: tuple = ()

    @property
    def suggestion(self):
        """The suggested rate; of a search per stage, the lowest, which no stage finds too high."""
        return min(self.suggestions.values())

    def __repr__(self):
        rows = [f"{'trains':<10}{'suggested rate':>15}{'lowest loss at':>16}"]
        for name, (rates, losses) in self.curves.items():
            rows.append(f"{name:<10}{self.suggestions[name]:>15.1e}{rates[np.argmin(losses)]:>16.1e}")
        return "\n".join([*rows, *self.notes])

    def plot(self):
        """Returns a Matplotlib figure of the loss against the rate, with a mark at each suggestion."""
        names = list(self.curves)
        one = f"Suggested rate {self.suggestion:.1e} (ring): a tenth of where the loss is lowest"
        title = one if len(names) == 1 else "Rings: the suggested rate of each stage, a tenth of its lowest point"
        fig = plots.lines(self.curves, "Learning rate", "Training loss, smoothed", title, log_x=True)
        for name, line in zip(names, fig.axes[0].lines, strict=False):
            rate, (rates, losses) = self.suggestions[name], self.curves[name]
            height = np.interp(np.log(rate), np.log(rates), losses)
            fig.axes[0].plot(rate, height, "o", markersize=11, markerfacecolor="none", color=line.get_color())
        return fig


def find_lr(
    model,
    task,
    per_stage=False,
    low=1e-6,
    high=1.0,
    updates=100,
    regularization="light",
    seed=0,
    batch_size=32,
    head=None,
):
    """Trains a copy with a rate that grows at every update, and suggests one from where the loss falls.

    The learning-rate range test (Smith, 2017, https://arxiv.org/abs/1506.01186): from `low` on, each rate is the same
    factor times the one before, until the loss is four times its lowest. The suggestion is a tenth of the rate at
    which the smoothed loss is lowest, since there it is about to rise. The arguments, the optimizer and metrics of a
    compiled model, and the random numbers of NumPy, Python and Keras stay as they are, bit for bit.

    A head that knows nothing yet, as `classifier` makes it, passes no gradient on. Such a head is trained first, on a
    copy, as the strategy `"feature_extraction"` does it, and the search says so.

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
    settings = dataclasses.replace(Regularization.preset(regularization), anchor=None)
    staged = StagedModel(model, head)
    _check(task, low, high, updates)
    notes = ()
    if not any(np.any(keras.ops.convert_to_numpy(w)) for w in staged.weights_of(["head"])):
        options = dict(updates=300, batch_size=batch_size, head=head, verbose=False)
        model = fit(model, task, get_strategy("feature_extraction"), settings, seed, **options).model
        notes = ("The head was all zero, so it was trained first, for 100 updates.",)
    task = task.for_backbone(model)
    rates = np.geomspace(low, high, updates)
    names = staged.stage_names
    curves = {}
    for name, chosen in ((n, [n]) for n in names) if per_stage else (("all", names),):
        curves[name] = _search(copy_model(model), task, chosen, rates, settings, seed, batch_size, head)
    suggestions = {name: float(rates[np.argmin(losses)] / 10) for name, (rates, losses) in curves.items()}
    return RateSearch(curves, suggestions, notes)


def _search(model, task, chosen, rates, settings, seed, batch_size, head):
    """Returns the rates that were reached and the smoothed loss at each."""
    staged = StagedModel(model, head)
    set_trainable(staged, chosen)
    if not model.trainable_weights:
        raise ValueError(f"Nothing trains in {', '.join(chosen)}.")
    phase = Phase("search", tuple(chosen), rate=rates[0], schedule="constant")
    batches = EpochBatches(task, batch_size, len(rates), (seed, 0, 0), settings)
    reseed_layers(model, (seed, 0, 0))
    mean, losses = 0.0, []
    with without_dropout_in(staged.stages, chosen):
        trainer = Trainer(split_into_parts(staged, chosen), settings)
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing)
        trainer.compile(make_optimizer(phase, len(rates), settings.weight_decay, staged), loss)
        for i, rate in enumerate(rates):
            trainer.optimizer.learning_rate = rate
            trainer.reset_metrics()
            now = float(trainer.train_on_batch(*batches[i], return_dict=True)["loss"])
            mean = _MEMORY * mean + (1 - _MEMORY) * now
            smooth = mean / (1 - _MEMORY ** (i + 1))
            if not np.isfinite(now) or losses and smooth > _WORSE * min(losses):
                break
            losses.append(smooth)
    return rates[: len(losses)], np.array(losses)


def _check(task, low, high, updates):
    if not isinstance(task, Task):
        raise TypeError(f"`task` is a Task, as from ft.load_task(...). Received: {type(task).__name__}.")
    if not 0 < low < high:
        raise ValueError(f"`low` and `high` are rates with 0 < low < high. Received: low={low!r}, high={high!r}.")
    if isinstance(updates, bool) or not isinstance(updates, (int, np.integer)) or updates < 10:
        raise ValueError(f"`updates` is a whole number of at least 10. Received: updates={updates!r}.")
