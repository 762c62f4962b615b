"""Answers as spans: SQuAD's scores, the best span, and answers that inputs do not hold."""

import dataclasses

import numpy as np
import pytest
from objectives import tiny_span

import ftlib as ft
from ftlib.objectives.span import AnswerSpan, Span, best_token_spans, normalize_answer, overlap_f1

PASSAGE = "The tower, built in 1889, is in Paris."
#          0         1         2         3
OFFSETS = [
    (0, 0),
    (0, 3),
    (4, 9),
    (9, 10),
    (11, 16),
    (17, 19),
    (20, 24),
    (24, 25),
    (26, 28),
    (29, 31),
    (32, 37),
    (0, 0),
]


def target(*answers, start):
    return AnswerSpan.from_text(PASSAGE, OFFSETS, answers, start)


def targets(*rows):
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


def outputs(spans, length=12):
    """Returns logits whose best spans are the given ones."""
    logits = np.zeros((len(spans), length, 2))
    for row, (start, end) in enumerate(spans):
        logits[row, start, 0] = logits[row, end, 1] = 9
    return logits


def test_an_answer_is_found_by_its_characters():
    found = target("built in 1889", start=11)
    assert (found.start, found.end) == (4, 6) and found.text_between(4, 6) == "built in 1889"
    assert found.text_between(0, 0) == found.text_between(11, 11) == "" and found.text_between(0, 2) == "The tower"
    inside_a_word = target("uilt", start=12)
    assert (inside_a_word.start, inside_a_word.end) == (4, 4)
    cut = AnswerSpan.from_text(PASSAGE, OFFSETS[:6], ["built in 1889"], 11)
    assert (cut.start, cut.end) == (-1, -1)


# From the official script of SQuAD v1.1, evaluate-v1.1.py, on these pairs.
@pytest.mark.parametrize(
    ("predicted", "answers", "exact_match", "f1"),
    [
        ((1, 2), ["tower"], 1, 1),  # "The tower" without its article
        ((1, 3), ["the Tower!"], 1, 1),
        ((4, 6), ["in 1889"], 0, 2 * (2 / 3) * 1 / (2 / 3 + 1)),
        ((6, 6), ["built in 1889", "1889."], 1, 1),  # the best of several
        ((10, 10), ["built in 1889"], 0, 0),
        ((4, 8), ["is built"], 0, 2 * (2 / 4) * 1 / (2 / 4 + 1)),  # words in any order
    ],
)
def test_exact_match_and_f1_are_those_of_squad(predicted, answers, exact_match, f1):
    wanted = targets(AnswerSpan(6, 6, tuple(answers), PASSAGE, tuple(OFFSETS)))
    objective = Span()
    scores = objective.score(objective.reduce_outputs(outputs([predicted]), wanted), wanted)
    assert list(scores) == ["exact_match", "f1", "loss"] == [score.name for score in objective.scores]
    assert scores["exact_match"] == exact_match and scores["f1"] == pytest.approx(f1)


def test_text_is_normalised_as_squad_does():
    assert normalize_answer("  An  apple, THE a-b theatre. ") == "apple ab theatre"
    assert overlap_f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)
    assert overlap_f1([], []) == 0


def test_the_best_span_ends_after_it_starts_and_is_not_too_long():
    rng = np.random.default_rng(0)
    logits, may = rng.normal(0, 1, (20, 2, 9)), rng.random((20, 9)) < 0.7
    for most in (1, 3, 20):
        for row, (start, end) in enumerate(best_token_spans(logits, may, most)):
            sums = {
                (i, j): logits[row, 0, i] + logits[row, 1, j]
                for i in range(9)
                for j in range(i, min(9, i + most))
                if may[row, i] and may[row, j]
            }
            assert (start, end) == max(sums, key=sums.get)


def test_a_question_is_never_the_answer():
    wanted = targets(target("Paris", start=32))
    logits = outputs([(0, 0)])
    logits[0, 10] += 1
    assert Span().reduce_outputs(logits, wanted)[0, :2].tolist() == [10, 10]
    assert Span().reduce_outputs(logits, np.array([[10, 10]]))[0, :2].tolist() == [0, 0]


def test_the_loss_is_that_of_first_and_last_token():
    logits = np.random.default_rng(1).normal(0, 1, (3, 12, 2))
    spans = np.array([[2, 4], [5, 5], [-1, -1]])
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = -np.log([[probabilities[i, s, 0], probabilities[i, e, 1]] for i, (s, e) in enumerate(spans[:2])]).mean()
    objective = Span()
    scores = objective.score(objective.reduce_outputs(logits, spans), spans)
    assert scores["loss"] == pytest.approx(expected)
    loss = objective.make_loss(ft.Regularization())
    assert float(loss(spans, logits.astype("float32"))) == pytest.approx(expected, rel=1e-5)


def test_spans_of_tokens_are_scored_without_texts():
    spans = np.array([[2, 4], [5, 5], [-1, -1]])
    objective = Span()
    scores = objective.score(objective.reduce_outputs(outputs([(2, 4), (4, 5), (0, 0)]), spans), spans)
    assert scores["exact_match"] == pytest.approx(1 / 3) and scores["f1"] == pytest.approx((1 + 2 / 3) / 3)


def test_the_baseline_is_the_most_frequent_place():
    train = ft.Split(np.ones((3, 12), int), np.array([[2, 4], [2, 4], [1, 1]]), ["a", "b", "c"])
    test = ft.Split(np.ones((2, 12), int), np.array([[2, 4], [3, 3]]), ["d", "e"])
    assert Span().baseline(train, test) == {"exact_match": 0.5, "f1": pytest.approx((1 + 0.5) / 2)}


def test_answers_that_are_cut_off_are_missed_with_a_warning():
    task = tiny_span.task()
    ends = np.array([span.end for span in task.train.targets])
    with pytest.warns(UserWarning, match=r"of 24 answers lie beyond the 7 tokens"):
        fitted = task.for_backbone(ft.token_network(14, 7, 8, 1, 2))
    kept = fitted.train.targets
    assert [span.start == -1 for span in kept] == (ends >= 7).tolist() and {len(span.offsets) for span in kept} == {7}
    spans = fitted.objective.make_batch(fitted.train.inputs, kept, fitted, ft.Regularization(), None)[1]
    assert spans.shape == (24, 2) and (spans[ends >= 7] == -1).all()

    longer = task.for_backbone(ft.token_network(14, 13, 8, 1, 2)).train.targets
    assert [span.end for span in longer] == ends.tolist() and longer[0].offsets[-1] == (0, 0)
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="No answer of the train split"):
        task.for_backbone(ft.token_network(14, 3, 8, 1, 2))


def test_what_makes_no_sense_is_refused():
    task = tiny_span.task()
    model = ft.with_head(tiny_span.backbone(), task)
    inputs, names = task.train.inputs, task.train.ids
    for bad, message in [
        (np.full((24, 2), [4, 3]), "ends where it starts"),
        (np.full((24, 2), 0.5), r"integers \(n, 2\)"),
        (np.full(24, "Paris", object), "AnswerSpan for each"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            dataclasses.replace(task, train=ft.Split(inputs, bad, names))
    beyond = dataclasses.replace(task, train=ft.Split(inputs, np.full((24, 2), 10), names))
    with pytest.raises(ValueError, match="within the 10 tokens"):
        ft.fit(model, beyond)
    with pytest.raises(ValueError, match="`mixup` does not fit span"):
        ft.fit(model, task, regularization=ft.Regularization(mixup=0.2))
    with pytest.raises(ValueError, match="max_tokens=0"):
        Span(0)


def test_a_run_finds_the_answers(tmp_path):
    task = tiny_span.task()
    run = ft.fit(ft.with_head(tiny_span.backbone(), task), task, updates=60, run_dir=tmp_path, verbose=False)
    assert run.test_score > 0.4 > run.baseline()["exact_match"]
    assert ft.load_run(tmp_path, task).score("test") == run.score("test")  # the targets have a checksum
