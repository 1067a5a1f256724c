"""Text from files as a terminal may show it: no control characters, and of bounded length."""

from __future__ import annotations

import math
import unicodedata
from typing import Any

MOST_CHARACTERS = 2_000
"""Length of a message: beyond, its middle is left out."""
_LINES = "\n\t"


def printable(text: str, *, most: int | None = MOST_CHARACTERS) -> str:
    r"""Escape what would steer a terminal (as ``\x1b``) or cannot be written, and cut a text that is longer than most.

    Line ends and tabs stay.

    Examples
    --------
    >>> print(printable("red: \x1b[31m"))
    red: \x1b[31m
    """
    if most is not None and len(text) > most:
        half = most // 2
        text = f"{text[:half]} ... ({len(text) - 2 * half:,} characters) ... {text[-half:]}"
    if text.isprintable():
        return text
    return "".join(character if _is_shown(character) else _escape(character) for character in text)


def shown(value: Any, most: int = 200) -> str:
    """A value as a message shows it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"


def as_json(value: Any) -> Any:
    """A value without what JSON lacks: None for a number that is not finite, at any depth."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _is_shown(character: str) -> bool:
    return character.isprintable() or character in _LINES or unicodedata.category(character) == "Zs"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
