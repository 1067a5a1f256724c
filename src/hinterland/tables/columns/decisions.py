"""What is decided about one column, and the simple decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.tables.columns import identifiers
from hinterland.tables.columns.label_names import looks_like_a_label, sounds_like_a_label
from hinterland.tables.columns.notes import Note
from hinterland.tables.columns.read_values import Read, read
from hinterland.tables.columns.readings import Reading
from hinterland.tables.values import as_missing

KINDS = ("number", "category", "boolean", "date", "text", "ignore")
"""What the user may ask a column to be."""


@dataclass(frozen=True)
class Asked:
    """What the user asks of the columns of a table.

    Attributes
    ----------
    kinds : one of ``KINDS`` by column.
    dates : ``strptime`` format by column.
    missing : what stands for a missing value in every column, beside the usual words.
    infinite : what is done with infinite numbers: ``"error"``, ``"missing"`` or ``"clip"``.
    decimal : decimal mark of numbers written in text, or None to find out.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    infinite: str = "error"
    decimal: str | None = None

    @classmethod
    def checked(
        cls,
        kinds: Mapping[str, str],
        dates: Mapping[str, str],
        missing: Sequence[str],
        infinite: str,
        decimal: str | None,
    ) -> Asked:
        """Give what is asked, or raise ValueError where it makes no sense."""
        for name, kind in kinds.items():
            if kind not in KINDS:
                raise ValueError(
                    f"kinds: the kind of {name!r} must be one of {', '.join(KINDS)}, got {kind!r}"
                )
        for name, pattern in dates.items():
            if not isinstance(pattern, str) or "%" not in pattern:
                raise ValueError(
                    f"dates: the format of {name!r} must be strptime's, as %d.%m.%Y, got {pattern!r}"
                )
        for token in missing:
            if not isinstance(token, str):
                raise ValueError(f"missing must hold text, as ['-200'], got {token!r}")
        return cls(kinds, dates, tuple(missing), infinite, decimal)


@dataclass(frozen=True)
class Column:
    """A column to decide on.

    Attributes
    ----------
    values : NumPy array of numbers or booleans, or Arrow array, (n,).
    name : of the column.
    is_named : whether the name is the table's own. A column without one is what its type says.
    is_index : whether the file stores it as its index.
    """

    values: Any
    name: str
    is_named: bool = True
    is_index: bool = False


@dataclass(frozen=True)
class Decided:
    """What a column is, its values read so, and what is to be said.

    Attributes
    ----------
    reading : how its values are read.
    read : the values, and which could not be read.
    notes : to be said once.
    remedy : what to do about values that cannot be read, for the message.
    decimal : decimal mark that the values alone settle, if any.
    is_open : whether another column's decimal mark could change the reading.
    """

    reading: Reading
    read: Read
    notes: tuple[Note, ...] = ()
    remedy: str = ""
    decimal: str | None = None
    is_open: bool = False


def left_out(column: Column, kind: str, why: str, *notes: Note) -> Decided:
    """Do without a column."""
    reading = Reading(kind, why)
    return Decided(reading, read(column.values, reading), notes)


def empty(column: Column) -> Decided:
    """Do without a column that has no value."""
    return left_out(column, "empty", "without a value", *[Note("empty", repr(column.name))] * column.is_named)


def identifier(column: Column, why: str) -> Decided:
    """Do without a column that tells rows apart or counts them."""
    return left_out(column, "identifier", why, Note("identifier", f"{column.name!r} ({why})"))


def finished(column: Column, reading: Reading, *notes: Note, **more: Any) -> Decided:
    """Read a column's values, and add what is to be said of any column of its kind."""
    found = read(column.values, reading)
    if as_missing(found.values).all() and not found.bad.any():
        return empty(column)
    label = label_note(found.values, column, reading.kind)
    return Decided(reading, found, (*notes, *([label] if label else [])), **more)


def categories(column: Column, asked: Asked, why: str, *notes: Note, is_asked: bool = False) -> Decided:
    """Take a column as categories, unless its texts only name rows and the user has not asked for them."""
    reading = Reading("category", why, missing=asked.missing)
    result = finished(column, reading, *notes)
    if is_asked or result.reading.kind != "category":
        return result
    there = result.read.values.drop_null()
    identifying = identifiers.why_identifying_text(pc.unique(there), len(there), column.name)
    return identifier(column, identifying) if identifying else result


def label_note(values: Any, column: Column, kind: str) -> Note | None:
    """Note a column that looks like the labels of an evaluation."""
    if kind not in ("number", "boolean", "category") or not column.is_named:
        return None
    if not sounds_like_a_label(column.name):
        return None
    there = values[~np.isnan(values)] if isinstance(values, np.ndarray) else values.drop_null()
    counts = pc.value_counts(pa.array(there)).field("counts").to_numpy()
    if not looks_like_a_label(column.name, len(counts), counts.max() / counts.sum(), kind):
        return None
    return Note("label", f"{column.name!r} ({len(counts)} value{'s' * (len(counts) > 1)})")
