"""Columns of text that are plainly numbers, booleans, dates or moments, as such; all others stay text.

Plainly means that nothing of what is written is lost: an identifier's leading zeros and last digits, the local hour of
a time with its zone, a word for a missing value. What a text that stays may mean is decided elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LARGEST_EXACT = 2**53
"""Integers up to here are exact as float64."""
TRUE_WORDS, FALSE_WORDS = ["true", "True", "TRUE"], ["false", "False", "FALSE"]
_TRIED = 200
_STARTS = set("0123456789-+.")
_LONG_INTEGER = r"^[+-]?[0-9]{16,}$"
_MOMENTS = (pa.date32(), pa.timestamp("s"), pa.timestamp("us"), pa.timestamp("ns"))


def plain_type(text: Any) -> Any:
    """Give a chunked array of text (n,) as int64, float64, bool, date or timestamp, or as it is.

    The whole column decides. Missing values are null in every type; a column without a value is of type null.
    """
    first = _first(text)
    if first is None:
        return pa.chunked_array([pa.nulls(len(text))])
    found = _plain_type(text, first)
    if found is text and first.strip()[:1] in _STARTS:  # perhaps with blanks behind the delimiters
        trimmed = pc.utf8_trim_whitespace(text)
        again = _plain_type(trimmed, first.strip())
        return text if again is trimmed else again
    return found


def _plain_type(text: Any, first: str) -> Any:
    if first[:1] in _STARTS:
        numbers = _integers(text)
        if numbers is None:
            numbers = _floats(text)
        if numbers is not None:
            return numbers
        for target in _MOMENTS if first[4:5] == "-" else ():
            if (moments := _cast(text, target)) is not None:
                return moments
    elif first.lower() in ("true", "false"):
        if pc.all(pc.is_in(text.drop_null(), pa.array(TRUE_WORDS + FALSE_WORDS))).as_py():
            return pc.if_else(text.is_null(), None, pc.is_in(text, pa.array(TRUE_WORDS)))
    elif first[:1] in ("i", "I") and (numbers := _floats(text)) is not None:  # inf
        return numbers
    return text


def _integers(text: Any) -> Any:
    """The column as int64; None where it is not, and ``text`` where leading zeros or digits would be lost."""
    numbers = _cast(text, pa.int64())
    if numbers is None:
        return None
    bounds = pc.min_max(numbers)
    if max(-bounds["min"].as_py(), bounds["max"].as_py()) > LARGEST_EXACT:
        return text
    padded = pc.or_(pc.starts_with(text, "0"), pc.starts_with(text, "-0"))
    if (
        pc.any(padded).as_py()
        and pc.any(pc.match_substring_regex(text.filter(padded), "^-?0[0-9xX]")).as_py()
    ):
        return text
    return numbers


def _floats(text: Any) -> Any:
    """The column as float64; None where it is not, and ``text`` where it holds "nan" or integers of too many digits."""
    numbers = _cast(text, pa.float64())
    if numbers is None:
        return None
    if pc.any(pc.is_nan(numbers)).as_py():
        return text
    bounds = pc.min_max(numbers)
    is_large = max(-bounds["min"].as_py(), bounds["max"].as_py()) > LARGEST_EXACT
    if (
        is_large
        and _cast(text, pa.decimal256(76, 0)) is not None
        and pc.any(pc.match_substring_regex(text, _LONG_INTEGER)).as_py()
    ):
        return text
    return numbers


def _cast(text: Any, target: Any) -> Any:
    """The column as a type, or None; a few values are tried first, as pyarrow words an error for each that fails."""
    try:
        if len(text) > 10 * _TRIED:
            pc.cast(text.take(np.linspace(0, len(text) - 1, _TRIED).astype(int)), target)
        return pc.cast(text, target)
    except pa.ArrowException:
        return None


def _first(text: Any) -> str | None:
    """The first value that is there."""
    for chunk in text.chunks:
        if chunk.null_count < len(chunk):
            first: str = chunk[pc.index(chunk.is_valid(), True).as_py()].as_py()
            return first
    return None
