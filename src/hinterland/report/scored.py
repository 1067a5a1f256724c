"""One pass over a table: every row's energy, and the few rows that a page shows."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hinterland.errors import TableError
from hinterland.nearest import did_you_mean
from hinterland.report.truth import Codes, LabelColumn, TimeColumn, truth_from_array
from hinterland.scoring.decided import PValue, calibration_of
from hinterland.scoring.model_input import ModelInput
from hinterland.scoring.table import TableScorer
from hinterland.tables import TableFile, group_names

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
class Scored:
    """A table's rows by a model.

    Attributes
    ----------
    model : the model's parts.
    table : the table; its ``names`` are the columns.
    energy : (n,) in nats, in the table's order, of all rows but those skipped.
    skipped : places in the table, from 0 and rising, of rows with values that cannot be read.
    truth : (n,) codes of ``hinterland.report.truth``, or None without labels.
    label, time_column : names of the columns, where there are.
    reading : which values of the label column were taken for what, in words, or None.
    time : (n,) seconds since 1970 or numbers, NaN where missing, or None.
    is_time : whether ``time`` is seconds.
    top, top_index : the rows of highest energy, highest first, and their numbers from 0.
    sample, sample_index : rows drawn at random, in the table's order.
    p : p-values (n,), or None where the model has nothing to compare with; 1 in a group without calibration rows.
    rows_of : number of rows of each group, where the model's calibration has groups.
    """

    model: ModelInput
    table: TableFile
    energy: Floats
    skipped: Places
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
    p: Floats | None = None
    rows_of: Mapping[str, int] | None = None

    @property
    def n_rows(self) -> int:
        """Rows that were scored."""
        return len(self.energy)

    def numbers(self, index: Places) -> list[int]:
        """Numbers in the table, from 1, of scored rows that are given by their numbers from 0."""
        before = np.searchsorted(self.skipped - np.arange(len(self.skipped)), index, side="right")
        return self.table.row_numbers((index + before).tolist())


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
            hint = did_you_mean(name, table.names, f"it has {table.names}")
            raise TableError(f"{option}: the table has no column {name!r}; {hint}")
    if anomaly is not None and not by_name:
        raise ValueError(
            "anomaly says which values of the label column mark one; label must name that column"
        )
    p_value = _p_value(model, table.names)
    scorer = TableScorer(model, table, explained="none", columns=[] if p_value is None else [p_value])
    labels = LabelColumn(label, anomaly) if by_name else None
    if by_name:
        scorer.input.check_truth(label)
    times = None if time_column is None else TimeColumn(time_column)
    generator = np.random.default_rng(random_state)
    most = Kept(top)
    sample = Kept(max(200, min(SAMPLE_ROWS, SAMPLE_CELLS // len(table.names))))
    energies: list[Floats] = []
    p: list[Floats] = []
    rows_of: Counter[str] = Counter()
    skipped: list[Places] = [np.empty(0, np.intp)]
    n_seen = n_read = 0
    for scored in scorer.scored():
        energy, rows = scored.energy, scored.table.select(table.names)
        most.add(rows, energy, n_seen)
        sample.add(rows, generator.random(len(energy)), n_seen)
        if labels is not None:
            labels.add(rows[label])
        if times is not None:
            times.add(rows[time_column], is_text=table.is_text)
        energies.append(energy)
        if p_value is not None:
            p.append(scored.table[scorer.names[p_value.name]].to_numpy())
            for column in p_value.reads:
                rows_of.update(group_names(rows[column]).tolist())
        skipped.append(n_read + scored.unreadable)
        n_seen += len(energy)
        n_read += len(energy) + len(scored.unreadable)
        if on_batch is not None:
            on_batch(table.share_read())
    if not n_seen:
        raise TableError(f"{table.path} has no rows; a report needs at least one")
    left_out = np.concatenate(skipped)
    truth = labels.truth() if labels is not None else None
    if label is not None and labels is None:
        truth = np.delete(truth_from_array(label, n_read), left_out)
    sampled, sample_index = sample.rows()
    order = np.argsort(sample_index)
    return Scored(
        scorer.input,
        table,
        np.concatenate(energies),
        left_out,
        truth,
        label if by_name else None if label is None else "label",
        None if labels is None else labels.reading(),
        None if times is None else times.values(),
        time_column,
        times is not None and times.is_time,
        *most.rows(),
        sampled.take(order),
        sample_index[order],
        None if p_value is None else np.concatenate(p),
        rows_of or None,
    )


def _p_value(model: Any, names: list[str]) -> PValue | None:
    """The column of p-values, where the model has something to compare a table's rows with."""
    try:
        column = PValue(calibration_of(model), "one")
    except ValueError:
        return None
    if absent := [name for name in column.reads if name not in names]:
        warnings.warn(
            f"the table has no column {absent[0]!r}, by which the model's calibration tells groups apart, so the page "
            "shows no p-values",
            UserWarning,
            stacklevel=3,
        )
        return None
    return column


def energies_of(
    model: Any, table: TableFile, on_batch: Callable[[float], object] | None = None, *, label: Any = None
) -> tuple[ModelInput, Floats]:
    """Energies (n,) of a table's rows by a second model, which must not score by a column of truth, and its parts."""
    scorer = TableScorer(model, table, keep=[], explained="none")
    if isinstance(label, str):
        scorer.input.check_truth(label)
    energies = []
    for scored in scorer.scored():
        energies.append(scored.energy)
        if on_batch is not None:
            on_batch(table.share_read())
    return scorer.input, np.concatenate(energies)
