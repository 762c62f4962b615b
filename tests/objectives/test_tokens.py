"""What the objectives of tokens share: a loss over the positions that count, and what is kept of large outputs."""

import keras
import numpy as np
import pytest
from scipy.special import log_softmax

from ftlib.models.inference import predict
from ftlib.objectives.tokens import PositionCrossEntropy, reduce_token_outputs, target_log_probabilities

LOGITS = np.random.default_rng(0).normal(0, 2, (3, 4, 5)).astype("float32")
TARGETS = np.array([[1, 4, -1, -1], [0, -1, -1, -1], [2, 2, 3, -1]])


def by_hand(smoothing=0.0):
    """Returns the mean over the six positions that count, from scipy's log-probabilities."""
    log_probabilities = log_softmax(LOGITS.astype("float64"), axis=-1)
    losses = []
    for example, position in zip(*np.nonzero(TARGETS >= 0), strict=True):
        row = log_probabilities[example, position]
        target = np.full(5, smoothing / 5)
        target[TARGETS[example, position]] += 1 - smoothing
        losses.append(-(target * row).sum())
    return np.mean(losses)


@pytest.mark.backends
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_the_mean_over_what_counts(smoothing):
    loss = PositionCrossEntropy(smoothing)
    assert float(loss(TARGETS, LOGITS)) == pytest.approx(by_hand(smoothing), rel=1e-5)
    turned = PositionCrossEntropy(smoothing, positions_last=True)
    assert float(turned(TARGETS, LOGITS.swapaxes(1, 2))) == pytest.approx(by_hand(smoothing), rel=1e-5)


@pytest.mark.backends
def test_a_batch_in_which_nothing_counts_has_no_loss():
    assert float(PositionCrossEntropy()(np.full((3, 4), -1), LOGITS)) == 0


def test_what_is_kept_of_logits():
    kept = reduce_token_outputs(LOGITS, TARGETS)
    expected = log_softmax(LOGITS, axis=-1)
    assert kept.shape == (3, 4, 2) and kept.dtype == "float32"
    assert kept[2, 1, 0] == pytest.approx(expected[2, 1, 2], rel=1e-5) and kept[1, 2, 0] == 0
    assert kept[..., 1].tolist() == (LOGITS.argmax(-1) == TARGETS).tolist()
    assert np.isfinite(target_log_probabilities(1e4 * LOGITS, TARGETS)).all()


def test_texts_are_predicted_in_batches_whose_logits_fit_into_memory(monkeypatch):
    monkeypatch.setattr("ftlib.models.inference._MOST_OUTPUTS", 3 * 4 * 7)
    ids = keras.Input((4,), dtype="int32")
    model = keras.Model(ids, keras.layers.Embedding(9, 7)(ids))
    sizes = []
    answer = model.predict_on_batch
    monkeypatch.setattr(model, "predict_on_batch", lambda batch: (sizes.append(batch.shape), answer(batch))[1])
    texts = np.arange(28).reshape(7, 4) % 9
    outputs = predict(model, texts)
    assert sizes == [(3, 4)] * 3 and outputs.shape == (7, 4, 7)
    np.testing.assert_array_equal(outputs, keras.ops.convert_to_numpy(model(texts.astype("int32"))))
