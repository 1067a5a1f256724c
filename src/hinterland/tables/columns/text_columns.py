"""What a column of text is: truth values, numbers, times, categories, or names of its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow.compute as pc

from hinterland.tables.columns.decisions import Asked, Column, Decided, categories, empty, finished
from hinterland.tables.columns.identifiers import sounds_like_an_identifier
from hinterland.tables.columns.notes import Note
from hinterland.tables.columns.number_columns import decide_numbers
from hinterland.tables.columns.read_values import read
from hinterland.tables.columns.readings import FALSE_WORDS, TRUE_WORDS, Reading
from hinterland.tables.messages import option
from hinterland.tables.text.duration_text import are_durations
from hinterland.tables.text.missing import missing_mask
from hinterland.tables.text.number_text import (
    FoundNumbers,
    NumberFormat,
    find_number_format,
    read_numbers,
)
from hinterland.tables.text.scaled_text import scale_of
from hinterland.tables.text.time_text import FoundTimes, find_time_format, read_times

MOSTLY = 0.9
"""Text in a column whose other values, at least this share of them, are numbers or times is taken for a mistake."""
FEW_STRAYS, LEAST_READ, FEWEST_READ = 3, 0.5, 20
"""So few different texts among at least this share, and so many different ones, of numbers or times as well."""
_PAIRS = (
    ("yes", "no"), ("true", "false"), ("y", "n"), ("t", "f"), ("ja", "nein"), ("oui", "non"), ("si", "no"),
    ("sí", "no"), ("on", "off"), ("wahr", "falsch"), ("vrai", "faux"),
)  # fmt: skip
_CODE = r"^\d+$"


class Texts:
    """The different texts of a column that are no missing values, and how often each occurs."""

    def __init__(self, values: Any, missing: tuple[str, ...]) -> None:
        counted = pc.value_counts(values.drop_null())
        texts, counts = counted.field("values"), counted.field("counts").to_numpy()
        absent = missing_mask(texts, among_values=True, more=missing)
        is_absent = absent.to_numpy(zero_copy_only=False)
        self.distinct, self.counts = texts.filter(pc.invert(absent)), counts[~is_absent]
        self._absent, self._absent_counts = texts.filter(absent), counts[is_absent]

    def missing_notes(self, name: str) -> list[Note]:
        """Note the words that are taken for missing values."""
        written: dict[str, int] = {}
        for text, count in zip(self._absent.to_pylist(), self._absent_counts.tolist(), strict=True):
            if word := text.strip():
                written[word] = written.get(word, 0) + count
        shown = sorted(written.items(), key=lambda item: -item[1])[:3]
        text = " and ".join(f"{word!r} ({n:,} times)" for word, n in shown)
        return [Note("missing", f"{text} in {name!r}")] if shown else []


def decide_text(column: Column, asked: Asked) -> Decided:
    """Decide on a column of text by all of its different values."""
    texts = Texts(column.values, asked.missing)
    if not len(texts.distinct):
        return empty(column)
    base = Reading("number", missing=asked.missing, infinite=asked.infinite)
    missing = texts.missing_notes(column.name)
    if pair := _truth_words(texts.distinct):
        true, false = (pair[0], *TRUE_WORDS), (pair[1], *FALSE_WORDS)
        why = f"written as {pair[0]} and {pair[1]}"
        return finished(column, replace(base, kind="boolean", why=why, true=true, false=false), *missing)
    if _is_code(texts.distinct):
        return categories(column, asked, "digits of one length, some with a zero in front")
    numbers = find_number_format(texts.distinct, texts.counts, least=LEAST_READ, decimal=asked.decimal)
    if numbers.format is not None and numbers.share == 1:
        return written_numbers(column, base, numbers, texts, missing)
    if scale := scale_of(texts.distinct):
        scaled = FoundNumbers(NumberFormat(decimal=scale[1], scaled=scale[0]), share=1.0)
        return written_numbers(column, base, scaled, texts, missing)
    if are_durations(texts.distinct, column.name if column.is_named else ""):
        durations = FoundNumbers(NumberFormat(duration=True), share=1.0)
        return written_numbers(column, base, durations, texts, missing)
    times = find_time_format(texts.distinct, texts.counts, least=LEAST_READ)
    if times.format is not None and times.share == 1:
        return written_times(column, base, times, texts, missing)
    if numbers.format is not None and numbers.share >= times.share:
        _, stray = read_numbers(texts.distinct, numbers.format)
        if sounds_like_an_identifier(column.name):  # an invoice C536379 among numbers
            return categories(column, asked, "text")
        if _are_strays(numbers.share, stray):
            return written_numbers(column, base, numbers, texts, missing)
    elif times.format is not None and times.share >= MOSTLY:
        return written_times(column, base, times, texts, missing)
    return categories(column, asked, "text")


def written_numbers(
    column: Column, base: Reading, found: FoundNumbers, texts: Texts, notes: list[Note]
) -> Decided:
    """Take text as numbers, whatever cannot be read as one."""
    assert found.format is not None
    written = found.format.describe()
    reading = replace(
        base,
        kind="number",
        why="numbers" if found.format.is_plain else written,
        number=None if found.format.is_plain else found.format,
    )
    said = list(notes)
    if found.other is not None:
        said.append(
            Note(
                "ambiguous",
                f"{column.name!r} is read as {written}, not as {found.other.describe()} (--decimal)",
            )
        )
    elif not found.format.is_plain:
        said.append(Note("form", f"{column.name!r} ({written})"))
    decided = Decided(
        reading,
        read(column.values, reading),
        tuple(said),
        remedy=remedy(column.name, _example(texts, found)),
        decimal=None if found.is_ambiguous else _shown_decimal(texts.distinct, found),
        is_open=found.is_ambiguous,
    )
    return decide_numbers(column, reading, decided)


def written_times(
    column: Column, base: Reading, found: FoundTimes, texts: Texts, notes: list[Note]
) -> Decided:
    """Take text as dates and times, or times of day, whatever cannot be read as one."""
    assert found.format is not None
    written, said = found.format.describe(), list(notes)
    if found.other is not None:
        asked = option("--date", column.name, "FORMAT")
        text = f"{column.name!r} is read as {written}, not as {found.other.describe()} ({asked})"
        said.append(Note("ambiguous", text))
    elif not (found.format.is_iso or found.format.is_time_of_day):
        said.append(Note("form", f"{column.name!r} ({written})"))
    kind, zone = "time_of_day" if found.format.is_time_of_day else "time", None
    if kind == "time" and found.format.zoned:
        offset = read_times(texts.distinct, found.format).offset
        if offset.null_count == 0 and pc.all(pc.equal(offset, 0)).as_py():
            kind, zone = "zoned_time", "UTC"
    reading = replace(base, kind=kind, why=written, time=found.format, zone=zone)
    return finished(column, reading, *said, remedy=remedy(column.name, None))


def remedy(name: str, example: str | None) -> str:
    """Say what can be done about values of a column that cannot be read."""
    missing = f"--missing {example!r} if it stands for no value, " if example else ""
    kind = option("--kind", name, "category")
    return f"{missing}{kind} if they belong there, or --bad-rows skip to leave such rows out"


def _example(texts: Texts, found: FoundNumbers) -> str | None:
    assert found.format is not None
    _, stray = read_numbers(texts.distinct, found.format)
    if not stray.any():
        return None
    most = int(np.argmax(np.where(stray, texts.counts, -1)))
    example: str = texts.distinct[most].as_py()
    return example.strip()


def _are_strays(share: float, stray: np.ndarray) -> bool:
    n_stray, n_read = int(stray.sum()), int((~stray).sum())
    return share >= MOSTLY or (share >= LEAST_READ and n_stray <= FEW_STRAYS and n_read >= FEWEST_READ)


def _shown_decimal(distinct: Any, found: FoundNumbers) -> str | None:
    """Decimal mark that some of the texts show, or None where none has one."""
    assert found.format is not None
    mark = found.format.decimal
    return mark if pc.any(pc.match_substring(distinct, mark)).as_py() else None


def _is_code(distinct: Any) -> bool:
    """Whether texts are digits of one length of which some start with a zero: numbers in a list, not quantities."""
    trimmed = pc.utf8_trim_whitespace(distinct)
    if not pc.all(pc.match_substring_regex(trimmed, _CODE)).as_py():
        return False
    lengths = pc.min_max(pc.utf8_length(trimmed)).as_py()
    padded = bool(pc.any(pc.starts_with(trimmed, "0")).as_py())
    return padded and bool(lengths["min"] == lengths["max"] > 1)


def _truth_words(distinct: Any) -> tuple[str, str] | None:
    """The pair of words that a column holds, both of them; ``true`` or ``false`` may be alone."""
    if len(distinct) > 6:
        return None
    words = set(pc.utf8_lower(pc.utf8_trim_whitespace(distinct)).to_pylist())
    for pair in _PAIRS:
        if words == set(pair) or (pair[0] == "true" and words <= set(pair)):
            return pair
    return None
