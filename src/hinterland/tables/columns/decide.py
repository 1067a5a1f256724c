"""What a column of a table is: one place decides, on all of its values, and says why.

`decide_columns` looks at all columns of a table, as what settles how one writes its numbers helps the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from hinterland.errors import TableError
from hinterland.tables.columns.decisions import (
    Asked,
    Column,
    Decided,
    categories,
    empty,
    finished,
    left_out,
)
from hinterland.tables.columns.moments import epoch_of
from hinterland.tables.columns.number_columns import decide_numbers
from hinterland.tables.columns.read_values import read
from hinterland.tables.columns.readings import Reading
from hinterland.tables.columns.text_columns import (
    Texts,
    decide_text,
    remedy,
    written_numbers,
    written_times,
)
from hinterland.tables.messages import option
from hinterland.tables.text.number_text import find_number_format
from hinterland.tables.text.time_text import find_time_format
from hinterland.tables.values import (
    KINDS_READ,
    as_missing,
    as_numbers,
    combined,
    describe_type,
    is_text,
    kind_of,
    type_of,
)

LEAST_ASKED = 1e-9
"""Share of the values that must be what the user says they are; the others are then to be mended."""


def decide_columns(columns: Iterable[Column], asked: Asked) -> list[Decided]:
    """Decide what each of a table's columns is.

    Raises
    ------
    TableError
        For a type that cannot be encoded, or values that are not at all what the user says they are.
    """
    columns = [replace(column, values=combined(column.values)) for column in columns]
    decided = [decide_column(column, asked) for column in columns]
    if asked.decimal is None and any(found.is_open for found in decided):
        settled = {
            mark for column, found in zip(columns, decided, strict=True) if (mark := _decimal(column, found))
        }
        if len(settled) == 1:
            told = replace(asked, decimal=settled.pop())
            decided = [
                decide_column(column, told) if found.is_open else found
                for column, found in zip(columns, decided, strict=True)
            ]
    return decided


def decide_column(column: Column, asked: Asked) -> Decided:
    """Decide what one column is, as `decide_columns` does."""
    column = replace(column, values=combined(column.values))
    values, name = column.values, column.name
    kind = asked.kinds.get(name)
    if kind == "ignore":
        return left_out(column, "ignored", "asked for")
    found = kind_of(values)
    if found is None:
        raise TableError(
            f"column {name!r} cannot be encoded: found type {type_of(values)}; expected one of {KINDS_READ}; "
            f"{option('--kind', name, 'ignore')} leaves it out"
        )
    if as_missing(values).all():
        return empty(column)
    if kind is not None or name in asked.dates:
        return _as_asked(column, asked, "date" if name in asked.dates else str(kind))
    if is_text(values):
        return decide_text(column, asked)
    base = Reading(found, describe_type(values), missing=asked.missing, infinite=asked.infinite)
    if found == "number":
        return decide_numbers(column, base)
    if found == "category":
        return categories(column, asked, describe_type(values))
    return finished(column, replace(base, zone=values.type.tz) if found == "zoned_time" else base)


def _as_asked(column: Column, asked: Asked, kind: str) -> Decided:
    """Take a column as the user says."""
    values, name = column.values, column.name
    base = Reading(kind, "asked for", missing=asked.missing, infinite=asked.infinite)
    if kind in ("category", "text"):
        return categories(column, asked, "asked for", is_asked=True)
    if kind == "boolean":
        return finished(column, base, remedy=remedy(name, None))
    if kind == "date":
        return _asked_date(column, asked, replace(base, kind="time"))
    if not is_text(values):
        return finished(column, base)
    texts = Texts(values, asked.missing)
    numbers = find_number_format(texts.distinct, texts.counts, least=LEAST_ASKED, decimal=asked.decimal)
    if numbers.format is None:
        raise TableError(f"column {name!r} is to be a number, but {numbers.reason or 'holds none'}")
    unnamed = replace(column, is_named=False)  # so that nothing but numbers is seen in them
    result = written_numbers(unnamed, base, numbers, texts, texts.missing_notes(name))
    return replace(result, reading=replace(result.reading, why=f"asked for; {result.reading.why}"))


def _asked_date(column: Column, asked: Asked, base: Reading) -> Decided:
    values, name = column.values, column.name
    if name in asked.dates:
        pattern = asked.dates[name]
        result = finished(
            column, replace(base, why=f"asked for, as {pattern}", pattern=pattern), remedy=remedy(name, None)
        )
        if result.read.bad[~as_missing(values)].all() and len(result.read.bad):
            shown = (
                next(value for value in values.drop_null().to_pylist())
                if isinstance(values, pa.Array)
                else values[0]
            )
            raise TableError(f"column {name!r} holds no date written as {pattern}; found {shown!r}")
        return result
    found = kind_of(values)
    if found in ("time", "zoned_time", "time_of_day"):
        zone = values.type.tz if found == "zoned_time" else None
        return finished(column, replace(base, kind=str(found), zone=zone))
    epoch = None
    if found == "number":
        numbers = as_numbers(values)
        epoch = epoch_of(np.where(np.isfinite(numbers), numbers, np.nan), likely=True)
        if epoch is not None:
            return finished(column, replace(base, epoch=epoch))
    elif is_text(values):
        texts = Texts(values, asked.missing)
        times = find_time_format(texts.distinct, texts.counts, least=LEAST_ASKED)
        if times.format is not None:
            return written_times(column, base, times, texts, texts.missing_notes(name))
    raise TableError(
        f"column {name!r} is to be a date; say how it is written, as {option('--date', name, '%d.%m.%Y')}"
    )


def _decimal(column: Column, found: Decided) -> str | None:
    """Decimal mark that a column shows: of its text, or the point of fractions that have been read as such."""
    if found.decimal or found.reading.kind != "number" or is_text(column.values):
        return found.decimal
    return "." if bool((found.read.values[:1000] % 1 > 0).any()) else None


def complaints(names: Sequence[str], decided: Sequence[Decided]) -> dict[str, tuple[Any, Decided]]:
    """Columns with values that cannot be read: by name the places of the rows (k,), and what was decided."""
    return {
        name: (np.flatnonzero(found.read.bad), found)
        for name, found in zip(names, decided, strict=True)
        if found.read.bad.any()
    }


__all__ = ["Asked", "Column", "Decided", "complaints", "decide_column", "decide_columns", "read"]
