"""What is recommended, why, and when it says that it does not know."""

import dataclasses

import pytest
import tiny

from ftlib.evidence.advisor import Rule, advise, lead, strategy_name_for
from ftlib.evidence.similarity import Evidence
from ftlib.training.fit import fit

NEAR = Evidence(10, 3, {"stage1": 0.5, "stage2": 0.95}, untrained=0.6, pixels=0.6, validation=200)
SMALL, LARGE = 1e5, 1e8


def far(labels):
    return dataclasses.replace(NEAR, labels_per_class=labels, probes={"stage1": 0.7, "stage2": 0.4}, untrained=0.3)


def test_near_the_pre_training_the_lead_over_pixels_decides_and_far_from_it_the_size_of_the_network():
    rule = Rule(lead=2, parameters=1e6, ahead=0.2)
    assert strategy_name_for(NEAR, SMALL, rule) == strategy_name_for(NEAR, LARGE, rule) == "lp_ft"
    plain = dataclasses.replace(NEAR, pixels=0.8)
    assert strategy_name_for(plain, SMALL, rule) == "feature_extraction_long"
    assert strategy_name_for(plain, LARGE, rule) == "lp_ft"
    behind = dataclasses.replace(NEAR, pixels=0.96)
    assert strategy_name_for(behind, SMALL, rule) == strategy_name_for(behind, LARGE, rule) == "lp_ft"
    assert strategy_name_for(far(50), SMALL, rule) == strategy_name_for(far(1), SMALL, rule) == "scratch"
    assert strategy_name_for(far(50), LARGE, rule) == "full"


def test_the_lead_of_an_early_stage_counts_in_standard_errors():
    assert lead(NEAR) < 0 < 2 < lead(far(10))
    few = dataclasses.replace(far(10), validation=8)
    assert lead(few) == pytest.approx(lead(far(10)) / 5) and strategy_name_for(few, SMALL) != "scratch"
    perfect = dataclasses.replace(NEAR, probes={"stage1": 1.0, "stage2": 1.0})
    assert lead(perfect) == 0
    assert lead(dataclasses.replace(NEAR, probes={"stage1": 0.9})) == 0


def test_advice_is_a_strategy_to_train_with_and_sentences_with_the_numbers():
    task = tiny.task(train=30)
    advice = advise(tiny.model(), task)
    assert advice.evidence == advise(tiny.backbone(), task).evidence
    assert advice.strategy.name == strategy_name_for(advice.evidence, tiny.backbone().count_params())
    text = repr(advice)
    assert f"advice: {advice.strategy.name}" in text and f"{100 * advice.evidence.probe:.0f} %" in text
    assert all(line in text for line in (*advice.why, *advice.doubts)) and repr(advice.strategy) in text
    assert advice.sure == (not advice.doubts)


def test_it_doubts_near_the_border_and_outside_of_what_was_recorded(monkeypatch):
    def told(evidence):
        monkeypatch.setattr("ftlib.evidence.advisor.measure_similarity", lambda *args: evidence)
        return advise(tiny.model(), tiny.task())

    assert told(NEAR).sure
    (few_images,) = told(dataclasses.replace(NEAR, validation=40)).doubts
    assert "40 validation images" in few_images
    (border,) = told(dataclasses.replace(NEAR, probes={"stage1": 0.9, "stage2": 0.83})).doubts
    assert "standard errors" in border
    assert any("500 labels per class" in line for line in told(dataclasses.replace(NEAR, labels_per_class=500)).doubts)
    assert any("1000 classes" in line for line in told(dataclasses.replace(NEAR, classes=1000)).doubts)
    assert any("helps little" in line for line in told(dataclasses.replace(NEAR, pixels=0.99)).doubts)


def test_auto_trains_what_is_recommended_and_the_run_says_why(capsys, eager):
    model, task = tiny.model(), tiny.task(train=30)
    advice = advise(model, task)
    run = fit(model, task, "auto", updates=4, seed=1)
    same = fit(model, task, advice.strategy, updates=4, seed=1, verbose=False)
    assert run.strategy == advice.strategy.name and set(advice.reasons) <= set(run.notes)
    assert "advice: " in capsys.readouterr().out
    assert tiny.moved(tiny.weights(run.model), tiny.weights(same.model)) == set()


@pytest.mark.parametrize("model, task", [("glyphnet", tiny.task()), (tiny.model(), "digits")])
def test_a_wrong_argument_is_named(model, task):
    with pytest.raises(TypeError, match="Received: str"):
        advise(model, task)
