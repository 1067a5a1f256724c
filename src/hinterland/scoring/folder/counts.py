"""The first of two passes over a folder: how many rows have each p-value, from which follows which are flagged."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from hinterland.decisions import Calibration, Levels
from hinterland.scoring.decided import PValue, energies
from hinterland.scoring.folder.records import FolderRecords
from hinterland.tables import TableFile
from hinterland.tables.folder.place import Entry

KIND = "p_values"


def count_p_values(
    model: Any,
    calibration: Calibration,
    table: TableFile,
    *,
    on_batch: Callable[[float], object],
    **scoring: Any,
) -> Levels:
    """Count a table's p-values; ``scoring`` as for ``hinterland.scoring.decided.energies``."""
    column, levels = PValue(calibration), Levels()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the second pass says it again
        for energy in energies(model, table, on_batch=on_batch, **scoring):
            levels.add(column.values(energy))
    return levels


def kept_counts(records: FolderRecords, entry: Entry) -> Levels | None:
    """Read what a pass before has counted of the same content; None where nothing was."""
    found = records.kept(KIND, entry.name, entry)
    if found is None:
        return None
    try:
        return Levels().join(np.asarray(found["p"], np.float64), np.asarray(found["counts"], np.int64))
    except (KeyError, TypeError, ValueError):
        return None


def keep_counts(records: FolderRecords, entry: Entry, levels: Levels) -> None:
    """Keep a table's counts for a pass that is resumed."""
    records.keep_of(KIND, entry.name, entry, {"p": levels.p.tolist(), "counts": levels.counts.tolist()})
