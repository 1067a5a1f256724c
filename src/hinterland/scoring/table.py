"""Score a table on disk batch by batch: energy, label and top columns of each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from hinterland.errors import TableError
from hinterland.explain import explain
from hinterland.parameters import check_choice, check_integer
from hinterland.pipeline import encoder_and_detector
from hinterland.tables import (
    Reading,
    TableFile,
    UnreadableValuesError,
    missing_and_unused,
    read_batch,
)
from hinterland.tables.columns.unreadable import RowNames
from hinterland.tables.csv.file import CsvFile
from hinterland.tables.messages import few

Explained = Literal["flagged", "all", "none"]

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
    model : fitted detector, or fitted Pipeline of a TabularEncoder and a detector.
    table : from ``hinterland.tables.open_table``.
    keep : names of the table's columns to pass on, or ``"all"``.
    explained : whose top columns to give: of ``"flagged"`` rows, of ``"all"`` or of ``"none"``, then without the
        column ``top_features``. An explanation takes some hundred times as long as a score.
    top : most columns that are given for a row.
    batch_rows : rows at a time; by the table's width if None. Energies depend on it by their last bits at most.
    bad_rows : whether rows with values that cannot be read are an ``"error"``, or left out: ``"skip"``. None: as the
        table treats rows of too few or too many values.

    Attributes
    ----------
    unused : columns of the table that the model does not use.
    kinds, readings : what each column of the model is, and how it is read, by its name in the table.
    n_skipped, n_mostly_missing : rows left out so far, and such that lack more than half of what the model uses.
    names : what ``energy``, ``label`` and ``top_features`` are called in the output: themselves, or with
        ``hinterland_`` in front where a kept column has that name.
    schema : of the output: kept columns, ``energy`` (float64, nats), ``label`` (``normal`` or ``anomaly``) and
        ``top_features``, text such as ``age +3.2; bmi +1.1``: columns and what each adds to the energy, in nats,
        over a usual row; largest first, only those that add.
    n_rows, n_flagged : rows given so far, and those of them that are anomalies.

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
        bad_rows: Literal["error", "skip"] | None = None,
    ) -> None:
        check_choice("explained", explained, ("flagged", "all", "none"))
        bad_rows = bad_rows or getattr(table, "bad_rows", "error")
        check_choice("bad_rows", bad_rows, ("error", "skip"))
        check_integer("top", top, least=1)
        check_integer("batch_rows", batch_rows, least=1, optional=True)
        self._model = model
        self._encoder, self._detector = encoder_and_detector(model)
        self._detector.check_rows_alone("scoring a table in parts")
        self._table = table
        if "" in getattr(self._encoder, "feature_names_in_", ()) and isinstance(table, CsvFile):
            table.leave_unnamed()
        self.readings = self._model_readings()
        self.kinds = {name: reading.kind for name, reading in self.readings.items()}
        self.unused = missing_and_unused(table.names, self.readings)
        self._skip = bad_rows == "skip"
        self.n_skipped = self.n_mostly_missing = 0
        self._explained = explained
        self._top = top
        self._keep = list(table.names) if keep == "all" else list(dict.fromkeys(keep))
        there, kept = set(table.names), set(self._keep)
        unknown = [name for name in self._keep if name not in there]
        if unknown:
            raise TableError(
                f"cannot keep column(s) [{few(unknown)}]: not in the table, which has {few(table.names, 20)}"
            )
        self._read = [name for name in table.names if name in self.kinds or name in kept]
        self.n_rows = self.n_flagged = 0
        self._flagged: list[pa.Table] = []
        self.batch_rows = batch_rows or max(1, min(LARGEST_BATCH, BATCH_ENTRIES // len(self._read)))
        added = {"energy": pa.float64(), "label": pa.string()}
        if explained != "none":
            added["top_features"] = pa.string()
        self.names = {name: f"hinterland_{name}" if name in self._keep else name for name in added}
        clash = [name for name in self.names.values() if name in self._keep]
        if clash:
            raise TableError(
                f"cannot keep column(s) {clash}: results are called so; name the columns to keep"
            )
        self.schema = pa.schema(
            [*table.types(self._keep), *((self.names[name], kind) for name, kind in added.items())]
        )

    def batches(self) -> Iterator[pa.Table]:
        """Give the scored rows, all with ``schema``.

        Raises
        ------
        TableError
            For retyped columns, or values that cannot be read; with their row numbers, counted from 1.
        """
        self.n_rows = self.n_flagged = self.n_skipped = self.n_mostly_missing = n_read = 0
        self._flagged = []
        for batch in self._table.batches(self.batch_rows, self._read):
            rows, complaints = read_batch(batch, self.readings, is_text=self._table.is_text)
            first, n_read = n_read, n_read + batch.num_rows
            if complaints:
                if not self._skip:
                    raise UnreadableValuesError(complaints, self._row_names(first))
                good = np.ones(batch.num_rows, bool)
                for complaint in complaints:
                    good[complaint.places] = False
                self.n_skipped += int((~good).sum())
                batch, rows = batch.filter(pa.array(good)), rows.filter(pa.array(good))
            self.n_mostly_missing += _n_mostly_missing(rows, self.readings)
            self.n_rows += batch.num_rows
            yield self._scored(batch, rows)

    def _row_names(self, first: int) -> RowNames:
        return lambda places: self._table.row_names([first + place for place in places])

    def too_many(self) -> str | None:
        """Say that more than half of the rows given so far are flagged, and which columns did it; None where not."""
        if self.n_rows < LEAST_ROWS or self.n_flagged <= MANY * self.n_rows:
            return None
        explanation = explain(self._model, self.as_fitted(pa.concat_tables(self._flagged)))
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

    def _scored(self, batch: pa.Table, rows: pa.Table) -> pa.Table:
        given = self.as_fitted(rows)
        seen = given if self._encoder is None or not rows.num_rows else self._encoder.transform(given)
        energy = self._detector.energy(seen) if rows.num_rows else np.empty(0)
        anomalous = -energy < self._detector.offset_
        self.n_flagged += int(anomalous.sum())
        if room := ROWS_TO_EXPLAIN - sum(part.num_rows for part in self._flagged):
            self._flagged.append(rows.filter(pa.array(anomalous)).slice(0, room))
        columns = [batch[name] for name in self._keep]
        columns += [
            pa.array(energy),
            pa.array(np.where(anomalous, "anomaly", "normal").astype(object), pa.string()),
        ]
        if self._explained != "none":
            wanted = np.ones(len(energy), bool) if self._explained == "all" else anomalous
            columns.append(self._top_features(rows, wanted))
        return pa.Table.from_arrays(columns, schema=self.schema)

    def _top_features(self, rows: pa.Table, wanted: np.ndarray) -> pa.Array:
        texts = np.full(rows.num_rows, None, object)
        if wanted.any():
            explanation = explain(self._model, self.as_fitted(rows.filter(pa.array(wanted))))
            texts[wanted] = [
                "; ".join(
                    f"{line.column} {line.contribution:+.3g}" for line in lines if line.contribution > 0
                )
                for lines in explanation.top(self._top)
            ]
        return pa.array(texts, pa.string())

    def _model_readings(self) -> dict[str, Reading]:
        """How each column is read, by its name in the table."""
        if self._encoder is not None and hasattr(self._encoder, "feature_names_in_"):
            return self._encoder.readings_
        number = Reading("number")
        if self._encoder is None and hasattr(self._detector, "feature_names_in_"):
            return dict.fromkeys(map(str, self._detector.feature_names_in_), number)
        first = self._encoder or self._detector
        if len(self._table.names) != first.n_features_in_:
            raise TableError(
                f"the model was trained on {first.n_features_in_} columns without names, "
                f"the table has {len(self._table.names)}"
            )
        readings = (
            self._encoder.readings_.values() if self._encoder is not None else [number] * first.n_features_in_
        )
        return dict(zip(self._table.names, readings, strict=True))

    def check_truth(self, label: str) -> None:
        """Raise TableError where a column of truth is one that the model scores by: no judgement would be honest."""
        names = list(self.kinds)
        places = (
            range(len(names)) if self._encoder is None else np.unique(self._encoder.source_columns_).tolist()
        )
        if label in {names[place] for place in places}:
            raise TableError(
                f"column {label!r} is one of those that the model was trained on and scores by, so a judgement by it "
                f"would only show that the model has seen the answer; fit the model again without it (--drop {label})"
            )

    def as_fitted(self, rows: pa.Table) -> Any:
        """Rows in the form that the model was fitted on: a table, or a matrix where columns had no names."""
        if self._encoder is not None and hasattr(self._encoder, "feature_names_in_"):
            return rows
        frame = rows.to_pandas()
        return frame if hasattr(self._detector, "feature_names_in_") else frame.to_numpy(np.float64)


def _n_mostly_missing(rows: pa.Table, readings: Mapping[str, Reading]) -> int:
    used = [name for name, reading in readings.items() if not reading.is_left_out]
    n_missing = np.zeros(rows.num_rows, np.intp)
    for name in used:
        if rows[name].null_count:
            n_missing += rows[name].is_null().to_numpy()
    return int((2 * n_missing > len(used)).sum())


class Judgeable(NamedTuple):
    """Rows whose truth is known: energies (n,), whether each is an anomaly (n,), and how many rows have no truth."""

    energy: np.ndarray
    is_anomaly: np.ndarray
    n_unlabelled: int
