"""Values of a table as JSON can hold them: numbers, truth values, text of bounded length, nothing."""

from __future__ import annotations

import datetime
import math
from typing import Any

import numpy as np
import pyarrow as pa

from hinterland.tables.python_values import python_values

Cell = float | int | bool | str | None

LONGEST = 1000
"""Characters of a cell that are kept."""
_EXACT = 2**53


def cell(value: Any) -> Cell:
    """One value: a whole number too large for a script's numbers becomes text, and so does infinity."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, float):
        return None if math.isnan(value) else value if math.isfinite(value) else str(value)
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    text = value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"


def cells(column: Any) -> list[Cell]:
    """An Arrow column's values."""
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return [cell(value) for value in python_values(column)]


def significant(value: float, digits: int = 4) -> float | None:
    """A float with so many significant digits, None where it is none: what is only drawn need not be exact."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None
