"""What each column of a table would be taken for, before any training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.preprocessing.tabular.encoder import TabularEncoder
from hinterland.preprocessing.tabular.fitting import complaints_of, fit_column
from hinterland.tables.columns.decisions import Decided
from hinterland.tables.columns.notes import Note, sentences
from hinterland.tables.columns.unreadable import RowNames, UnreadableValuesError
from hinterland.tables.values import as_missing

_MOST_SHOWN = 40


@dataclass(frozen=True)
class ColumnSummary:
    """What a column is taken for.

    Attributes
    ----------
    column : its name.
    kind : as in ``TabularEncoder.kinds_``.
    why : what told, and how its text is read.
    is_left_out : whether a model does without it.
    n_distinct, n_missing : how many different values it has, and how many rows have none.
    usual : a typical value, and what most values lie between or how frequent it is, in words.
    n_outputs : how many columns of the encoded matrix come from it.
    """

    column: str
    kind: str
    why: str
    is_left_out: bool
    n_distinct: int
    n_missing: int
    usual: str
    n_outputs: int


@dataclass(frozen=True)
class TableSummary:
    """The columns of a table, what is to be said of them, and the values that could not be read."""

    columns: list[ColumnSummary]
    notes: list[str]
    unreadable: str


def summarise(encoder: TabularEncoder, rows: Any, row_names: RowNames) -> TableSummary:
    """Say what an encoder's parameters make of a table's columns.

    Raises
    ------
    TableError
        As ``fit``, but for values that cannot be read.
    """
    frame = encoder._read_training(rows)
    names, decided = encoder._decide(frame)
    columns: list[ColumnSummary] = []
    notes: list[Note] = []
    complaints = complaints_of(frame, names, decided)
    for j, (name, found) in enumerate(zip(names, decided, strict=True)):
        column, reading, said = fit_column(name, found, encoder._scales(), encoder._is_absolute(name))
        notes += said
        raw = frame.column(j, 0, frame.n_rows)
        values = raw if reading.is_left_out and found.reading.is_left_out else found.read.values
        missing = as_missing(values)
        columns.append(
            ColumnSummary(
                name,
                reading.kind,
                reading.why,
                reading.is_left_out,
                _n_distinct(values),
                int(missing.sum()),
                _usual(found, values, missing),
                len(column.labels),
            )
        )
    unreadable = str(UnreadableValuesError(complaints, row_names)) if complaints else ""
    return TableSummary(columns, sentences(notes), unreadable)


def _n_distinct(values: Any) -> int:
    if isinstance(values, np.ndarray):
        return len(np.unique(values[~as_missing(values)]))
    return len(pc.unique(values.drop_null()))


def _usual(found: Decided, values: Any, missing: np.ndarray) -> str:
    """A typical value of a column in words, and how far the others lie from it."""
    if missing.all():
        return ""
    kind = found.reading.kind
    if kind == "number":
        low, middle, high = np.quantile(values[~missing], [0.05, 0.5, 0.95], method="nearest")
        return f"{middle:.5g} (90 % from {low:.5g} to {high:.5g})"
    if kind == "boolean":
        return f"true in {np.nanmean(values):.1%}"
    if kind == "time_of_day":
        clock = np.quantile(values[~missing], [0.05, 0.95], method="nearest").astype("datetime64[s]")
        return " to ".join(str(moment)[11:16] for moment in clock)
    if kind in ("time", "zoned_time"):
        bounds = pc.min_max(values)
        return " to ".join(str(bounds[end].as_py())[:16].removesuffix(" 00:00") for end in ("min", "max"))
    there = pa.array(values[~missing]) if isinstance(values, np.ndarray) else values.drop_null()
    counted = pc.value_counts(there)
    most = int(np.argmax(counted.field("counts").to_numpy()))
    share = counted.field("counts")[most].as_py() / len(there)
    return f"{_short(counted.field('values')[most].as_py())} ({share:.{int(share < 0.01)}%})"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
