"""Logistic regression takes one thread, whatever the machine has, and leaves the others as they were."""

import numpy as np
import scipy.sparse
import sklearn.linear_model
from threadpoolctl import threadpool_info, threadpool_limits

from ftlib.evidence.logistic_regression import fit_logistic_regression


def threads():
    return {library["num_threads"] for library in threadpool_info()}


def test_it_is_fitted_on_one_thread(monkeypatch):
    seen = []
    fit = sklearn.linear_model.LogisticRegression.fit

    def watched_fit(self, *args):
        seen.append(threads())
        return fit(self, *args)

    monkeypatch.setattr(sklearn.linear_model.LogisticRegression, "fit", watched_fit)
    features, labels = np.eye(6).repeat(4, axis=0), np.arange(6).repeat(4)
    with threadpool_limits(2):
        before = threads()
        dense = fit_logistic_regression(features, labels, strength=10.0)
        sparse = fit_logistic_regression(scipy.sparse.csr_matrix(features), labels, strength=10.0)
        assert threads() == before
    assert seen == [{1}, {1}]
    assert (dense.predict(features) == labels).all() and (sparse.predict(features) == labels).all()
