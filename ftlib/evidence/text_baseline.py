"""What a cheap classifier of texts reaches on the same splits: counts of characters and logistic regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ftlib.evidence.linear_baseline import LinearBaseline, draw_examples, fit_linear_baseline
from ftlib.objectives.classification import require_classes

if TYPE_CHECKING:
    from ftlib.tasks.task import Task

_STRENGTHS = (1.0, 10.0)  # of logistic regression, scikit-learn's C, of which validation chooses


def measure_text_baseline(task: Task) -> LinearBaseline:
    """Trains TF-IDF of 1 to 3 characters with logistic regression on a task of texts, and scores it.

    Stretches of characters, and not words, since they need no rules of a language: Korean glues particles to words. The
    strength of the regularization is the better of two on validation; beyond 20,000 training texts some are drawn.

    Args:
        task: A `Task` of texts with one class each, with its texts or a tokenizer that can turn ids into them.

    Returns:
        A `LinearBaseline`.

    Raises:
        ValueError: For another task.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    require_classes(task.objective, "measure_text_baseline", "Compare with `run.baseline(part)`.")
    chosen = draw_examples(task)
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, dtype=np.float32)  # pyright: ignore[reportArgumentType]  (float32 works)
    features = {"train": vectorizer.fit_transform(task.read_texts("train", chosen))}
    features |= {part: vectorizer.transform(task.read_texts(part)) for part in ("validation", "test")}
    return fit_linear_baseline(task, features, chosen, _STRENGTHS)
