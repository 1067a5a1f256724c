"""Score and fit over the batches of a Spark frame; the extra ``spark``. See ``spark_estimator`` for pyspark.ml."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeVar

import pyarrow as pa

from hinterland.engines import fitting
from hinterland.engines.shards import RESULTS, as_results, required, results_in
from hinterland.scoring import BatchScorer, EnergyColumn, Explained
from hinterland.tables import BadRows

T = TypeVar("T")


def score(
    frame: Any,
    model: Any,
    *,
    keep: Sequence[str] | Literal["all"] = "all",
    explained: Explained = "flagged",
    top: int = 3,
    bad_rows: BadRows = "error",
    columns: Sequence[EnergyColumn] = (),
) -> Any:
    """Score the rows of a Spark frame, batch by batch, by ``mapInArrow``.

    The model is broadcast, so that each worker gets it once. Batches have as many rows as
    ``spark.sql.execution.arrow.maxRecordsPerBatch`` says.

    Parameters
    ----------
    frame : ``pyspark.sql.DataFrame`` of columns that Arrow has types for.
    model : fitted detector, or fitted Pipeline of a TabularEncoder and a detector.
    keep, explained, top, bad_rows, columns : as for ``hinterland.BatchScorer``, whose warnings stay with the workers.

    Returns
    -------
    A ``pyspark.sql.DataFrame``, not yet computed, of the kept columns, ``energy``, ``label`` and ``top_features``.

    Raises
    ------
    MissingExtraError
        Where pyspark is not installed.
    TypeError, ValueError, TableError
        As ``hinterland.BatchScorer``. Values that cannot be read are an error once the rows are computed.
    """
    scorer = BatchScorer(
        model, schema_of(frame), keep=keep, explained=explained, top=top, bad_rows=bad_rows, columns=columns
    )
    given = frame.sparkSession.sparkContext.broadcast(pickle.dumps(scorer))
    types = required("pyspark.sql.pandas.types", "spark")
    return frame.select(*map(_quoted, scorer.reads)).mapInArrow(
        _Mapped(given, _scored), types.from_arrow_schema(scorer.schema)
    )


def fit(frame: Any, model: Any, *, sample_rows: int = fitting.SAMPLE_ROWS, em_passes: int = 1) -> Any:
    """Fit a detector, or a pipeline of a TabularEncoder and one, to the rows of a Spark frame, and give it back.

    What is learnt from all rows, and what from a sample, says ``hinterland.engines.fitting.fit``, whose arguments and
    errors these are. The frame is computed anew in each of up to five passes; ``cache`` it before where that is dear,
    or where its rows come in another order each time.

    Raises
    ------
    MissingExtraError
        Where pyspark is not installed.
    """
    return fitting.fit(SparkShards(frame), model, sample_rows=sample_rows, em_passes=em_passes)


class SparkShards:
    """The batches of a Spark frame, as a fit asks for them."""

    def __init__(self, frame: Any) -> None:
        self.schema = schema_of(frame)
        self._frame = frame

    def n_rows(self) -> int:
        """Rows of all partitions."""
        return int(self._frame.count())

    def map(self, function: Callable[[pa.Table], T]) -> Iterator[T]:
        """What a function gives of each batch, in the order of the partitions."""
        given = self._frame.sparkSession.sparkContext.broadcast(pickle.dumps(function))
        types = required("pyspark.sql.pandas.types", "spark")
        results = self._frame.mapInArrow(_Mapped(given, _result), types.from_arrow_schema(RESULTS))
        yield from results_in(results.toArrow())


class _Mapped:
    """A function of an iterator of record batches: that of a broadcast, taken apart once a task, of each."""

    def __init__(self, given: Any, apply: Callable[[Any, pa.Table], pa.Table]) -> None:
        self._given, self._apply = given, apply

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        function = pickle.loads(self._given.value)
        for batch in batches:
            yield from self._apply(function, pa.Table.from_batches([batch])).to_batches()


def _scored(scorer: BatchScorer, batch: pa.Table) -> pa.Table:
    return scorer(batch)


def _result(function: Callable[[pa.Table], Any], batch: pa.Table) -> pa.Table:
    return as_results(function(batch))


def schema_of(frame: Any) -> pa.Schema:
    """Names and types of a Spark frame's columns; TypeError for what is no such frame."""
    sql = required("pyspark.sql", "spark")
    if not isinstance(frame, sql.DataFrame):
        raise TypeError(f"frame must be a pyspark.sql.DataFrame, got {type(frame).__name__}")
    return required("pyspark.sql.pandas.types", "spark").to_arrow_schema(frame.schema)


def _quoted(name: str) -> str:
    """A column's name as Spark reads it whatever is in it."""
    return "`" + name.replace("`", "``") + "`"
