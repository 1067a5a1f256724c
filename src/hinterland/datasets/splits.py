"""Training and test rows out of a truth, under the protocols of the literature.

Every split takes ``is_anomaly``, one boolean a row, and gives row numbers; no row is on both sides. All
chance comes from ``random_state`` (a seed, a NumPy ``Generator``, or None for an unforeseeable split): the
same seed gives the same split. Rows of the table that are equal in value are different rows here; see
``deduplicate``.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

RandomState = int | np.random.Generator | None
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers of the two sides, ascending, and the labels of the training side.

    Attributes:
        train: (n_train,) row numbers to fit on.
        test: (n_test,) row numbers to score.
        y_train: (n_train,) what ``fit`` takes as ``y``: +1 known normal, -1 known anomaly, 0 unlabelled.
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


def one_class(
    is_anomaly: npt.ArrayLike,
    *,
    train_share: float = 0.5,
    max_train: int | None = None,
    random_state: RandomState = None,
) -> Split:
    """Train on a random share of the normal rows; test on the other normal rows and every anomaly.

    Args:
        is_anomaly: (n,) bool.
        train_share: share of the normal rows to train on, above 0 and below 1.
        max_train: at most so many training rows; the others join the test side.
        random_state: seed or generator.

    Returns:
        A split whose training rows are all normal and unlabelled.
    """
    truth = _truth(is_anomaly)
    _check_share("train_share", train_share, upper_included=False)
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
    return _split(truth, train=_generator(random_state).permutation(normal)[:n_train])


def pooled(is_anomaly: npt.ArrayLike, *, random_state: RandomState = None) -> Split:
    """Half of the normal rows to train on; test on the other half and every anomaly.

    On KDD Cup 1999, where attacks count as normal, this is the test set of the public PyTorch code of
    DAGMM and of figures derived from it: attacks split in half, all other rows tested, 32.9 % anomalies
    instead of 19.7 %. The same model therefore scores higher precision here than under
    ``natural_half``. (That code also pools training and test energies for its threshold, which is a matter
    of the threshold and not of the split.)
    """
    return one_class(is_anomaly, train_share=0.5, random_state=random_state)


def natural_half(is_anomaly: npt.ArrayLike, *, random_state: RandomState = None) -> Split:
    """Test on a random half of all rows, with its natural anomalies; train on the other half's normal rows.

    The protocol of the DAGMM paper (Zong et al., ICLR 2018) and of those that compare with it. The
    anomalies of the training half are used nowhere. Of an odd number of rows the test side has one more.

    Returns:
        A split whose training rows are all normal and unlabelled.
    """
    truth = _truth(is_anomaly)
    train_half, test = _halves(truth, _generator(random_state))
    return _split(truth, train=train_half[~truth[train_half]], test=test)


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

    Args:
        is_anomaly: (n,) bool.
        share: how many anomalies, at least 0 and below 1, rounded to whole rows.
        share_of: of what: of the training rows (``"training"``), or of all anomalies of the data set
            (``"anomalies"``; public code of CADGMM reads its percentages so).
        test: the test half as it is (``"natural_half"``), or also the anomalies of the training half that
            were not used (``"all_others"``).
        random_state: seed or generator.

    Raises:
        ValueError: the training half has fewer anomalies than asked for; the message says how many it has.
    """
    _check_share("share", share, lower_included=True, upper_included=share_of == "anomalies")
    return _contaminated(_truth(is_anomaly), share, share_of, test, _generator(random_state))


def positive_unlabelled(
    is_anomaly: npt.ArrayLike, *, labelled_share: float, random_state: RandomState = None
) -> Split:
    """Train on a whole random half, anomalies included, with a share of its normal rows known to be normal.

    Args:
        is_anomaly: (n,) bool.
        labelled_share: share of the training half's normal rows that carry the label +1, above 0 and at
            most 1; all other training rows are unlabelled (0).
        random_state: seed or generator.

    Returns:
        A split whose test side is the other half, with its natural anomalies.
    """
    _check_share("labelled_share", labelled_share)
    truth, generator = _truth(is_anomaly), _generator(random_state)
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

    Args:
        is_anomaly: (n,) bool.
        share_of_anomalies_known: share of the training anomalies that carry the label -1, above 0 and at
            most 1; all other training rows are unlabelled (0).
        least_known: so many are known even where that is a larger share.
        share: as for ``contaminated``, but above 0; None keeps every anomaly of the training half.
        share_of: as for ``contaminated``.
        test: as for ``contaminated``.
        random_state: seed or generator.
    """
    _check_share("share_of_anomalies_known", share_of_anomalies_known)
    if share is not None:
        _check_share("share", share, upper_included=share_of == "anomalies")
    truth, generator = _truth(is_anomaly), _generator(random_state)
    split = _contaminated(truth, share, share_of, test, generator)
    known = "share_of_anomalies_known"
    return _label(split, truth, share_of_anomalies_known, -1, known, generator, least=least_known)


def balanced_test(is_anomaly: npt.ArrayLike, *, random_state: RandomState = None) -> Split:
    """Test on every anomaly and as many random normal rows; train on all other normal rows.

    The protocol behind published F1 figures on Thyroid and Abalone (public code of DROCC, Goyal et al.,
    ICML 2020). Half of its test rows are anomalies whatever their natural share.
    """
    truth = _truth(is_anomaly)
    normal, anomalies = np.flatnonzero(~truth), np.flatnonzero(truth)
    if len(anomalies) >= len(normal):
        raise ValueError(
            f"is_anomaly must have more normal rows than anomalies, or none are left to train on; "
            f"got {len(normal)} normal rows and {len(anomalies)} anomalies"
        )
    return _split(truth, train=_generator(random_state).permutation(normal)[len(anomalies) :])


def public_parts(is_anomaly: npt.ArrayLike, is_test: npt.ArrayLike) -> Split:
    """Train on the normal rows of the source's own training part; test on its whole test part.

    The one-class protocol on pictures (CANCE and what it compares with: MNIST, CIFAR-10, MNIST-C). The
    anomalies of the training part are used nowhere, and nothing is drawn.

    Args:
        is_anomaly: (n,) bool.
        is_test: (n,) bool, rows of the test part.
    """
    truth, test = _truth(is_anomaly), np.asarray(is_test)
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
    return _split(truth, train=train, test=np.flatnonzero(test))


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

    Args:
        labels: (n,) class of each row.
        is_anomaly: (n,) bool, the same for all rows of a class.
        n_normal: how many normal rows, of whatever class; None for all.
        n_anomalies: how many anomalies; None for all.
        random_state: seed or generator.

    Raises:
        ValueError: a class is both normal and anomalous, or there are fewer rows than asked for.
    """
    truth, classes = _truth(is_anomaly), np.asarray(labels)
    if classes.shape != truth.shape:
        raise ValueError(f"labels must have one class a row; got shape {classes.shape} for {truth.shape}")
    both = np.intersect1d(classes[truth], classes[~truth])
    if len(both):
        raise ValueError(f"is_anomaly must be the same for all rows of a class; it differs in {both[0]!r}")
    generator = _generator(random_state)
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


def _drawn(candidates: Rows, n: int | None, what: str, generator: np.random.Generator) -> Rows:
    if n is not None and not 0 <= n <= len(candidates):
        raise ValueError(f"{n} {what} were asked for; there are {len(candidates)}")
    return generator.permutation(candidates)[:n]


def deduplicate(X: pd.DataFrame | npt.NDArray[np.generic], is_anomaly: npt.ArrayLike) -> Rows:
    """Row numbers, ascending, of the first of each group of rows that are equal in every value and in truth.

    Rows with equal values but different truth are kept, one of each: neither label can be called the wrong
    one, and leaving one out would move the class shares unseen. After a split, such a pair may lie on both
    sides. Missing values are equal to each other. On KDD Cup 1999 it takes about two seconds.

    Args:
        X: (n, columns).
        is_anomaly: (n,) bool.
    """
    truth = _truth(is_anomaly, both_classes=False)
    table = X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X))
    if len(table) != len(truth):
        raise ValueError(f"is_anomaly must have one value a row of X; got {len(truth)} for {len(table)}")
    key = table.set_axis(range(table.shape[1]), axis="columns").assign(truth=truth)
    return np.flatnonzero(~key.duplicated().to_numpy()).astype(np.int64)


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
    return _split(truth, train=train, test=test_half if test == "natural_half" else None)


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


def _split(truth: npt.NDArray[np.bool_], *, train: Rows, test: Rows | None = None) -> Split:
    """Sorted sides, without labels; without ``test`` it is every row that is not in ``train``."""
    if test is None:
        unused = np.ones(len(truth), dtype=bool)
        unused[train] = False
        test = np.flatnonzero(unused)
    train = np.sort(train).astype(np.int64)
    return Split(train, np.sort(test).astype(np.int64), np.zeros(len(train), dtype=np.int8))


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


def _truth(is_anomaly: npt.ArrayLike, *, both_classes: bool = True) -> npt.NDArray[np.bool_]:
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


def _check_share(
    name: str, share: float, *, lower_included: bool = False, upper_included: bool = True
) -> None:
    above = share >= 0 if lower_included else share > 0
    below = share <= 1 if upper_included else share < 1
    if not (above and below):
        interval = f"{'[' if lower_included else '('}0, 1{']' if upper_included else ')'}"
        percent = " (a share, not a percentage)" if share > 1 else ""
        raise ValueError(f"{name} must be in {interval}{percent}; got {share}")


def _generator(random_state: RandomState) -> np.random.Generator:
    return np.random.default_rng(random_state)
