"""What a cheap classifier of texts reaches on the same splits: counts of characters and logistic regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ftlib.objectives.classification import require_classes

if TYPE_CHECKING:
    from ftlib.tasks.task import Task

_MOST_TEXTS = 20_000  # that it is trained on: more take minutes
_STRENGTHS = (1.0, 10.0)  # of logistic regression, scikit-learn's C, of which validation chooses


class TextBaseline(NamedTuple):
    """How good character counts with logistic regression are.

    Attributes:
        validation_accuracy, test_accuracy: From 0 to 1.
        test_right: For each test text, whether it was named correctly, `(n,)`.
        train_count: How many texts it was trained on.
    """

    validation_accuracy: float
    test_accuracy: float
    test_right: np.ndarray
    train_count: int


def measure_text_baseline(task: Task) -> TextBaseline:
    """Trains TF-IDF of 1 to 3 characters with logistic regression on a task of texts, and scores it.

    Stretches of characters, and not words, since they need no rules of a language: Korean glues particles to words. The
    strength of the regularization is the better of two on validation; beyond 20,000 training texts some are drawn.

    Args:
        task: A `Task` of texts with one class each, with its texts or a tokenizer that can turn ids into them.

    Returns:
        A `TextBaseline`.

    Raises:
        ValueError: For another task.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    require_classes(task.objective, "measure_text_baseline", "Compare with `run.baseline(part)`.")
    labels = {part: np.asarray(split.targets) for part, split in task.splits.items()}
    chosen = np.arange(len(labels["train"]))
    if len(chosen) > _MOST_TEXTS:
        chosen = np.sort(np.random.default_rng(0).permutation(chosen)[:_MOST_TEXTS])
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, dtype=np.float32)  # pyright: ignore[reportArgumentType]  (float32 works)
    train_features = vectorizer.fit_transform(task.read_texts("train", chosen))
    features = {part: vectorizer.transform(task.read_texts(part)) for part in ("validation", "test")}

    best = None
    for strength in _STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=1000).fit(train_features, labels["train"][chosen])
        accuracy = float((model.predict(features["validation"]) == labels["validation"]).mean())
        if best is None or accuracy > best[0]:
            best = accuracy, model
    assert best is not None, "one of the strengths"
    test_right = best[1].predict(features["test"]) == labels["test"]
    return TextBaseline(best[0], float(test_right.mean()), test_right, len(chosen))
