"""What a column of numbers is: a measurement, a time, something that tells rows apart, or a code."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from hinterland.tables.columns import identifiers
from hinterland.tables.columns.decisions import Column, Decided, empty, finished, identifier, label_note
from hinterland.tables.columns.moments import CALENDAR, epoch_of, sounds_like_a_time
from hinterland.tables.columns.notes import Note
from hinterland.tables.columns.read_values import read
from hinterland.tables.columns.readings import Reading
from hinterland.tables.columns.sentinels import sentinel
from hinterland.tables.text.number_text import NumberFormat

Floats = npt.NDArray[np.float64]
_EARLIEST = 19_000_101
"""Smaller numbers are neither dates written as 20240131 nor seconds since 1970 of our days."""


def decide_numbers(column: Column, reading: Reading, result: Decided | None = None) -> Decided:
    """Decide on numbers, by their type or their text.

    Parameters
    ----------
    reading : as numbers.
    result : what is decided and said so far.
    """
    found = result.read if result else read(column.values, reading)
    result = result or Decided(reading, found)
    numbers = found.values
    if np.isnan(numbers).all() and not found.bad.any():
        return empty(column)
    if not column.is_named or found.bad.any():
        return result
    finite = np.where(np.isfinite(numbers), numbers, np.nan) if np.isinf(numbers).any() else numbers
    there = finite[~missing] if (missing := np.isnan(finite)).any() else finite
    if not len(there):
        return result
    if not column.is_index and (epoch := _epoch(there, column.name)):
        written = {"yyyymmdd": "dates written as 20240131", CALENDAR: "times written as 20240131140509"}
        why = written.get(epoch, f"{epoch} since 1970")
        note = Note("form", f"{column.name!r} ({why})")
        as_time = replace(reading, kind="time", why=why, epoch=epoch, number=None)
        return finished(column, as_time, note)
    if reason := identifiers.why_identifier(there, column.name, is_index=column.is_index):
        return identifier(column, reason)
    if identifiers.sounds_like_an_identifier(column.name, strictly=True) and identifiers.are_whole(there):
        codes = replace(
            reading,
            kind="category",
            why="whole numbers called an id",
            number=reading.number or NumberFormat(),
        )
        return finished(column, codes, Note("category", repr(column.name)))
    said = list(result.notes)
    if odd := sentinel(there):
        said.append(
            Note("sentinel", f"{odd[0]:g} in {column.name!r}, {odd[1]:,} times (--missing {odd[0]:g})")
        )
    if label := label_note(numbers, column, "number"):
        said.append(label)
    return replace(result, notes=tuple(said))


def _epoch(there: Floats, name: str) -> str | None:
    if there.min() < _EARLIEST:
        return None
    likely = sounds_like_a_time(name) or (
        identifiers.only_grows(there) is not None
        and not identifiers.sounds_like_an_identifier(name, strictly=True)
    )
    return epoch_of(there, likely=likely)
