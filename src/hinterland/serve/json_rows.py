"""Rows as JSON: a list of objects, or a list of lists in the order of the model's columns; no value is guessed at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic_core import from_json

from hinterland.serve.limits import Limits
from hinterland.serve.problems import Problem, in_columns
from hinterland.tables.columns.unreadable import Complaint
from hinterland.tables.messages import few, shown

_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}
_BEYOND_64_BITS = 2**63


def read_json(body: bytes, columns: Sequence[str], limits: Limits) -> pa.Table:
    """Rows of a JSON document as a table.

    Parameters
    ----------
    body : the document.
    columns : names of the model's columns, which rows that are lists follow.
    limits : most rows and columns.

    Raises
    ------
    Problem
        For what is no JSON, is nested deeply, holds no rows, too many, or rows that differ in their columns; for values
        of several types in a column, nested ones and NaN. It names row and column.
    """
    rows = _parsed(body)
    if not isinstance(rows, list):
        raise Problem(
            422,
            "no_rows",
            f"the body is {_kind(rows)}; expected a list of rows, as [{{...}}, {{...}}] or [[...], [...]]",
        )
    if len(rows) > limits.rows:
        raise too_many_rows(len(rows), limits)
    if not rows:
        return pa.table({name: pa.nulls(0) for name in columns})
    names, values = _of_objects(rows, limits) if isinstance(rows[0], dict) else _of_lists(rows, columns)
    return pa.table([_column(name, cells) for name, cells in zip(names, values, strict=True)], names)


def too_many_rows(n_rows: int, limits: Limits, *, at_least: bool = False) -> Problem:
    """The problem of more rows than a request may have."""
    more = " or more" if at_least else ""
    return Problem(413, "too_many_rows", f"{n_rows:,}{more} rows; at most {limits.rows:,} go in a request")


def too_many_columns(limits: Limits) -> Problem:
    """The problem of more columns than a table may have."""
    return Problem(413, "too_many_columns", f"the table has more than {limits.columns:,} columns")


def _parsed(body: bytes) -> Any:
    try:
        return from_json(body, cache_strings="keys")
    except ValueError as error:
        text = str(error)
        if "recursion" in text:
            raise Problem(
                422, "json_too_deep", "the JSON is nested too deeply; expected a list of rows"
            ) from None
        raise Problem(400, "bad_json", f"the body is no JSON: {text}") from None


def _of_objects(rows: list[Any], limits: Limits) -> tuple[list[str], list[list[Any]]]:
    """Names of columns, and the values of each, of rows that are objects."""
    first = rows[0].keys()
    if len(first) > limits.columns:
        raise too_many_columns(limits)
    if not first:
        raise Problem(422, "no_columns", "row 1 has no values")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise Problem(422, "uneven_rows", f"row {number} is {_kind(row)}, and row 1 is an object")
        if row.keys() == first:
            continue
        lacking, more = (
            [name for name in first if name not in row],
            [name for name in row if name not in first],
        )
        who, has, names = (number, 1, lacking) if lacking else (1, number, more)
        raise Problem(
            422,
            "uneven_rows",
            f"row {who} lacks {few(names)}, which row {has} has; a value that is missing is null",
            columns=[{"column": name, "rows": [who]} for name in names[:5]],
        )
    return list(first), [[row[name] for row in rows] for name in first]


def _of_lists(rows: list[Any], columns: Sequence[str]) -> tuple[list[str], list[list[Any]]]:
    """The same of rows that are lists."""
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list):
            expected = "and row 1 is a list" if isinstance(rows[0], list) else "expected an object or a list"
            raise Problem(422, "uneven_rows", f"row {number} is {_kind(row)}, {expected}")
        if len(row) != len(columns):
            raise Problem(
                422,
                "uneven_rows",
                f"row {number} has {len(row):,} values; expected {len(columns):,}, one for each of the model's columns "
                f"in their order: {few(columns, 20)}",
            )
    return list(columns), [list(cells) for cells in zip(*rows, strict=True)]


def _column(name: str, cells: list[Any]) -> Any:
    """A column's values as an Arrow array, of one type."""
    types = set(map(type, cells))
    types.discard(type(None))
    for nested in types & {list, dict}:
        raise _odd("nested_value", name, cells, nested, "a single value, or null")
    kinds = {_KINDS[kind] for kind in types}
    if len(kinds) > 1:
        raise _several_types(name, cells)
    if types <= {int, float} and types:
        return _numbers(name, cells, types)
    return pa.array(cells)


def _numbers(name: str, cells: list[Any], types: set[type]) -> Any:
    if float not in types and all(cell is None or abs(cell) < _BEYOND_64_BITS for cell in cells):
        return pa.array(cells, pa.int64())
    try:
        numbers = np.array([0.0 if cell is None else float(cell) for cell in cells])
    except OverflowError:
        numbers = np.array([0.0 if cell is None else _float(cell) for cell in cells])
    if (bad := np.isnan(numbers)).any():
        complaint = Complaint.of(name, numbers, bad, "a number; what is missing is null, as JSON has no NaN")
        rows = ", ".join(f"row {place + 1}" for place in complaint.places[: len(complaint.texts)])
        raise in_columns(
            "nan", f"column {name!r}: {rows} has NaN; expected {complaint.expected}", [complaint]
        )
    return pa.array(numbers, mask=np.array([cell is None for cell in cells]))


def _float(number: float) -> float:
    """A number as float64; infinite where a whole one is too large."""
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _odd(problem: str, name: str, cells: list[Any], kind: type, expected: str) -> Problem:
    """The problem of values of a type that cannot be in a column."""
    places = np.flatnonzero([type(cell) is kind for cell in cells])
    complaint = Complaint(name, places, (), expected)
    message = f"column {name!r}: row {places[0] + 1} has {_KINDS[kind]}; expected {expected}"
    return in_columns(problem, message, [complaint])


def _several_types(name: str, cells: list[Any]) -> Problem:
    """The problem of a column of several types, with a row of each; those that fewer rows have are the odd ones."""
    rows: dict[str, list[int]] = {}
    for place, cell in enumerate(cells):
        if cell is not None:
            rows.setdefault(_kind(cell), []).append(place)
    said = {kind: shown(cells[places[0]]) if kind == "text" else kind for kind, places in rows.items()}
    found = [f"row {places[0] + 1} has {said[kind]}" for kind, places in rows.items()]
    usual = max(rows, key=lambda kind: len(rows[kind]))
    odd = sorted(place for kind, places in rows.items() if kind != usual for place in places)
    expected = "values of one type, or null"
    message = f"column {name!r}: {', '.join(found)}; expected {expected}"
    return in_columns("several_types", message, [Complaint(name, np.array(odd, np.intp), (), expected)])


def _kind(value: Any) -> str:
    return "null" if value is None else _KINDS[type(value)]
