"""One phase of a run: what trains, what is computed once, the epochs, and the state that a checkpoint holds."""

import contextlib
import dataclasses
import itertools
import math
import shutil
import tempfile

import keras
import numpy as np

from ftlib.errors import DivergedError
from ftlib.evidence.proofs import Proof, prove, require_proofs
from ftlib.evidence.run import Run
from ftlib.evidence.scores import score_predictions
from ftlib.models.freezing import set_trainable
from ftlib.models.inference import predict, prefetch
from ftlib.models.initialization import assign_weights, copy_model
from ftlib.models.lora import add_lora, merge_lora
from ftlib.models.staged_model import StagedModel
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Strategy
from ftlib.training.activation_cache import ActivationCache
from ftlib.training.anchoring import PreparedAnchor
from ftlib.training.averaging import SOUP_SIZE
from ftlib.training.batches import EpochBatches, FixedViews, reseed_layers
from ftlib.training.checkpoints import CheckpointStore, pack_arrays, unpack_arrays
from ftlib.training.devices import Hardware
from ftlib.training.trainer import Trainer, make_optimizer, split_into_parts, without_dropout_in

_SHORTEST_EPOCH = 20  # updates


@dataclasses.dataclass
class TrainingContext:
    """What the phases of a run share.

    Attributes:
        run: The `Run` to fill in; its model is trained in place.
        recipe: The `Strategy`, unrolled.
        plan: Updates of each phase.
        settings: The `Regularization`.
        batch_size: Images per update.
        class_weights: Weight of each class, or None.
        anew: Names of the stages whose weights were drawn anew.
        anchor: The `PreparedAnchor` anchor, or None.
        store: The `CheckpointStore`, or None.
        say: Takes a line to show.
        hardware: The `Hardware`.
        engine: What it shares batches with.
        touched: Names of the stages that have trained so far.
        head_start: Weights of the head at the end of a first phase of the head alone; else empty.
    """

    run: Run
    recipe: Strategy
    plan: list
    settings: Regularization
    batch_size: int
    class_weights: object
    anew: list
    anchor: PreparedAnchor | None
    store: CheckpointStore | None
    say: object
    hardware: Hardware
    engine: object
    touched: list = dataclasses.field(default_factory=list)
    head_start: list = dataclasses.field(default_factory=list)


class PhaseRun:
    """A phase while it trains: a fresh optimizer, epochs with their own random numbers, the best epoch kept.

    Args:
        work: The `TrainingContext`, changed in place.
        index: Which phase.
        found: `(record, arrays)` of a checkpoint within this phase, to go on there; or None.
    """

    def __init__(self, work, index, found=None):
        self.work, self.index, self.found = work, index, found
        self.phase, self.count = work.recipe.phases[index], work.plan[index]
        self.base = sum(p["updates_done"] for p in work.run.phases)
        self.steps = min(self.count, max(_SHORTEST_EPOCH, -(-len(work.run.task.train) // work.batch_size)))
        self.epochs = -(-self.count // self.steps)
        self.patience = self.phase.patience or work.settings.patience
        self.epoch, self.done, self.best, self.soup = 0, 0, None, []
        self.wants_soup = "soup" in work.recipe.closing and index == len(work.plan) - 1

    def train(self):
        run = self.work.run
        self._open()
        self.proof = prove(run.model, batch_norm="train", head=run.head)
        self.proof.__enter__()
        if self.found is not None:
            digests = zip(run.model.weights, self.found[0]["digests"], strict=True)
            self.proof.before = {id(w): (w, digest) for w, digest in digests}
        with without_dropout_in(self.stages, self.chosen), self._folder() as folder:
            self._prepare(folder)
            if self.found is not None:
                self._restore()
            while not self._finished():
                self._run_epoch()
                if self.work.store is not None:
                    self._checkpoint()
            self.proof.check(self.trainer.optimizer)
        self._close()

    def _open(self):
        """Sets what trains, restores the weights of a checkpoint, and counts what trains."""
        work, run, phase = self.work, self.work.run, self.phase
        self.staged = StagedModel(run.model, run.head)
        self.stages = self.staged.stages
        names, self.plain = [s.name for s in self.stages], None
        if phase.train == "lora":
            self.plain = copy_model(run.model)
            with work.engine.scope():
                self.chosen = add_lora(self.staged, phase.rank, run.seed)
        else:
            self.chosen = phase.stages(names)
            free = set(work.anew) | {"head"} if phase.batch_norm == "freeze" else set(names)
            set_trainable(self.staged, self.chosen, batch_norm=free)
        work.touched = [n for n in names if n in work.touched or n in self.chosen]
        if self.found is not None:
            assign_weights(self.staged.weights_of(work.touched), unpack_arrays("weights", self.found[1]))
        self.trainable = sum(math.prod(w.shape) for w in run.model.trainable_weights)
        before = run.phases[-1] if run.phases else None
        if self.found is None and before and set(before["stages"]) < set(self.chosen):
            rose = self.trainable > before["trainable"]
            detail = f"{before['trainable']:,} -> {self.trainable:,} weights"
            run.proofs.append(Proof(f"{phase.name}: more trains", rose, detail))
            require_proofs(run.proofs)

    @contextlib.contextmanager
    def _folder(self):
        """Where files of activations may lie: in the folder of the run, for a run that is killed to find them again."""
        if self.work.store is None:
            with tempfile.TemporaryDirectory(prefix="ftlib-") as folder:
                yield folder
        else:
            yield self.work.store.folder / "cache"
            shutil.rmtree(self.work.store.folder / "cache", ignore_errors=True)

    def _prepare(self, folder):
        """Computes once what can be, and compiles what trains the rest."""
        work, run, phase = self.work, self.work.run, self.phase
        self.parts = split_into_parts(self.staged, self.chosen)
        self.views, self.validation = self._fixed_views(), run.task.validation.images
        self.scored, self.kept, self.where = run.model, "", ""
        if self.views is not None and len(self.parts) > 1 and not self.parts[0][1]:
            self._compute_once(ActivationCache(self.parts[0][0], self.views, folder))
        trained = self.staged.weights_of(self.chosen)
        decay, accumulate = work.settings.weight_decay, work.hardware.accumulate
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=work.settings.label_smoothing)
        # Whatever has variables is made here: created in the first update, they would have TensorFlow trace it twice.
        with work.engine.scope():
            self.hold = work.anchor.term_for([w for w in trained if w.trainable]) if work.anchor else None
            self.trainer = Trainer(self.parts, work.settings, self.hold, work.hardware.precision)
            optimizer = make_optimizer(phase, self.count, decay, run.model, run.head, accumulate)
            metrics = [keras.metrics.CategoricalAccuracy("accuracy")]
            self.trainer.compile(optimizer, loss, metrics=metrics, jit_compile=work.hardware.jit)
            self.trainer.optimizer.build(self.trainer.trainable_variables)
        if self.where:
            self.scored = self.parts[0][0] if len(self.parts) == 1 else self.trainer

    def _fixed_views(self):
        """Returns the views of the training images in the order of `FixedViews`; None if each update draws new ones."""
        settings, images = self.work.settings, self.work.run.task.train.images
        distorts = settings.augmentation != "none"
        count = self.phase.views or (None if distorts or settings.mixup or settings.cutmix else 1)
        if count is None or count == 1 or not distorts:
            return None if count is None else images
        key = (self.work.run.seed, self.index)
        return FixedViews(images, count, settings.augmentation, self.work.run.task.mirror, key)

    def _compute_once(self, cache):
        """Runs the frozen first part over all images, if that pays, and leaves the rest to be trained on the result."""
        items = len(self.views) + len(self.validation)
        uses = self.count * self.work.batch_size + self.epochs * len(self.validation)
        self.where = cache.place(items, uses) if self.found is None else self.found[0]["where"]
        if not self.where:
            return
        n, k = len(self.work.run.task.train), len(self.views) // len(self.work.run.task.train)
        size = 4 * items * math.prod(cache.shape) / 2**20
        views = f" in {k} views" if k > 1 else ""
        names = [s.name for s in self.stages]
        first = list(itertools.takewhile(lambda name: name not in self.chosen, names))
        upto = first[0] if len(first) == 1 else f"{first[0]} to {first[-1]}"
        self.kept = (
            f"{upto} computed once for {n} training images{views} and {len(self.validation)} for validation, "
            f"{size:,.1f} MB {'in memory' if self.where == 'memory' else 'on disk'}"
        )
        self.work.say(f"{self.work.run.strategy} seed {self.work.run.seed}  {self.phase.name}: {self.kept}")
        self.views, self.validation = (cache.run(images, self.where) for images in (self.views, self.validation))
        self.parts = self.parts[1:]

    def _restore(self):
        record, arrays = self.found
        self.epoch, self.done, self.best, self.soup = (record[k] for k in ("epoch", "done", "best", "soup"))
        for i, one in enumerate(self.soup):
            one["weights"] = unpack_arrays(f"soup{i}", arrays)
        self.best["weights"] = unpack_arrays("best", arrays)
        assign_weights(self.trainer.optimizer.variables, unpack_arrays("optimizer", arrays))

    def _finished(self):
        early = self.patience and self.epoch and self.epoch - self.best["epoch"] >= self.patience
        return self.done >= self.count or early

    def _run_epoch(self):
        work, run, trainer = self.work, self.work.run, self.trainer
        now, key = min(self.steps, self.count - self.done), (run.seed, self.index, self.epoch)
        reseed_layers(run.model, key)
        batches = EpochBatches(run.task, work.batch_size, now, key, work.settings, work.class_weights, self.views)
        means = work.engine.train(trainer, self._parts(batches, key))
        self.epoch, self.done = self.epoch + 1, self.done + now
        row = {
            "phase": self.phase.name,
            "epoch": len(run.history) + 1,
            "update": self.base + self.done,
            "rate": float(trainer.optimizer.learning_rate),
            "loss": means["loss"],
            "accuracy": means["accuracy"],
        }
        scores = score_predictions(predict(self.scored, self.validation), run.task.validation.labels)
        row.update({f"val_{name}": value for name, value in scores.items()})
        run.history.append(row)
        if not np.isfinite(row["loss"]) or not np.isfinite(row["val_loss"]):
            raise DivergedError(
                f"The loss is {row['loss']} in phase {self.phase.name!r} after {self.done} updates: the rate "
                f"{self.phase.rate:g} is too high for this model. Try a tenth of it."
            )
        better = self._compare(row, scores)
        self._say(
            f"{self.epoch:>{len(str(self.epochs))}}/{self.epochs}  update "
            f"{row['update']:>{len(str(self.base + self.count))}}  loss {row['loss']:.3f}  val loss "
            f"{row['val_loss']:.3f}  val accuracy {row['val_accuracy']:.3f}{'  best' if better else ''}"
        )

    def _parts(self, batches, key):
        """Yields what goes through the model at once: batches, or parts of them of equal size."""
        for i, whole in enumerate(prefetch(batches.__getitem__, len(batches))):
            for x, *y in zip(*(np.split(part, self.work.hardware.accumulate) for part in whole), strict=True):
                yield (x if self.hold is None else self.hold.inputs_for(x, key, i)), *y

    def _compare(self, row, scores):
        """Keeps the weights of the epoch if it is the best, or one of the best where a soup is wanted."""
        now = {"epoch": self.epoch, "val_loss": row["val_loss"], "scores": scores}
        better = self.best is None or row["val_loss"] < self.best["val_loss"]
        if better or self.wants_soup:
            now["weights"] = [np.array(keras.ops.convert_to_numpy(w)) for w in self.staged.weights_of(self.chosen)]
        if better:
            self.best = now
        if self.wants_soup:
            self.soup = sorted([*self.soup, now], key=lambda e: e["val_loss"])[:SOUP_SIZE]
        return better

    def _checkpoint(self):
        work, run = self.work, self.work.run
        plain = ({k: v for k, v in one.items() if k != "weights"} for one in (self.best, *self.soup))
        best, *ingredients = plain
        record = {
            "phase": self.index,
            "epoch": self.epoch,
            "done": self.done,
            "best": best,
            "soup": ingredients,
            "where": self.where,
            "touched": work.touched,
            "digests": [d for _, d in self.proof.before.values()],
            "history": run.history,
            "phases": run.phases,
            "notes": run.notes,
            "proofs": [dataclasses.asdict(p) for p in run.proofs],
        }
        arrays = {
            **pack_arrays("weights", self.staged.weights_of(work.touched)),
            **pack_arrays("best", self.best["weights"]),
            **pack_arrays("optimizer", self.trainer.optimizer.variables),
            **pack_arrays("head_start", work.head_start),
        }
        for i, one in enumerate(self.soup):
            arrays.update(pack_arrays(f"soup{i}", one["weights"]))
        work.store.write(record, arrays)

    def _close(self):
        """Leaves the model with the weights of the best epoch, and the run with the record of the phase."""
        work, run, phase = self.work, self.work.run, self.phase
        run.proofs += [Proof(f"{phase.name}: {p.name}", p.holds, p.detail) for p in self.proof.results]
        assign_weights(self.staged.weights_of(self.chosen), self.best["weights"])
        run.scores["validation"] = self.best["scores"]
        names = [s.name for s in self.stages]
        rates = {n: phase.rate * phase.decay**i for i, n in enumerate(reversed(names)) if n in self.chosen}
        run.phases.append(
            {
                "name": phase.name,
                "stages": self.chosen,
                "updates": self.count,
                "updates_done": self.done,
                "rate": phase.rate,
                "decay": phase.decay,
                "rates": rates,
                "trainable": self.trainable,
                "best_epoch": self.best["epoch"],
                "epochs": self.epoch,
                "stopped": self.done < self.count,
                "views": None if self.views is None else len(self.views) // len(run.task.train),
                "cache": self.kept,
            }
        )
        if self.plain is not None:
            run.model = merge_lora(self.plain, run.model)
        if self.index == 0 and self.chosen == ["head"]:
            work.head_start = self.best["weights"]
        run._kept.clear()

    def _say(self, line):
        run = self.work.run
        self.work.say(f"{run.strategy} seed {run.seed}  {self.phase.name} {line}")
