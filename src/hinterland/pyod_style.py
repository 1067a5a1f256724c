"""A detector under the names and signs of PyOD, for code that was written for one of its models."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted


class PyODStyle(BaseEstimator):
    """A detector with PyOD's signs: scores rise with anomaly, and 1 is an anomaly, in labels and predictions alike.

    Parameters
    ----------
    detector : unfitted detector, or pipeline that ends in one; a clone is fitted.

    Attributes
    ----------
    detector_ : the fitted clone.
    decision_scores_ : (n,) energies of the training rows, in nats.
    threshold_ : energy above which a row is an anomaly.
    labels_ : (n,) 1 for the training rows above it, else 0.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import DeepMixture, PyODStyle
    >>> X, _ = load_breast_cancer(return_X_y=True)
    >>> model = PyODStyle(DeepMixture(steps=50, random_state=0)).fit(X)
    >>> sorted(set(model.predict(X).tolist()))
    [0, 1]
    """

    def __init__(self, detector: Any) -> None:
        self.detector = detector

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train on rows X; y (n,), if given, is 1 for rows known to be anomalous, 0 for others."""
        # A detector may have a parameter ``steps`` as well, the number of its training steps.
        is_pipeline = isinstance(self.detector, Pipeline)
        name = f"{self.detector.steps[-1][0]}__is_anomaly" if is_pipeline else "is_anomaly"
        self.detector_ = clone(self.detector).fit(X, **({} if y is None else {name: y}))
        last = self.detector_[-1] if is_pipeline else self.detector_
        self.threshold_ = -float(last.offset_)
        self.decision_scores_ = self.decision_function(X)
        self.labels_ = (self.decision_scores_ > self.threshold_).astype(int)
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Energy of rows X in nats, (n,): higher is more anomalous."""
        check_is_fitted(self, "detector_")
        return -np.asarray(self.detector_.score_samples(X))

    def predict(self, X: Any) -> np.ndarray:
        """Return 1 for anomalies and 0 for normal rows, (n,)."""
        return (self.decision_function(X) > self.threshold_).astype(int)

    def fit_predict(self, X: Any, y: Any = None) -> np.ndarray:
        """Fit, and give ``labels_``."""
        return self.fit(X, y).labels_
