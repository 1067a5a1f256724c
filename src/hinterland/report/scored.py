"""One pass over a table: every row's energy, and the few rows that a page shows."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.utils.validation import check_is_fitted

from hinterland.detectors.base import Detector
from hinterland.errors import TableError
from hinterland.pipeline import encoder_and_detector
from hinterland.preprocessing import TabularEncoder
from hinterland.report.truth import Codes, LabelColumn, TimeColumn, truth_from_array
from hinterland.scoring.table import TableScorer
from hinterland.tables import TableFile, to_kinds

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

SAMPLE_ROWS = 1500
"""Rows drawn at random, for what cannot be shown of all rows."""
SAMPLE_CELLS = 2**19
"""A wide table's sample holds fewer rows: at most this many cells, as a batch that is scored."""


class Kept:
    """Keeps, of a stream of batches, the rows with the highest priorities; of equal ones the earliest."""

    def __init__(self, n_rows: int) -> None:
        self._n_rows = n_rows
        self._table: pa.Table | None = None
        self._priority = np.empty(0)
        self._index = np.empty(0, np.intp)

    def add(self, batch: pa.Table, priority: Floats, first: int) -> None:
        """Look at a batch, whose first row has number ``first`` (from 0)."""
        if len(self._priority) == self._n_rows and self._n_rows:
            worth = priority > self._priority[-1]
        else:
            worth = np.ones(len(priority), bool)
        if not worth.any() or not self._n_rows:
            return
        batch = batch.filter(pa.array(worth))
        table = batch if self._table is None else pa.concat_tables([self._table, batch])
        priority = np.concatenate([self._priority, priority[worth]])
        index = np.concatenate([self._index, first + np.flatnonzero(worth)])
        order = np.lexsort((index, -priority))[: self._n_rows]
        self._table, self._priority, self._index = (
            table.take(order).combine_chunks(),
            priority[order],
            index[order],
        )

    def rows(self) -> tuple[pa.Table, Places]:
        """Rows by falling priority, and their numbers from 0."""
        assert self._table is not None
        return self._table, self._index


@dataclass(frozen=True)
class Model:
    """A fitted model as a page sees it: its parts, and rows of the table in the form it takes."""

    model: Any
    encoder: TabularEncoder | None
    detector: Detector
    kinds: dict[str, str]
    unused: list[str]
    is_text: bool
    _scorer: TableScorer

    @property
    def threshold(self) -> float:
        """The detector's own: a row is an anomaly where its energy is above."""
        return -float(self.detector.offset_)

    def typed(self, rows: pa.Table) -> pa.Table:
        """The model's columns of rows of the table, with types."""
        return to_kinds(rows, self._scorer.readings, is_text=self.is_text)

    def given(self, rows: pa.Table) -> Any:
        """Rows of the table as the model was fitted on."""
        return self._scorer.as_fitted(self.typed(rows))

    def encoded(self, rows: pa.Table) -> Floats:
        """Rows of the table as the detector sees them, (n, width) float64."""
        given = self.given(rows)
        return self.detector.rows(given if self.encoder is None else self.encoder.transform(given))

    def sources(self) -> Places:
        """For each column that the detector sees, the position in ``kinds`` of the column it comes from."""
        return np.arange(len(self.kinds)) if self.encoder is None else self.encoder.source_columns_

    def encoded_names(self) -> list[str]:
        """Names of the columns that the detector sees."""
        return list(self.kinds) if self.encoder is None else self.encoder.get_feature_names_out().tolist()


@dataclass(frozen=True)
class Scored:
    """A table's rows by a model.

    Attributes
    ----------
    model : the model's parts.
    table : the table; its ``names`` are the columns.
    energy : (n,) in nats, in the table's order.
    truth : (n,) codes of ``hinterland.report.truth``, or None without labels.
    label, time_column : names of the columns, where there are.
    reading : which values of the label column were taken for what, in words, or None.
    time : (n,) seconds since 1970 or numbers, NaN where missing, or None.
    is_time : whether ``time`` is seconds.
    top, top_index : the rows of highest energy, highest first, and their numbers from 0.
    sample, sample_index : rows drawn at random, in the table's order.
    """

    model: Model
    table: TableFile
    energy: Floats
    truth: Codes | None
    label: str | None
    reading: str | None
    time: Floats | None
    time_column: str | None
    is_time: bool
    top: pa.Table
    top_index: Places
    sample: pa.Table
    sample_index: Places

    @property
    def n_rows(self) -> int:
        """Rows of the table."""
        return len(self.energy)


def score_table(
    model: Any,
    table: TableFile,
    *,
    label: Any = None,
    anomaly: Any = None,
    time_column: str | None = None,
    top: int = 500,
    random_state: int = 0,
    on_batch: Callable[[float], object] | None = None,
) -> Scored:
    """Score a table in one pass, in memory that its length bounds by some ten bytes a row.

    Parameters as for ``hinterland.report.report``; ``on_batch`` is called with the share that has been read.

    Raises
    ------
    TableError
        Where the table has no rows, does not fit the model, or its label or time column is not there or not one.
    """
    by_name = isinstance(label, str)
    for option, name in (("label", label if by_name else None), ("time_column", time_column)):
        if name is not None and name not in table.names:
            nearest = difflib.get_close_matches(name, table.names, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"it has {table.names}"
            raise TableError(f"{option}: the table has no column {name!r}; {hint}")
    if anomaly is not None and not by_name:
        raise ValueError(
            "anomaly says which values of the label column mark one; label must name that column"
        )
    parts = _model(model, table)
    scorer = parts._scorer
    labels = LabelColumn(label, anomaly) if by_name else None
    if by_name:
        scorer.check_truth(label)
    times = None if time_column is None else TimeColumn(time_column)
    generator = np.random.default_rng(random_state)
    most = Kept(top)
    sample = Kept(max(200, min(SAMPLE_ROWS, SAMPLE_CELLS // len(table.names))))
    energies: list[Floats] = []
    n_seen = 0
    for batch in scorer.batches():
        energy = batch[scorer.names["energy"]].to_numpy()
        rows = batch.select(table.names)
        most.add(rows, energy, n_seen)
        sample.add(rows, generator.random(len(energy)), n_seen)
        if labels is not None:
            labels.add(rows[label])
        if times is not None:
            times.add(rows[time_column], is_text=table.is_text)
        energies.append(energy)
        n_seen += len(energy)
        if on_batch is not None:
            on_batch(table.share_read())
    if not n_seen:
        raise TableError(f"{table.path} has no rows; a report needs at least one")
    truth = (
        labels.truth() if labels is not None else None if label is None else truth_from_array(label, n_seen)
    )
    sampled, sample_index = sample.rows()
    order = np.argsort(sample_index)
    return Scored(
        parts,
        table,
        np.concatenate(energies),
        truth,
        label if by_name else None if label is None else "label",
        None if labels is None else labels.reading(),
        None if times is None else times.values(),
        time_column,
        times is not None and times.is_time,
        *most.rows(),
        sampled.take(order),
        sample_index[order],
    )


def energies_of(
    model: Any, table: TableFile, on_batch: Callable[[float], object] | None = None, *, label: Any = None
) -> tuple[Model, Floats]:
    """Energies (n,) of a table's rows by a second model, which must not score by a column of truth, and its parts."""
    parts = _model(model, table, keep=[])
    if isinstance(label, str):
        parts._scorer.check_truth(label)
    energies = []
    for batch in parts._scorer.batches():
        energies.append(batch[parts._scorer.names["energy"]].to_numpy())
        if on_batch is not None:
            on_batch(table.share_read())
    return parts, np.concatenate(energies)


def _model(model: Any, table: TableFile, keep: Any = "all") -> Model:
    encoder, detector = encoder_and_detector(model)
    check_is_fitted(detector)
    scorer = TableScorer(model, table, keep=keep, explained="none")
    return Model(model, encoder, detector, scorer.kinds, scorer.unused, table.is_text, scorer)
