"""Conformal p-values: how many of the rows that are known to be normal have as much energy as a new one.

With energies c_1, ..., c_n of calibration rows that are normal and touched nothing that the energy was learnt from,

    p(x) = (1 + #{i : c_i >= e(x)}) / (n + 1).

For a new normal row P(p <= a) <= a for every a: its rank among n + 1 exchangeable energies is uniform, and equal
energies count against it (Vovk, Gammerman and Shafer, 2005; Bates, Candes, Lei, Romano and Sesia, 2023). This is on
average over calibration rows; what one set of them promises is ``Calibration.false_alarms``.

A model whose parts each leave some training rows out can judge these as if they were new (``as_new``). A new row is
then judged by all parts and a calibration row by some, so that nothing is proven; where the parts are much alike the
p-values are nearly those of a split.

Where no rows can be spared, K models are fitted, each without one fold of them, and a calibration row's energy is that
under the model that has not seen it (``cross_p_values``). The two ways to join the folds' counts and their bounds stand
at ``RULES``.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from hinterland.parameters import check_choice, check_integer, check_number
from hinterland.thresholds import Energies, check_energy

Counts = npt.NDArray[np.int64]

RULES = {
    "split": "calibration rows that the model has not seen: p-values of normal rows are super-uniform",
    "cross": "each fold's rows under the model that has not seen them, counts joined as if of one model: p-values of "
    "normal rows are nearly uniform, and certainly at most about twice as often below a level as they should be",
    "cross_doubled": "each fold's rows under the model that has not seen them, twice the folds' mean p-value: p-values "
    "of normal rows are super-uniform, whatever the models",
    "as_new": "training rows, each judged by the parts of the model that have not seen it: p-values of normal rows are "
    "approximately, not provably, super-uniform",
    "updated": "calibration rows that the model has not seen, of which those before the last update were judged by the "
    "model as it was then: p-values of normal rows are approximately, not provably, super-uniform",
}
"""How calibration rows became p-values, in words."""

UNPROVEN = ("as_new", "updated")
"""Rules of which there is no bound."""

ONE_MODEL = ("split", "as_new", "updated")
"""Rules by which a row has one energy."""


def conformal_p_values(energy: npt.ArrayLike, calibration_energy: npt.ArrayLike) -> Energies:
    """Split conformal p-values (m,) of energies (m,) against those of n calibration rows (n,).

    Raises
    ------
    TypeError, ValueError
        For energies that are no finite numbers of shape (n,), or none.

    Examples
    --------
    >>> conformal_p_values([0.0, 2.5, 9.0], calibration_energy=[1.0, 2.0, 3.0]).tolist()
    [1.0, 0.5, 0.25]
    """
    new = check_energy(energy)
    old = np.sort(check_energy(calibration_energy, name="calibration_energy"))
    return from_counts(len(old) - np.searchsorted(old, new, side="left"), len(old), 1, "split")


def cross_p_values(
    energy: npt.ArrayLike, calibration_energy: npt.ArrayLike, fold: npt.ArrayLike, *, rule: str = "cross"
) -> Energies:
    """Cross-fitted p-values (m,).

    Parameters
    ----------
    energy : (m, K), of new rows under each of the K models.
    calibration_energy : (n,), of each calibration row under the model that was fitted without its fold.
    fold : (n,), integers from 0 to K - 1, each there.
    rule : ``cross`` or ``cross_doubled``, a name in ``RULES``.

    Raises
    ------
    TypeError, ValueError
        For other shapes, energies that are not finite, an empty fold or an unknown rule.
    """
    check_choice("rule", rule, [name for name in RULES if name not in ONE_MODEL])
    old = check_energy(calibration_energy, name="calibration_energy")
    new = np.asarray(energy)
    if new.ndim != 2:
        raise ValueError(f"energy must have shape (m, folds), got shape {new.shape}")
    n_folds = new.shape[1]
    folds = check_folds(fold, len(old), n_folds)
    counts = sum(
        np.sum(folds == k) - np.searchsorted(np.sort(old[folds == k]), check_energy(new[:, k]), side="left")
        for k in range(n_folds)
    )
    return from_counts(np.asarray(counts), len(old), n_folds, rule)


def from_counts(at_least: Counts, n_rows: int, n_folds: int, rule: str) -> Energies:
    """p-values from how many of ``n_rows`` calibration energies, over all folds, are at least a new row's."""
    if rule == "cross_doubled":
        return np.minimum(1.0, 2 * (n_folds + at_least) / (n_rows + n_folds))
    return (1 + at_least) / (n_rows + 1)


def greatest_error(alpha: float, n_rows: int, n_folds: int, rule: str, *, equal_folds: bool = True) -> float:
    """Bound on P(p <= alpha) of a new normal row under a rule.

    For ``cross`` it is 2 alpha + min(2 (1 - 1/K) / (n/K + 1), (1 - K/n) / (K + 1)), the first term for any folds, as
    twice a mean of p-values, weighted or not, is a p-value (Vovk and Wang, 2020), the second for K folds of one size
    (Barber, Candes, Ramdas and Tibshirani, 2021, Theorem 4). It takes no account of how the models come about; where
    these hardly change from fold to fold the probability is alpha, as for one model.

    Examples
    --------
    >>> greatest_error(0.05, 500, 5, "split"), round(greatest_error(0.05, 500, 5, "cross"), 4)
    (0.05, 0.1158)
    """
    check_number("alpha", alpha, above=0, below=1)
    check_integer("n_folds", n_folds, least=1, most=n_rows)
    check_choice("rule", rule, [name for name in RULES if name not in UNPROVEN])
    if rule != "cross":
        return alpha
    slack = 2 * (1 - 1 / n_folds) / (n_rows / n_folds + 1)
    if equal_folds:
        slack = min(slack, (1 - n_folds / n_rows) / (n_folds + 1))
    return min(1.0, 2 * alpha + slack)


def rows_needed(n_rows: int, n_flagged: int, fdr: float) -> int:
    """Calibration rows that it takes to flag ``n_flagged`` of ``n_rows`` rows: n >= m / (k q) - 1.

    The smallest p-value is 1 / (n + 1), and the step-up takes k rows that have it where it is at most q k / m.

    Examples
    --------
    >>> rows_needed(1000, 5, fdr=0.1)
    1999
    """
    check_integer("n_flagged", n_flagged, least=1, most=n_rows)
    check_number("fdr", fdr, above=0, below=1)
    return max(1, math.ceil(n_rows / (n_flagged * fdr) * (1 - 1e-12)) - 1)


def check_folds(fold: npt.ArrayLike, n_rows: int, n_folds: int | None = None) -> Counts:
    """Folds of calibration rows as integers (n_rows,) from 0, each with a row; the error names what is wrong."""
    array = np.asarray(fold)
    if array.dtype.kind not in "iu" or array.shape != (n_rows,):
        raise ValueError(
            f"fold must hold an integer for each of the {n_rows} calibration rows, "
            f"got {array.dtype} of shape {array.shape}"
        )
    found = np.unique(array)
    expected = len(found) if n_folds is None else n_folds
    if found.tolist() != list(range(expected)):
        raise ValueError(
            f"fold must hold every number from 0 to {expected - 1}, one for each model, got {found[:10].tolist()}"
        )
    return array.astype(np.int64, copy=False)
