"""Energy -> label: thresholds chosen from the rows that are allowed to choose them.

Every threshold here is used in one way: a row is an anomaly if and only if ``energy > threshold``.
A way of choosing one is a function that returns it:

- ``contamination_threshold``: from unlabelled training rows and the share of anomalies among them;
- ``best_f1_threshold``: from a labelled validation part.

Both are built on scores alone, so they fit any detector. ``hinterland.metrics`` uses the same cut
(``cut_at_share``) for the threshold rules of published experiments.
"""

import math
from dataclasses import dataclass
from numbers import Real
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["BestF1", "Cut", "best_f1_threshold", "contamination_threshold", "cut_at_share"]

Energies = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cut:
    """Where the top ``asked`` rows of a set of energies are cut off.

    ``threshold`` is the largest energy that is not among the top ``asked`` rows: of n sorted energies,
    the (n - asked)-th smallest. It is also the smallest of the energies with at most ``asked`` rows
    strictly above it. Without ties exactly ``asked`` rows are above. With ties the cut may fall inside a
    block of equal energies; then fewer are ``above``, and the block has ``tied`` rows.
    """

    threshold: float
    asked: int
    above: int
    tied: int

    @property
    def missing(self) -> int:
        """Rows asked for but not above: those that ties hold back."""
        return self.asked - self.above


class BestF1(NamedTuple):
    """A threshold and the F1 it reaches on the rows it was chosen from."""

    threshold: float
    f1: float


def cut_at_share(energy: npt.ArrayLike, share: float) -> Cut:
    """Cut off the rows with the highest energies: at most ``share`` of all rows.

    The number of rows asked for is ``floor(share * n)``; products a rounding error below a whole number
    count as that number (0.29 of 100 rows are 29).

    Parameters
    ----------
    energy : shape (n,), in nats, rising with anomaly.
    share : between 0 and 1, both excluded.

    Raises
    ------
    TypeError
        If ``share`` or the energies are not numbers.
    ValueError
        If ``share`` is out of range, or the energies are empty, not one-dimensional or
        not finite.

    Examples
    --------
    >>> cut_at_share([1.0, 5.0, 2.0, 5.0, 5.0], share=0.4)
    Cut(threshold=5.0, asked=2, above=0, tied=3)
    """
    energy = check_energy(energy)
    share = check_share(share, name="share", highest=1.0, highest_allowed=False)
    n = len(energy)
    asked = min(math.floor(share * n * (1 + 1e-12)), n - 1)
    place = n - asked - 1
    threshold = np.partition(energy, place)[place]
    return Cut(
        threshold=float(threshold),
        asked=asked,
        above=count(energy > threshold),
        tied=count(energy == threshold),
    )


def contamination_threshold(training_energy: npt.ArrayLike, contamination: float) -> float:
    """Lowest training energy with at most ``contamination`` of the training rows strictly above it.

    Equal energies stay together. Where the cut falls inside a block of them, none of the block is
    flagged, so the share flagged is below ``contamination``, by up to the size of the block. Where
    ``contamination`` is less than one row, the threshold is the largest training energy.

    Parameters
    ----------
    training_energy : shape (n,), in nats, of the rows the detector was fitted on.
    contamination : assumed share of anomalies among these rows, in (0, 0.5].

    Returns
    -------
    the threshold, one of the training energies (see ``cut_at_share``).

    Raises
    ------
    TypeError
        If ``contamination`` or the energies are not numbers.
    ValueError
        If ``contamination`` is out of range, or the energies are empty, not
        one-dimensional or not finite.

    Examples
    --------
    >>> contamination_threshold([0.1, 0.4, 0.2, 7.0, 0.3], contamination=0.2)
    0.4
    """
    contamination = check_share(contamination, name="contamination", highest=0.5, highest_allowed=True)
    return cut_at_share(check_energy(training_energy, name="training_energy"), contamination).threshold


def just_above(energy: npt.ArrayLike, threshold: float) -> float:
    """A threshold a millionth higher, or halfway to the next energy where that is nearer: the same rows lie above it.

    None lies on it, so a label hangs on no row's last bit; and where energies are sparse it does not move far.

    Examples
    --------
    >>> just_above([0.0, 2.0, 4.0, 7.0], threshold=4.0)
    4.000004
    """
    energy = check_energy(energy)
    above = energy[energy > threshold]
    if not len(above):
        return threshold
    return min(
        threshold + 1e-6 * max(1.0, abs(threshold)), float(between(np.float64(threshold), above.min()))
    )


def best_f1_threshold(energy: npt.ArrayLike, is_anomaly: npt.ArrayLike) -> BestF1:
    """Threshold with the highest F1 on labelled rows, which must not be those the F1 is reported on.

    It lies halfway between two neighbouring different energies, so it depends on no single row's last
    bit; where flagging every row is best, just below the smallest energy. Of several thresholds with
    the same F1 the highest is taken, which flags the fewest rows.

    Parameters
    ----------
    energy : shape (n,), in nats, rising with anomaly.
    is_anomaly : shape (n,), boolean.

    Returns
    -------
    ``threshold`` and ``f1``, the F1 of the anomalies on these rows (optimistic: it is the
    best of all thresholds).

    Raises
    ------
    TypeError
        If the labels are not boolean or the energies not numbers.
    ValueError
        If a class is missing, the lengths differ or an energy is not finite.

    Examples
    --------
    >>> best_f1_threshold([0.0, 1.0, 2.0, 4.0], [False, False, True, True])
    BestF1(threshold=1.5, f1=1.0)
    """
    energy = check_energy(energy)
    is_anomaly = check_is_anomaly(is_anomaly, rows=len(energy))
    # The order within a block of equal energies is free: only the counts at its end are used.
    order = np.argsort(-energy)
    descending = energy[order]
    block_end = np.flatnonzero(np.append(descending[1:] != descending[:-1], True))
    flagged = block_end + 1
    hits = np.cumsum(is_anomaly[order])[block_end]
    f1 = 2 * hits / (flagged + count(is_anomaly))
    best = int(np.argmax(f1))
    lowest_flagged = descending[block_end[best]]
    if flagged[best] == len(energy):
        threshold = np.nextafter(lowest_flagged, -np.inf)
    else:
        threshold = between(descending[flagged[best]], lowest_flagged)
    return BestF1(threshold=float(threshold), f1=float(f1[best]))


def between(lower: np.float64, upper: np.float64) -> np.float64:
    """Midpoint that is never ``upper``, even where no number lies between the two."""
    midpoint = lower / 2 + upper / 2  # halved first: the sum of two huge energies would overflow
    return midpoint if lower <= midpoint < upper else lower


def count(mask: Labels) -> int:
    """Number of true entries, as a plain integer that fits into JSON."""
    return int(np.count_nonzero(mask))


def check_energy(energy: npt.ArrayLike, name: str = "energy") -> Energies:
    """Energies as a finite float64 array of shape (n,), n > 0; the error names the argument and rows."""
    array = np.asarray(energy)
    if array.dtype.kind not in "fiu":
        hint = "; are energies and labels swapped?" if array.dtype.kind == "b" else ""
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}{hint}")
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} must have shape (n,) with at least one row, got shape {array.shape}")
    array = array.astype(np.float64, copy=False)
    bad = np.flatnonzero(~np.isfinite(array))
    if len(bad):
        raise ValueError(
            f"{name} must be finite, but {len(bad)} of {len(array)} rows are not: first rows "
            f"{bad[:5].tolist()} with {array[bad[:5]].tolist()}"
        )
    return array


def check_is_anomaly(is_anomaly: npt.ArrayLike, rows: int) -> Labels:
    """Labels as a boolean array of shape (rows,) with both classes; the error says how to convert others."""
    array = np.asarray(is_anomaly)
    if array.dtype != np.bool_:
        raise TypeError(
            f"is_anomaly must be a boolean array, got dtype {array.dtype}{_found_values(array)}; convert "
            "with `labels == -1` if -1 marks an anomaly (the code of predict), with `labels == 1` if 1 does"
        )
    if array.shape != (rows,):
        raise ValueError(f"is_anomaly must have one label a row, shape ({rows},), got shape {array.shape}")
    anomalies = count(array)
    if anomalies in (0, rows):
        found = "no row" if anomalies == 0 else "every row"
        raise ValueError(
            f"is_anomaly must hold both classes, but {found} of {rows} is an anomaly: precision, recall and "
            "ranking need normal and anomalous rows"
        )
    return array


def _found_values(array: npt.NDArray[np.generic]) -> str:
    if array.dtype.kind not in "iufUS":
        return ""
    values = np.unique(array)
    return f" with values {values[:5].tolist()}{' and more' if len(values) > 5 else ''}"


def check_share(share: object, *, name: str, highest: float, highest_allowed: bool) -> float:
    """A share of rows above 0 and up to ``highest``; the error names the argument and the value."""
    interval = f"(0, {highest:g}{']' if highest_allowed else ')'}"
    if isinstance(share, bool | np.bool_) or not isinstance(share, Real):
        raise TypeError(f"{name} must be a number in {interval}, got {share!r}")
    value = float(share)
    if not (0 < value < highest or (highest_allowed and value == highest)):
        raise ValueError(f"{name} must be in {interval}, got {value!r}")
    return value
