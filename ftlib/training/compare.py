"""Comparisons of strategies: several seeds, equal updates, equal tuning, intervals."""

import math
import numbers

import keras
import numpy as np

from ftlib.errors import DivergedError
from ftlib.evidence.comparison import ROW_FIELDS, Comparison
from ftlib.models.backbones import classifier, load_backbone
from ftlib.models.staged_model import StagedModel
from ftlib.strategies.regularization import Regularization
from ftlib.strategies.strategy import Strategy, get_strategy
from ftlib.tasks import load_task
from ftlib.training.anchoring import check_anchor
from ftlib.training.fit import fit


def compare(
    backbone,
    task,
    strategies,
    labels_per_class=(1, 3, 10, 50),
    seeds=5,
    regularization="light",
    updates=300,
    rate_factors=(1.0,),
    tuning_seeds=3,
    keep_runs=False,
    verbose=True,
):
    """Runs several strategies on the same task with the same seeds and updates, and reports intervals.

    Every strategy gets the same tuning: for each cell of the grid, each rate factor with each regularization is run
    with the first few seeds, and the choice with the best mean validation accuracy is kept for all seeds. The test
    split is looked at once per seed, with what validation chose.

    Args:
        backbone: Name for `load_backbone`, or a backbone.
        task: Name or path for `load_task`.
        strategies: List of names or `Strategy` objects, or one of these.
        labels_per_class: Numbers of training examples per class; None among them means all.
        seeds: Number of seeds, 0 and up, or a list of them, each once. A seed draws the examples and all randomness.
        regularization: Preset or `Regularization` for all strategies, a list of them to choose from, or a dict from
            strategy name to either.
        updates: Optimizer steps of each run, or several such numbers.
        rate_factors: Factors of the strategies' rates to choose from.
        tuning_seeds: How many seeds the choice is made on.
        keep_runs: Whether to keep the runs of the first seed, with their models.
        verbose: Whether to print one line per run.

    Returns:
        A `Comparison`.

    Raises:
        ValueError: For unknown names and bad numbers, and what is named twice, before any run.
        DivergedError: If a run that counts diverges. The comparison as far as it came is its attribute `done`.

    Example:
    >>> ft.compare("glyphnet", "digits", ["scratch", "lp_ft"], labels_per_class=(10,), seeds=3)  # doctest: +SKIP
    """
    recipes = [get_strategy(s) for s in ([strategies] if isinstance(strategies, (str, Strategy)) else strategies)]
    if not recipes or len({r.name for r in recipes}) < len(recipes):
        raise ValueError(f"`strategies` needs at least one, with different names. Received: {strategies!r}.")
    given = seeds
    seeds = list(range(seeds)) if _is_whole(seeds) else _several(seeds)
    if not seeds or not all(_is_whole(s) and s >= 0 for s in seeds):
        raise ValueError(f"`seeds` is a number of at least 1 or a list of whole numbers. Received: seeds={given!r}.")
    if not _is_whole(tuning_seeds) or tuning_seeds < 1:
        raise ValueError(f"`tuning_seeds` is a number of at least 1. Received: tuning_seeds={tuning_seeds!r}.")
    grid = {"labels_per_class": labels_per_class, "updates": updates, "rate_factors": rate_factors}
    labels_per_class, counts, rate_factors = map(_several, (labels_per_class, updates, rate_factors))
    for name, values in (("labels_per_class", labels_per_class), ("updates", counts)):
        whole = all(_is_whole(v) and v >= 1 or (v is None and name == "labels_per_class") for v in values)
        if not values or not whole:
            raise ValueError(
                f"`{name}` needs at least one number, and whole ones of at least 1. Received: {name}={grid[name]!r}."
            )
    if not rate_factors or not all(isinstance(f, numbers.Real) and 0 < f < math.inf for f in rate_factors):
        raise ValueError(f"`rate_factors` are numbers above 0. Received: rate_factors={grid['rate_factors']!r}.")
    listed = {"seeds": seeds, "labels_per_class": labels_per_class, "updates": counts, "rate_factors": rate_factors}
    for name, values in listed.items():
        if len(set(values)) < len(values):
            raise ValueError(
                f"`{name}` names a number twice: the same runs would count as several. Received: {name}={values!r}."
            )
    if isinstance(regularization, dict):
        missing = sorted({r.name for r in recipes} - set(regularization))
        if missing:
            raise ValueError(f"`regularization` has no entry for {', '.join(missing)}.")
        presets = {name: _presets(value) for name, value in regularization.items()}
        described = {name: [repr(preset) for preset in value] for name, value in presets.items()}
    else:
        presets = dict.fromkeys((r.name for r in recipes), _presets(regularization))
        described = [repr(preset) for preset in _presets(regularization)]
    for labels in labels_per_class:  # a name that is unknown or a class that is too small shows here
        load_task(task, labels, seeds[0])
    body = load_backbone(backbone) if not isinstance(backbone, keras.Model) else backbone
    names = StagedModel(classifier(body, 2)).stage_names
    for recipe in recipes:
        recipe.check(names)
        for preset in presets[recipe.name]:
            check_anchor(preset.anchor, recipe, names)
        for count in counts:
            recipe.unrolled(names).plan(count)

    result = Comparison(
        {
            "task": str(task),
            "backbone": backbone if isinstance(backbone, str) else body.name,
            "regularization": described,
            "rate_factors": list(rate_factors),
            "tuning_seeds": tuning_seeds,
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
            "numpy": np.__version__,
        },
        [],
    )
    for labels in labels_per_class:
        for count in counts:
            for recipe in recipes:
                choices = [(factor, preset) for preset in presets[recipe.name] for factor in rate_factors]
                _cell(result, body, task, recipe, labels, count, seeds, choices, tuning_seeds, keep_runs, verbose)
    return result


def _is_whole(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _several(given):
    """Returns one value, or several of any kind, as a list of plain numbers, which a record can hold."""
    given = list(given) if isinstance(given, (list, tuple, range, np.ndarray)) else [given]
    return [value.item() if isinstance(value, np.generic) else value for value in given]


def _presets(given):
    listed = given if isinstance(given, (list, tuple)) else [given]
    if not listed:
        raise ValueError(f"`regularization` needs at least one preset to choose from. Received: {given!r}.")
    return [Regularization.preset(one) for one in listed]


def _cell(result, body, task, recipe, labels, count, seeds, choices, tuning_seeds, keep_runs, verbose):
    """Tunes one strategy for one cell of the grid, then runs all seeds with the choice that validation made."""
    done = {}

    def run(choice, seed):
        factor, preset = choice
        if (choice, seed) not in done:
            data = load_task(task, labels, seed)
            model = classifier(body, data.num_classes)
            one = fit(model, data, recipe.scaled(factor), preset, seed, updates=count, verbose=False)
            done[choice, seed] = one
            if verbose:
                tried = f"  rates x {factor:g}" if len(choices) > 1 else ""
                print(
                    f"{recipe.name:<24}{labels or 'all':>4} labels per class  {count} updates  seed {seed}{tried}  "
                    f"validation accuracy {one.val_accuracy:.3f}",
                    flush=True,
                )
        return done[choice, seed]

    cell = {"strategy": recipe.name, "labels_per_class": labels, "updates": count}
    means = {}
    for choice in choices if len(choices) > 1 else ():
        try:
            means[choice] = float(np.mean([run(choice, seed).val_accuracy for seed in seeds[:tuning_seeds]]))
        except FloatingPointError:  # it diverged, which is the worst result a rate can have
            means[choice] = 0.0
        made = {"rate_factor": choice[0], "regularization": repr(choice[1])}
        result.tuning.append({**cell, **made, "val_mean": means[choice]})
    best = max(choices, key=lambda choice: means.get(choice, 0))
    for seed in seeds:
        try:
            one = run(best, seed)
        except FloatingPointError as error:
            raise _diverged(error, result, recipe, labels, count, seed) from error
        values = (
            recipe.name,
            labels,
            count,
            seed,
            best[0],
            repr(best[1]),
            sum(p["updates_done"] for p in one.phases),
            one.val_accuracy,
            one.val_macro_f1,
            one.test_accuracy,
            one.test_macro_f1,
        )
        result.rows.append(dict(zip(ROW_FIELDS, values, strict=True)))
        result.add_history(recipe.name, labels, count, one.history)
        if keep_runs and seed == seeds[0]:
            result.runs.append(one)
        del done[best, seed]


def _diverged(error, result, recipe, labels, count, seed):
    """Returns the error of a run, with what it belongs to and the comparison as far as it came."""
    told = DivergedError(
        f"{recipe.name!r} with seed {seed}, {labels or 'all'} labels per class and {count} updates: {error} With "
        "rate_factors=(1.0, 0.1), validation chooses between both. The "
        f"{len(result.rows)} runs before it are in the attribute `done` of this error, a Comparison."
    )
    told.done = result
    return told
