"""Read a batch's columns as the kinds that a model was trained on, and say which rows do not fit."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from hinterland.errors import TableError

MISSING_TEXTS = pa.array(pa.csv.ConvertOptions().null_values)
TRUE_TEXTS = pa.array(pa.csv.ConvertOptions().true_values)
FALSE_TEXTS = pa.array(pa.csv.ConvertOptions().false_values)
_EXPECTED = {
    "number": "a number",
    "boolean": "true or false",
    "time": "a date or time without a zone, as 2024-05-31 or 2024-05-31 14:30:00",
    "zoned_time": "a time with its zone, as 2024-05-31T14:30:00Z",
}
_TYPES = {
    "number": (pa.float64(),),
    "time": (pa.timestamp("us"), pa.timestamp("ns")),
    "zoned_time": (pa.timestamp("us", "UTC"), pa.timestamp("ns", "UTC")),
}
_SHOWN = 5


def missing_and_unused(names: Sequence[str], kinds: Mapping[str, str]) -> list[str]:
    """Return the columns that a model with these kinds does not use.

    Raises
    ------
    TableError
        Where columns are missing that the model needs, named with what they may be called here.
    """
    missing = [name for name, kind in kinds.items() if kind != "identifier" and name not in names]
    if missing:
        unused = [name for name in names if name not in kinds]
        listed = ", ".join(f"{name!r}{_nearest(name, unused)}" for name in missing)
        raise TableError(
            f"the table lacks {len(missing)} of the {len(kinds)} columns that the model was trained on: {listed}; "
            f"it has {_few(list(names))}"
        )
    return [name for name in names if name not in kinds]


def to_kinds(batch: pa.Table, kinds: Mapping[str, str], *, is_text: bool, first_row: int = 1) -> pa.Table:
    """Give a model's columns, in its order, of the types its encoder reads.

    Text (``is_text``) becomes numbers, booleans or times as the kinds say, and integers become categories where
    categories are meant. Other types stay, for the encoder to judge. A column that only names its rows may be
    missing.

    Parameters
    ----------
    batch : rows of a table, with at least the columns in ``kinds``.
    kinds : kind of each column, as ``TabularEncoder.kinds_`` has it.
    is_text : whether every value is text, as from a CSV file.
    first_row : number of the batch's first row, for messages.

    Raises
    ------
    TableError
        Naming columns, rows and values that cannot be read, or are infinite.
    """
    columns, complaints = {}, []
    for name, kind in kinds.items():
        if name not in batch.column_names:
            columns[name] = pa.nulls(batch.num_rows, pa.string())
            continue
        values = batch[name].combine_chunks()
        try:
            values = _parsed(values, kind) if is_text else _retyped(values, kind)
            if kind == "number":
                _refuse_infinite(values)
        except _BadRowsError as bad:
            complaints.append(bad.complaint(name, first_row))
        columns[name] = values
    if complaints:
        raise TableError("; ".join(complaints))
    return pa.table(columns)


class _BadRowsError(Exception):
    def __init__(self, found: Mapping[int, str], expected: str) -> None:
        self.found, self.expected = found, expected

    def complaint(self, name: str, first_row: int) -> str:
        shown = [f"row {first_row + row} has {text}" for row, text in list(self.found.items())[:_SHOWN]]
        more = f" and {len(self.found) - _SHOWN} rows more" if len(self.found) > _SHOWN else ""
        return f"column {name!r}: {', '.join(shown)}{more}; expected {self.expected}"


def _parsed(text: Any, kind: str) -> Any:
    """Values of one kind from text (n,); in every kind the usual words for a missing value are none."""
    trimmed = text if kind == "category" else pc.utf8_trim_whitespace(text)
    present = pc.if_else(pc.is_in(trimmed, MISSING_TEXTS), None, trimmed)
    if kind == "boolean":
        true, false = pc.is_in(present, TRUE_TEXTS), pc.is_in(present, FALSE_TEXTS)
        known = pc.or_(pc.or_(true, false), present.is_null())
        if not pc.all(known, min_count=0).as_py():
            rows = pc.indices_nonzero(pc.invert(known)).to_pylist()
            raise _BadRowsError({row: repr(text[row].as_py()) for row in rows}, _EXPECTED[kind])
        return pc.if_else(present.is_null(), None, true)
    if kind not in _TYPES:
        return present
    for target in _TYPES[kind]:
        try:
            return pc.cast(present, target)
        except pa.ArrowInvalid:
            continue
    bad = {
        row: repr(value)
        for row, value in enumerate(present.to_pylist())
        if value is not None and not any(_can_be(value, target) for target in _TYPES[kind])
    }
    raise _BadRowsError(bad, f"{_EXPECTED[kind]}, or nothing")


def _can_be(value: str, target: Any) -> bool:
    try:
        pc.cast(pa.scalar(value), target)
    except pa.ArrowInvalid:
        return False
    return True


def _retyped(values: Any, kind: str) -> Any:
    return values.cast(pa.string()) if kind == "category" and pa.types.is_integer(values.type) else values


def _refuse_infinite(values: Any) -> None:
    if pa.types.is_floating(values.type):
        rows = np.flatnonzero(np.isinf(values.to_numpy(zero_copy_only=False)))
        if len(rows):
            found = {int(row): str(values[int(row)].as_py()) for row in rows}
            raise _BadRowsError(found, "finite numbers, or nothing")


def _nearest(name: str, names: list[str]) -> str:
    folded = {other.strip().casefold(): other for other in names}
    nearest = difflib.get_close_matches(name.strip().casefold(), folded, n=1, cutoff=0.7)
    return f" (is it {folded[nearest[0]]!r} here?)" if nearest else ""


def _few(names: list[str], most: int = 12) -> str:
    shown = ", ".join(map(repr, names[:most]))
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
