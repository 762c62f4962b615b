"""Which words of a text speak for a class, for a network of which one knows it."""

import keras
import numpy as np
import pytest
from texts import LENGTH, tokenizer

import ftlib as ft

WORDS = tokenizer()


@pytest.fixture(scope="module")
def model():
    """Says "good" the surer, the more often the word good is there: it counts it."""
    ids = keras.Input((LENGTH,), dtype="int32")
    rows = np.zeros((len(WORDS), 2), "float32")
    rows[WORDS.pieces.index("▁good"), 1] = 2.0
    embedded = keras.layers.Embedding(len(WORDS), 2)(ids)
    network = keras.Model(ids, keras.layers.Softmax()(keras.ops.sum(embedded, axis=1)))
    network.layers[1].set_weights([rows])
    return network


def test_the_word_that_is_counted_has_all_the_weight(model):
    explanation = ft.explain_text(model, WORDS, ["the good film", "a film"])
    assert explanation.classes.tolist() == [1, 0] and explanation.confidences[0] == pytest.approx(0.881, abs=1e-3)
    assert [round(word.weight, 3) for word in explanation.words[0]] == [0, 0.381, 0]
    assert explanation.strongest(0, 1)[0][0] == "good"
    assert "".join(piece for piece, _ in explanation.pieces(0)) == "the good film"


def test_words_behind_the_end_and_of_unknown_characters_are_no_trouble(model):
    text = "☃☃ " + "film " * 10 + "good"
    explanation = ft.explain_text(model, WORDS, [text], classes=[1])
    assert len(explanation.words[0]) == 12 and not any(word.weight for word in explanation.words[0])
    assert ft.explain_text(model, WORDS, [""]).words == ((),)


def test_bad_input_is_refused(model):
    with pytest.raises(TypeError, match="list of strings"):
        ft.explain_text(model, WORDS, "one text")
    with pytest.raises(ValueError, match="a class from 0 to 1"):
        ft.explain_text(model, WORDS, ["film"], classes=[2])
