"""What a fitted model takes of a table: which columns, how each is read, and rows in the form that it was fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from hinterland.errors import TableError
from hinterland.pipeline import encoder_and_detector
from hinterland.tables import Reading, missing_and_unused, read_batch, to_kinds
from hinterland.tables.columns.unreadable import Complaint

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


class ModelInput:
    """A fitted model beside tables with columns of these names.

    Parameters
    ----------
    model : fitted detector, or fitted Pipeline of a TabularEncoder and a detector.
    names : of the tables' columns. Where the model's columns had none, they are taken in this order.

    Attributes
    ----------
    encoder, detector : the model's parts; the encoder is None where there is none.
    readings : how each of the model's columns is read, by its name in the table and in the model's order.
    unused : columns of the table that the model does not use.

    Raises
    ------
    TypeError, sklearn.exceptions.NotFittedError
        For what is no fitted model.
    TableError
        Where columns are missing that the model needs.
    """

    def __init__(self, model: Any, names: Sequence[str]) -> None:
        self.encoder, self.detector = encoder_and_detector(model)
        check_is_fitted(self.detector)
        self.readings = self._readings(names)
        self.unused = missing_and_unused(names, self.readings)

    @property
    def model(self) -> Any:
        """The detector alone, or a pipeline of both parts and nothing else."""
        if self.encoder is None:
            return self.detector
        return Pipeline([("encoder", self.encoder), ("detector", self.detector)])

    @property
    def threshold(self) -> float:
        """The detector's own, in nats: a row is an anomaly where its energy is above."""
        return -float(self.detector.offset_)

    @property
    def kinds(self) -> dict[str, str]:
        """What each of the model's columns is, by its name in the table."""
        return {name: reading.kind for name, reading in self.readings.items()}

    @property
    def needed(self) -> list[str]:
        """Columns that a table must have: those the model uses; all, where its columns had no names."""
        is_named = hasattr(self.encoder or self.detector, "feature_names_in_")
        return [name for name, reading in self.readings.items() if not (is_named and reading.is_left_out)]

    def read(self, rows: pa.Table) -> tuple[pa.Table, list[Complaint]]:
        """The model's columns of rows of a table, with types, and what cannot be read.

        Raises
        ------
        TableError
            Where a column is missing that the model needs, or of a type that can hold no value of its kind.
        """
        missing_and_unused(rows.column_names, self.readings)
        return read_batch(rows, self.readings)

    def typed(self, rows: pa.Table) -> pa.Table:
        """The model's columns of rows of which all values can be read; else UnreadableValuesError."""
        return to_kinds(rows, self.readings, is_text=False)

    def as_fitted(self, typed: pa.Table) -> Any:
        """Typed rows in the form that the model was fitted on: a table, a frame of numbered columns or a matrix."""
        if self.encoder is not None and hasattr(self.encoder, "feature_names_in_"):
            return typed
        frame = typed.to_pandas()
        if self.encoder is not None:
            frame.columns = range(frame.shape[1])
            return frame
        return frame if hasattr(self.detector, "feature_names_in_") else frame.to_numpy(np.float64)

    def given(self, rows: pa.Table) -> Any:
        """Rows of a table in the form that the model was fitted on."""
        return self.as_fitted(self.typed(rows))

    def encoded(self, rows: pa.Table) -> Floats:
        """Rows of a table as the detector sees them, (n, width) float64."""
        return self.detector.rows(self.for_detector(self.typed(rows)))

    def for_detector(self, typed: pa.Table) -> Any:
        """Typed rows as the detector takes them: through the encoder, where there is one."""
        given = self.as_fitted(typed)
        return given if self.encoder is None else self.encoder.transform(given)

    def energy(self, typed: pa.Table) -> Floats:
        """Energies of typed rows (n,), in nats; of no rows none."""
        return self.detector.energy(self.for_detector(typed)) if typed.num_rows else np.empty(0)

    def energies(self, typed: pa.Table) -> Floats:
        """Energies of typed rows under each of the detector's K models, (n, K)."""
        if not typed.num_rows:
            return np.empty((0, len(self.detector.models_)))
        return self.detector.energies(self.for_detector(typed))

    def sources(self) -> Places:
        """For each column that the detector sees, the position in ``kinds`` of the column it comes from."""
        return np.arange(len(self.readings)) if self.encoder is None else self.encoder.source_columns_

    def encoded_names(self) -> list[str]:
        """Names of the columns that the detector sees."""
        return list(self.readings) if self.encoder is None else self.encoder.get_feature_names_out().tolist()

    def check_truth(self, label: str) -> None:
        """Raise TableError where a column of truth is one that the model scores by: no judgement would be honest."""
        names = list(self.readings)
        if label in {names[place] for place in np.unique(self.sources()).tolist()}:
            raise TableError(
                f"column {label!r} is one of those that the model was trained on and scores by, so a judgement by it "
                f"would only show that the model has seen the answer; fit the model again without it (--drop {label})"
            )

    def _readings(self, names: Sequence[str]) -> dict[str, Reading]:
        first = self.encoder or self.detector
        number = Reading("number")
        if hasattr(first, "feature_names_in_"):
            known = map(str, first.feature_names_in_)
            return dict.fromkeys(known, number) if self.encoder is None else dict(self.encoder.readings_)
        if len(names) != first.n_features_in_:
            raise TableError(
                f"the model was trained on {first.n_features_in_} columns without names, the table has {len(names)}"
            )
        readings = [number] * len(names) if self.encoder is None else list(self.encoder.readings_.values())
        return dict(zip(names, readings, strict=True))
