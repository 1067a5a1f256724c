"""A whole table of text with its plain types, at the price of reading it once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hinterland.tables.csv.plain_types import LARGEST_EXACT, plain_type

Blocks = Callable[[Sequence[str], Mapping[str, Any]], Iterator[pa.Table]]
"""Reads some columns in blocks, as text or, while it can, as the types that a mapping has for them by then."""


def read_whole(blocks: Blocks, columns: Sequence[str], as_text: Collection[str] = ()) -> pa.Table:
    """Read columns with the types that ``plain_type`` gives to the whole of each.

    A column that is plainly of a type in the first block is parsed as such from then on, which is cheaper than to read
    text and cast it. Where that fails, the column is read once more. Integers are always read as text: whether zeros
    lead them is not to be seen later.
    """
    kept_text = set(as_text)
    types: dict[str, Any] = {}
    chunks: list[list[Any]] = [[] for _ in columns]
    failed: set[str] = set()
    for number, block in enumerate(blocks(columns, types)):
        for name, taken, column in zip(columns, chunks, block.columns, strict=True):
            if number == 0 and name not in kept_text:
                found = plain_type(column)
                if _is_parsed_alike(found.type):
                    types[name], column = found.type, found
            if name in types and column.type != types[name]:
                column = _as(column, types[name])
                if column is None:
                    failed.add(name)
                    del types[name]
                    continue
            if name not in failed:
                taken.append(column)
    failed |= {
        name for name, taken in zip(columns, chunks, strict=True) if name in types and _may_lose(taken)
    }
    again: dict[str, list[Any]] = {name: [] for name in columns if name in failed}
    for block in blocks(list(again), {}) if again else ():
        for name in again:
            again[name].append(block[name])
    read = {}
    for name, taken in zip(columns, chunks, strict=True):
        found = _joined(again.get(name, taken))
        read[name] = (
            found if (name in types and name not in failed) or name in kept_text else plain_type(found)
        )
    return pa.table(read)


def _is_parsed_alike(kind: Any) -> bool:
    """Whether pyarrow parses no other text as this type than ``plain_type`` does."""
    is_type = pa.types
    return any(test(kind) for test in (is_type.is_floating, is_type.is_boolean, is_type.is_temporal))


def _as(text: Any, kind: Any) -> Any:
    """A block's text (n,) as a type, or None."""
    found = plain_type(text)
    if found.type == kind:
        return found
    if pa.types.is_null(found.type) or (pa.types.is_floating(kind) and pa.types.is_integer(found.type)):
        return pc.cast(found, kind)
    return None


def _may_lose(chunks: list[Any]) -> bool:
    """Whether floats may have been "nan", or integers of more digits than float64 has."""
    numbers = _joined(chunks)
    if not pa.types.is_floating(numbers.type):
        return False
    bounds = pc.min_max(numbers)
    return bool(
        pc.any(pc.is_nan(numbers)).as_py()
        or max(-bounds["min"].as_py(), bounds["max"].as_py()) > LARGEST_EXACT
    )


def _joined(columns: list[Any]) -> Any:
    chunks = [chunk for column in columns for chunk in column.chunks]
    return pa.chunked_array(chunks, None if chunks else pa.string())
