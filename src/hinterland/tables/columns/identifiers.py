"""Columns that tell rows apart, or count them, and so say nothing of a row: by name, order, repeats and form."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]

NEARLY_UNIQUE, FEWEST_TEXTS = 0.95, 50
"""A text column of at least this many values, this share of them distinct, only names its rows."""
FORMED_SHARE, FEWEST_FORMED = 0.5, 10
"""The same where all its texts have the form of an identifier."""
FEWEST_GROWING = 20
"""Fewer different values than this may grow by chance."""
GROWING_SHARE = 0.05
"""A growing column has as many different values as this share of the rows; fewer are a measurement the file is sorted
by, such as an age, or a label of parts of it."""
END_ROWS, END_SPAN = 0.05, 0.15
"""A column that counts or tells the time covers little of its range in the outermost rows; a measurement that the
file is sorted by has its tails there."""
CHANCE = -12.0
"""Whole numbers of which none repeats, where by chance that has a log-probability below this, name rows."""
_LOOK = 1000

_INDEX_NAMES = re.compile(r"^(|unnamed(\.\d+|: ?\d+)?|__index_level_\d+__|level_\d+|index)$", re.IGNORECASE)
_ID_WORDS = {
    "id", "ids", "uuid", "guid", "key", "number", "no", "nr", "num", "code", "idx", "index", "seq", "sequence",
    "row", "rownum", "serial", "hash", "token", "pk", "ref", "reference", "record", "ticket",
    "phone", "telephone", "tel", "mobile", "fax", "imei", "isbn", "ean", "sku", "barcode", "iban", "ssn",
}  # fmt: skip
_STRICT_ID_WORDS = {"id", "ids", "uuid", "guid"}
_COUNTER_WORDS = {
    "time", "timestamp", "ts", "index", "idx", "seq", "sequence", "row", "rownum", "counter", "step", "epoch",
    "tick", "elapsed", "cycle", "date", "offset",
}  # fmt: skip
_FORMS = (
    r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
    r"^([0-9a-fA-F]{2}){6,}$",
    r"^[A-Za-z#]{1,8}[-_/ #]?\d{2,}([-_/]\d+)*$",
    r"^\d+([-_/]\d+)+$",
    r"^0*\d{4,}$",
)  # UUIDs, hashes, ORD-000123, 2024-00017, 0001234


def words(name: str) -> set[str]:
    """Words of a column's name in lower case: of ``orderID`` or ``order_id`` these are ``order`` and ``id``."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return {word.lower() for word in re.split(r"[\W_]+|(?<=\D)(?=\d)", split) if word}


def sounds_like_an_index(name: str) -> bool:
    """Whether a column is called as pandas calls an index that it stores as a column."""
    return _INDEX_NAMES.match(name.strip()) is not None


def sounds_like_an_identifier(name: str, *, strictly: bool = False) -> bool:
    """Whether a column's name says that it names things; ``strictly`` that it is their id."""
    return bool(words(name) & (_STRICT_ID_WORDS if strictly else _ID_WORDS))


def why_identifier(numbers: Floats, name: str, *, is_index: bool = False) -> str | None:
    """Say why a column of numbers (n,), NaN where missing and else finite, tells rows apart, or None.

    ``is_index`` says that the file stores it as its index.
    """
    there = numbers[~missing] if (missing := np.isnan(numbers)).any() else numbers
    whole = are_whole(there)
    if is_index and whole:
        return "the stored index"
    if sounds_like_an_index(name) and whole and all_differ(there):
        return "a stored index"
    direction = only_grows(there)
    if direction and (words(name) & (_COUNTER_WORDS | _ID_WORDS) or is_even(there)):
        return f"it only {direction}"
    if not whole:
        return None
    if is_row_number(there):
        return "whole numbers of which none repeats, as row numbers"
    if sounds_like_an_identifier(name) and len(there) > 1 and nearly_all_differ(there):
        return "called so, and nearly all its values differ"
    return None


def are_whole(numbers: Floats) -> bool:
    """Whether all of the finite numbers (n,) are whole; the first ones are looked at first."""
    return not (numbers[:_LOOK] % 1).any() and not (numbers % 1).any()


def all_differ(numbers: Floats) -> bool:
    """Whether no number (n,) occurs twice."""
    head = numbers[:_LOOK]
    return len(np.unique(head)) == len(head) and len(np.unique(numbers)) == len(numbers)


def nearly_all_differ(numbers: Floats, share: float = NEARLY_UNIQUE) -> bool:
    """Whether at least a share of the numbers (n,) are different ones."""
    head = numbers[:_LOOK]
    return len(np.unique(head)) >= share * len(head) and len(np.unique(numbers)) >= share * len(numbers)


def only_grows(numbers: Floats) -> str | None:
    """Say ``"grows"`` or ``"falls"`` where numbers (n,) do nothing else in their order and many differ, else None."""
    if len(numbers) < FEWEST_GROWING:
        return None
    for part in (numbers[:_LOOK], numbers):
        steps = np.diff(part)
        grows, falls = bool((steps >= 0).all()), bool((steps <= 0).all())
        if not grows and not falls:
            return None
    n_distinct = 1 + np.count_nonzero(steps)
    if n_distinct < max(FEWEST_GROWING, GROWING_SHARE * len(numbers)):
        return None
    return "grows" if grows else "falls"


def is_even(growing: Floats) -> bool:
    """Whether numbers (n,) that only grow, or only fall, do so without the tails of a sorted measurement."""
    n_end = max(1, round(END_ROWS * (len(growing) - 1)))
    span = abs(growing[-1] - growing[0])
    ends = abs(growing[n_end] - growing[0]), abs(growing[-1] - growing[-1 - n_end])
    return bool(max(ends) <= END_SPAN * span)


def is_row_number(numbers: Floats) -> bool:
    """Whether whole numbers (n,) all differ where as many drawn at random from their range would not."""
    n = len(numbers)
    if n < 2:
        return False
    size = float(numbers.max() - numbers.min()) + 1
    if size < n:
        return False
    # log of (1 - 1/size) (1 - 2/size) ... (1 - (n-1)/size), by Stirling where the range is not much larger
    used = n / size
    log_chance = -n * used / 2 if used < 0.01 else -size * ((1 - used) * np.log(max(1 - used, 1e-300)) + used)
    return log_chance < CHANCE and all_differ(numbers)


def why_identifying_text(distinct: Any, n_values: int, name: str) -> str | None:
    """Say why a text column only names its rows, or None.

    Parameters
    ----------
    distinct : Arrow array of its different texts.
    n_values : how many of its values are there.
    """
    n_distinct = len(distinct)
    if n_values >= FEWEST_TEXTS and n_distinct >= NEARLY_UNIQUE * n_values:
        return f"{n_distinct:,} different texts in {n_values:,} rows"
    if n_values >= FEWEST_FORMED and n_distinct >= FORMED_SHARE * n_values:
        trimmed = pc.utf8_trim_whitespace(distinct)
        named = sounds_like_an_identifier(name) and n_distinct >= NEARLY_UNIQUE * n_values
        if named or any(
            pc.all(pc.match_substring_regex(trimmed, form), min_count=0).as_py() for form in _FORMS
        ):
            return f"{n_distinct:,} different texts of the form of an identifier in {n_values:,} rows"
    return None
