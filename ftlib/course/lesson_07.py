"""Checks of the exercises of lesson 07."""

import functools

import numpy as np

from ftlib.course.answers import Mistake, as_number, call, describe, near, number
from ftlib.course.tracks import track
from ftlib.models.staged_model import stages
from ftlib.strategies.strategy import Strategy


def _check_both_belts(answer):
    if not isinstance(answer, Strategy):
        return Mistake("expected_strategy", kind=describe(answer))
    if answer.start != "pretrained" or answer.keep is not None:
        return Mistake("random_start")

    stage_names = _name_stages(track().name)
    phases = answer.unrolled(stage_names).phases
    trained_stages = [phase.trained_stages(stage_names) for phase in phases]
    wanted_stages = [stage_names[first:] for first in reversed(range(len(stage_names)))]
    if trained_stages == [stage_names[-1:], stage_names]:
        return Mistake("all_at_once")
    if trained_stages != wanted_stages:
        return Mistake("other_stages", phases="; ".join(" + ".join(names) for names in trained_stages))
    return _check_gradual_phases(phases)


@functools.cache
def _name_stages(track_name):
    return [stage.name for stage in stages(track(track_name).backbone)] + ["head"]


def _check_gradual_phases(phases):
    head_phase, *body_phases = phases
    decays = {phase.decay for phase in body_phases}
    if decays == {1.0}:
        if head_phase.decay != 1:
            return Mistake("head_decay")
        return Mistake("gradual_unchanged")
    if any(abs(decay - 0.5) > 1e-6 for decay in decays):
        return Mistake("other_decay", decays=", ".join(f"{decay:g}" for decay in sorted(decays)))
    if any(abs(phase.rate - 3e-4) > 1e-7 for phase in body_phases):
        return Mistake("rate_changed", rate=phases[-1].rate)

    body_share = round(2 / 3 / len(body_phases), 3)
    shares = [round(phase.share, 3) for phase in phases]
    if shares != [0.333] + [body_share] * len(body_phases):
        return Mistake("shares_changed")
    return None


def _check_stage_rates(answer):
    for names, rate, decay in (
        (["stage1", "stage2", "stage3", "head"], 1e-3, 0.5),
        (["stage1", "stage2", "stage3", "stage4", "stage5", "head"], 0.01, 0.1),
    ):
        returned = call(answer, list(names), rate, decay)
        mistake = _check_rates(returned, names, rate, decay)
        if mistake is not None:
            return mistake
    return None


def _check_rates(returned, names, rate, decay):
    if not isinstance(returned, dict):
        return Mistake("expected_rates", kind=describe(returned))
    if set(returned) != set(names):
        odd_name = next(name for name in [*names, *returned] if (name in returned) != (name in names))
        return Mistake("other_names", names=", ".join(names), odd=odd_name)
    for name in names:
        if number(returned[name]) is None:
            return Mistake("no_number_for_stage", name=name, kind=describe(returned[name]))

    rates = [number(returned[name]) for name in names]
    steps_from_head = reversed(range(len(names)))
    wanted_rates = [rate * decay**steps for steps in steps_from_head]
    if _are_near(rates, wanted_rates):
        return None

    shown_rates = ", ".join(f"{name} {value:g}" for name, value in zip(names, rates, strict=True))
    if _are_near(rates, [rates[0]] * len(rates)):
        return Mistake("same_rates", rate=rates[0])
    if _are_near(rates, wanted_rates[::-1]):
        return Mistake("reversed_rates", rates=shown_rates)
    if _are_near(rates, [wanted * decay for wanted in wanted_rates]):
        return Mistake("one_step_too_many", rates=shown_rates, rate=rate)
    return Mistake(
        "other_rates",
        rate=rate,
        decay=decay,
        rates=shown_rates,
        head_rate=wanted_rates[-1],
        next_rate=wanted_rates[-2],
        first_rate=wanted_rates[0],
        first_stage=names[0],
    )


def _are_near(values, wanted_values):
    return all(near(value, wanted) for value, wanted in zip(values, wanted_values, strict=True))


def _check_suggest(answer):
    for lowest_rate, lucky_rate in ((1e-2, 2e-5), (1e-3, 6e-6)):
        rates, losses = _make_search(lowest_rate, lucky_rate)
        suggested_rate = as_number(call(answer, rates, losses))
        if not 0.4 < suggested_rate / (lowest_rate / 10) < 3.2:
            return _explain_rate(suggested_rate, lowest_rate, rates, losses)
    return None


def _make_search(lowest_rate, lucky_rate):
    """Returns the rates and losses of a made-up search: a fall to `lowest_rate`, then a rise, and one lucky batch."""
    rates = np.geomspace(1e-6, 1, 121)
    distances = np.log10(rates / lowest_rate)
    falling_losses = 2.0 - 1.6 * np.clip(1 + distances / 2.5, 0, 1)
    rising_losses = 0.4 + 6 * np.clip(distances, 0, None) ** 2

    losses = np.where(distances < 0, falling_losses, rising_losses)
    losses = losses * (1 + 0.1 * np.sin(5.0 * np.arange(len(rates))))  # the batches differ
    losses[np.argmin(np.abs(rates - lucky_rate))] = 0.05
    return rates, losses


def _explain_rate(suggested_rate, lowest_rate, rates, losses):
    lucky_rate = rates[losses.argmin()]
    if near(suggested_rate, lucky_rate / 10) or near(suggested_rate, lucky_rate):
        return Mistake("lucky_batch", lowest=lowest_rate, value=suggested_rate)
    if 0.4 < suggested_rate / lowest_rate < 3.2:
        return Mistake("lowest_point", value=suggested_rate)
    if suggested_rate < 2 * rates[0]:
        return Mistake("curve_start", lowest=lowest_rate, value=suggested_rate)
    if suggested_rate > 1 and suggested_rate == int(suggested_rate):
        return Mistake("position", value=suggested_rate)
    return Mistake("other_rate", lowest=lowest_rate, value=suggested_rate)


CHECKS = {
    "07.1": _check_both_belts,
    "07.2": _check_stage_rates,
    "07.3": _check_suggest,
}
