"""What a split is, and what all splits need: a truth, shares and chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

RandomState = int | np.random.Generator | None
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Row numbers of the two sides, ascending, and the labels of the training side.

    Attributes
    ----------
    train : (n_train,) row numbers to fit on.
    test : (n_test,) row numbers to score.
    y_train : (n_train,) what ``fit`` takes as ``y``: +1 known normal, -1 known anomaly, 0 unlabelled.
    """

    train: Rows
    test: Rows
    y_train: npt.NDArray[np.int8]

    def __post_init__(self) -> None:
        if self.y_train.shape != self.train.shape:
            raise ValueError(
                f"y_train must have one label a training row; got {len(self.y_train)} for {len(self.train)}"
            )
        rows = np.concatenate([self.train, self.test])
        repeated = len(rows) - len(np.unique(rows))
        if repeated:
            raise ValueError(f"no row may be drawn twice or be on both sides of a split; {repeated} rows are")

    def __repr__(self) -> str:
        known = {name: int((self.y_train == code).sum()) for name, code in (("normal", 1), ("anomalous", -1))}
        labels = "".join(f", {n:,} known to be {name}" for name, n in known.items() if n)
        return f"Split(trained on {len(self.train):,} rows{labels}; tested on {len(self.test):,})"


def sides(truth: npt.NDArray[np.bool_], *, train: Rows, test: Rows | None = None) -> Split:
    """Sorted sides, without labels; without ``test`` it is every row that is not in ``train``."""
    if test is None:
        unused = np.ones(len(truth), dtype=bool)
        unused[train] = False
        test = np.flatnonzero(unused)
    train = np.sort(train).astype(np.int64)
    return Split(train, np.sort(test).astype(np.int64), np.zeros(len(train), dtype=np.int8))


def checked_truth(is_anomaly: npt.ArrayLike, *, both_classes: bool = True) -> npt.NDArray[np.bool_]:
    """Give the truth (n,) as an array; TypeError where it is not boolean, ValueError where it is no list of both."""
    truth = np.asarray(is_anomaly)
    if truth.dtype != np.bool_:
        values = pd.unique(truth.ravel())[:5].tolist()
        how = "y == -1 if -1 is an anomaly" if -1 in values else "y == 1 if 1 is an anomaly"
        raise TypeError(
            f"is_anomaly must be a boolean array, True for an anomaly; got {truth.dtype} with values like "
            f"{values}. From labels y pass {how}"
        )
    if truth.ndim != 1:
        raise ValueError(f"is_anomaly must have one dimension; got shape {truth.shape}")
    if both_classes and (truth.all() or not truth.any()):
        raise ValueError(
            f"is_anomaly must have normal rows and anomalies; got {(~truth).sum()} normal rows and "
            f"{truth.sum()} anomalies"
        )
    return truth


def check_share(
    name: str, share: float, *, lower_included: bool = False, upper_included: bool = True
) -> None:
    """Raise ValueError, naming the parameter, for a share that is not between 0 and 1."""
    above = share >= 0 if lower_included else share > 0
    below = share <= 1 if upper_included else share < 1
    if not (above and below):
        interval = f"{'[' if lower_included else '('}0, 1{']' if upper_included else ')'}"
        percent = " (a share, not a percentage)" if share > 1 else ""
        raise ValueError(f"{name} must be in {interval}{percent}; got {share}")


def generator_of(random_state: RandomState) -> np.random.Generator:
    """Give the generator that a seed stands for, or the generator itself."""
    return np.random.default_rng(random_state)
