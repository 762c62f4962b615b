"""Logistic regression on features, as the probes and the cheap baselines fit it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression


def fit_logistic_regression(features: Any, labels: np.ndarray, strength: float) -> LogisticRegression:
    """Returns scikit-learn's multinomial logistic regression, fitted on one thread.

    It takes hundreds of small steps, at each of which several threads would have to wait for each other, on busy cores
    for long (`benchmarks/probe_threads.py`). One thread also adds up in the same order on every machine.

    Args:
        features: `(n, features)`, an array or a sparse matrix.
        labels: Class indices, `(n,)`.
        strength: Inverse of the regularization, scikit-learn's `C`.
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes")  # one example of each is what there may be
        return LogisticRegression(C=strength, max_iter=1000).fit(features, labels)
