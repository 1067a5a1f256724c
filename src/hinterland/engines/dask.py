"""Score and fit over the partitions of a Dask frame; the extra ``dask``."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeVar

import pyarrow as pa

from hinterland.engines import fitting
from hinterland.engines.shards import required
from hinterland.scoring import EnergyColumn, Explained, score_frame
from hinterland.tables import BadRows

T = TypeVar("T")
AT_ONCE = 16
"""Partitions whose results are computed before they are added up: what a fit holds of them."""


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
    """Score the rows of a Dask frame, partition by partition, as ``hinterland.score_frame`` scores a frame.

    Parameters
    ----------
    frame : ``dask.dataframe.DataFrame``.
    model, keep, explained, top, bad_rows, columns : as for ``hinterland.score_frame``.

    Returns
    -------
    A ``dask.dataframe.DataFrame``, not yet computed, of the kept columns, ``energy``, ``label`` and ``top_features``,
    with the frame's partitions and index.

    Raises
    ------
    MissingExtraError
        Where Dask is not installed.
    TypeError, ValueError, TableError
        As ``hinterland.score_frame``. Values that cannot be read are an error once the rows are computed.
    """
    _check(frame)
    dask = required("dask", "dask")
    options: dict[str, Any] = {
        "keep": keep,
        "explained": explained,
        "top": top,
        "bad_rows": bad_rows,
        "columns": columns,
    }
    meta = score_frame(model, frame._meta, **options)
    scorer = dask.delayed(_Scorer(model, options), pure=True)  # goes to the workers once
    return frame.map_partitions(_scored, scorer, meta=meta)


def fit(frame: Any, model: Any, *, sample_rows: int = fitting.SAMPLE_ROWS, em_passes: int = 1) -> Any:
    """Fit a detector, or a pipeline of a TabularEncoder and one, to the rows of a Dask frame, and give it back.

    What is learnt from all rows, and what from a sample, says ``hinterland.engines.fitting.fit``, whose arguments and
    errors these are. The frame is computed anew in each of up to five passes; ``persist`` it before where it fits the
    cluster's memory.

    Raises
    ------
    MissingExtraError
        Where Dask is not installed.
    """
    _check(frame)
    return fitting.fit(DaskShards(frame), model, sample_rows=sample_rows, em_passes=em_passes)


class DaskShards:
    """The partitions of a Dask frame, as a fit asks for them."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self.schema = _as_table(frame._meta).schema

    def n_rows(self) -> int:
        """Rows of all partitions."""
        return len(self._frame)

    def map(self, function: Callable[[pa.Table], T]) -> Iterator[T]:
        """What a function gives of each partition, in their order."""
        dask = required("dask", "dask")
        given = dask.delayed(pickle.dumps(function), pure=True)
        results = [dask.delayed(_result)(given, part) for part in self._frame.to_delayed()]
        for start in range(0, len(results), AT_ONCE):
            yield from dask.compute(*results[start : start + AT_ONCE])


class _Scorer:
    """A model and how its scores are given; it pickles once for all partitions."""

    def __init__(self, model: Any, options: dict[str, Any]) -> None:
        self._model, self._options = model, options

    def __call__(self, frame: Any) -> Any:
        return score_frame(self._model, frame, **self._options)


def _scored(frame: Any, scorer: _Scorer) -> Any:
    return scorer(frame)


def _result(function: bytes, frame: Any) -> Any:
    return _unpacked(function)(_as_table(frame))


@functools.lru_cache(maxsize=4)
def _unpacked(function: bytes) -> Any:
    return pickle.loads(function)


def _as_table(frame: Any) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def _check(frame: Any) -> None:
    data = required("dask.dataframe", "dask")
    if not isinstance(frame, data.DataFrame):
        raise TypeError(f"frame must be a dask.dataframe.DataFrame, got {type(frame).__name__}")
