"""The model of the service: loaded once, described once, and asked by any number of threads."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from hinterland import persistence
from hinterland.decide import decides
from hinterland.errors import TableError
from hinterland.explain import Contribution, explain
from hinterland.pipeline import encoder_and_detector
from hinterland.printable import as_json
from hinterland.scoring import ScoredBatch, TableScorer
from hinterland.scoring.decided import p_value_columns
from hinterland.scoring.model_input import ModelInput
from hinterland.serve.limits import Deadline
from hinterland.serve.problems import Problem, of_table, unreadable
from hinterland.tables import TableFile, UnreadableValuesError

Explained = Literal["flagged", "all"]
MOST_REASONS = 100

ROWS_AT_ONCE, EXPLAINED_AT_ONCE = 10_000, 32
"""Rows that are scored, and explained, between two looks at the clock."""


@dataclass(frozen=True)
class Scored:
    """Rows of a request, scored, in their order.

    Attributes
    ----------
    table : ``energy`` (nats), ``label`` and, where the model is calibrated, ``p_value``.
    n_anomalies : rows labelled so.
    reasons : the columns that raise each row's energy most, largest first; None for rows that were not to be
        explained, and as a whole where none were.
    unused : columns of the request that the model does not use.
    notes : what was found out of how the rows are written.
    """

    table: pa.Table
    n_anomalies: int
    reasons: list[list[Contribution] | None] | None = None
    unused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class ServedModel:
    """A fitted model that scores tables, whose errors are problems of a request.

    Parameters
    ----------
    model : fitted detector, or fitted Pipeline of a TabularEncoder and a detector.
    described : what else ``about`` is to say.

    Attributes
    ----------
    columns : names of the model's columns, in its order.
    about : the model in values that JSON can hold: its columns, its threshold and what that promises.

    Raises
    ------
    TypeError, ValueError, sklearn.exceptions.NotFittedError
        For what is no fitted model, or one whose rows' energies depend on one another.
    """

    def __init__(self, model: Any, described: dict[str, Any] | None = None) -> None:
        self._model = model
        encoder, detector = encoder_and_detector(model)
        first = encoder or detector
        unnamed = [f"x{j}" for j in range(getattr(first, "n_features_in_", 0))]
        self._is_named = hasattr(first, "feature_names_in_")
        known = list(map(str, first.feature_names_in_)) if self._is_named else unnamed
        self._input = ModelInput(model, known)
        detector.check_rows_alone("serving a model")
        self.columns = list(self._input.readings)
        self._added = p_value_columns(model)
        self.about: dict[str, Any] = as_json(
            {
                "columns": [
                    {
                        "name": name,
                        "kind": reading.kind,
                        "expected": reading.expected,
                        "needed": name in needed,
                    }
                    for needed in [set(self._input.needed)]
                    for name, reading in self._input.readings.items()
                ],
                "columns_have_names": self._is_named,
                "threshold": {
                    "energy": self._input.threshold,
                    "unit": "nats",
                    **_plain_names(decides(model)),
                },
                "has_p_values": bool(self._added),
                "file": described or {},
            }
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, device: str = "cpu", n_threads: int = 1) -> ServedModel:
        """Load a saved model; errors as those of ``hinterland.load``."""
        model = persistence.load(path, device=device)
        served = cls(model, persistence.describe(path))
        served._input.detector.set_params(n_threads=n_threads)
        return served

    def score(
        self,
        table: TableFile,
        deadline: Deadline,
        *,
        top: int | None = None,
        explained: Explained = "flagged",
    ) -> Scored:
        """Score a table's rows, and say of up to ``top`` columns of each why.

        Raises
        ------
        Problem
            For rows that the model cannot take, named with their columns, or once the time is up.
        """
        deadline.check()
        try:
            scorer = TableScorer(
                self._model,
                table,
                keep=[],
                explained="none",
                batch_rows=ROWS_AT_ONCE,
                bad_rows="error",
                columns=self._added,
            )
        except TableError as error:
            raise of_table(error) from error
        parts: list[pa.Table] = [scorer.schema.empty_table()]
        reasons: list[list[Contribution] | None] | None = None if top is None else []
        batches = scorer.scored()
        while (scored := self._next(batches, scorer)) is not None:
            parts.append(scored.table)
            deadline.check()
            if reasons is not None and top is not None:
                reasons += self._reasons(scored, top, explained, deadline)
        notes = list(getattr(table, "notes", []))
        return Scored(pa.concat_tables(parts), scorer.n_flagged, reasons, scorer.unused, notes)

    def _next(self, batches: Any, scorer: TableScorer) -> ScoredBatch | None:
        first = scorer.n_rows
        try:
            scored: ScoredBatch | None = next(batches, None)
        except UnreadableValuesError as error:
            raise unreadable(error, first) from error
        except TableError as error:
            raise of_table(error) from error
        except ValueError as error:  # numbers that a detector without an encoder does not take
            raise Problem(422, "bad_values", str(error)) from error
        return scored

    def _reasons(
        self, scored: ScoredBatch, top: int, explained: Explained, deadline: Deadline
    ) -> list[list[Contribution] | None]:
        """The columns that raise each row's energy, None for rows that are not to be explained."""
        reasons: list[list[Contribution] | None] = [None] * len(scored.energy)
        wanted = np.arange(len(scored.energy)) if explained == "all" else np.flatnonzero(scored.is_anomaly)
        for start in range(0, len(wanted), EXPLAINED_AT_ONCE):
            deadline.check()
            places = wanted[start : start + EXPLAINED_AT_ONCE]
            rows = self._input.as_fitted(scored.typed.take(pa.array(places)))
            found = explain(self._input.model, rows, energy=scored.energy[places])
            for place, lines in zip(places, found.top(top), strict=True):
                reasons[place] = [line for line in lines if line.contribution > 0]
        return reasons


def _plain_names(words: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix("threshold "): text for name, text in words.items()}
