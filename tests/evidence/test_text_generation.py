"""Texts that a language model writes: equal for equal seeds, ended by their mark, and refused where none can be."""

import keras
import numpy as np
import pytest
import written

import ftlib as ft
from ftlib.evidence.text_generation import generate_text
from ftlib.models.token_network import token_network
from ftlib.objectives.tokens import attach_token_head

TOKENIZER = written.tokenizer()
FOLLOWERS = ("the", "cat", "sat", "on", "mat")


def chain(length=8, end_after_last=True, sureness=50.0):
    """Returns a model that writes one word of `FOLLOWERS` after the other, then the end; and the same from anywhere."""
    size = TOKENIZER.vocabulary_size
    order = [TOKENIZER.start_id, *(TOKENIZER.encode([word], 1, marks=False)[0, 0] for word in FOLLOWERS)]
    logits = np.zeros((size, size), "float32")
    for id, following in zip(order, [*order[1:], TOKENIZER.end_id if end_after_last else order[1]], strict=True):
        logits[id, following] = sureness
    ids = keras.Input((length,), dtype="int32")
    table = keras.layers.Embedding(size, size, name="table")
    model = keras.Model(ids, table(ids))
    table.set_weights([logits])
    return model


def drawn(length=12):
    """Returns a model with random weights, whose texts are drawn from nearly equal probabilities."""
    keras.utils.set_random_seed(3)
    backbone = token_network(TOKENIZER.vocabulary_size, length, 8, 1, 2, causal=True)
    return attach_token_head(backbone, TOKENIZER.vocabulary_size, "writer")


@pytest.mark.backends
def test_the_likeliest_is_written_up_to_the_mark_of_the_end(eager):
    assert generate_text(chain(), temperature=0, tokenizer=TOKENIZER) == ["the cat sat on mat"]
    assert generate_text(chain(), "the cat", temperature=0, tokenizer=TOKENIZER) == [" sat on mat"]
    assert generate_text(chain(), "the cat", tokens=2, temperature=0, tokenizer=TOKENIZER) == [" sat on"]
    assert generate_text(chain(), "the cat ", tokens=1, temperature=0, tokenizer=TOKENIZER) == ["sat"]
    assert generate_text(chain(), "on mat", temperature=0, tokenizer=TOKENIZER) == [""]


@pytest.mark.backends
@pytest.mark.parametrize("length", [4, None])
def test_a_text_may_be_longer_than_the_model_sees(eager, length):
    writer = chain(length, end_after_last=False)
    (text,) = generate_text(writer, "the", tokens=12, temperature=0, tokenizer=TOKENIZER)
    assert text.split() == [*FOLLOWERS[1:], *FOLLOWERS, *FOLLOWERS[:3]]


@pytest.mark.backends
def test_equal_seeds_write_equal_texts(eager):
    texts = generate_text(drawn(), "the", count=3, tokens=15, seed=4, tokenizer=TOKENIZER)
    assert len(set(texts)) == 3
    assert generate_text(drawn(), "the", count=3, tokens=15, seed=4, tokenizer=TOKENIZER) == texts
    assert generate_text(drawn(), "the", count=1, tokens=15, seed=4, tokenizer=TOKENIZER) == texts[:1]
    assert generate_text(drawn(), "the", count=3, tokens=15, seed=5, tokenizer=TOKENIZER) != texts


def test_draws_follow_the_probabilities(eager):
    writer = chain(sureness=3.0)
    share = np.exp(3.0) / (np.exp(3.0) + TOKENIZER.vocabulary_size - 5)  # four ids are never written: no end, one more
    for temperature, expected in ((1.0, share), (0.25, 1.0)):
        texts = generate_text(writer, "the", 400, 1, temperature, tokenizer=TOKENIZER)
        assert np.mean([text == " cat" for text in texts]) == pytest.approx(expected, abs=0.08)


def test_marks_are_never_written(eager):
    texts = generate_text(drawn(), count=20, tokens=20, temperature=50.0, tokenizer=TOKENIZER)
    assert not any("[" in text or "�" in text for text in texts)


def test_a_run_knows_its_tokenizer(eager):
    corpus = written.corpus(30, 6)
    task = ft.tasks.texts.next_token_task(corpus, length=12, tokenizer=TOKENIZER)
    run = ft.fit(drawn(), task, "full", "none", updates=2, verbose=False)
    assert generate_text(run, "the", tokens=3) == generate_text(run.model, "the", tokens=3, tokenizer=TOKENIZER)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "`count` is a whole number of at least 1. Received: count=0"),
        ({"tokens": 2.5}, "`tokens` is a whole number"),
        ({"seed": -1}, "`seed` is a whole number of at least 0"),
        ({"temperature": -1}, "`temperature` is a number of at least 0"),
        ({"temperature": float("nan")}, "`temperature` is a number"),
    ],
)
def test_numbers_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        generate_text(chain(), tokenizer=TOKENIZER, **options)


def test_what_cannot_write_is_refused(tmp_path):
    with pytest.raises(TypeError, match="`tokenizer` is what made the ids.*NoneType"):
        generate_text(chain())
    with pytest.raises(TypeError, match="`prompt` is a string. Received: list"):
        generate_text(chain(), ["the"], tokenizer=TOKENIZER)
    with pytest.raises(ValueError, match="gives logits .* of its tokenizer's pieces. Received: output shape"):
        generate_text(chain(), tokenizer=written.tokenizer("more"))
    keras.utils.set_random_seed(0)
    network = token_network(TOKENIZER.vocabulary_size, 8, 8, 1, 2)  # sees what follows
    masked = attach_token_head(network, TOKENIZER.vocabulary_size, "masked")
    with pytest.raises(ValueError, match="sees the tokens that it is to predict"):
        generate_text(masked, "the", tokenizer=TOKENIZER)


class WithoutMarks(ft.Tokenizer):
    start_id = end_id = 0


def test_without_a_mark_of_start_a_text_needs_a_prompt(eager):
    tokenizer = WithoutMarks(TOKENIZER.pieces)
    assert len(generate_text(chain(), "the", tokens=2, tokenizer=tokenizer)) == 1
    with pytest.raises(ValueError, match="begins with something.*Received: prompt=''"):
        generate_text(chain(), tokenizer=tokenizer)
