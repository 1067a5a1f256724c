"""Whether the fitted columns of an encoder hold what a fit gives: types were checked when they were read."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.printable import shown

POSITIVE = ("scale", "limit", "tail")
"""Fields that are divided by, or bound what comes out."""
LARGEST = 1e300
MOST_SECONDS = 2**63


def check_columns_stored(encoder: Any) -> None:
    """Raise ValueError for a column of an encoder, where it has such, that no fit gives."""
    for j, column in enumerate(getattr(encoder, "columns_", ())):
        _check(column, f"column {j}")
    for name, reading in getattr(encoder, "readings_", {}).items():
        if reading.zone is not None:
            _check_zone(reading.zone, f"zone of the reading of {shown(name)}")


def _check(column: Any, what: str) -> None:
    fields = {field.name: getattr(column, field.name) for field in dataclasses.fields(column)}
    for name, value in fields.items():
        where = f"{name} of {what}"
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            _check(value, what)
        elif isinstance(value, float) and abs(value) > LARGEST:
            raise ValueError(f"{where} is {value}, which is beyond {LARGEST:g}")
        elif name in POSITIVE and value is not None and not value > 0:
            raise ValueError(f"{where} is {value}, expected a number above 0")
        elif isinstance(value, np.ndarray) and not (value.size and (np.diff(value) >= 0).all()):
            raise ValueError(f"{where} must be numbers that rise, got {shown(value)}")
        elif name == "zone" and value is not None:
            _check_zone(value, where)
    if "categories" in fields:
        known = [*fields["categories"], *fields["rare"]]
        if not known or len(set(known)) < len(known):
            raise ValueError(f"categories of {what} must be there, and differ, got {shown(known)}")
    seconds, middle = fields.get("seconds"), fields.get("middle")
    if "seconds" in fields and seconds is None and middle is None:
        raise ValueError(f"{what} has neither seconds nor a middle")
    for name, moment in (("typical", seconds and seconds.typical), ("middle", middle)):
        if moment is not None and abs(moment) >= MOST_SECONDS:
            raise ValueError(f"{name} of {what} is {moment}, which are no seconds of a moment")


def _check_zone(zone: str, where: str) -> None:
    try:
        pc.local_timestamp(pa.array([0], pa.timestamp("s", zone)))
    except (pa.ArrowException, LookupError, ValueError) as error:
        raise ValueError(f"{where} is {shown(zone)}, and there is no such time zone") from error
