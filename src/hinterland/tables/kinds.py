"""Read a batch's columns as a model's training table was read, and say which rows do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from hinterland.errors import TableError
from hinterland.nearest import nearest_name
from hinterland.tables.columns.read_values import Read, RetypedError, read
from hinterland.tables.columns.readings import LEFT_OUT, Reading
from hinterland.tables.columns.unreadable import Complaint, UnreadableValuesError, counted_from


def missing_and_unused(names: Sequence[str], kinds: Mapping[str, str | Reading]) -> list[str]:
    """Return the columns that a model with these kinds does not use.

    Raises
    ------
    TableError
        Where columns are missing that the model needs, named with what they may be called here.
    """
    there = set(names)
    missing = [name for name, kind in kinds.items() if _kind(kind) not in LEFT_OUT and name not in there]
    if missing:
        unused = [name for name in names if name not in kinds]
        listed = ", ".join(f"{name!r}{_nearest(name, unused)}" for name in missing)
        raise TableError(
            f"the table lacks {len(missing)} of the {len(kinds)} columns that the model was trained on: {listed}; "
            f"it has {_few(list(names))}"
        )
    return [name for name in names if name not in kinds]


def to_kinds(
    batch: pa.Table, kinds: Mapping[str, str | Reading], *, is_text: bool, first_row: int = 1
) -> pa.Table:
    """Give a model's columns, in its order, of the types its encoder reads.

    A column that is left out may be missing.

    Parameters
    ----------
    batch : rows of a table, with at least the columns in ``kinds``.
    kinds : how each column is read, as ``TabularEncoder.readings_`` has it, or its kind alone.
    is_text : whether every value is text, as from a CSV file.
    first_row : number of the batch's first row, for messages.

    Raises
    ------
    UnreadableValuesError
        Naming columns, rows and values that cannot be read, or are infinite.
    TableError
        For a column of a type that can hold no value of its kind.
    """
    table, complaints = read_batch(batch, kinds, is_text=is_text)
    if complaints:
        raise UnreadableValuesError(complaints, counted_from(first_row))
    return table


def read_batch(
    batch: pa.Table, kinds: Mapping[str, str | Reading], *, is_text: bool = True
) -> tuple[pa.Table, list[Complaint]]:
    """Read rows as `to_kinds` does, and give what cannot be read, null in the table, beside it."""
    columns: dict[str, Any] = {}
    complaints: list[Complaint] = []
    retyped = []
    for name, kind in kinds.items():
        reading = Reading(kind, as_arrow=is_text) if isinstance(kind, str) else kind
        if name not in batch.column_names:
            columns[name] = pa.nulls(batch.num_rows, pa.string())
            continue
        values = batch[name].combine_chunks()
        try:
            found = read(values, reading)
        except RetypedError as error:
            retyped.append(f"column {name!r}: {error}")
            continue
        if found.bad.any():
            complaints.append(Complaint.of(name, values, found.bad, found.expected))
        columns[name] = _as_arrow(found, reading)
    if retyped:
        raise TableError("columns changed their type since fit: " + "; ".join(retyped))
    return pa.table(columns), complaints


def _as_arrow(found: Read, reading: Reading) -> Any:
    """Values as an Arrow array of a type that the same reading reads again."""
    if reading.kind == "category":
        return found.values.cast(pa.string())
    if not isinstance(found.values, np.ndarray):
        return found.values
    missing = np.isnan(found.values) | found.bad
    if reading.kind == "boolean":
        return pa.array(np.where(missing, 0, found.values).astype(bool), mask=missing)
    if reading.kind == "time_of_day":
        ticks = np.where(missing, 0, found.values * 1e6).round().astype(np.int64)
        return pa.array(ticks, mask=missing).cast(pa.time64("us"))
    return pa.array(found.values, mask=missing)


def _kind(reading: str | Reading) -> str:
    return reading if isinstance(reading, str) else reading.kind


def _nearest(name: str, names: list[str]) -> str:
    near = nearest_name(name, names, cutoff=0.7)
    return f" (is it {near!r} here?)" if near else ""


def _few(names: list[str], most: int = 12) -> str:
    shown = ", ".join(map(repr, names[:most]))
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
