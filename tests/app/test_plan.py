"""What a run will do: options that are looked at before any work, and what is chosen where nothing was asked for."""

import dataclasses
import json
import re

import pytest
import tiny

from ftlib.app.choices import BackboneChoice
from ftlib.app.cli import main
from ftlib.app.options import Options
from ftlib.app.plan import Plan
from ftlib.app.resources import Needs
from ftlib.app.run_config import read_config
from ftlib.strategies.strategy import Strategy, get_strategy


@pytest.mark.slow
def test_advise_tells_what_fit_would_do_and_leaves_nothing(more_pictures, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert main(["advise", str(more_pictures), "--backbone", "glyphnet", "--json", "--quiet"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["plan"]["backbone"] == "glyphnet" and said["plan"]["seconds"] > 0
    assert any("Linear probes" in line for line in said["plan"]["why"]) and said["data"]["usable"]
    assert list(tmp_path.iterdir()) == []


def test_what_was_asked_for_goes_before_a_configuration(good_run):
    config = read_config(good_run / "config.json")
    options = Options(updates=7, mirror=True).filled_from(config)
    assert (options.updates, options.mirror, options.backbone) == (7, True, "glyphnet")
    assert options.strategy["name"] == "feature_extraction_long" and options.rate is None


def test_options_are_spelled_as_the_tables_spell_them():
    options = Options(backbone="GlyphNet", strategy="LP-FT", regularization="Light", precision="Mixed-Float16")
    checked = options.checked()
    assert (checked.backbone, checked.strategy, checked.regularization) == ("glyphnet", "lp_ft", "light")
    assert checked.precision == "mixed_float16" and checked.checked() == checked
    assert Options().checked() == Options()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"image_size": 7}, "--image-size is a whole number of at least 8. Received: --image-size 7"),
        ({"batch_size": 0}, "--batch-size is a whole number of at least 1"),
        ({"seed": -1}, "--seed is a whole number of at least 0"),
        ({"rate": 11.0}, "--rate is a learning rate above 0 and at most 10"),
        ({"strategy": "lp_ft", "updates": 1}, "too few"),
        ({"class_weight": "even"}, "Unknown class weight 'even'"),
    ],
)
def test_what_can_be_seen_to_be_wrong_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Options(**options).checked()


@pytest.fixture
def plan():
    strategy = get_strategy("lp_ft")
    needs = Needs(3 * 2**30, {"weights": 3 * 2**30}, 2**31, (), None)
    model, task = tiny.model(), tiny.task()
    choice = BackboneChoice("glyphnet", None, "as asked")
    return Plan(choice, model, task, strategy, "light", 32, 300, ("one reason", "another"), needs, None)


def test_a_plan_is_a_table_and_plain_data(plan, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    lines = repr(plan).splitlines()
    assert lines[0] == "backbone        glyphnet, images of 12 x 12 x 1 (as asked)"
    assert "needs           about 3.0 GiB of memory, 2.0 GiB on the disk while it trains" in lines
    assert lines[-2:] == ["why             one reason", "                another"]
    data = json.loads(json.dumps(plan.to_dict()))
    assert data["why"] == ["backbone: as asked", "one reason", "another"] and data["seconds"] is None
    assert Strategy.from_dict(data["strategy"]) == plan.strategy
    assert max(map(len, lines)) <= 100  # what is wider is broken below its column
    assert re.search(r"\n {16}  head +head +33% +0.01  .*inputs as they\n {58}are\n", repr(plan))
    measured = dataclasses.replace(plan, free=2**32, needs=dataclasses.replace(plan.needs, seconds_per_image=1.0))
    assert "(4.0 GiB are free)" in repr(measured) and " and 1 s" in " ".join(repr(measured).split())


@pytest.mark.parametrize("asked, recorded", [(True, True), (True, False), (False, True)])
def test_near_copies_are_looked_for_unless_the_options_or_the_configuration_say_no(asked, recorded, good_run):
    config = read_config(good_run / "config.json")
    config.chosen_training.near = recorded
    options = Options(find_near_copies=asked).filled_from(config)
    assert options.find_near_copies is (asked and recorded)
