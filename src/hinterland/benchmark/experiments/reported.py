"""The numbers that papers print: every row of every table, with its provenance, checked when loaded."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from hinterland.errors import FileFormatError

COLUMNS = ("source", "table", "protocol", "dataset", "subset", "method", "metric", "value", "sd")


@dataclass(frozen=True)
class Reported:
    """One printed number; ``value`` and ``sd`` in percent (seconds for the metric ``seconds``)."""

    source: str
    table: str
    protocol: str
    dataset: str
    subset: str
    method: str
    metric: str
    value: float
    sd: float | None

    @property
    def table_key(self) -> str:
        """Source and table as commands take them: ``cadgmm/Table-3``."""
        return f"{self.source}/{self.table.replace(' ', '-')}"


@cache
def reported() -> tuple[Reported, ...]:
    """All reported numbers, in the order of their tables."""
    return read(resources.files("hinterland.benchmark.experiments").joinpath("printed"))


@cache
def provenance() -> dict[str, Any]:
    """Where the numbers come from, how they were taken down, and how many rows each table has."""
    content: dict[str, Any] = json.loads(_file("provenance.json").read_text(encoding="utf-8"))
    return content


def read(folder: Traversable) -> tuple[Reported, ...]:
    """The numbers in a folder's ``results.csv``, checked against its ``provenance.json``.

    Raises
    ------
    FileFormatError
        A column is missing, a value is no number, a cell is given twice, or a table has not the
        number of rows that its provenance says.
    """
    with folder.joinpath("results.csv").open(encoding="utf-8") as file:
        lines = csv.DictReader(file)
        if tuple(lines.fieldnames or ()) != COLUMNS:
            raise FileFormatError(
                f"results.csv must have the columns {', '.join(COLUMNS)}; got {lines.fieldnames}"
            )
        rows = tuple(_row(line, number) for number, line in enumerate(lines, start=2))
    expected = json.loads(folder.joinpath("provenance.json").read_text(encoding="utf-8"))
    _check_counts(rows, expected)
    return rows


def _file(name: str) -> Traversable:
    return resources.files("hinterland.benchmark.experiments").joinpath("printed", name)


def _row(line: dict[str, str], number: int) -> Reported:
    try:
        value, sd = float(line["value"]), float(line["sd"]) if line["sd"] else None
    except (ValueError, TypeError) as error:
        raise FileFormatError(f"results.csv, line {number}: value and sd must be numbers: {error}") from error
    texts = {name: line[name] for name in COLUMNS if name not in ("value", "sd")}
    return Reported(**texts, value=value, sd=sd)


def _check_counts(rows: tuple[Reported, ...], expected: dict[str, Any]) -> None:
    found: dict[tuple[str, str], int] = {}
    cells = set()
    for row in rows:
        found[row.source, row.table] = found.get((row.source, row.table), 0) + 1
        cell = (row.source, row.table, row.protocol, row.subset, row.method, row.metric)
        if cell in cells:
            raise FileFormatError(f"results.csv gives {' / '.join(cell)} twice")
        cells.add(cell)
    wanted = {
        (source, table): count
        for source, about in expected["sources"].items()
        for table, count in about["rows"].items()
    }
    wrong = [
        f"{source} {table}: {found.get((source, table), 0)} rows, expected {wanted.get((source, table), 0)}"
        for source, table in sorted(wanted.keys() | found.keys())
        if found.get((source, table), 0) != wanted.get((source, table), 0)
    ]
    if wrong:
        raise FileFormatError(f"results.csv does not have the rows its provenance says: {'; '.join(wrong)}")
    if len(rows) != expected["total"]:
        raise FileFormatError(f"results.csv has {len(rows)} rows, expected {expected['total']}")
