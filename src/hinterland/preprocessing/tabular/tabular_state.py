"""A fitted column of a `TabularEncoder` as what JSON can hold and arrays by name, and back again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from hinterland.preprocessing.tabular.columns import (
    BooleanColumn,
    CategoryColumn,
    Column,
    EmptyColumn,
    IdentifierColumn,
    LeftOutColumn,
    NumberColumn,
    TimeColumn,
    TimeOfDayColumn,
)
from hinterland.preprocessing.tabular.state import pack, unpack
from hinterland.tables.columns.readings import LEFT_OUT, Reading

Arrays = Mapping[str, npt.NDArray[Any]]

_CLASSES: Mapping[str, type[Any]] = {
    "number": NumberColumn,
    "boolean": BooleanColumn,
    "category": CategoryColumn,
    "time": TimeColumn,
    "zoned_time": TimeColumn,
    "time_of_day": TimeOfDayColumn,
    **dict.fromkeys(LEFT_OUT, LeftOutColumn),
}
_EARLIER: Mapping[str, type[Any]] = {**_CLASSES, "identifier": IdentifierColumn, "empty": EmptyColumn}
"""Classes of columns without a reading, as earlier versions wrote them."""


def column_state(
    name: str, reading: Reading, column: Column, prefix: str, arrays: dict[str, npt.NDArray[Any]]
) -> dict[str, Any]:
    """Give a column's state; its arrays are added to ``arrays`` under names that start with ``prefix``."""
    fields = pack(column, prefix, arrays)
    if isinstance(column, IdentifierColumn | EmptyColumn) or reading.as_arrow:
        return {"name": name, "kind": column.kind, **fields}
    return {"name": name, "reading": reading.to_state(), **fields, "kind": column.kind}


def columns_from_state(entries: Sequence[Any], arrays: Arrays) -> tuple[list[Column], list[Reading]]:
    """Undo ``column_state`` for all columns; what it raises is what Python raises first for a spoilt state."""
    columns, readings = [], []
    for j, entry in enumerate(entries):
        classes = _CLASSES if "reading" in entry else _EARLIER
        column = unpack(classes[entry["kind"]], entry, f"columns.{j}.", arrays)
        if "reading" in entry:
            reading = Reading.from_state(entry["reading"])
        else:
            zone = entry.get("zone") if entry["kind"] == "zoned_time" else None
            reading = Reading(entry["kind"], "as an earlier version had it", zone=zone, as_arrow=True)
        if reading.kind != entry["kind"]:
            raise ValueError(
                f"column {entry['name']!r} is of the kind {entry['kind']}, but read as {reading.kind}"
            )
        columns.append(column)
        readings.append(reading)
    return columns, readings
