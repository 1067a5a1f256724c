"""Values of Arrow columns as Python has them; as text where it has none: its dates end with the year 9999."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def python_values(column: Any) -> list[Any]:
    """Values of an Arrow array, each as by ``python_value``."""
    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        values = [python_value(scalar) for scalar in column]
    return values


def python_value(scalar: Any) -> Any:
    """Value of an Arrow scalar; text in ISO 8601 for a moment, and a number with its unit for a duration, out of range.

    Examples
    --------
    >>> import pyarrow as pa
    >>> python_value(pa.scalar(2**40, pa.timestamp("s")))
    '36812-02-20T00:36:16'
    """
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        kind, number = scalar.type, scalar.value
        if pa.types.is_duration(kind):
            return f"{number} {kind.unit}"
        unit: Any = "D" if pa.types.is_date32(kind) else "ms" if pa.types.is_date64(kind) else kind.unit
        return f"{np.datetime64(number, unit)}{'Z' if getattr(kind, 'tz', None) else ''}"


def value_counts(column: Any) -> list[tuple[Any, int]]:
    """Different values of an Arrow array, in the order they are met, and how often each is there."""
    counted = pc.value_counts(column)
    return list(zip(python_values(counted.field("values")), counted.field("counts").to_pylist(), strict=True))
