"""Decisions over a table of any length: columns of p-values and flags, and the pass that a selection takes first."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from hinterland.decide import detector_of
from hinterland.decisions import Calibration, Levels, Rule, Watch, rule_of
from hinterland.decisions.calibration import EVERY_ROW
from hinterland.detectors.base import Detector
from hinterland.scoring.model_input import Floats
from hinterland.scoring.table import TableScorer
from hinterland.tables import BadRows, TableFile

P_VALUE, FLAGGED = "p_value", "flagged"


@dataclass(frozen=True)
class PValue:
    """p-values by a calibration without groups."""

    calibration: Calibration
    name: str = P_VALUE
    type: pa.DataType = field(default_factory=pa.float64)

    def values(self, energy: Floats) -> Any:
        """p-values (n,)."""
        return self.calibration.p_values(energy) if len(energy) else np.empty(0)


@dataclass(frozen=True)
class Flagged:
    """Whether a row is flagged, by the rule that a first pass over all rows found."""

    calibration: Calibration
    rule: Rule
    name: str = FLAGGED
    type: pa.DataType = field(default_factory=pa.bool_)

    def values(self, energy: Floats) -> Any:
        """Flags (n,)."""
        return self.rule.flags(PValue(self.calibration).values(energy))


def energies(
    model: Any,
    table: TableFile,
    *,
    batch_rows: int | None = None,
    bad_rows: BadRows | None = None,
    on_batch: Callable[[float], object] | None = None,
) -> Iterator[Floats]:
    """Energies of a table's rows, batch by batch; parameters as those of ``TableScorer``."""
    scorer = TableScorer(model, table, keep=[], explained="none", batch_rows=batch_rows, bad_rows=bad_rows)
    for scored in scorer.scored():
        yield scored.energy
        if on_batch is not None:
            on_batch(table.share_read())


def select_rows(
    model: Any, table: TableFile, fdr: float = 0.1, *, method: str = "bh", **scoring: Any
) -> tuple[PValue, Flagged]:
    """Columns of p-values, and of the rows of a table to flag at a false-discovery rate.

    This is the first of two passes: it counts p-values, of which there are no more than calibration rows. The columns
    are for the second, by ``TableScorer``.

    Parameters
    ----------
    model, table : as for ``TableScorer``.
    fdr, method : as for ``hinterland.decisions.select``.
    scoring : as for ``energies``.

    Raises
    ------
    ValueError
        Where the model has nothing to compare with, or groups.
    """
    calibration = calibration_of(model)
    column, levels = PValue(calibration), Levels()
    levels.cut(fdr, method)  # what is wrong with these is said before the table is read
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the second pass says it again
        for energy in energies(model, table, **scoring):
            levels.add(column.values(energy))
    rule = rule_of(levels, fdr, method=method, smallest_p=calibration.smallest_p())
    return column, Flagged(calibration, rule)


def calibration_of(model: Any) -> Calibration:
    """What p-values of a model's rows compare with; ValueError where there is nothing, or where it has groups."""
    calibration = detector_of(model).calibration()
    if calibration.groups:
        raise ValueError(
            f"the model is calibrated by {len(calibration.groups):,} groups, and a table's rows name none: "
            "detector.p_values(rows, groups=...) compares them"
        )
    return calibration


def p_value_columns(model: Any) -> list[PValue]:
    """The column of p-values of a model that is calibrated without groups; none of another."""
    try:
        return [PValue(calibration_of(model))]
    except ValueError:
        return []


def watch_of(detector: Detector) -> Watch | None:
    """Watch over the energies of rows to come; None where no rows were set aside that these must be like.

    Training rows that were judged as new are no such rows: the energies of new ones are slightly others.
    """
    calibration = getattr(detector, "calibration_", None)
    if calibration is None or calibration.rule != "split" or calibration.groups:
        return None
    return Watch(calibration.parts[EVERY_ROW][0])
