"""Decisions over a table of any length: columns of p-values and flags, and the pass that a selection takes first."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hinterland.decide import detector_of
from hinterland.decisions import Calibration, Levels, Rule, Watch, rule_of
from hinterland.decisions.calibration import Unseen
from hinterland.decisions.groups import EVERY_ROW
from hinterland.detectors.base import Detector
from hinterland.scoring.batch import ScoredBatch
from hinterland.scoring.model_input import Floats, ModelInput
from hinterland.scoring.table import TableScorer
from hinterland.tables import BadRows, TableFile, group_names

P_VALUE, FLAGGED = "p_value", "flagged"


@dataclass(frozen=True)
class PValue:
    """p-values by a calibration, of each row within its group where there are groups by a column of the table.

    A group without calibration rows is an error, or, where ``unseen`` is ``one``, has p-values of 1.
    """

    calibration: Calibration
    unseen: Unseen = "error"
    name: str = P_VALUE
    type: pa.DataType = field(default_factory=pa.float64)

    @property
    def reads(self) -> tuple[str, ...]:
        """The column that tells groups apart, if any."""
        return (self.calibration.column,) if self.calibration.groups else ()

    @property
    def by_model(self) -> bool:
        """Whether it takes energies under each model of a cross-fitted detector."""
        return self.calibration.n_models > 1

    def values(self, energy: Floats, rows: pa.Table | None = None) -> Any:
        """p-values (n,)."""
        if not len(energy):
            return np.empty(0)
        groups = None if rows is None else group_names(rows[self.calibration.column])
        return self.calibration.p_values(energy, groups, unseen=self.unseen)


@dataclass(frozen=True)
class Flagged:
    """Whether a row is flagged, by the rule that a first pass over all rows found."""

    p_value: PValue
    rule: Rule
    name: str = FLAGGED
    type: pa.DataType = field(default_factory=pa.bool_)

    @property
    def reads(self) -> tuple[str, ...]:
        """What p-values read."""
        return self.p_value.reads

    @property
    def by_model(self) -> bool:
        """Whether p-values take energies under each model."""
        return self.p_value.by_model

    def values(self, energy: Floats, rows: pa.Table | None = None) -> Any:
        """Flags (n,)."""
        return self.rule.flags(self.p_value.values(energy, rows))


def energies(
    model: Any,
    table: TableFile,
    *,
    batch_rows: int | None = None,
    bad_rows: BadRows | None = None,
    on_batch: Callable[[float], object] | None = None,
) -> Iterator[Floats]:
    """Energies of a table's rows, batch by batch; parameters as those of ``TableScorer``."""
    for scored in _batches(model, table, batch_rows=batch_rows, bad_rows=bad_rows, on_batch=on_batch):
        yield scored.energy


def energies_by_model(model: Any, table: TableFile, **scoring: Any) -> Iterator[Floats]:
    """Energies (n, K) of a table's rows under each model of a detector, batch by batch; ``scoring`` as above."""
    taken = ModelInput(model, table.names)
    for scored in _batches(model, table, **scoring):
        yield taken.energies(scored.typed)


def _batches(
    model: Any, table: TableFile, *, on_batch: Callable[[float], object] | None = None, **scoring: Any
) -> Iterator[ScoredBatch]:
    """A table's rows with their energies and no more than ``scoring`` asks for."""
    for scored in TableScorer(model, table, **{"keep": [], "explained": "none"} | scoring).scored():
        yield scored
        if on_batch is not None:
            on_batch(table.share_read())


def energies_in_groups(
    model: Any, table: TableFile, column: str | None, **scoring: Any
) -> tuple[Floats, npt.NDArray[np.str_] | None]:
    """Energies (n,) of all rows of a table, and the group of each by a column, (n,), or None; ``scoring`` as above."""
    energies, groups = [np.empty(0)], [np.empty(0, np.str_)]
    for scored in _batches(model, table, keep=[] if column is None else [column], **scoring):
        energies.append(scored.energy)
        if column is not None:
            groups.append(group_names(scored.table[column]))
    return np.concatenate(energies), None if column is None else np.concatenate(groups)


def select_rows(
    model: Any,
    table: TableFile,
    fdr: float = 0.1,
    *,
    method: str = "bh",
    unseen: Unseen = "error",
    **scoring: Any,
) -> tuple[PValue, Flagged]:
    """Columns of p-values, and of the rows of a table to flag at a false-discovery rate.

    This is the first of two passes: it counts p-values, of which there are no more than calibration rows. The columns
    are for the second, by ``TableScorer``.

    Parameters
    ----------
    model, table : as for ``TableScorer``.
    fdr, method : as for ``hinterland.decisions.select``.
    unseen : what a group without calibration rows does: ``error``, or ``one``, p-values of 1.
    scoring : as for ``energies``.

    Raises
    ------
    ValueError
        Where the model has nothing to compare with, groups that no column tells apart, or none for a row's.
    """
    calibration = calibration_of(model)
    column, levels = PValue(calibration, unseen), Levels()
    levels.cut(fdr, method)  # what is wrong with these is said before the table is read
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the second pass says it again
        for scored in _batches(model, table, columns=[column], **scoring):
            levels.add(scored.table[column.name].to_numpy())
    rule = rule_of(levels, fdr, method=method, smallest_p=calibration.smallest_p())
    return column, Flagged(column, rule)


def calibration_of(model: Any) -> Calibration:
    """What p-values of a table's rows compare with.

    Raises
    ------
    ValueError
        Where there is nothing, or groups that are no column's.
    """
    calibration = detector_of(model).calibration()
    if calibration.groups and not calibration.column:
        raise ValueError(
            f"the model is calibrated by {len(calibration.groups):,} groups, and no column of a table is said to name "
            "them: detector.p_values(rows, groups=...) compares them, and groups='COLUMN' in calibrate names one"
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
