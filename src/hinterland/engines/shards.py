"""A table in batches, wherever they are: what a fit asks of an engine."""

from __future__ import annotations

import functools
import importlib
import operator
import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from hinterland.errors import MissingExtraError

T = TypeVar("T")


class Shards(Protocol):
    """The batches of a table, each read anew in every pass, by whatever process and as often as it takes."""

    schema: pa.Schema

    def n_rows(self) -> int:
        """Rows of all batches."""
        ...

    def map(self, function: Callable[[pa.Table], T]) -> Iterator[T]:
        """What a function, which pickles, gives of each batch, in the batches' order."""
        ...


class InTurn:
    """Batches that are at hand, one after the other in this process: an engine for one machine, and the measure of all.

    Parameters
    ----------
    tables : of one schema, at least one.
    """

    def __init__(self, tables: Iterable[pa.Table]) -> None:
        self._tables = list(tables)
        self.schema = self._tables[0].schema

    def n_rows(self) -> int:
        """Rows of all batches."""
        return sum(table.num_rows for table in self._tables)

    def map(self, function: Callable[[pa.Table], T]) -> Iterator[T]:
        """What a function gives of each batch."""
        return map(function, self._tables)


def summed(shards: Shards, function: Callable[[pa.Table], T]) -> T:
    """Sum of what a function gives of each batch, in the batches' order, so that no bit hangs on who was first.

    Raises
    ------
    ValueError
        Where there is no batch.
    """
    results = shards.map(function)
    first = next(results, None)
    if first is None:
        raise ValueError("the data set has no batch of rows")
    return functools.reduce(operator.add, results, first)


RESULTS = pa.schema([("result", pa.large_binary())])
"""Of tables that carry results of a function between processes, where an engine hands out tables alone."""


def as_results(result: object) -> pa.Table:
    """A table of one row that carries a result."""
    return pa.table({"result": pa.array([pickle.dumps(result)], pa.large_binary())}, RESULTS)


def results_in(table: pa.Table | pa.RecordBatch) -> Iterator[Any]:
    """The results that a table of a cluster's own processes carries."""
    return (pickle.loads(content) for content in table["result"].to_pylist())


def required(package: str, extra: str) -> Any:
    """The package of an engine; MissingExtraError says what to install where it is missing."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingExtraError(package, extra, f"hinterland.engines.{extra}") from error
