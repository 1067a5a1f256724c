"""What a column of a table is: one place decides, on all of its values, and says why.

`decide` looks at one column, `decide_table` at all, as what settles how one column writes its numbers helps the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.errors import TableError
from hinterland.tables import identifiers
from hinterland.tables.label_names import looks_like_a_label
from hinterland.tables.missing import missing_counts, missing_mask
from hinterland.tables.moments import epoch_of, sounds_like_a_time
from hinterland.tables.notes import Note
from hinterland.tables.number_text import FoundNumbers, NumberFormat, find_number_format
from hinterland.tables.readings import Read, Reading, read
from hinterland.tables.sentinels import sentinel
from hinterland.tables.time_text import FoundTimes, find_time_format
from hinterland.tables.values import KINDS_READ, as_missing, as_numbers, combined, is_text, kind_of, type_of

KINDS = ("number", "category", "boolean", "date", "text", "ignore")
"""What the user may ask a column to be."""
MOSTLY = 0.9
"""Text in a column whose other values, at least this share of them, are numbers or times is taken for a mistake."""
FEW_STRAYS, LEAST_STRAYED = 3, 0.5
"""So few different texts among numbers, at least this share of all, are taken for a mistake too."""
_LOOK_DISTINCT = 100_000


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
    is_open : whether another column's decimal mark would change the reading.
    """

    reading: Reading
    read: Read
    notes: tuple[Note, ...] = ()
    remedy: str = ""
    decimal: str | None = None
    is_open: bool = False


def decide_table(
    columns: Sequence[Any],
    names: Sequence[str],
    asked: Asked,
    *,
    named: bool = True,
    indexes: Sequence[str] = (),
) -> list[Decided]:
    """Decide what every column of a table is.

    Parameters
    ----------
    columns : values of each, NumPy arrays of numbers or Arrow arrays (n,).
    names : of the columns.
    named : whether the names are the table's own; a column without a name is what its type says.
    indexes : names of columns that the file stores as its index.
    """
    decided = [
        decide(column, name, asked, named=named, is_index=name in indexes)
        for column, name in zip(columns, names, strict=True)
    ]
    settled = {found.decimal for found in decided if found.decimal}
    if len(settled) == 1 and asked.decimal is None:
        told = replace(asked, decimal=settled.pop())
        for j, found in enumerate(decided):
            if found.is_open:
                decided[j] = decide(columns[j], names[j], told, named=named, is_index=names[j] in indexes)
    return decided


def decide(values: Any, name: str, asked: Asked, *, named: bool = True, is_index: bool = False) -> Decided:
    """Decide what one column is, as `decide_table` does.

    Raises
    ------
    TableError
        For a type that cannot be encoded, or values that are not at all what the user says they are.
    """
    values = combined(values)
    kind = asked.kinds.get(name)
    base = Reading("ignored", missing=asked.missing, infinite=asked.infinite)
    if kind == "ignore":
        return _left_out("ignored", "asked for", values)
    if kind_of(values) is None:
        raise TableError(
            f"column {name!r} cannot be encoded: found type {type_of(values)}; expected one of {KINDS_READ} "
            f"(leave it out with --kind {name}=ignore)"
        )
    if as_missing(values).all():
        return _empty(values, name, named)
    if name in asked.dates or kind is not None:
        return _as_asked(values, name, asked, base)
    if is_text(values):
        return _text(values, name, asked, base)
    typed = kind_of(values)
    assert typed is not None
    if typed == "number":
        return _numbers(values, name, replace(base, kind="number", why=type_of(values)), named, is_index)
    if typed == "category":
        return _categories(values, name, base, why=type_of(values))
    zone = values.type.tz if typed == "zoned_time" else None
    reading = replace(base, kind=typed, why=type_of(values), zone=zone)
    return _finished(values, name, reading)


def _left_out(kind: str, why: str, values: Any, *notes: Note) -> Decided:
    reading = Reading(kind, why)
    return Decided(reading, read(values, reading), notes)


def _empty(values: Any, name: str, named: bool) -> Decided:
    return _left_out("empty", "without a value", values, *[Note("empty", repr(name))] * named)


def _identifier(values: Any, name: str, why: str) -> Decided:
    return _left_out("identifier", why, values, Note("identifier", f"{name!r} ({why})"))


def _finished(values: Any, name: str, reading: Reading, *notes: Note, **more: Any) -> Decided:
    """Read the values and add what their kind alone has to say."""
    found = read(values, reading)
    if _all_missing(found.values):
        return _empty(values, name, True)
    label = _label_note(found.values, name, reading.kind)
    return Decided(reading, found, (*notes, *([label] if label else [])), **more)


def _all_missing(values: Any) -> bool:
    return bool(as_missing(values).all())


def _label_note(values: Any, name: str, kind: str) -> Note | None:
    if kind not in ("number", "boolean", "category"):
        return None
    if not looks_like_a_label(name, 2, 1.0, kind):  # by the name alone
        return None
    counted = pc.value_counts(pa.array(values, from_pandas=True).drop_null()).field("counts").to_numpy()
    if looks_like_a_label(name, len(counted), counted.max() / counted.sum(), kind):
        return Note("label", f"{name!r} ({len(counted)} value{'s' * (len(counted) > 1)})")
    return None


def _numbers(values: Any, name: str, reading: Reading, named: bool, is_index: bool, *notes: Note, **more: Any) -> Decided:
    """Decide on what are numbers by their type or their text: a measurement, a time, an identifier, a code."""
    found = read(values, reading)
    if _all_missing(found.values):
        return _empty(values, name, True)
    result = Decided(reading, found, notes, **more)
    if not named or found.bad.any():
        return result
    numbers = found.values
    finite = np.where(np.isfinite(numbers), numbers, np.nan)
    if not is_index and (as_time := _numbers_as_times(values, finite, name, reading)):
        return as_time
    if why := identifiers.why_identifier(finite, name, is_index=is_index):
        return _identifier(values, name, why)
    if _are_codes(finite, name):
        return _categories(values, name, reading, why="whole numbers called an id", topic="category")
    said = list(notes)
    if odd := sentinel(numbers):
        said.append(Note("sentinel", f"{odd[0]:g} in {name!r}, {odd[1]:,} times (--missing {odd[0]:g})"))
    if label := _label_note(numbers, name, "number"):
        said.append(label)
    return replace(result, notes=tuple(said))


def _numbers_as_times(values: Any, numbers: npt.NDArray[np.float64], name: str, reading: Reading) -> Decided | None:
    """Numbers that count seconds, or dates as 20240131."""
    there = numbers[~np.isnan(numbers)]
    if not len(there) or there.min() < 19_000_101 or not identifiers.are_whole(np.floor(there)):
        return None
    likely = sounds_like_a_time(name) or identifiers.only_grows(there) is not None
    epoch = epoch_of(numbers, likely=likely)
    if epoch is None:
        return None
    why = "dates written as 20240131" if epoch == "yyyymmdd" else f"{epoch} since 1970"
    note = Note("form", f"{name!r} ({why})")
    return _finished(values, name, replace(reading, kind="time", why=why, epoch=epoch), note)


def _are_codes(numbers: npt.NDArray[np.float64], name: str) -> bool:
    there = numbers[~np.isnan(numbers)]
    return identifiers.sounds_like_an_identifier(name, strictly=True) and identifiers.are_whole(there)


def _categories(values: Any, name: str, base: Reading, *, why: str, topic: str | None = None) -> Decided:
    reading = Reading("category", why, missing=base.missing)
    found = read(values, reading)
    if _all_missing(found.values):
        return _empty(values, name, True)
    there = found.values.drop_null()
    distinct = pc.unique(there)
    identifying = identifiers.why_identifying_text(distinct, len(there), name)
    if identifying and topic is None:
        return _identifier(values, name, identifying)
    notes = [Note(topic, repr(name))] if topic else []
    if label := _label_note(found.values, name, "category"):
        notes.append(label)
    return Decided(reading, found, tuple(notes))


def _text(values: Any, name: str, asked: Asked, base: Reading) -> Decided:
    """Decide on a column of text: truth values, numbers, times, names of rows, categories."""
    texts = _Texts(values, asked.missing)
    if not len(texts.distinct):
        return _empty(values, name, True)
    missing = texts.missing_note(name)
    if words := _truth_words(texts.distinct):
        reading = replace(base, kind="boolean", why=f"written as {words[0]} and {words[1]}")
        return _finished(values, name, reading, *missing)
    is_code = _is_code(texts.distinct)
    found = FoundNumbers(None) if is_code else texts.as_numbers(asked.decimal)
    if found.format is not None and found.share == 1:
        return _written_numbers(values, name, base, found, missing)
    times = FoundTimes(None) if is_code else texts.as_times()
    if times.format is not None and times.share == 1:
        return _written_times(values, name, base, times, missing)
    if (strays := _strays(texts, found, times)) is not None:
        best: Any = found if strays == "number" else times
        make = _written_numbers if strays == "number" else _written_times
        return make(values, name, base, best, missing)
    why = "digits of a fixed length, some with a zero in front" if is_code else "text"
    return _categories(values, name, base, why=why)


class _Texts:
    """The different texts of a column that are no missing values, with their counts."""

    def __init__(self, values: Any, missing: tuple[str, ...]) -> None:
        counted = pc.value_counts(values.drop_null())
        texts, counts = counted.field("values"), counted.field("counts").to_numpy()
        there = pc.invert(missing_mask(texts, among_values=True, more=missing))
        self._missing = missing
        self._absent = texts.filter(pc.invert(there))
        self._absent_counts = counts[~there.to_numpy(zero_copy_only=False)]
        self.distinct = texts.filter(there)
        self.counts = counts[there.to_numpy(zero_copy_only=False)]

    def as_numbers(self, decimal: str | None) -> FoundNumbers:
        return find_number_format(self.distinct, self.counts, least=LEAST_STRAYED, decimal=decimal)

    def as_times(self) -> FoundTimes:
        return find_time_format(self.distinct, self.counts, least=LEAST_STRAYED)

    def missing_note(self, name: str) -> list[Note]:
        written: dict[str, int] = {}
        for text, count in zip(self._absent.to_pylist(), self._absent_counts.tolist(), strict=True):
            if token := text.strip():
                written[token] = written.get(token, 0) + count
        if not written:
            return []
        shown = sorted(written.items(), key=lambda item: -item[1])[:3]
        return [Note("missing", f"{' and '.join(f'{word!r} ({n:,} times)' for word, n in shown)} in {name!r}")]
