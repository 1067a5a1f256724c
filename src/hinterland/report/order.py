"""Energy along the table's order, or along time: single rows where they are few, else stretches of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from hinterland.report.cells import significant
from hinterland.report.scored import Scored
from hinterland.report.truth import ANOMALY

POINTS = 1000


def along_order(scored: Scored) -> dict[str, Any]:
    """Energies in order.

    Returns
    -------
    dict with ``by`` (the time column's name, or None for the order of rows), ``is_time``, ``rows_a_stretch`` (1 for
    single rows), ``left_out`` (rows without a time), ``x`` (row number from 1, seconds or number; of a stretch its
    first), ``highest`` and ``middle`` (median) energy, and with labels ``anomalies``, their number in each stretch.
    """
    if scored.time is None:
        order = np.arange(scored.n_rows)
    else:
        present = np.flatnonzero(np.isfinite(scored.time))
        order = present[np.argsort(scored.time[present], kind="stable")]
    n = len(order)
    size = 1 if n <= 2 * POINTS else -(-n // POINTS)
    starts = np.arange(0, n, size)
    firsts = order[starts]
    along = scored.numbers(firsts) if scored.time is None else scored.time[firsts]
    energy = scored.energy[order]
    result: dict[str, Any] = {
        "by": scored.time_column,
        "is_time": scored.is_time,
        "rows_a_stretch": size,
        "left_out": scored.n_rows - n,
        "x": np.asarray(along, np.float64).tolist(),
        "highest": [significant(value, 6) for value in np.maximum.reduceat(energy, starts)],
        "middle": None
        if size == 1
        else [significant(float(np.median(energy[start : start + size])), 6) for start in starts],
    }
    if scored.truth is not None:
        result["anomalies"] = np.add.reduceat(
            (scored.truth[order] == ANOMALY).astype(np.intp), starts
        ).tolist()
    return result
