"""What is recommended, why, and when it says that it does not know."""

import dataclasses

import pytest
import tiny

from ftlib.advisor import RULE, Rule, advise, choose
from ftlib.similarity import Evidence
from ftlib.training import fit

NEAR = Evidence(10, 3, {"stage1": 0.5, "stage2": 0.95}, untrained=0.6, pixels=0.7, validation=200)


def far(labels):
    return dataclasses.replace(NEAR, labels_per_class=labels, probes={"stage2": 0.4}, untrained=0.9, pixels=0.3)


def test_the_rule_goes_from_the_head_alone_to_everything_as_labels_grow_and_starts_anew_where_nothing_is_gained():
    rule = Rule(gain=0.2, labels=5)
    assert choose(NEAR, rule) == "feature_extraction_long"
    assert choose(dataclasses.replace(NEAR, labels_per_class=50), rule) == "lp_ft"
    assert choose(far(50), rule) == "scratch"


def test_advice_is_a_strategy_to_train_with_and_sentences_with_the_numbers():
    task = tiny.task(train=30)
    advice = advise(tiny.model(), task)
    assert advice.evidence == advise(tiny.backbone(), task).evidence
    assert advice.strategy.name == choose(advice.evidence, RULE)
    text = repr(advice)
    assert f"advice: {advice.strategy.name}" in text and f"{100 * advice.evidence.probe:.0f} %" in text
    assert all(line in text for line in (*advice.why, *advice.doubts)) and repr(advice.strategy) in text
    assert advice.sure == (not advice.doubts)


def test_it_doubts_near_the_border_and_outside_of_what_was_recorded(monkeypatch):
    def told(evidence):
        monkeypatch.setattr("ftlib.advisor.measure", lambda *args: evidence)
        return advise(tiny.model(), tiny.task())

    sure = dataclasses.replace(NEAR, labels_per_class=10)
    assert told(sure).sure
    (few_images,) = told(dataclasses.replace(sure, probes={"stage2": 0.7}, validation=4)).doubts
    assert "4 validation images" in few_images
    assert any("500 labels per class" in line for line in told(dataclasses.replace(sure, labels_per_class=500)).doubts)
    assert any("1000 classes" in line for line in told(dataclasses.replace(sure, classes=1000)).doubts)
    assert any("hardly fits" in line for line in told(far(10)).doubts)


def test_auto_trains_what_is_recommended_and_the_run_says_why(capsys):
    model, task = tiny.model(), tiny.task(train=30)
    advice = advise(model, task)
    run = fit(model, task, "auto", updates=4, seed=1)
    same = fit(model, task, advice.strategy, updates=4, seed=1, verbose=False)
    assert run.strategy == advice.strategy.name and set(advice.said) <= set(run.notes)
    assert "advice: " in capsys.readouterr().out
    assert tiny.moved(tiny.weights(run.model), tiny.weights(same.model)) == set()


@pytest.mark.parametrize("model, task", [("glyphnet", tiny.task()), (tiny.model(), "digits")])
def test_a_wrong_argument_is_named(model, task):
    with pytest.raises(TypeError, match="Received: str"):
        advise(model, task)
