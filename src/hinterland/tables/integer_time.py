"""Numbers that are dates (20240131) or count from 1970, told by all values and the column's name together."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.tables.time_layouts import date_fields

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_EPOCH_START, _EPOCH_END = 631_152_000, 4_102_444_800  # 1990 and 2100, in seconds
_DIGITS = {"yyyymmdd": 8, "yyyymmddhhmmss": 14}
_TIME_WORDS = re.compile(
    r"(?:^|[^a-z])(?:ts|dt|at|on|when|day|month|dob|born|birthday|epoch|unix|created|updated|modified|seen|datum|tag|zeit"
    r"|heure|jour|fecha|hora)(?:$|[^a-z])|time|date|stamp|epoch|datum|zeit"
)
_NOT_TIME_WORDS = re.compile(
    r"(?:^|[^a-z])(?:id|ids|no|nr|num|number|nummer|key|index|idx|code|count|zip|phone|tel)(?:$|[^a-z])"
)
_NEAR_UNIQUE = 0.9
_FEW = 10  # values fewer than which say nothing by their order


def find_integer_time(values: Any, name: str) -> str | None:
    """Tell whether a column of numbers (n,) holds times, by their form, or return None.

    Forms are ``yyyymmdd`` and ``yyyymmddhhmmss``, if all values are calendar dates of 1900 to 2100, and a unit ``s``,
    ``ms``, ``us`` or ``ns``, if all are instants of 1990 to 2100 counted in it from 1970. Besides, either the name must
    speak of time (``date``, ``ts``, ``created_at``), or, where it does not call them numbers, the values be near-unique
    and only grow by steps that are not all 1; dates that do not grow will do.

    Parameters
    ----------
    values : Arrow array of integers or floats (plain or chunked), in file order; nulls are passed over.
    name : the column's name.
    """
    numbers = np.asarray(pc.drop_null(values))
    if not len(numbers) or numbers.dtype.kind not in "iuf" or not np.isfinite(numbers).all():
        return None
    form = _form(numbers)
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
    if form is None or _TIME_WORDS.search(words):
        return form
    if _NOT_TIME_WORDS.search(words):
        return None
    steps = np.diff(numbers.astype(float))
    if (steps >= 0).all():
        n_distinct, counts_on = 1 + int((steps > 0).sum()), bool((steps <= 1).all())
        return form if n_distinct >= max(_FEW, _NEAR_UNIQUE * len(numbers)) and not counts_on else None
    return form if form in _DIGITS and len(np.unique(numbers)) >= _FEW else None


def read_integer_times(values: Any, form: str) -> Any:
    """Read numbers (n,) by a form of ``find_integer_time`` as Arrow time stamps without a zone (epochs in UTC).

    They are microseconds, or nanoseconds for ``ns``. Null where the value is null or no such date.
    """
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    missing = np.asarray(pc.fill_null(pc.invert(pc.is_finite(values)), True))
    numbers = np.asarray(pc.fill_null(values, 0))
    if form in _DIGITS:
        days, nanoseconds, readable = _dates(numbers, form)
        counts, missing = days * 86_400 * 10**6 + nanoseconds // 1000, missing | ~readable
        return pa.array(counts, pa.timestamp("us"), mask=missing)
    if form == "ns":
        return pa.array(np.where(missing, 0, numbers).astype(np.int64), pa.timestamp("ns"), mask=missing)
    missing |= np.abs(numbers.astype(float)) > 2**53 / 10**6 * _PER_SECOND[form]
    numbers = np.where(missing, 0, numbers)
    factor = 10**6 // _PER_SECOND[form]
    counts = numbers * factor if numbers.dtype.kind in "iu" else np.rint(numbers * factor)
    return pa.array(counts.astype(np.int64), pa.timestamp("us"), mask=missing)


def _form(numbers: np.ndarray) -> str | None:
    low, high = float(numbers.min()), float(numbers.max())
    for unit, per_second in _PER_SECOND.items():
        if low >= _EPOCH_START * per_second and high <= _EPOCH_END * per_second:
            return unit
    for form in _DIGITS:
        if 10 ** (_DIGITS[form] - 1) <= low and high < 10 ** _DIGITS[form] and _dates(numbers, form)[2].all():
            return form
    return None


def _dates(numbers: np.ndarray, form: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days since 1970, nanoseconds since midnight, and which of the numbers (n,) are such dates."""
    distinct, places = np.unique(numbers, return_inverse=True)
    fits = (
        (distinct >= 10 ** (_DIGITS[form] - 1))
        & (distinct < 10 ** _DIGITS[form])
        & (distinct == np.rint(distinct))
    )
    texts = np.where(fits, distinct, 0).astype(np.int64).astype(str)
    fields = date_fields(pa.array(texts, pa.string()), "%Y%m%d")
    return fields.days[places], fields.nanoseconds[places], (fields.readable & fits)[places]
