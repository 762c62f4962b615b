"""`fit`: one loop that runs every strategy."""

import dataclasses
import pathlib

import keras
import numpy as np

from ftlib.batches import Batches, reseed, weigh_classes
from ftlib.engine import Trainer, make_optimizer, quiet, run_ahead, split_parts
from ftlib.errors import ProofError
from ftlib.freezing import set_trainable
from ftlib.graph import stages
from ftlib.initialization import copy_model, redraw
from ftlib.proofs import Proof, no_leak, prove
from ftlib.regularizers import Regularization
from ftlib.runs import Run, check_pixels, predict, score
from ftlib.strategies import strategy as named_strategy
from ftlib.tasks.base import Task

_SHORTEST_EPOCH = 20  # updates


def fit(
    model, task, strategy="lp_ft", regularization="light", seed=0, run_dir=None, updates=None, batch_size=32,
    class_weight=None, head=None, verbose=True,
):  # fmt: skip
    """Trains a copy of a classifier with a strategy, and returns the evidence.

    The argument `model` stays as it is, so the same call gives the same run again. A frozen stage runs in inference
    mode: its BatchNorm and its Dropout do nothing, which `trainable=False` alone does not do for Dropout. Each phase
    ends with the weights of its best epoch by validation loss.

    An epoch is one pass over the training images, or 20 updates where a pass is shorter, so that validation does not
    cost more than training. The random numbers of an epoch depend on (seed, phase, epoch) alone.

    Args:
        model: A functional Keras model whose output are the probabilities of the task's classes, as from
            `classifier`.
        task: A `Task`; `task.for_backbone(model)` is applied to it.
        strategy: A name (see `strategy`) or a `Strategy`. Default `"lp_ft"`: head first, then all.
        regularization: A preset's name or a `Regularization`.
        seed: Integer: seed of drawn weights, data order, augmentation and dropout.
        run_dir: Folder for the model and the record of the run; must not hold a run yet. Default None: nothing is
            written.
        updates: Optimizer steps over all phases. Default None: ten passes over the training images, at least 300.
        batch_size: Images per update. Small sets fill a batch by repetition, each time augmented differently.
        class_weight: `"balanced"` (weights inverse to the class counts), a dict from class index to weight, or None.
        head: Name of the first layer of the head, for a model without a layer named `"backbone"`.
        verbose: Whether to print one line per epoch.

    Returns:
        A `Run`.

    Raises:
        ValueError, TypeError: For arguments that do not fit, before anything is trained.
        ProofError: If what was to stay frozen moved, or what was to train did not.
        FloatingPointError: If the loss is no longer a number, because the rate is too high.

    Example:
    >>> task = ft.load_task("digits", labels_per_class=10)
    >>> model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    >>> ft.fit(model, task, "feature_extraction", updates=60, verbose=False).val_accuracy > 0.9
    True
    """
    recipe, settings = named_strategy(strategy), Regularization.preset(regularization)
    say = print if verbose else lambda line: None
    names = [s.name for s in stages(model, head=head)]
    _check(model, task, recipe, names, seed, updates, batch_size, run_dir)
    batch_size, updates = int(batch_size), None if updates is None else int(updates)
    weights = weigh_classes(class_weight, task)
    for part in ("train", "validation", "test"):  # before a change of size, which would hide pixels out of range
        check_pixels(getattr(task, part).images, f"{part} images")
    fitted = task.for_backbone(model)
    if fitted is not task:
        say(f"{task.name}: images {_by(task.image_shape)} -> {_by(fitted.image_shape)} for the backbone")
    for note in task.notes:
        say(f"{task.name}: {note}")
    if updates is None:
        updates = max(300, 10 * -(-len(task.train) // batch_size))
    plan = recipe.plan(updates)

    proofs = [no_leak(task)]
    _require(proofs)
    trained = copy_model(model, {layer.name: settings.dropout for layer in _head_dropouts(stages(model, head=head))})
    found = stages(trained, head=head)
    _check_probabilities(trained, fitted)
    anew = names if recipe.start == "random" else [] if recipe.keep is None else names[recipe.keep :]
    notes = redraw(trained, [x for s in found if s.name in anew for x in s.layers], seed) if anew else []
    rates = {layer.rate for layer in _head_dropouts(found)} or {0.0}
    if rates != {settings.dropout}:
        notes.append(f"dropout={settings.dropout:g} has no effect: the head has no Dropout layer to set it in.")
    notes = [*task.notes, *notes]
    run = Run(
        trained, recipe.name, int(seed), {}, [], [], proofs, notes, tuple(task.class_names), fitted, head=head
    )  # fmt: skip
    listed = None if weights is None else weights.tolist()
    run.settings = _describe(task, recipe, settings, updates, batch_size, listed)
    before = None
    for index, (phase, count) in enumerate(zip(recipe.phases, plan, strict=True)):
        chosen = phase.stages(names)
        free = set(anew) | {"head"} if phase.batch_norm == "freeze" else set(names)
        set_trainable(trained, chosen, batch_norm=free, head=head)
        trainable = sum(int(np.prod(w.shape)) for w in trained.trainable_weights)
        if before and set(before[0]) < set(chosen):
            rose = Proof(f"{phase.name}: more trains", trainable > before[1], f"{before[1]:,} -> {trainable:,} weights")
            proofs.append(rose)
            _require(proofs)
        before = (chosen, trainable)
        _train_phase(run, found, phase, chosen, index, count, trainable, settings, batch_size, weights, say)
    if run_dir is not None:
        run.save(run_dir)
    return run


def _train_phase(run, found, phase, chosen, index, count, trainable, settings, batch_size, class_weights, say):
    """Trains one phase: a fresh optimizer, epochs with their own random numbers, the best epoch's weights kept."""
    task, model = run.task, run.model
    patience = phase.patience or settings.patience
    if not phase.augment:
        settings = dataclasses.replace(settings, augmentation="none", mixup=0.0, cutmix=0.0)
    steps = min(count, max(_SHORTEST_EPOCH, -(-len(task.train) // batch_size)))
    epochs = -(-count // steps)
    proof = prove(model, batch_norm="train", head=run.head)
    proof.__enter__()
    with quiet(found, chosen):
        parts, scored = split_parts(model, found, chosen, run.head), model
        if not phase.augment:
            parts, task = run_ahead(parts, task)
            scored = parts[0][0] if task is not run.task else model
        trainer = Trainer(parts, settings)
        trainer.compile(
            make_optimizer(phase, count, settings.weight_decay, trainer.trainable_variables),
            keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing),
            metrics=["accuracy"],
        )
        best, done, base = None, 0, run.history[-1]["update"] if run.history else 0
        for epoch in range(epochs):
            now = min(steps, count - done)
            key = (run.seed, index, epoch)
            reseed(model, key)
            batches = Batches(task, batch_size, now, key, settings, class_weights)
            trainer.reset_metrics()
            for i in range(now):
                logs = trainer.train_on_batch(*batches[i], return_dict=True)
            done += now
            row = {
                "phase": phase.name, "epoch": len(run.history) + 1, "update": base + done,
                "rate": float(trainer.optimizer.learning_rate), "loss": float(logs["loss"]),
                "accuracy": float(logs["accuracy"]),
            }  # fmt: skip
            scores = score(predict(scored, task.validation.images), task.validation.labels)
            row.update({f"val_{name}": value for name, value in scores.items()})
            run.history.append(row)
            if not np.isfinite(row["loss"]) or not np.isfinite(row["val_loss"]):
                raise FloatingPointError(
                    f"The loss is {row['loss']} in phase {phase.name!r} after {done} updates: the rate {phase.rate:g} "
                    "is too high for this model. Try a tenth of it."
                )
            better = best is None or row["val_loss"] < best[0]
            if better:
                best = (row["val_loss"], epoch + 1, model.get_weights(), scores)
            say(_line(run, phase, epoch + 1, epochs, row, base + count, better))
            if patience and epoch + 1 - best[1] >= patience and done < count:
                break
        proof.check(trainer.optimizer)
    run.proofs += [Proof(f"{phase.name}: {p.name}", p.holds, p.detail) for p in proof.results]
    model.set_weights(best[2])
    run._kept.clear()
    run.scores["validation"] = best[3]
    run.phases.append(
        {
            "name": phase.name, "stages": chosen, "updates": count, "updates_done": done, "rate": phase.rate,
            "trainable": trainable, "best_epoch": best[1], "epochs": epoch + 1, "stopped": done < count,
        }
    )  # fmt: skip


def _line(run, phase, epoch, epochs, row, last, better):
    return (
        f"{run.strategy} seed {run.seed}  {phase.name} {epoch:>{len(str(epochs))}}/{epochs}  "
        f"update {row['update']:>{len(str(last))}}  loss {row['loss']:.3f}  val loss {row['val_loss']:.3f}  "
        f"val accuracy {row['val_accuracy']:.3f}{'  best' if better else ''}"
    )


def _head_dropouts(found):
    return [x for s in found if s.name == "head" for x in s.layers if isinstance(x, keras.layers.Dropout)]


def _check_probabilities(model, task):
    rows = keras.ops.convert_to_numpy(model(np.asarray(task.train.images[np.arange(2) % len(task.train)], "float32")))
    if rows.min() < 0 or not np.allclose(rows.sum(1), 1, atol=1e-2):
        raise ValueError(
            "The model must give probabilities: at least 0, with the sum 1 for each image. Received: sums of "
            f"{', '.join(f'{s:g}' for s in rows.sum(1))}. End it with a softmax activation."
        )


def _check(model, task, recipe, names, seed, updates, batch_size, run_dir):
    if not isinstance(task, Task):
        raise TypeError(f"`task` is a Task, as from ft.load_task(...). Received: {type(task).__name__}.")
    for name, value, least in (("seed", seed, 0), ("updates", updates, 1), ("batch_size", batch_size, 1)):
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= least
        if not whole and not (name == "updates" and value is None):
            raise ValueError(f"`{name}` is a whole number of at least {least}. Received: {name}={value!r}.")
    shape = model.output_shape
    if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] != task.num_classes:
        raise ValueError(
            f"The model must give probabilities (None, {task.num_classes}), one per class of {task.name!r}. Received: "
            f"output shape {shape}. Build it with ft.classifier(backbone, {task.num_classes})."
        )
    if updates is not None:
        recipe.plan(updates)
    recipe.check(names)
    if run_dir is not None and (pathlib.Path(run_dir) / "run.json").exists():
        raise ValueError(f"{run_dir} already holds a run. Read it with ft.load_run, or choose another folder.")
    if run_dir is not None and pathlib.Path(run_dir).exists() and not pathlib.Path(run_dir).is_dir():
        raise ValueError(f"`run_dir` is a folder. Received: the file {run_dir}.")


def _describe(task, recipe, settings, updates, batch_size, class_weight):
    return {
        "task": {"name": task.name, "train": len(task.train), "validation": len(task.validation),
                 "test": len(task.test), "classes": task.num_classes, "source": task.source},
        "strategy": repr(recipe), "regularization": repr(settings), "updates": updates, "batch_size": batch_size,
        "class_weight": class_weight, "keras": keras.__version__, "backend": keras.backend.backend(),
    }  # fmt: skip


def _require(proofs):
    broken = [p for p in proofs if not p.holds]
    if broken:
        raise ProofError("\n".join(map(str, broken)))


def _by(shape):
    return "x".join(map(str, shape))
