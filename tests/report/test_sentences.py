"""Sentences for someone who knows no machine learning claim no more than the numbers carry."""

from types import SimpleNamespace

import pytest

from ftlib.report.sentences import describe_run, is_clearly_above, summarize_claims, summarize_proofs

DIGITS = {"task": {"name": "digits"}, "strategy": "mine: starts random\n  all  100%"}


@pytest.mark.parametrize(
    "accuracy, image_count, expected",
    [
        (0.5, 6, "3 of 6"),
        (0.964, 500, "96 of 100"),
        (0.997, 2000, "997 of 1,000"),  # not 100 of 100
        (1.0, 2000, "100 of 100"),
        (0.964, None, "96 of 100"),
    ],
)
def test_how_many_are_right_is_said_in_small_numbers(accuracy, image_count, expected):
    sentence = describe_run(accuracy, image_count, "test", 100, DIGITS)
    start = "Shown 100 handwritten digits, the network that started from nothing"
    assert sentence == f"{start} gets {expected} new ones right."


def test_the_start_of_a_strategy_that_is_not_known_is_not_made_up():
    sentence = describe_run(0.9, None, "validation", 5, {"task": "pets", "strategy": "from a book"})
    assert "the network that learned in another way" in sentence
    assert sentence.endswith(", of those that its best epoch was chosen by.")


def test_intervals_that_are_not_known_tell_nothing_apart():
    one, other = {"test_low": 0.9, "test_high": 0.95}, {"test_low": 0.8, "test_high": 0.85}
    assert is_clearly_above(one, other) and not is_clearly_above(other, one)
    assert not is_clearly_above({**one, "test_low": float("nan")}, other) and not is_clearly_above({}, other)


def proof(name, holds=True):
    return SimpleNamespace(name=name, holds=holds, detail="")


def test_claims_are_listed_once_and_an_unknown_one_by_its_name():
    proofs = [proof("head: frozen weights"), proof("all: frozen weights"), proof("all: more trains"), proof("own")]
    assert summarize_claims(proofs) == (
        "Checked during training: that frozen weights stay the same to the bit, that each phase which opens stages "
        "trains more and own. A line opens to its details."
    )
    assert summarize_claims(proofs[-1:]) == "Checked during training: own. A line opens to its details."


def test_a_broken_claim_is_named():
    assert summarize_proofs("full", [proof("a"), proof("b")]) == ("full: all 2 claims hold", "")
    assert summarize_proofs("full", [proof("a", False), proof("b")]) == ("full: 1 of 2 claims BROKEN", "a")
