"""Splits whose training rows are normal rows alone, or all of those that no test needs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hinterland.datasets.splits.sides import (
    RandomState,
    Split,
    check_share,
    checked_truth,
    generator_of,
    sides,
)


def one_class(
    is_anomaly: npt.ArrayLike,
    *,
    train_share: float = 0.5,
    max_train: int | None = None,
    random_state: RandomState = None,
) -> Split:
    """Train on a random share of the normal rows; test on the other normal rows and every anomaly.

    Parameters
    ----------
    is_anomaly : (n,) bool.
    train_share : share of the normal rows to train on, above 0 and below 1.
    max_train : at most so many training rows; the others join the test side.
    random_state : seed or generator.

    Returns
    -------
    A split whose training rows are all normal and unlabelled.
    """
    truth = checked_truth(is_anomaly)
    check_share("train_share", train_share, upper_included=False)
    if max_train is not None and max_train < 1:
        raise ValueError(f"max_train must be at least 1, or None; got {max_train}")
    normal = np.flatnonzero(~truth)
    n_train = round(train_share * len(normal))
    if max_train is not None:
        n_train = min(n_train, max_train)
    if not 0 < n_train < len(normal):
        raise ValueError(
            f"train_share={train_share} of {len(normal)} normal rows leaves one side without normal rows"
        )
    return sides(truth, train=generator_of(random_state).permutation(normal)[:n_train])


def pooled(is_anomaly: npt.ArrayLike, *, random_state: RandomState = None) -> Split:
    """Half of the normal rows to train on; test on the other half and every anomaly.

    On KDD Cup 1999, where attacks count as normal, this is the test set of the public PyTorch code of
    DAGMM and of figures derived from it: attacks split in half, all other rows tested, 32.9 % anomalies
    instead of 19.7 %. The same model therefore scores higher precision here than under
    ``natural_half``. (That code also pools training and test energies for its threshold, which is a matter
    of the threshold and not of the split.)
    """
    return one_class(is_anomaly, train_share=0.5, random_state=random_state)


def balanced_test(is_anomaly: npt.ArrayLike, *, random_state: RandomState = None) -> Split:
    """Test on every anomaly and as many random normal rows; train on all other normal rows.

    The protocol behind published F1 figures on Thyroid and Abalone (public code of DROCC, Goyal et al.,
    ICML 2020). Half of its test rows are anomalies whatever their natural share.
    """
    truth = checked_truth(is_anomaly)
    normal, anomalies = np.flatnonzero(~truth), np.flatnonzero(truth)
    if len(anomalies) >= len(normal):
        raise ValueError(
            f"is_anomaly must have more normal rows than anomalies, or none are left to train on; "
            f"got {len(normal)} normal rows and {len(anomalies)} anomalies"
        )
    return sides(truth, train=generator_of(random_state).permutation(normal)[len(anomalies) :])


def public_parts(is_anomaly: npt.ArrayLike, is_test: npt.ArrayLike) -> Split:
    """Train on the normal rows of the source's own training part; test on its whole test part.

    The one-class protocol on pictures (CANCE and what it compares with: MNIST, CIFAR-10, MNIST-C). The
    anomalies of the training part are used nowhere, and nothing is drawn.

    Parameters
    ----------
    is_anomaly : (n,) bool.
    is_test : (n,) bool, rows of the test part.
    """
    truth, test = checked_truth(is_anomaly), np.asarray(is_test)
    if test.dtype != np.bool_ or test.shape != truth.shape:
        raise ValueError(
            f"is_test must be a boolean array of shape {truth.shape}; got {test.dtype} of shape {test.shape}"
        )
    train = np.flatnonzero(~test & ~truth)
    if not len(train) or truth[test].all() or not truth[test].any():
        raise ValueError(
            f"the training part must have normal rows, and the test part normal rows and anomalies; got "
            f"{len(train)} normal rows to train on, {(~truth & test).sum()} and {(truth & test).sum()} to test"
        )
    return sides(truth, train=train, test=np.flatnonzero(test))
