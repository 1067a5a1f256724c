"""Which mark is the decimal one where every number can be read by either: 1,235 and 1.235."""

from __future__ import annotations

import re
from typing import Any

import pyarrow.compute as pc

from hinterland.tables.text.number_shapes import Part

ONE_MARK = re.compile(r"^[-+]?[1-9]\d{0,2}[.,]\d{3}$")
ENDS_IN_0 = r"[.,][0-9]{2}0\b"
_FEW = 10  # distinct texts, fewer than which say little


def decimal_mark(
    parts: list[Part], texts: Any, hint: str | None, delimiter: str | None
) -> tuple[str, str | None, str]:
    """Give the likelier decimal mark of numbers that can be read by either; the other if it is open, and why.

    Parameters
    ----------
    parts : the shapes of the texts.
    texts : the distinct texts (n,).
    hint : the mark of the file's other columns, which decides, or None.
    delimiter : what separates the file's fields; with a semicolon decimal commas are likely.
    """
    open_marks = {
        mark for part in parts for mark in ".," if mark in part.digits and ONE_MARK.fullmatch(part.digits)
    }
    if hint or not open_marks:
        return hint or ".", None, ""
    found = "." if open_marks == {"."} else ","
    semicolon, looks_whole = delimiter == ";", _look_whole(parts, texts)
    if found == ".":
        looks_whole &= len(texts) >= _FEW
        if looks_whole == semicolon:
            return "," if looks_whole else ".", None, ""
        mark = "," if looks_whole else "."
    elif looks_whole:
        return ".", None, ""
    else:
        mark = "," if semicolon else "."
    example = next(part.text for part in parts if ONE_MARK.fullmatch(part.digits))
    meaning = "a decimal mark" if mark == found else "a thousands mark"
    reason = f"{found!r} is taken as {meaning} in {example!r}, which the column does not settle"
    return mark, "," if mark == "." else ".", reason


def _look_whole(parts: list[Part], texts: Any) -> bool:
    """Whether marks between three digits group thousands, as in 403 beside 1,230.

    Decimals would be written out throughout, or never end in 0.
    """
    short = any(re.fullmatch(r"[1-9]\d{0,2}", part.digits) for part in parts)
    long = any(re.fullmatch(r"\d{4,}", part.digits) for part in parts)
    return short and not long and bool(pc.any(pc.match_substring_regex(texts, ENDS_IN_0)).as_py())
