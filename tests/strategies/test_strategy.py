"""Strategies are data: they print, add up, and can be edited."""

import dataclasses
import json

import pytest

from ftlib.strategies.strategy import Phase, Strategy, get_strategy, list_strategies

NAMES = ["stage1", "stage2", "stage3", "head"]


def test_the_named_strategies_are_all_there():
    assert list_strategies() == [
        "scratch",
        "feature_extraction",
        "feature_extraction_long",
        "top",
        "full",
        "lp_ft",
        "gradual",
        "lora",
        "hybrid",
    ]
    trained = {
        name: [p.trained_stages(NAMES) for p in get_strategy(name).unrolled(NAMES).phases] for name in list_strategies()
    }
    assert trained == {
        "scratch": [NAMES],
        "feature_extraction": [["head"]],
        "feature_extraction_long": [["head"]],
        "top": [["head"], ["stage3", "head"]],
        "full": [NAMES],
        "lp_ft": [["head"], NAMES],
        "gradual": [["head"], ["stage3", "head"], ["stage2", "stage3", "head"], NAMES],
        "lora": [["head"], NAMES],
        "hybrid": [NAMES],
    }
    assert {name for name in list_strategies() if get_strategy(name).start == "random"} == {"scratch"}
    assert {name: get_strategy(name).keep for name in list_strategies() if get_strategy(name).keep} == {"hybrid": 2}


@pytest.mark.parametrize("updates", [3, 7, 50, 100, 300, 301, 1000])
def test_a_plan_spends_what_its_shares_allow(updates):
    for name in list_strategies():
        recipe = get_strategy(name)
        shares = sum(p.share for p in recipe.phases)
        plan = recipe.plan(updates)
        assert len(plan) == len(recipe.phases) and min(plan) >= 1
        assert sum(plan) == int(updates * shares + 0.5)
    # The control has as many updates as the fine-tuning, the plain one only what fine-tuning spends on its head.
    assert (
        get_strategy("feature_extraction_long").plan(updates) == [updates] == [sum(get_strategy("lp_ft").plan(updates))]
    )
    assert get_strategy("feature_extraction").plan(updates) == get_strategy("lp_ft").plan(updates)[:1]


def test_a_plan_rounds_no_update_away():
    thirds = Strategy("thirds", "pretrained", [Phase(str(i), "all", share=1 / 3) for i in range(3)])
    assert thirds.plan(100) == [33, 34, 33] and thirds.plan(4) == [1, 2, 1]
    with pytest.raises(ValueError, match="2 updates are too few for the 3 phases of 'thirds'"):
        thirds.plan(2)


def test_a_strategy_prints_as_a_table():
    two = (Phase("first", "head", share=1 / 3, rate=0.01), Phase("then", "all", share=2 / 3, schedule="constant"))
    assert repr(Strategy("mine", "pretrained", two)).splitlines() == [
        "mine: starts pretrained",
        "  phase     trains       share      rate",
        "  first     head           33%      0.01  cosine",
        "  then      all            67%     0.001  constant",
    ]
    assert repr(get_strategy("hybrid")).startswith("hybrid: starts pretrained, keeps the first 2 stages")
    some = Strategy("some", "random", [Phase("a", 2, share=0.5), Phase("b", ["stage1", "head"], share=0.5)])
    assert "last 2" in repr(some) and "stage1, head" in repr(some)


def test_a_strategy_is_edited_into_another():
    recipe = get_strategy("lp_ft")
    slow = dataclasses.replace(recipe, name="slow", phases=(recipe.phases[0], Phase("top", 2, share=0.5, rate=1e-5)))
    assert get_strategy(slow) is slow
    assert [p.trained_stages(NAMES) for p in slow.phases] == [["head"], ["stage2", "stage3", "head"]]
    assert slow.plan(60) == [20, 30]
    assert get_strategy("lp_ft") == recipe != slow
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.name = "other"
    faster = recipe.scaled(3.0)
    assert [p.rate for p in faster.phases] == pytest.approx([3 * p.rate for p in recipe.phases])
    assert [p.share for p in faster.phases] == [p.share for p in recipe.phases]


def test_the_rate_of_a_head_goes_by_its_width():
    recipe = get_strategy("lp_ft")
    assert "at 128 features" in repr(recipe)
    for width, rate in ((128, 1e-2), (1280, 1e-3), (None, 1e-2)):
        ready = recipe.unrolled(NAMES, width)
        assert [p.rate for p in ready.phases] == pytest.approx([rate, 3e-4])
        assert ready.unrolled(NAMES, 7) == ready  # a rate that is given, or found, stays
    assert recipe.scaled(3.0).unrolled(NAMES, 256).phases[0].rate == pytest.approx(1.5e-2)


def test_stages_are_chosen_in_the_order_of_the_model():
    assert Phase("x", ("head", "stage1")).trained_stages(NAMES) == ["stage1", "head"]
    assert Phase("x", 0).trained_stages(NAMES) == ["head"]
    assert Phase("x", 3).trained_stages(NAMES) == NAMES
    with pytest.raises(ValueError, match="trains nothing.*fit\\(..., head=...\\)"):
        Phase("x", "head").trained_stages(NAMES[:3])
    with pytest.raises(ValueError, match="keeps 4 stages, but the model has stage1, stage2, stage3, head"):
        Strategy("x", "pretrained", [Phase("all", "all")], keep=4).check(NAMES)


@pytest.mark.parametrize("name", list_strategies())
def test_every_strategy_suits_a_model_with_stages_also_before_it_is_unrolled(name):
    strategy = get_strategy(name)
    strategy.check(NAMES)
    assert set(strategy.phases[-1].trained_stages(NAMES)) == set(
        strategy.unrolled(NAMES).phases[-1].trained_stages(NAMES)
    )


@pytest.mark.parametrize("name", list_strategies())
def test_a_strategy_survives_the_way_through_a_file(name):
    strategy = dataclasses.replace(get_strategy(name), name="mine")
    plain_data = json.loads(json.dumps(dataclasses.asdict(strategy)))
    assert Strategy.from_dict(plain_data) == strategy


def test_a_phase_that_no_strategy_has_is_refused():
    plain_data = dataclasses.asdict(get_strategy("full"))
    plain_data["phases"][0]["speed"] = 3
    with pytest.raises(TypeError, match="speed"):
        Strategy.from_dict(plain_data)
