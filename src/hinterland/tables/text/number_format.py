"""Numbers as people write them: the format of a column, and reading texts by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.tables.text.duration_text import read_durations
from hinterland.tables.text.scaled_text import read_scaled
from hinterland.tables.text.units import unit_pattern

THOUSANDS = {".": ", '", ",": ". '"}  # marks between groups of three digits beside each decimal mark
HEXADECIMAL = r"^[-+]?0[xX][0-9a-fA-F]{1,13}$"  # 52 bits, which a double holds exactly
INFINITE = r"^[-+]?(?i:inf|infinity|∞)$"


@dataclass(frozen=True)
class NumberFormat:
    """How a column writes numbers; ``dataclasses.asdict`` is JSON, ``NumberFormat(**that)`` the same again.

    Attributes
    ----------
    decimal : ``.`` or ``,``.
    thousands : mark between groups of digits: ``,``, ``.``, a blank (for every kind of blank), ``'`` (for both kinds of
        apostrophe), or empty where the column showed none.
    unit : what stands before or behind, as most values have it: ``€``, ``USD``, ``%``, ``kg``...; empty for none. Its
        other spellings are read as well.
    unit_first : whether the unit stands before the number.
    bare : whether values without the unit occur as well.
    negative : how negative numbers are written: ``-5``, ``(5)`` or ``5-``. For the description: all three are read.
    hexadecimal : whether some values are written as ``0x1f``.
    scaled : which factors stand behind the numbers: ``"thousands"`` (and millions...), ``"bytes"``, or empty.
    duration : whether these are no numbers but durations, as ``61:05``, read in seconds.
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    unit_first: bool = False
    bare: bool = False
    negative: str = "-5"
    hexadecimal: bool = False
    duration: bool = False
    scaled: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether computers write numbers so, ``1234.5``, and nothing about them needs to be said."""
        return self == NumberFormat()

    def describe(self) -> str:
        """Say it in words with an example, as ``numbers written as 1.234,50 EUR``."""
        if self.duration:
            return "durations, in seconds"
        if self.scaled:
            examples = "5 kB, 5 MB" if self.scaled == "bytes" else f"5K, 1{self.decimal}2M"
            return f"numbers written with their thousands and millions, as {examples}"
        digits = f"1{self.thousands}234{self.decimal}50"
        glue = "" if self.unit in ("%", "°") or (self.unit_first and not self.unit.isalpha()) else " "
        pair = (self.unit, digits) if self.unit_first else (digits, self.unit)
        example = glue.join(part for part in pair if part)
        text = f"numbers written as {example}"
        if self.negative != "-5":
            text += f", negative ones as {self.negative.replace('5', example)}"
        if self.bare:
            text += f", some without {self.unit}"
        return text + (", some hexadecimal as 0x1f" if self.hexadecimal else "")


def plain_numbers(texts: Any) -> Any | None:
    """Float64 Arrow array (n,) of texts that are all numbers as computers write them, or empty: then null.

    None where one is anything else, blanks around a number or NaN among it: a word for a missing value may be there.
    """
    try:
        numbers = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        try:
            numbers = pc.cast(pc.if_else(pc.equal(texts, ""), None, texts), pa.float64())
        except pa.ArrowInvalid:
            return None
    return None if pc.any(pc.is_nan(numbers)).as_py() else numbers


def read_numbers(texts: Any, format: NumberFormat) -> tuple[Any, np.ndarray]:
    """Read texts (n,) by a format, missing tokens being null already.

    Infinities come back as such, a text of NaN as null. A thousands mark that the training column did not show is read
    where it cannot be a decimal mark.

    Returns
    -------
    values : float64 Arrow array (n,), null where the text is null or cannot be read; the same text has the same bits
        in any company.
    unreadable : boolean (n,), texts that are no such number.
    """
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    if format.duration:
        return read_durations(texts)
    if format.scaled:
        return read_scaled(texts, format.scaled, format.decimal)
    if format.decimal == "." and not format.unit:
        try:
            return _without_nan(pc.cast(pc.utf8_trim_whitespace(texts), pa.float64())), np.zeros(
                len(texts), bool
            )
        except pa.ArrowInvalid:
            pass
    coded = pc.dictionary_encode(texts)
    values = _read(coded.dictionary, format).take(coded.indices)
    unreadable = np.asarray(pc.and_(values.is_null(), texts.is_valid()))
    return _without_nan(values), unreadable


def normalised(texts: Any) -> Any:
    """Give texts (n,) with one kind of blank, apostrophe and minus, and no blanks around."""
    texts = pc.replace_substring_regex(texts, r"[\s\x{a0}\x{2007}\x{2009}\x{202f}]", " ")
    for kinds, one in (("[’‘`´]", "'"), ("[−–]", "-"), (r"m2\b", "m²"), (r"m3\b", "m³")):
        texts = pc.replace_substring_regex(texts, kinds, one)
    return pc.utf8_trim_whitespace(texts)


def digits_pattern(decimal: str) -> str:
    """Give the regular expression of an unsigned number with that decimal mark, its digits grouped or not."""
    groups = "|".join(rf"(?:{mark if mark != '.' else '[.]'}[0-9]{{3}})+" for mark in THOUSANDS[decimal])
    whole = rf"[1-9][0-9]{{0,2}}(?:{groups})|[0-9]+"
    if decimal == ".":
        whole = rf"[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}}|{whole}"  # as in India: 12,34,567
    return rf"(?:(?:{whole})(?:[{decimal}][0-9]*)?|[{decimal}][0-9]+)(?:[eE][-+]?[0-9]+)?"


def _read(texts: Any, format: NumberFormat) -> Any:
    """Values of distinct texts (n,), null where unreadable, NaN where NaN is written."""
    texts = normalised(texts)
    number, has_unit = _without_unit(texts, format.unit)
    number = pc.replace_substring_regex(number, r"^\( *([0-9.,][^()+-]*?) *\)$", r"-\1")
    number = pc.replace_substring_regex(number, r"^([0-9.,][^()+]*?) *-$", r"-\1")
    number = pc.replace_substring_regex(number, r"^([-+]) +", r"\1")
    readable = pc.match_substring_regex(number, rf"^[-+]?{digits_pattern(format.decimal)}$")
    plain = pc.replace_substring_regex(number, f"[{THOUSANDS[format.decimal]}]", "")
    if format.decimal == ",":
        plain = pc.replace_substring(plain, ",", ".")
    values = _cast(plain, readable)
    if format.unit and not format.bare:
        values = pc.if_else(pc.or_(has_unit, pc.equal(values, 0.0)), values, None)
    odd = pc.match_substring_regex(texts, rf"{INFINITE}|^[-+]?(?i:nan)$")
    values = pc.coalesce(values, _cast(pc.replace_substring(texts, "∞", "inf"), odd))
    if format.hexadecimal:
        found = pc.match_substring_regex(texts, HEXADECIMAL)
        sixteen = [
            float(int(text.as_py(), 16)) if is_one.as_py() else None
            for text, is_one in zip(texts, found, strict=True)
        ]
        values = pc.coalesce(values, pa.array(sixteen, pa.float64()))
    return values


def _without_unit(texts: Any, unit: str) -> tuple[Any, Any]:
    """Texts (n,) without their unit, before or behind the number, and which had it."""
    if not unit:
        return texts, pa.array(np.zeros(len(texts), bool))
    either = unit_pattern(unit)
    before = pc.replace_substring_regex(texts, rf"^([-+( ]*)(?:{either}) *([-+(0-9.,])", r"\1\2")
    behind = pc.replace_substring_regex(texts, rf"([0-9.,)-]) *(?:{either})( *[-)]?)$", r"\1\2")
    number = pc.if_else(pc.equal(before, texts), behind, before)
    return number, pc.not_equal(number, texts)


def _cast(texts: Any, readable: Any) -> Any:
    return pc.cast(pc.if_else(readable, texts, None), pa.float64())


def _without_nan(values: Any) -> Any:
    return pc.if_else(pc.is_nan(values), None, values)
