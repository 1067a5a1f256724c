"""Score a table on disk batch by batch, in its order, and count what there was."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from hinterland.explain import explain
from hinterland.parameters import check_integer
from hinterland.pipeline import encoder_and_detector
from hinterland.scoring.batch import ROWS_NAMED, BatchScorer, Explained, ScoredBatch, left_out
from hinterland.scoring.columns import AddedColumn
from hinterland.tables import BadRows, Reading, TableFile
from hinterland.tables.csv.file import CsvFile

MANY, LEAST_ROWS = 0.5, 10
"""A share of rows flagged that says more of the table or the model than of the rows; of this many rows at least."""

ROWS_TO_EXPLAIN = 100
"""Flagged rows that are explained to say which columns did it."""

BATCH_ENTRIES, LARGEST_BATCH = 2**19, 2**16
"""Entries, and rows, of a table that are scored at once: what bounds the memory, with what CSV blocks take."""


class TableScorer:
    """Energies and labels of a table's rows by a fitted model, in the table's order.

    Parameters
    ----------
    model, keep, explained, top, columns : as for ``BatchScorer``, which scores the batches.
    table : from ``hinterland.tables.open_table``.
    batch_rows : rows at a time; by the table's width if None. Energies depend on it by their last bits at most.
    bad_rows : whether rows with values that cannot be read are an ``"error"``, or left out: ``"skip"``. None: as the
        table treats rows of too few or too many values.

    Attributes
    ----------
    scorer : the ``BatchScorer``, with ``names`` and ``schema`` of the output.
    input : how the model reads the table; its ``unused`` are columns that the model does not use.
    n_rows, n_flagged : rows given so far, and those of them that are anomalies.
    n_skipped, n_mostly_missing : rows left out so far, and such that lack more than half of what the model uses.
    skipped : what messages call the first few rows left out.

    Raises
    ------
    TableError
        Where columns are missing, or one to keep is.
    """

    def __init__(
        self,
        model: Any,
        table: TableFile,
        *,
        keep: Sequence[str] | Literal["all"] = "all",
        explained: Explained = "flagged",
        top: int = 3,
        batch_rows: int | None = None,
        bad_rows: BadRows | None = None,
        columns: Sequence[AddedColumn] = (),
    ) -> None:
        check_integer("batch_rows", batch_rows, least=1, optional=True)
        encoder, _ = encoder_and_detector(model)
        if "" in getattr(encoder, "feature_names_in_", ()) and isinstance(table, CsvFile):
            table.leave_unnamed()
        self.scorer = BatchScorer(
            model,
            table.types(table.names),
            keep=keep,
            explained=explained,
            top=top,
            bad_rows=bad_rows or table.bad_rows,
            columns=columns,
        )
        self.input, self.names, self.schema = self.scorer.input, self.scorer.names, self.scorer.schema
        self.unused, self.readings, self.kinds = self.input.unused, self.input.readings, self.input.kinds
        self.batch_rows = batch_rows or rows_at_once(len(self.scorer.reads))
        self._table = table
        self._top = top
        self._start()

    def batches(self) -> Iterator[pa.Table]:
        """Give the scored rows, all with ``schema``; rows left out are counted and named in a warning at the end.

        Raises
        ------
        TableError
            For retyped columns, or values that cannot be read; with their row numbers, counted from 1.
        """
        for scored in self.scored():
            yield scored.table

    def scored(self) -> Iterator[ScoredBatch]:
        """Give the same batches with all that is known of their rows."""
        self._start()
        n_read = 0
        for batch in self._table.batches(self.batch_rows, self.scorer.reads):
            first, n_read = n_read, n_read + batch.num_rows
            scored = self.scorer.score(batch, partial(self._row_names, first))
            self._count(scored, first)
            yield scored
        if self.n_skipped:
            warnings.warn(f"{self._table.path}: {self.skipped}", UserWarning, stacklevel=2)

    @property
    def skipped(self) -> str:
        """Say how many rows were left out, and name the first few."""
        return left_out(self._skipped, self._table.row_names, self.n_skipped)

    def too_many(self) -> str | None:
        """Say that more than half of the rows given so far are flagged, and which columns did it; None where not."""
        if self.n_rows < LEAST_ROWS or self.n_flagged <= MANY * self.n_rows:
            return None
        rows, energies = zip(*self._flagged, strict=True)
        typed = pa.concat_tables(rows)
        explanation = explain(self.input.model, self.input.as_fitted(typed), energy=np.concatenate(energies))
        added = explanation.contributions.mean(0)
        columns = [
            f"{explanation.columns[j]} {added[j]:+.3g}"
            for j in np.argsort(-added)[: self._top]
            if added[j] > 0
        ]
        return (
            f"{self.n_flagged:,} of {self.n_rows:,} rows ({self.n_flagged / self.n_rows:.0%}) are flagged, which says "
            "more of the table than of its rows: it may be unlike the training table. Columns that did it, with the "
            f"nats that each adds on average: {'; '.join(columns) or 'none by itself'}"
        )

    def _start(self) -> None:
        self.n_rows = self.n_flagged = self.n_skipped = self.n_mostly_missing = self._n_to_explain = 0
        self._flagged: list[tuple[pa.Table, np.ndarray]] = []
        self._skipped: list[int] = []

    def _count(self, scored: ScoredBatch, first: int) -> None:
        self.n_rows += scored.table.num_rows
        self.n_flagged += int(scored.is_anomaly.sum())
        self.n_mostly_missing += _n_mostly_missing(scored.typed, self.readings)
        self.n_skipped += len(scored.unreadable)
        room = ROWS_NAMED - len(self._skipped)
        self._skipped += (first + scored.unreadable[:room]).tolist()
        flagged = np.flatnonzero(scored.is_anomaly)[: ROWS_TO_EXPLAIN - self._n_to_explain]
        if len(flagged):
            self._n_to_explain += len(flagged)
            self._flagged.append((scored.typed.take(flagged), scored.energy[flagged]))

    def _row_names(self, first: int, places: Sequence[int]) -> list[str]:
        return self._table.row_names([first + place for place in places])


def rows_at_once(n_columns: int) -> int:
    """Rows of a table of so many columns that are scored at once where nothing else is said."""
    return max(1, min(LARGEST_BATCH, BATCH_ENTRIES // max(1, n_columns)))


def _n_mostly_missing(rows: pa.Table, readings: Mapping[str, Reading]) -> int:
    used = [name for name, reading in readings.items() if not reading.is_left_out]
    n_missing = np.zeros(rows.num_rows, np.intp)
    for name in used:
        if rows[name].null_count:
            n_missing += rows[name].is_null().to_numpy()
    return int((2 * n_missing > len(used)).sum())
