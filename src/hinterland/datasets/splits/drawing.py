"""Rows drawn from a table before it is split: a mixture of classes, and one of each group of equal rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinterland.datasets.splits.sides import RandomState, Rows, checked_truth, generator_of


def mixed_classes(
    labels: npt.ArrayLike,
    is_anomaly: npt.ArrayLike,
    *,
    n_normal: int | None = None,
    n_anomalies: int | None = None,
    random_state: RandomState = None,
) -> Rows:
    """Row numbers, ascending, of a random mixture of normal rows and of anomalies, as many of each class.

    What fully unsupervised methods take in whole, to train on and to score, as in DEUAD: 4,859 and 265 pictures of
    MNIST with digit 4 normal, 5,050 and 450 of CIFAR-10 with airplanes normal, 12,500 and 2,500 of dogs and cats.
    Where ``n_anomalies`` is no multiple of the anomalous classes, some of these, drawn, give one row more.

    Parameters
    ----------
    labels : (n,) class of each row.
    is_anomaly : (n,) bool, the same for all rows of a class.
    n_normal : how many normal rows, of whatever class; None for all.
    n_anomalies : how many anomalies; None for all.
    random_state : seed or generator.

    Raises
    ------
    ValueError
        a class is both normal and anomalous, or there are fewer rows than asked for.
    """
    truth, classes = checked_truth(is_anomaly), np.asarray(labels)
    if classes.shape != truth.shape:
        raise ValueError(f"labels must have one class a row; got shape {classes.shape} for {truth.shape}")
    both = np.intersect1d(classes[truth], classes[~truth])
    if len(both):
        raise ValueError(f"is_anomaly must be the same for all rows of a class; it differs in {both[0]!r}")
    generator = generator_of(random_state)
    normal = _drawn(np.flatnonzero(~truth), n_normal, "normal rows", generator)
    if n_anomalies is None:
        return np.sort(np.concatenate([normal, np.flatnonzero(truth)]))
    anomalous = generator.permutation(np.unique(classes[truth]))
    each, one_more = divmod(n_anomalies, len(anomalous))
    anomalies = [
        _drawn(np.flatnonzero(classes == c), each + (i < one_more), f"anomalies of class {c!r}", generator)
        for i, c in enumerate(anomalous)
    ]
    return np.sort(np.concatenate([normal, *anomalies]))


def deduplicate(X: pd.DataFrame | npt.NDArray[np.generic], is_anomaly: npt.ArrayLike) -> Rows:
    """Row numbers, ascending, of the first of each group of rows that are equal in every value and in truth.

    Rows with equal values but different truth are kept, one of each: neither label can be called the wrong
    one, and leaving one out would move the class shares unseen. After a split, such a pair may lie on both
    sides. Missing values are equal to each other. On KDD Cup 1999 it takes about two seconds.

    Parameters
    ----------
    X : (n, columns).
    is_anomaly : (n,) bool.
    """
    truth = checked_truth(is_anomaly, both_classes=False)
    table = X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X))
    if len(table) != len(truth):
        raise ValueError(f"is_anomaly must have one value a row of X; got {len(truth)} for {len(table)}")
    key = table.set_axis(range(table.shape[1]), axis="columns").assign(truth=truth)
    return np.flatnonzero(~key.duplicated().to_numpy()).astype(np.int64)


def _drawn(candidates: Rows, n: int | None, what: str, generator: np.random.Generator) -> Rows:
    if n is not None and not 0 <= n <= len(candidates):
        raise ValueError(f"{n} {what} were asked for; there are {len(candidates)}")
    return generator.permutation(candidates)[:n]
