"""A column of numbers, in deviations from the middle of the training values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from sklearn.preprocessing import QuantileTransformer

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]
NumberScale = Literal["standard", "robust", "minmax", "quantile"]

MISSING = "=<missing>"

CONSTANT_SHARE = 1e-3
"""A constant column's unit: this share of its value (or of 1, where it is 0) counts as one deviation."""
CONSTANT_LIMIT = 4.0
"""Most deviations that a change of a constant column counts."""
FARTHEST_RARE = 10**0.5
"""Units that the values of a mostly constant column lie from its usual one, in root mean square: as where a tenth of
the values are others. By the standard deviation alone a single one in n rows would lie at sqrt(n)."""
BESIDE = 2.0
"""Units that a missing value lies outside of the training values where too few were missing to learn from."""
LEARNT_ROWS, LEARNT_SHARE = 5, 0.005
"""What occurs in at least so many training rows, and this share of them, gets an output column of its own."""

_FIRST_LOOK = 1000
LARGEST = 1e300  # numbers are held within, so that differences and squares of scaled ones stay finite
_SMALLEST = float(np.finfo(np.float64).tiny)
_FLOAT32_LARGEST = float(np.finfo(np.float32).max)
_NORMAL_IQR = 1.3489795003921634
_NORMAL_MAD = 0.6744897501960817
_ROUNDING = 4 * float(np.finfo(np.float64).eps)


def is_learnt(n_times: int, n_rows: int) -> bool:
    """Whether something that occurs ``n_times`` in training is common enough for an output column of its own."""
    return n_times >= max(LEARNT_ROWS, LEARNT_SHARE * n_rows)


@dataclass
class NumberColumn:
    """A number, in deviations from the middle of the training values.

    The value takes three steps. *Shape*: the difference from the median; for a heavy-tailed column
    ``arcsinh(difference / tail)``, linear near the median and logarithmic far away; for ``"quantile"``
    the normal score of the value's rank. *Scale*: centre and divide. *Clip*: to plus or minus ``limit``.

    Where enough training values were missing, a missing one takes the median and a second column says so. Where not,
    it takes ``gap``, a value just outside of the training values: odd, and by a bounded amount.
    """

    kind: ClassVar[str] = "number"
    typical: float
    center: float
    scale: float
    tail: float | None
    limit: float
    has_missing: bool
    quantiles: Floats | None = None
    gap: float | None = None

    @classmethod
    def fit(
        cls, values: Floats, numbers: NumberScale, clip: float | None, heavy_tail: float | None
    ) -> NumberColumn:
        """Learn from float64 (n,), NaN where missing, at least one there. Infinite values are not learnt from."""
        missing = np.isnan(values)
        n_missing = int(np.count_nonzero(missing))
        observed = _bounded(values[~missing] if n_missing else values)
        has_missing = is_learnt(n_missing, values.size)
        column = cls(float(np.median(observed)), 0.0, 1.0, None, _limit(clip), has_missing)
        column._learn_scale(observed, numbers, heavy_tail)
        column._learn_gap(float(observed.min()), float(observed.max()))
        return column

    @classmethod
    def of_sums(
        cls,
        typical: float,
        ends: tuple[float, float],
        *,
        mean: float,
        deviation: float,
        n_others: int,
        n_there: int,
        n_rows: int,
        are_two: bool,
        numbers: NumberScale,
        clip: float | None,
    ) -> NumberColumn:
        """Learn a column that is not heavy-tailed, of scale ``standard`` or ``minmax``, from sums over its rows.

        Up to rounding the same as by ``fit``, which sees all values at once.

        Parameters
        ----------
        typical : the median, or a value near it.
        ends : least and greatest value.
        mean, deviation : of the ``n_there`` values that are there; ``n_others`` of them are not the typical one.
        n_rows : rows, those of missing values among them.
        are_two : whether all values are the least or the greatest.
        numbers, clip : as for ``fit``.
        """
        column = cls(typical, 0.0, 1.0, None, _limit(clip), is_learnt(n_rows - n_there, n_rows))
        low, high = ends
        if max(typical - low, high - typical) <= _ROUNDING * abs(typical):
            column._learn_constant()
        elif numbers == "standard" and are_two:
            column._learn_two(low, high)
        elif numbers == "minmax":
            column.center, column.scale = low - typical, max(high - low, _SMALLEST)
        else:
            shift = mean - typical
            others = float(np.hypot(deviation, shift)) * (n_there / max(n_others, 1)) ** 0.5
            column.center, column.scale = shift, max(deviation, others / FARTHEST_RARE, _SMALLEST)
        column._learn_gap(low, high)
        return column

    def _learn_gap(self, low: float, high: float) -> None:
        """Place a missing value outside of training's least and greatest, where no column says that it is missing."""
        if self.has_missing:
            return
        out = np.empty((2, 1), np.float32)
        self.encode(np.array([low, high]), out)
        first, last = float(out[0, 0]), float(out[1, 0])
        self.gap = last + BESIDE if last <= -first else first - BESIDE

    def _learn_constant(self) -> None:
        self.scale = max(CONSTANT_SHARE * (abs(self.typical) or 1.0), _SMALLEST)
        self.limit = min(self.limit, CONSTANT_LIMIT)

    def _learn_two(self, low: float, high: float) -> None:
        self.center, self.scale = low - self.typical, (high - low) / 2**0.5

    def _learn_scale(self, observed: Floats, numbers: NumberScale, heavy_tail: float | None) -> None:
        typical = self.typical
        distance = np.abs(observed - typical)
        if distance.max() <= _ROUNDING * abs(typical):  # constant
            self._learn_constant()
            return
        low, high = float(observed.min()), float(observed.max())
        if numbers == "standard" and _are_two(observed, low, high):
            self._learn_two(low, high)
            return
        if numbers == "quantile":
            ranks = QuantileTransformer(n_quantiles=min(1000, observed.size), subsample=None)
            self.quantiles = ranks.fit(observed[:, None]).quantiles_[:, 0]
        elif heavy_tail is not None:
            self.tail = _heavy_tail(distance[distance > 0], heavy_tail)
        self.center, self.scale = _center_and_scale(self._shaped(observed), numbers)

    @property
    def labels(self) -> list[str]:
        """Suffixes of the output columns."""
        return ["", MISSING] if self.has_missing else [""]

    def encode(self, values: Floats, out: Matrix) -> None:
        """Write the deviations and, where training had missing values, whether the value is missing."""
        missing = np.isnan(values)
        present = np.where(missing, self.typical, values)
        with np.errstate(over="ignore"):  # a quotient that overflows is clipped just after
            deviation = (self._shaped(np.clip(present, -LARGEST, LARGEST)) - self.center) / self.scale
        out[:, 0] = np.clip(deviation, -self.limit, self.limit)
        if self.has_missing:
            out[:, 1] = missing
        elif self.gap is not None:
            out[missing, 0] = self.gap

    def _shaped(self, values: Floats) -> Floats:
        if self.quantiles is not None:
            return _normal_scores(values, self.quantiles)
        difference = values - self.typical
        if self.tail is None:
            return difference
        with np.errstate(over="ignore"):
            return np.arcsinh(np.clip(difference / self.tail, -LARGEST, LARGEST))


def _limit(clip: float | None) -> float:
    return _FLOAT32_LARGEST if clip is None else float(clip)


def _bounded(present: Floats) -> Floats:
    """Numbers within ``LARGEST``, without infinite ones unless all are infinite."""
    if max(-present.min(), present.max()) <= LARGEST:
        return present
    finite = present[np.isfinite(present)]
    return np.clip(finite if finite.size else present, -LARGEST, LARGEST)


def _are_two(observed: Floats, low: float, high: float) -> bool:
    """Whether all numbers are the least or the largest; the first ones are looked at first."""
    return all(bool(((part == low) | (part == high)).all()) for part in (observed[:_FIRST_LOOK], observed))


def _heavy_tail(distance: Floats, heavy_tail: float) -> float | None:
    """Give the median of the (positive) distances, or None where their root mean square is not far above it.

    The ratio is 1.2 for a uniform column, 1.5 for a normal, 2.2 for an exponential, 3.8 for a standard
    log-normal one and 10 or more for byte counts. Values at the median are left out, so that a column of
    mostly zeros is judged by the rest.
    """
    largest = float(distance.max())
    share = distance / largest
    middle, root_mean_square = float(np.median(share)), float(np.sqrt(np.mean(np.square(share))))
    return max(middle * largest, _SMALLEST) if root_mean_square > heavy_tail * middle else None


def _center_and_scale(shaped: Floats, numbers: NumberScale) -> tuple[float, float]:
    """Give what to subtract and what to divide by; the second is positive."""
    if numbers == "minmax":
        center, scale = float(shaped.min()), float(shaped.max() - shaped.min())
    elif numbers == "robust":
        low, center, high = (float(q) for q in np.quantile(shaped, [0.25, 0.5, 0.75]))
        scale = (high - low) / _NORMAL_IQR
        if scale == 0.0:  # more than half the values are one and the same: the others give the unit
            distance = np.abs(shaped - center)
            scale = float(np.median(distance[distance > 0])) / _NORMAL_MAD
    else:
        largest = float(np.abs(shaped).max())  # scaled first: a sum of squares of 1e300 would overflow
        share = shaped / largest
        center, scale = largest * float(np.mean(share)), largest * float(np.std(share))
        n_others = np.count_nonzero(share)  # values that are not the median's
        if n_others and numbers == "standard":
            others = largest * float(np.sqrt(np.square(share).sum() / n_others))
            scale = max(scale, others / FARTHEST_RARE)
    return center, max(scale, _SMALLEST)


def _normal_scores(values: Floats, quantiles: Floats) -> Floats:
    ranks: Any = QuantileTransformer(n_quantiles=len(quantiles), output_distribution="normal")
    ranks.n_features_in_, ranks.n_quantiles_ = 1, len(quantiles)
    ranks.quantiles_, ranks.references_ = quantiles[:, None], np.linspace(0, 1, len(quantiles))
    return ranks.transform(values[:, None])[:, 0] if len(values) else values
