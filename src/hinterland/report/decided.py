"""What a calibration says on a page: p-values, false alarms at each threshold, and whether it still holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from hinterland.decisions import Levels
from hinterland.decisions.promises import shares_above
from hinterland.report.cells import significant
from hinterland.report.scored import Scored
from hinterland.scoring.decided import watch_of


def decided(scored: Scored, stops: dict[str, Any], n_shown: int) -> dict[str, Any] | None:
    """Decisions on a scored table; None where the model has nothing to compare with.

    Returns
    -------
    dict with, at each of ``stops``, ``false_alarms`` (the share of normal rows expected above it) and
    ``expected_false`` (how many of the flagged rows are expected to be normal); ``normal_share``, the estimated share
    of normal rows that this reckons with; ``p``, p-values of the page's ``n_shown`` rows of highest energy; ``words``,
    what it rests on; ``unknown``, how many rows are of groups without calibration rows; ``shift``, that it no longer
    holds and since when, or None.
    """
    if scored.p is None:
        return None
    calibration = scored.model.detector.calibration()
    share = shares_above(calibration, stops["threshold"], scored.rows_of)
    normal = min(1.0, Levels().add(scored.p).normal_share("storey"))
    expected = np.minimum(share * normal * scored.n_rows, stops["flagged"])
    unknown = sum(n for name, n in (scored.rows_of or {}).items() if name not in calibration.parts)
    return {
        "false_alarms": [significant(value) for value in share.tolist()],
        "expected_false": [significant(value) for value in expected.tolist()],
        "normal_share": significant(normal),
        "p": [significant(value) for value in scored.p[scored.top_index[:n_shown]].tolist()],
        "words": str(calibration),
        "unknown": unknown,
        "shift": shift(scored),
    }


def shift(scored: Scored) -> str | None:
    """Say since which row the calibration no longer holds; None where it does, or no rows were set aside."""
    watch = watch_of(scored.model.detector)
    if watch is None:
        return None
    return str(watch) if watch.add(scored.energy).alarm is not None else None
