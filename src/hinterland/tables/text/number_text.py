"""How a column as a whole writes its numbers, told from the shapes of its distinct texts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.tables.text.decimal_mark import ENDS_IN_0, ONE_MARK, decimal_mark
from hinterland.tables.text.missing import weighed
from hinterland.tables.text.number_format import (
    HEXADECIMAL,
    INFINITE,
    THOUSANDS,
    NumberFormat,
    digits_pattern,
    normalised,
    read_numbers,
)
from hinterland.tables.text.number_shapes import CODE, Part, shapes_of
from hinterland.tables.text.units import MULTIPLIERS

__all__ = ["FoundNumbers", "NumberFormat", "find_number_format", "read_numbers"]

_DIGITS = {decimal: re.compile(digits_pattern(decimal)) for decimal in ".,"}
_SAMPLE = 500


@dataclass(frozen=True)
class FoundNumbers:
    """What ``find_number_format`` found.

    Attributes
    ----------
    format : the format by which the column is read, or None if these are not numbers.
    reason : why not, or why it is ambiguous, in words for a message; else empty.
    other : where ambiguous, the reading not taken (``1,235`` as 1.235 rather than 1235); else None.
    share : share of the values (weighed by their counts) that the format reads.
    settles_decimal : whether these texts alone say which the decimal mark is, a hint for the file's other columns.
    """

    format: NumberFormat | None
    reason: str = ""
    other: NumberFormat | None = None
    share: float = 0.0
    settles_decimal: bool = False

    @property
    def is_ambiguous(self) -> bool:
        """Whether the column alone does not settle its decimal mark, so that the reading taken should be said."""
        return self.other is not None


def find_number_format(
    texts: Any,
    counts: Sequence[int] | np.ndarray | None = None,
    *,
    least: float = 1.0,
    decimal: str | None = None,
    delimiter: str | None = None,
) -> FoundNumbers:
    """Decide for a column as a whole how its numbers are written, or that they are none.

    Parameters
    ----------
    texts : the column's distinct texts, without missing tokens (nulls are passed over): Arrow array or list.
    counts : how often each occurs, for ``least`` and ``share``; once each if None.
    least : share of the values that must be numbers; the others are then unreadable.
    decimal : decimal mark of the file's other columns, where one settles it, or as the user said: decides what this
        column leaves open.
    delimiter : what separates the file's fields: a semicolon makes decimal commas likely.
    """
    texts, weights = weighed(texts, counts)
    if not weights.sum():
        return FoundNumbers(None, "there are no values")
    if plain := _plain(texts, decimal, delimiter):
        return plain
    if len(texts) > 2 * _SAMPLE:  # a few tell free text at once, and a format that then reads all
        some = np.linspace(0, len(texts) - 1, _SAMPLE).astype(int)
        found = _found(texts.take(pa.array(some)), weights[some], least, decimal, delimiter)
        if found.format is None and least == 1.0 and found.share < 1.0:
            return found
        if found.format and found.settles_decimal and _reads_all(texts, found.format):
            return found
    return _found(texts, weights, least, decimal, delimiter)


def _found(
    texts: Any, weights: np.ndarray, least: float, decimal: str | None, delimiter: str | None
) -> FoundNumbers:
    texts = normalised(texts)
    total = float(weights.sum())
    is_hex = np.asarray(pc.match_substring_regex(texts, HEXADECIMAL))
    is_infinite = np.asarray(pc.match_substring_regex(texts, INFINITE))
    special = float(weights[is_hex | is_infinite].sum())
    ordinary = ~(is_hex | is_infinite)
    parts, strange = shapes_of(texts.filter(pa.array(ordinary)), weights[ordinary])
    unit, parts, refused = _one_unit(parts)
    weight = {
        mark: sum(part.weight for part in parts if _DIGITS[mark].fullmatch(part.digits)) for mark in ".,"
    }
    share = (max(weight.values()) + special) / total
    if share < least or not weight["."] + weight[","] + special:
        return FoundNumbers(None, refused or _complaint(parts, strange), share=share)
    if reason := _not_numbers(parts, len(texts)):
        return FoundNumbers(None, reason, share=share)
    settles = weight["."] != weight[","]
    mark, other_mark, reason = decimal_mark(parts, texts, decimal, delimiter)
    if settles:
        mark, other_mark, reason = max(weight, key=lambda one: weight[one]), None, ""
    format = _format(parts, unit, mark, hexadecimal=bool(is_hex.any()))
    other = _format(parts, unit, other_mark, hexadecimal=bool(is_hex.any())) if other_mark else None
    unreadable = read_numbers(texts, format)[1]
    share = min(share, 1.0 - float(weights[unreadable].sum()) / total)
    if share < least:
        first = texts[int(unreadable.argmax())].as_py()
        return FoundNumbers(None, f"cannot be read as numbers: {first!r}", share=share)
    return FoundNumbers(format, reason, other, share, settles)


def _reads_all(texts: Any, format: NumberFormat) -> bool:
    codes = pc.match_substring_regex(pc.utf8_trim_whitespace(texts), f"^{CODE.pattern}$")
    return not pc.any(codes).as_py() and not read_numbers(texts, format)[1].any()


def _plain(texts: Any, decimal: str | None, delimiter: str | None) -> FoundNumbers | None:
    """The answer where all texts are written as computers do; what the general way finds as well, in longer time."""
    try:
        pc.cast(
            pc.utf8_trim_whitespace(texts.slice(0, _SAMPLE)), pa.float64()
        )  # most often the first few tell
        texts = pc.utf8_trim_whitespace(texts)
        values = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        return None
    if pc.any(pc.or_(pc.is_nan(values), pc.match_substring_regex(texts, "^[-+]?0[0-9]+$"))).as_py():
        return None
    pointed = texts.filter(pc.match_substring(texts, "."))
    settles = not pc.all(pc.match_substring_regex(pointed, ONE_MARK.pattern), min_count=0).as_py()
    is_whole = not settles and pc.any(pc.match_substring_regex(pointed, ENDS_IN_0)).as_py()  # perhaps
    if settles or decimal == "." or (decimal is None and delimiter != ";" and not is_whole):
        return FoundNumbers(NumberFormat(), share=1.0, settles_decimal=settles)
    return None


def _one_unit(parts: list[Part]) -> tuple[str, list[Part], str]:
    """The one unit by which most can be read, the parts read with it, and why the others cannot."""
    weights: defaultdict[str, float] = defaultdict(float)
    for part in parts:
        weights[part.unit] += 0.0 if part.is_zero and not part.unit else part.weight
    bare = weights.pop("", 0.0)
    unit = max(weights, key=lambda name: weights[name], default="")
    strict = unit == "%" or unit in MULTIPLIERS
    if not unit or weights[unit] < bare:
        unit = ""
    kept = [part for part in parts if part.unit == unit or (not part.unit and (part.is_zero or not strict))]
    names = sorted(weights, key=lambda name: -weights[name])[:3]
    refused = ""
    if len(names) > 1:
        refused = f"units differ: {', '.join(names)}"
    elif len(kept) < len(parts) and names:
        refused = f"some values have {names[0]!r} and others nothing"
    return unit, kept, refused


def _complaint(parts: list[Part], strange: list[str]) -> str:
    split = [
        part.text for part in parts if not any(pattern.fullmatch(part.digits) for pattern in _DIGITS.values())
    ]
    if bad := [*strange, *split][:2]:
        return f"cannot be read as numbers: {', '.join(map(repr, bad))}"
    mixed = [next(part.text for part in parts if not _DIGITS[mark].fullmatch(part.digits)) for mark in ".,"]
    return f"decimal marks differ: {mixed[0]!r} and {mixed[1]!r}"


def _not_numbers(parts: list[Part], n_texts: int) -> str:
    """Why a column that could be read as numbers is none, or nothing."""
    if parts and all(part.negative == "(5)" for part in parts):
        return "every value stands in parentheses"
    if parts and all(part.negative == "5-" for part in parts):
        return "every value ends in a minus"
    bodies = {part.digits for part in parts}
    if (
        len(bodies) == 1
        and n_texts > 1
        and re.fullmatch(r"\d+( \d{3}){2,}|\d+(\.\d{3}){3,}", body := bodies.pop())
    ):
        return f"all values have the same shape, as codes, addresses or telephone numbers have: {body!r}"
    return ""


def _format(parts: list[Part], unit: str, decimal: str, *, hexadecimal: bool) -> NumberFormat:
    parts = [part for part in parts if _DIGITS[decimal].fullmatch(part.digits)]
    groups: defaultdict[str, float] = defaultdict(float)
    written: defaultdict[str, float] = defaultdict(float)
    for part in parts:
        written[part.written] += part.weight if part.unit else 0.0
        for mark in THOUSANDS[decimal]:
            groups[mark] += part.weight if mark in part.digits else 0.0
    first = sum(part.weight * (1 if part.unit_first else -1) for part in parts if part.unit)
    negatives = {part.negative for part in parts} - {"", "-5"}
    return NumberFormat(
        decimal=decimal,
        thousands=max(groups, key=lambda mark: groups[mark]) if any(groups.values()) else "",
        unit=max(written, key=lambda text: written[text], default="") if unit else "",
        unit_first=first > 0,
        bare=bool(unit) and any(not part.unit and not part.is_zero for part in parts),
        negative=min(negatives, default="-5"),
        hexadecimal=hexadecimal,
    )
