"""One small class for each kind of column: learn from training values, then write float32 columns.

Every class has ``fit`` (from values as `hinterland.preprocessing.frames` hands them out), ``labels`` (a
suffix for each output column), ``typical`` (the value an explanation compares with) and
``encode(values, out)``, which fills ``out``, float32 (n, len(labels)), row by row: no row looks at another.

The scales agree: two rows of a standardised number column are at mean squared distance 2, two different
categories at squared distance 2 exactly, two random moments of a day at mean squared distance 2. So no
kind of column outweighs another, and neither the number of categories nor their frequency matters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.preprocessing import QuantileTransformer

from hinterland.preprocessing import frames

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]
NumberScale = Literal["standard", "robust", "minmax", "quantile"]

MISSING, UNSEEN, RARE = "=<missing>", "=<unseen>", "=<rare>"

CONSTANT_SHARE = 1e-3
"""A constant column's unit: this share of its value (or of 1, where it is 0) counts as one deviation."""

IDENTIFIER_SHARE, IDENTIFIER_ROWS = 0.95, 50
"""A text column of at least this many values, this share of them distinct, only names its rows."""

_LARGEST = 1e300  # numbers are held within, so that differences and squares of scaled ones stay finite
_SMALLEST = float(np.finfo(np.float64).tiny)
_FLOAT32_LARGEST = float(np.finfo(np.float32).max)
_NORMAL_IQR = 1.3489795003921634
_NORMAL_MAD = 0.6744897501960817


@dataclass
class NumberColumn:
    """A number, in deviations from the middle of the training values.

    The value takes three steps. *Shape*: the difference from the median; for a heavy-tailed column
    ``arcsinh(difference / tail)``, linear near the median and logarithmic far away; for ``"quantile"``
    the normal score of the value's rank. *Scale*: centre and divide. *Clip*: to plus or minus ``limit``.
    A missing value takes the median; where training had missing values, a second column says so.
    """

    kind: ClassVar[str] = "number"
    typical: float
    center: float
    scale: float
    tail: float | None
    limit: float
    has_missing: bool
    quantiles: Floats | None = None

    @classmethod
    def fit(
        cls, values: Floats, numbers: NumberScale, clip: float | None, heavy_tail: float | None
    ) -> NumberColumn:
        """Learn from float64 (n,), NaN where missing, at least one there."""
        observed = np.clip(values[~np.isnan(values)], -_LARGEST, _LARGEST)
        limit = _FLOAT32_LARGEST if clip is None else float(clip)
        has_missing = observed.size < values.size
        typical = float(np.median(observed))
        column = cls(typical, 0.0, 1.0, None, limit, has_missing)
        distance = np.abs(observed - typical)
        if distance.max() <= 1e-12 * abs(typical):  # constant, up to rounding
            column.scale = max(CONSTANT_SHARE * (abs(typical) or 1.0), _SMALLEST)
            return column
        if numbers == "quantile":
            ranks = QuantileTransformer(n_quantiles=min(1000, observed.size), subsample=None)
            column.quantiles = ranks.fit(observed[:, None]).quantiles_[:, 0]
        elif heavy_tail is not None:
            column.tail = _heavy_tail(distance[distance > 0], heavy_tail)
        column.center, column.scale = _center_and_scale(column._shaped(observed), numbers)
        return column

    @property
    def labels(self) -> list[str]:
        """Suffixes of the output columns."""
        return ["", MISSING] if self.has_missing else [""]

    def encode(self, values: Floats, out: Matrix) -> None:
        """Write the deviations and, where training had missing values, whether the value is missing."""
        missing = np.isnan(values)
        present = np.where(missing, self.typical, values)
        with np.errstate(over="ignore"):  # a quotient that overflows is clipped just after
            deviation = (self._shaped(np.clip(present, -_LARGEST, _LARGEST)) - self.center) / self.scale
        out[:, 0] = np.clip(deviation, -self.limit, self.limit)
        if self.has_missing:
            out[:, 1] = missing

    def _shaped(self, values: Floats) -> Floats:
        if self.quantiles is not None:
            return _normal_scores(values, self.quantiles)
        difference = values - self.typical
        if self.tail is None:
            return difference
        with np.errstate(over="ignore"):
            return np.arcsinh(np.clip(difference / self.tail, -_LARGEST, _LARGEST))


@dataclass
class BooleanColumn:
    """A truth value, as 0 or 1; a missing one takes the more frequent value of training."""

    kind: ClassVar[str] = "boolean"
    typical: bool
    has_missing: bool

    @classmethod
    def fit(cls, values: Floats) -> BooleanColumn:
        """Learn from float64 (n,) of 0 and 1, NaN where missing."""
        observed = values[~np.isnan(values)]
        return cls(bool(observed.sum() * 2 > observed.size), observed.size < values.size)

    @property
    def labels(self) -> list[str]:
        """Suffixes of the output columns."""
        return ["", MISSING] if self.has_missing else [""]

    def encode(self, values: Floats, out: Matrix) -> None:
        """Write 0 or 1 and, where training had missing values, whether the value is missing."""
        missing = np.isnan(values)
        out[:, 0] = np.where(missing, self.typical, values)
        if self.has_missing:
            out[:, 1] = missing


@dataclass
class CategoryColumn:
    """A category, one-hot: exactly one output column of a row is 1.

    Values too rare for a column of their own share one; values never seen in training have one too, and
    so have missing values where training had some (else a missing value counts as unseen).
    """

    kind: ClassVar[str] = "category"
    typical: str
    categories: list[str]
    rare: list[str]
    has_missing: bool
    _known: pa.Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._known = pa.array([*self.categories, *self.rare], pa.large_string())

    @classmethod
    def fit(
        cls, texts: pa.Array, min_frequency: float | None, max_categories: int | None
    ) -> CategoryColumn | IdentifierColumn:
        """Learn from Arrow text, null where missing, at least one value there.

        ``min_frequency`` and ``max_categories`` mean what they mean in scikit-learn's OneHotEncoder, the
        columns of missing and unseen values left out of the count; exactly ``max_categories`` values all
        keep theirs. Ties go to the name that sorts first.
        """
        counted = pc.value_counts(texts.drop_null())
        counts = dict(
            zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
        )
        n_present = sum(counts.values())
        if n_present >= IDENTIFIER_ROWS and len(counts) >= IDENTIFIER_SHARE * n_present:
            return IdentifierColumn(len(counts))
        ranked = sorted(counts, key=lambda value: (-counts[value], value))
        share_or_count = min_frequency or 0
        floor = share_or_count * len(texts) if share_or_count < 1 else share_or_count
        n_kept = sum(counts[value] >= floor for value in ranked)
        if max_categories is not None and n_kept + (n_kept < len(ranked)) > max_categories:
            n_kept = max_categories - 1
        return cls(ranked[0], sorted(ranked[:n_kept]), sorted(ranked[n_kept:]), texts.null_count > 0)

    @property
    def labels(self) -> list[str]:
        """Suffixes of the output columns."""
        shared = [RARE] * bool(self.rare) + [MISSING] * self.has_missing + [UNSEEN]
        return [f"={category}" for category in self.categories] + shared

    def encode(self, texts: pa.Array, out: Matrix) -> None:
        """Write the one-hot columns."""
        codes = pc.fill_null(pc.index_in(texts, value_set=self._known), -1).to_numpy(zero_copy_only=False)
        lit = np.minimum(codes, len(self.categories))  # the rare ones come after the categories
        lit[codes < 0] = out.shape[1] - 1
        if self.has_missing:
            lit[texts.is_null().to_numpy(zero_copy_only=False)] = out.shape[1] - 2
        out[:] = 0
        out[np.arange(len(out)), lit] = 1


@dataclass
class IdentifierColumn:
    """Text that tells rows apart, nearly each value its own: no output column."""

    kind: ClassVar[str] = "identifier"
    n_distinct: int
    typical: ClassVar[None] = None
    labels: ClassVar[list[str]] = []

    def encode(self, values: Any, out: Matrix) -> None:
        """Write nothing."""


@dataclass
class EmptyColumn:
    """A column of any type without a value in training: one output column, 1 where the value is missing."""

    kind: ClassVar[str] = "empty"
    typical: ClassVar[None] = None
    labels: ClassVar[list[str]] = [MISSING]

    def encode(self, missing: npt.NDArray[np.bool_], out: Matrix) -> None:
        """Write whether the value is missing."""
        out[:, 0] = missing


@dataclass
class TimeColumn:
    """A date or timestamp: seconds as a number, hour of the day and day of the week as points on a circle.

    The circles are there where training shows more than one hour, or day. With a time zone, seconds count
    the instant and the circles the clock of the zone seen in training, so the same instant gives the same
    columns whatever zone it is written in. A missing time sits in the middle of the circles.
    """

    seconds: NumberColumn
    zone: str | None
    has_hour: bool
    has_weekday: bool

    @classmethod
    def fit(
        cls, times: pa.Array, numbers: NumberScale, clip: float | None, heavy_tail: float | None
    ) -> TimeColumn:
        """Learn from Arrow timestamps, null where missing, at least one there."""
        zone = times.type.tz
        hour, weekday = _clock(times, zone)
        return cls(
            NumberColumn.fit(frames.seconds(times), numbers, clip, heavy_tail),
            zone,
            _varies(hour),
            _varies(weekday),
        )

    @property
    def kind(self) -> str:
        """``"time"``, or ``"zoned_time"`` with a time zone."""
        return "time" if self.zone is None else "zoned_time"

    @property
    def typical(self) -> str:
        """The median moment in ISO 8601, a Z behind it where it is UTC."""
        return f"{np.datetime64(round(self.seconds.typical), 's')}{'' if self.zone is None else 'Z'}"

    @property
    def labels(self) -> list[str]:
        """Suffixes of the output columns."""
        hour = [":hour_sin", ":hour_cos"] * self.has_hour
        weekday = [":weekday_sin", ":weekday_cos"] * self.has_weekday
        return [*self.seconds.labels, *hour, *weekday]

    def encode(self, times: pa.Array, out: Matrix) -> None:
        """Write seconds, whether they are missing (where training had missing ones), and the circles."""
        width = len(self.seconds.labels)
        self.seconds.encode(frames.seconds(times), out[:, :width])
        if not (self.has_hour or self.has_weekday):
            return
        hour, weekday = _clock(times, self.zone)
        for turn in [hour] * self.has_hour + [weekday] * self.has_weekday:
            out[:, width] = np.nan_to_num(np.sin(2 * np.pi * turn))
            out[:, width + 1] = np.nan_to_num(np.cos(2 * np.pi * turn))
            width += 2


Column = NumberColumn | BooleanColumn | CategoryColumn | IdentifierColumn | EmptyColumn | TimeColumn


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
        center, scale = largest * float(np.mean(shaped / largest)), largest * float(np.std(shaped / largest))
    return center, max(scale, _SMALLEST)


def _normal_scores(values: Floats, quantiles: Floats) -> Floats:
    ranks = QuantileTransformer(n_quantiles=len(quantiles), output_distribution="normal")
    ranks.n_features_in_, ranks.n_quantiles_ = 1, len(quantiles)
    ranks.quantiles_, ranks.references_ = quantiles[:, None], np.linspace(0, 1, len(quantiles))
    return ranks.transform(values[:, None])[:, 0] if len(values) else values


def _clock(times: pa.Array, zone: str | None) -> tuple[Floats, Floats]:
    """Give how much of the day and, in whole days, of the week has passed on the zone's clock, in turns."""
    if zone is not None:
        times = pc.local_timestamp(times.cast(pa.timestamp(times.type.unit, zone)))
    days = frames.seconds(times) / 86_400
    whole = np.floor(days)
    return days - whole, np.mod(whole + 3, 7) / 7  # 1970-01-01 was a Thursday; weeks start on Monday


def _varies(turns: Floats) -> bool:
    return bool(np.nanmin(turns) < np.nanmax(turns))
