"""Score and fit over the batches of a Ray data set; the extra ``ray``."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeVar

import pyarrow as pa

from hinterland.engines import fitting
from hinterland.engines.shards import as_results, required, results_in
from hinterland.errors import TableError
from hinterland.scoring import BatchScorer, EnergyColumn, Explained
from hinterland.scoring.table import rows_at_once
from hinterland.tables import BadRows

T = TypeVar("T")


def score(
    dataset: Any,
    model: Any,
    *,
    keep: Sequence[str] | Literal["all"] = "all",
    explained: Explained = "flagged",
    top: int = 3,
    bad_rows: BadRows = "error",
    columns: Sequence[EnergyColumn] = (),
    batch_rows: int | None = None,
    **remote: Any,
) -> Any:
    """Score the rows of a Ray data set, batch by batch, wherever they are.

    The model goes to Ray's object store once, and each worker process keeps a ``BatchScorer`` of it. A row's result
    follows from that row alone, so that a task which runs again, where a worker was lost, gives the same rows.

    Parameters
    ----------
    dataset : ``ray.data.Dataset``.
    model : fitted detector, or fitted Pipeline of a TabularEncoder and a detector.
    keep, explained, top, bad_rows, columns : as for ``hinterland.BatchScorer``, whose warnings stay with the workers.
    batch_rows : rows scored at a time; by the number of columns if None.
    remote : further arguments of ``ray.data.Dataset.map_batches``, such as ``num_cpus``.

    Returns
    -------
    A ``ray.data.Dataset``, not yet computed, of the kept columns, ``energy``, ``label`` and ``top_features``. Ray gives
    rows in the order in which they are ready, unless its ``DataContext`` asks for theirs.

    Raises
    ------
    MissingExtraError
        Where Ray is not installed.
    TypeError, ValueError, TableError
        As ``hinterland.BatchScorer``. Values that cannot be read are an error once the rows are computed.
    """
    ray = required("ray", "ray")
    schema = schema_of(dataset)
    scorer = BatchScorer(
        model, schema, keep=keep, explained=explained, top=top, bad_rows=bad_rows, columns=columns
    )
    if scorer.reads != schema.names:
        dataset = dataset.select_columns(scorer.reads)
    return dataset.map_batches(
        functools.partial(
            _scored, ray.put(pickle.dumps(scorer)), batch_rows or rows_at_once(len(scorer.reads))
        ),
        batch_size=None,  # a block as it was read, so that Ray reads and scores it in one task
        batch_format="pyarrow",
        zero_copy_batch=True,
        **remote,
    )


def fit(dataset: Any, model: Any, *, sample_rows: int = fitting.SAMPLE_ROWS, em_passes: int = 1) -> Any:
    """Fit a detector, or a pipeline of a TabularEncoder and one, to the rows of a Ray data set, and give it back.

    What is learnt from all rows, and what from a sample, says ``hinterland.engines.fitting.fit``, whose arguments and
    errors these are. The data set is read anew in each of up to five passes; ``materialize`` it before where it fits
    the cluster's memory.

    Raises
    ------
    MissingExtraError
        Where Ray is not installed.
    """
    required("ray", "ray")
    return fitting.fit(RayShards(dataset), model, sample_rows=sample_rows, em_passes=em_passes)


class RayShards:
    """The blocks of a Ray data set, as a fit asks for them."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self.schema = schema_of(dataset)

    def n_rows(self) -> int:
        """Rows of all blocks; of Parquet files by their footers."""
        return int(self._dataset.count())

    def map(self, function: Callable[[pa.Table], T]) -> Iterator[T]:
        """What a function gives of each block, in their order."""
        given = required("ray", "ray").put(pickle.dumps(function))
        results = self._dataset.map_batches(
            functools.partial(_result, given), batch_size=None, batch_format="pyarrow", zero_copy_batch=True
        )
        results.context.execution_options.preserve_order = True
        for table in results.iter_batches(batch_size=None, batch_format="pyarrow"):
            yield from results_in(table)


def schema_of(dataset: Any) -> pa.Schema:
    """Names and types of a Ray data set's columns.

    Raises
    ------
    TypeError, TableError
        For what is no such data set, or one without columns.
    """
    data = required("ray.data", "ray")
    if not isinstance(dataset, data.Dataset):
        raise TypeError(f"dataset must be a ray.data.Dataset, got {type(dataset).__name__}")
    schema = dataset.schema()
    if schema is None or not schema.names:
        raise TableError("the data set has no columns, as it has no rows")
    if isinstance(schema.base_schema, pa.Schema):
        return schema.base_schema.remove_metadata()
    return dataset.limit(1).take_batch(1, batch_format="pyarrow").schema.remove_metadata()


@functools.lru_cache(maxsize=4)
def _unpacked(reference: Any) -> Any:
    """What a reference to the object store stands for, once a process."""
    return pickle.loads(required("ray", "ray").get(reference))


def _scored(reference: Any, batch_rows: int, block: pa.Table) -> Iterator[pa.Table]:
    scorer = _unpacked(reference)
    for start in range(0, max(1, block.num_rows), batch_rows):
        yield scorer(block.slice(start, batch_rows))


def _result(reference: Any, batch: pa.Table) -> pa.Table:
    return as_results(_unpacked(reference)(batch))
