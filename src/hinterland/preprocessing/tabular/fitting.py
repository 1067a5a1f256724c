"""From what was decided about a column to its encoder, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hinterland.preprocessing.tabular.columns import (
    BooleanColumn,
    CategoryColumn,
    Column,
    LeftOutColumn,
    NumberColumn,
    TimeColumn,
    TimeOfDayColumn,
)
from hinterland.tables.columns.decisions import Decided
from hinterland.tables.columns.notes import Note
from hinterland.tables.columns.readings import FINITE, Reading
from hinterland.tables.columns.unreadable import Complaint
from hinterland.tables.frames import Frame

_OF_INFINITE = "--infinite missing takes infinite ones for missing, --infinite clip as far as numbers go"


@dataclass(frozen=True)
class Scales:
    """The parameters of a `TabularEncoder` that say how columns are scaled."""

    numbers: Any
    clip: float | None
    heavy_tail: float | None
    min_frequency: float | None
    max_categories: int | None


def complaints_of(frame: Frame, names: Sequence[str], decided: Sequence[Decided]) -> list[Complaint]:
    """What cannot be read of a training table as what its columns are."""
    return [
        Complaint.of(
            name,
            frame.column(j, 0, frame.n_rows),
            found.read.bad,
            found.read.expected,
            _OF_INFINITE if found.read.expected == FINITE else found.remedy,
        )
        for j, (name, found) in enumerate(zip(names, decided, strict=True))
        if found.read.bad.any()
    ]


def fit_column(
    name: str, decided: Decided, scales: Scales, absolute: bool
) -> tuple[Column, Reading, tuple[Note, ...]]:
    """Give a column's encoder, its reading, and what is to be said of it.

    ``absolute`` asks for a time as it is, beside what recurs of it.
    """
    reading, values, notes = decided.reading, decided.read.values, decided.notes
    scale = (scales.numbers, scales.clip, scales.heavy_tail)
    match reading.kind:
        case "number":
            return NumberColumn.fit(values, *scale), reading, notes
        case "boolean":
            return BooleanColumn.fit(values), reading, notes
        case "category":
            column = CategoryColumn.fit(values, scales.min_frequency, scales.max_categories)
            if len(column.rare) > 1 and not column.categories:
                notes = (*notes, Note("rare", f"{name!r} ({len(column.rare):,} values)"))
            return column, reading, notes
        case "time_of_day":
            return TimeOfDayColumn.fit(values), reading, notes
        case "time" | "zoned_time":
            time = TimeColumn.fit(values, *scale, absolute)
            if not time.labels:
                left_out = replace(reading, kind="ignored", why=f"{reading.why}; no part of it recurs")
                return LeftOutColumn("ignored"), left_out, (Note("ignored", repr(name)),)
            said = () if absolute else (Note("time", f"{name!r} ({time.recurring})"),)
            return time, reading, (*notes, *said)
        case _:
            return LeftOutColumn(reading.kind), reading, notes
