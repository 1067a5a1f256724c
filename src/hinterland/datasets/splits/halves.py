"""Splits of all rows into random halves: what of the training half is trained on, and what of that is labelled."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from hinterland.datasets.splits.sides import (
    RandomState,
    Rows,
    Split,
    check_share,
    checked_truth,
    generator_of,
    sides,
)


def natural_half(is_anomaly: npt.ArrayLike, *, random_state: RandomState = None) -> Split:
    """Test on a random half of all rows, with its natural anomalies; train on the other half's normal rows.

    The protocol of the DAGMM paper (Zong et al., ICLR 2018) and of those that compare with it. The
    anomalies of the training half are used nowhere. Of an odd number of rows the test side has one more.

    Returns
    -------
    A split whose training rows are all normal and unlabelled.
    """
    truth = checked_truth(is_anomaly)
    train_half, test = _halves(truth, generator_of(random_state))
    return sides(truth, train=train_half[~truth[train_half]], test=test)


def contaminated(
    is_anomaly: npt.ArrayLike,
    *,
    share: float,
    share_of: Literal["training", "anomalies"] = "training",
    test: Literal["natural_half", "all_others"] = "natural_half",
    random_state: RandomState = None,
) -> Split:
    """``natural_half`` with some of the training half's anomalies left among its normal rows, unlabelled.

    The same seed gives the same halves at every share, and a larger share keeps the anomalies of a smaller
    one, so that a series over shares differs in nothing else. ``share=0`` is ``natural_half``.

    Parameters
    ----------
    is_anomaly : (n,) bool.
    share : how many anomalies, at least 0 and below 1, rounded to whole rows.
    share_of : of what: of the training rows (``"training"``), or of all anomalies of the data set
        (``"anomalies"``; public code of CADGMM reads its percentages so).
    test : the test half as it is (``"natural_half"``), or also the anomalies of the training half that
        were not used (``"all_others"``).
    random_state : seed or generator.

    Raises
    ------
    ValueError
        the training half has fewer anomalies than asked for; the message says how many it has.
    """
    check_share("share", share, lower_included=True, upper_included=share_of == "anomalies")
    return _contaminated(checked_truth(is_anomaly), share, share_of, test, generator_of(random_state))


def positive_unlabelled(
    is_anomaly: npt.ArrayLike, *, labelled_share: float, random_state: RandomState = None
) -> Split:
    """Train on a whole random half, anomalies included, with a share of its normal rows known to be normal.

    Parameters
    ----------
    is_anomaly : (n,) bool.
    labelled_share : share of the training half's normal rows that carry the label +1, above 0 and at
        most 1; all other training rows are unlabelled (0).
    random_state : seed or generator.

    Returns
    -------
    A split whose test side is the other half, with its natural anomalies.
    """
    check_share("labelled_share", labelled_share)
    truth, generator = checked_truth(is_anomaly), generator_of(random_state)
    split = _contaminated(truth, None, "training", "natural_half", generator)
    return _label(split, ~truth, labelled_share, +1, "labelled_share", generator)


def partially_labelled(
    is_anomaly: npt.ArrayLike,
    *,
    share_of_anomalies_known: float,
    least_known: int = 0,
    share: float | None = None,
    share_of: Literal["training", "anomalies"] = "training",
    test: Literal["natural_half", "all_others"] = "natural_half",
    random_state: RandomState = None,
) -> Split:
    """``contaminated`` training rows, with a share of the anomalies among them known.

    Parameters
    ----------
    is_anomaly : (n,) bool.
    share_of_anomalies_known : share of the training anomalies that carry the label -1, above 0 and at
        most 1; all other training rows are unlabelled (0).
    least_known : so many are known even where that is a larger share.
    share : as for ``contaminated``, but above 0; None keeps every anomaly of the training half.
    share_of : as for ``contaminated``.
    test : as for ``contaminated``.
    random_state : seed or generator.
    """
    check_share("share_of_anomalies_known", share_of_anomalies_known)
    if share is not None:
        check_share("share", share, upper_included=share_of == "anomalies")
    truth, generator = checked_truth(is_anomaly), generator_of(random_state)
    split = _contaminated(truth, share, share_of, test, generator)
    known = "share_of_anomalies_known"
    return _label(split, truth, share_of_anomalies_known, -1, known, generator, least=least_known)


def _contaminated(
    truth: npt.NDArray[np.bool_],
    share: float | None,
    share_of: str,
    test: str,
    generator: np.random.Generator,
) -> Split:
    if share_of not in ("training", "anomalies"):
        raise ValueError(f"share_of must be 'training' or 'anomalies'; got {share_of!r}")
    if test not in ("natural_half", "all_others"):
        raise ValueError(f"test must be 'natural_half' or 'all_others'; got {test!r}")
    train_half, test_half = _halves(truth, generator)
    normal, anomalies = train_half[~truth[train_half]], train_half[truth[train_half]]
    if share is None:
        wanted = len(anomalies)
    elif share_of == "training":
        wanted = round(share * len(normal) / (1 - share))
    else:
        wanted = round(share * truth.sum())
    if wanted > len(anomalies):
        whole = len(train_half) if share_of == "training" else truth.sum()
        largest = np.floor(1e4 * len(anomalies) / whole) / 1e4  # rounded down, so that it can be asked for
        raise ValueError(
            f"share={share} of {share_of} takes {wanted} anomalies, but the training half has only "
            f"{len(anomalies)}; the largest possible share is {largest:.4f}"
        )
    train = np.concatenate([normal, generator.permutation(anomalies)[:wanted]])
    return sides(truth, train=train, test=test_half if test == "natural_half" else None)


def _halves(truth: npt.NDArray[np.bool_], generator: np.random.Generator) -> tuple[Rows, Rows]:
    """Row numbers of the training half and of the test half, in random order."""
    rows = generator.permutation(len(truth))
    train, test = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    if truth[test].all() or not truth[test].any() or truth[train].all():
        raise ValueError(
            f"with {(~truth).sum()} normal rows and {truth.sum()} anomalies in is_anomaly, a half drawn at "
            "random lacks one kind; use another random_state, or one_class, which needs no such luck"
        )
    return train, test


def _label(
    split: Split,
    candidates: npt.NDArray[np.bool_],
    share: float,
    label: int,
    parameter: str,
    generator: np.random.Generator,
    *,
    least: int = 0,
) -> Split:
    """``label`` for a random ``share`` of the training rows that are ``candidates``."""
    eligible = np.flatnonzero(candidates[split.train])
    n_known = min(max(least, round(share * len(eligible))), len(eligible))
    if n_known == 0:
        raise ValueError(f"{parameter}={share} of {len(eligible)} training rows leaves none with a label")
    y_train = split.y_train.copy()
    y_train[generator.permutation(eligible)[:n_known]] = label
    return replace(split, y_train=y_train)
