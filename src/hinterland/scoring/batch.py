"""Score batches of a table: Arrow in, Arrow out, any batch in any order in any process."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from hinterland.errors import TableError
from hinterland.explain import Contribution, explain
from hinterland.parameters import check_choice, check_integer
from hinterland.scoring.columns import (
    REASONS,
    AddedColumn,
    Energy,
    Label,
    Masks,
    is_by_model,
    names_beside,
    reads_of,
    values_of,
)
from hinterland.scoring.model_input import Floats, ModelInput, Places
from hinterland.tables import BadRows, UnreadableValuesError
from hinterland.tables.columns.unreadable import RowNames, counted_from
from hinterland.tables.messages import counted, few, repeated

Explained = Literal["flagged", "all", "none"]

ROWS_NAMED = 20
"""Most rows left out that a message names."""
_FROM_ONE = counted_from(1)
_ONLY_FITS_NEED: dict[str, Any] = {
    "on_epoch": None,
    "history_": [],
    "training_energy_": None,
    "calibration_energy_": None,
}
"""Of a detector, what a scorer in another process gets instead: it may be long, or not go there at all."""


class ScoredBatch(NamedTuple):
    """A batch's rows, scored.

    Attributes
    ----------
    table : rows whose values can all be read, in the batch's order, of the scorer's ``schema``.
    typed : the model's columns of these rows, as the scorer read them.
    energy, is_anomaly : (n,) of these rows.
    unreadable : (k,) places in the batch, from 0, of rows with values that cannot be read.
    """

    table: pa.Table
    typed: pa.Table
    energy: Floats
    is_anomaly: Masks
    unreadable: Places


class BatchScorer:
    """Energies, labels and reasons of a table's rows, batch by batch, by a fitted model.

    Every way from a table to a decision leads through here: commands, the page, frames, and whatever hands out batches
    to many processes. It holds no file and counts nothing: it pickles, and may be called with batches of any size in
    any order, from several threads at once. A row's results follow from that row alone.

    Parameters
    ----------
    model : fitted detector, or fitted Pipeline of a TabularEncoder and a detector.
    schema : of the tables to come, such as ``table.schema``; text wherever a file has no types.
    keep : names of the table's columns to pass on, or ``"all"``.
    explained : whose top columns to give: of ``"flagged"`` rows, of ``"all"`` or of ``"none"``, then without the
        column ``top_features``. An explanation takes some hundred times as long as a score.
    top : most columns that are given for a row.
    bad_rows : whether rows with values that cannot be read are an ``"error"``, or left out: ``"skip"``.
    columns : further columns of the output, each from the energies, or from these and columns of the table.

    Attributes
    ----------
    input : how the model reads these tables, a ``ModelInput``; its ``unused`` are columns that the model does not use.
    reads : names of the columns that batches must have, in the table's order: those of the model, those kept, and those
        that ``columns`` look at.
    names : what ``energy``, ``label``, ``top_features`` and those of ``columns`` are called in the output: themselves,
        or with ``hinterland_`` in front where a kept column has that name.
    schema : of the output: kept columns, ``energy`` (float64, nats), ``label`` (``normal`` or ``anomaly``), ``columns``
        and ``top_features``, text such as ``age +3.2; bmi +1.1``: columns and what each adds to the energy, in nats,
        over a usual row; largest first, only those that add.

    Raises
    ------
    TypeError, ValueError, sklearn.exceptions.NotFittedError
        For what is no fitted model, one whose rows' energies depend on one another, or a parameter out of its range.
    TableError
        Where columns are missing, or one to keep is.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from sklearn.datasets import load_wine
    >>> from hinterland import DAGMM, BatchScorer
    >>> wine = load_wine(as_frame=True).data
    >>> detector = DAGMM(epochs=5, min_steps=50, random_state=0).fit(wine)
    >>> table = pa.Table.from_pandas(wine)
    >>> scorer = BatchScorer(detector, table.schema, keep=["alcohol"])
    >>> scorer.schema.names
    ['alcohol', 'energy', 'label', 'top_features']
    >>> scorer(table.slice(100, 20)).num_rows
    20
    """

    def __init__(
        self,
        model: Any,
        schema: pa.Schema,
        *,
        keep: Sequence[str] | Literal["all"] = "all",
        explained: Explained = "flagged",
        top: int = 3,
        bad_rows: BadRows = "error",
        columns: Sequence[AddedColumn] = (),
    ) -> None:
        check_choice("explained", explained, ("flagged", "all", "none"))
        check_choice("bad_rows", bad_rows, ("error", "skip"))
        check_integer("top", top, least=1)
        if complaint := repeated(schema.names):
            raise TableError(complaint)
        self.input = ModelInput(model, schema.names)
        self.input.detector.check_rows_alone("scoring a table in parts")
        self._kept = _kept_fields(schema, keep)
        kept = {column.name for column in self._kept}
        looked_at = reads_of(columns)
        if absent := [name for name in looked_at if name not in schema.names]:
            raise TableError(
                f"the table lacks column(s) [{few(absent)}], by which rows are told apart; it has "
                f"{few(schema.names, 20)}"
            )
        wanted = {*self.input.readings, *kept, *looked_at}
        self.reads = [name for name in schema.names if name in wanted]
        self._explained, self._top, self._skips = explained, top, bad_rows == "skip"
        self._label = Label(self.input.threshold)
        self._by_model = any(map(is_by_model, columns))
        self._columns: list[AddedColumn] = [Energy(), self._label, *columns]
        added = [(column.name, column.type) for column in self._columns]
        if explained != "none":
            added.append((REASONS, pa.string()))
        self.names = names_beside(kept, [name for name, _ in added])
        self.schema = pa.schema([*self._kept, *((self.names[name], kind) for name, kind in added)])

    def __call__(self, batch: pa.Table | pa.RecordBatch) -> pa.Table:
        """Give a batch's rows, scored, with ``schema``; rows that are skipped are counted and named in a warning.

        Raises
        ------
        UnreadableValuesError
            For values that cannot be read, unless such rows are to be left out; rows are counted from 1 in the batch.
        TableError
            For columns that are missing or have changed their types.
        """
        scored = self.score(pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch)
        if len(scored.unreadable):
            warnings.warn(left_out(scored.unreadable.tolist(), _FROM_ONE), UserWarning, stacklevel=2)
        return scored.table

    def score(self, batch: pa.Table, row_names: RowNames = _FROM_ONE) -> ScoredBatch:
        """Score a batch; errors as above, in which rows are called by ``row_names``."""
        typed, complaints = self.input.read(batch)
        good = np.ones(batch.num_rows, bool)
        if complaints:
            if not self._skips:
                raise UnreadableValuesError(complaints, row_names)
            for complaint in complaints:
                good[complaint.places] = False
            batch, typed = batch.filter(pa.array(good)), typed.filter(pa.array(good))
        energies = self.input.energies(typed) if self._by_model else None
        energy = self.input.energy(typed) if energies is None else _mean(energies)
        is_anomaly = self._label.is_anomaly(energy)
        values = [_kept_column(batch, column) for column in self._kept]
        values += [
            pa.array(values_of(column, energy, energies, batch), column.type) for column in self._columns
        ]
        if self._explained != "none":
            values.append(self._reasons(typed, energy, is_anomaly))
        table = pa.Table.from_arrays(values, schema=self.schema)
        return ScoredBatch(table, typed, energy, is_anomaly, np.flatnonzero(~good))

    def _reasons(self, typed: pa.Table, energy: Floats, is_anomaly: Masks) -> pa.Array:
        """Text of the columns that raise each row's energy most, null for rows that are not explained."""
        texts = np.full(typed.num_rows, None, object)
        wanted = np.ones(len(energy), bool) if self._explained == "all" else is_anomaly
        if wanted.any():
            rows = self.input.as_fitted(typed.filter(pa.array(wanted)))
            explanation = explain(self.input.model, rows, energy=energy[wanted])
            texts[wanted] = [in_words(lines) for lines in explanation.top(self._top)]
        return pa.array(texts, pa.string())

    def __getstate__(self) -> dict[str, Any]:
        """All but what of the detector only fitting and judging need, which may be long or not pickle."""
        given = copy.copy(self.input)
        given.detector = copy.copy(given.detector)
        for name in _ONLY_FITS_NEED.keys() & vars(given.detector).keys():
            setattr(given.detector, name, _ONLY_FITS_NEED[name])
        return vars(self) | {"input": given}


def in_words(lines: Sequence[Contribution]) -> str:
    """Text of the columns that raise a row's energy, ``age +3.2; bmi +1.1``; of those given, only they."""
    return "; ".join(f"{line.column} {line.contribution:+.3g}" for line in lines if line.contribution > 0)


def left_out(places: Sequence[int], row_names: RowNames, n: int | None = None) -> str:
    """Say that rows with values that cannot be read were left out: the first few by name, of ``n`` in all."""
    n = len(places) if n is None else n
    named = places[:ROWS_NAMED]
    more = f" and {n - len(named):,} more" if n > len(named) else ""
    return f"skipped {counted(n, 'row')} with values that cannot be read: {', '.join(row_names(named))}{more}"


def _mean(energies: Floats) -> Floats:
    """Mean (n,) of energies (n, K), to the bit as an ensemble takes it."""
    total = energies[:, 0]
    for k in range(1, energies.shape[1]):
        total = total + energies[:, k]
    return total / energies.shape[1]


def _kept_fields(schema: pa.Schema, keep: Sequence[str] | Literal["all"]) -> list[pa.Field]:
    wanted = schema.names if keep == "all" else list(dict.fromkeys(keep))
    there = set(schema.names)
    if unknown := [name for name in wanted if name not in there]:
        raise TableError(
            f"cannot keep column(s) [{few(unknown)}]: not in the table, which has {few(schema.names, 20)}"
        )
    return [schema.field(name) for name in wanted]


def _kept_column(batch: pa.Table, column: pa.Field) -> Any:
    """A kept column with the type that it was said to have."""
    if column.name not in batch.column_names:
        raise TableError(f"the table lacks column {column.name!r}, which is to be kept")
    values = batch[column.name]
    if values.type == column.type:
        return values
    try:
        return values.cast(column.type)
    except pa.ArrowException as error:
        raise TableError(
            f"column {column.name!r} has type {values.type} in this batch, expected {column.type} by the schema"
        ) from error
