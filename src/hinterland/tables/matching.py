"""Which values of a column a value given as text means: compared as values, not as they happen to be written.

``1`` means ``1.0`` too, ``BENIGN`` means ``benign``, and in a column of truth values ``1``, ``true`` and ``Yes`` are
the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

BLANK = frozenset(
    (
        "",
        "na",
        "n/a",
        "#n/a",
        "#n/a n/a",
        "#na",
        "<na>",
        "nan",
        "-nan",
        "1.#ind",
        "-1.#ind",
        "1.#qnan",
        "-1.#qnan",
    )
    + ("null", "(null)", "\\n", "nat")
)
"""Texts that stand for no value, folded."""
BLANK_BESIDE_NUMBERS = frozenset(("none", "?", "-", "--", ".", "unknown", "missing"))
"""Texts that stand for no value where all others are numbers or truth values; elsewhere they may be a class."""
TRUE = frozenset(("true", "t", "yes", "y", "on", "1"))
FALSE = frozenset(("false", "f", "no", "n", "off", "0"))
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?")

Values = Sequence[str | None]


def matching(values: Values, wanted: str) -> list[bool]:
    """Say which of a column's different values, None among them where it has gaps, are meant by ``wanted``.

    Blanks and case do not count, numbers are equal by value, and truth values are one another's where the column holds
    no others. A text that stands for no value (empty, ``NA``) means all that do.
    """
    blank = blanks(values)
    if fold(wanted) in BLANK:
        return blank
    truths = is_boolean(values)
    key = _key(wanted, truths)
    return [value is not None and fold(value) not in BLANK and _key(value, truths) == key for value in values]


def blanks(values: Values) -> list[bool]:
    """Say which of a column's different values stand for no value."""
    sure = [value is None or fold(value) in BLANK for value in values]
    others = [
        fold(value)
        for value, is_blank in zip(values, sure, strict=True)
        if value is not None and not is_blank and fold(value) not in BLANK_BESIDE_NUMBERS
    ]
    plain = bool(others) and all(word in TRUE | FALSE or NUMBER.fullmatch(word) for word in others)
    return [
        is_blank or (plain and value is not None and fold(value) in BLANK_BESIDE_NUMBERS)
        for value, is_blank in zip(values, sure, strict=True)
    ]


def is_boolean(values: Values) -> bool:
    """Whether a column's different values, but for blanks, are truth values in words or as 1 and 0."""
    words = [
        _number_or_word(value)
        for value, is_blank in zip(values, blanks(values), strict=True)
        if value is not None and not is_blank
    ]
    return bool(words) and all(_as_truth(word) is not None for word in words)


def fold(text: str) -> str:
    """Text without its case, and without blanks at its ends."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _key(text: str, truths: bool) -> bool | Decimal | str:
    word = _number_or_word(text)
    truth = _as_truth(word) if truths else None
    return word if truth is None else truth


def _number_or_word(text: str) -> Decimal | str:
    folded = fold(text)
    return Decimal(folded) if NUMBER.fullmatch(folded) else folded


def _as_truth(word: Decimal | str) -> bool | None:
    if word == 1 or word in TRUE:
        return True
    if word == 0 or word in FALSE:
        return False
    return None
