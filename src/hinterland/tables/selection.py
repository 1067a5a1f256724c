"""Rows by the value that they have in a column, the value given as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.errors import TableError

_SHOWN = 6


def equals(column: Any, value: str) -> npt.NDArray[np.bool_]:
    """Say which values of a column (n,) are written ``value``; numbers also match where only the form differs."""
    text = pc.utf8_trim_whitespace(_text(column))
    same = pc.fill_null(
        pc.equal(pc.utf8_lower(text) if _is_boolean(column) else text, _spelt(column, value)), False
    )
    if _is_numeric(column):
        try:
            number = float(value)
        except ValueError:
            pass
        else:
            same = pc.or_(same, pc.fill_null(pc.equal(pc.cast(column, pa.float64()), number), False))
    return same.to_numpy(zero_copy_only=False) if isinstance(same, pa.Array) else same.to_numpy()


def select(table: pa.Table, column: str, value: str) -> pa.Table:
    """Rows that have a value in a column, without that column.

    Raises
    ------
    TableError
        Where there is no such column, or no row has the value; the message says which values there are.
    """
    if column not in table.column_names:
        raise TableError(f"there is no column {column!r} to select rows by; found {table.column_names}")
    chosen = equals(table[column], value)
    if not chosen.any():
        raise TableError(f"no row has {column}={value}; found {text_counts(table[column])}")
    return table.filter(pa.array(chosen)).drop_columns([column])


def text_counts(column: Any) -> str:
    """Say which values a column has most often, with how many rows each: ``'a' (3 rows), 'b' (1)``."""
    counted = pc.value_counts(_text(column)).to_pylist()
    counted.sort(key=lambda entry: -entry["counts"])
    shown = ", ".join(f"{entry['values']!r} ({entry['counts']:,})" for entry in counted[:_SHOWN])
    return shown + (f" and {len(counted) - _SHOWN:,} values more" if len(counted) > _SHOWN else "")


def _text(column: Any) -> Any:
    try:
        return pc.cast(column, pa.string())
    except pa.ArrowException as error:
        raise TableError(f"a column of type {column.type} cannot be compared with a value") from error


def _is_boolean(column: Any) -> bool:
    return pa.types.is_boolean(column.type)


def _is_numeric(column: Any) -> bool:
    return pa.types.is_integer(column.type) or pa.types.is_floating(column.type)


def _spelt(column: Any, value: str) -> str:
    if not _is_boolean(column):
        return value.strip()
    return {"1": "true", "0": "false"}.get(value.strip(), value.strip().lower())
