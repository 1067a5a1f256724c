"""What a calibration says on a page: p-values, false alarms at each threshold, and whether it still holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from hinterland.decisions import Calibration
from hinterland.decisions.calibration import EVERY_ROW
from hinterland.report.cells import significant
from hinterland.report.scored import Scored
from hinterland.scoring.decided import calibration_of, watch_of


def decided(scored: Scored, stops: dict[str, Any], rows: dict[str, Any]) -> dict[str, Any] | None:
    """Decisions on a scored table; None where the model has nothing to compare with, or groups.

    Returns
    -------
    dict with, at each of ``stops``, ``false_alarms`` (the share of normal rows expected above it) and
    ``expected_false`` (as many of the flagged rows as normal ones would be, were all rows normal); ``p``, p-values of
    the page's ``rows``; ``words``, what it rests on; ``shift``, that it no longer holds and since when, or None.
    """
    calibration = _calibration(scored)
    if calibration is None:
        return None
    part = calibration.parts[EVERY_ROW][0]
    share = (1 + part.count_above(np.array(stops["threshold"]))) / (part.n_rows + 1)
    expected = np.minimum(share * scored.n_rows, stops["flagged"])
    energy = np.array([row["energy"] for row in rows["rows"]], np.float64)
    return {
        "false_alarms": [significant(value) for value in share.tolist()],
        "expected_false": [significant(value) for value in expected.tolist()],
        "p": [significant(value) for value in calibration.p_values(energy).tolist()],
        "words": str(calibration),
        "shift": shift(scored),
    }


def shift(scored: Scored) -> str | None:
    """Say since which row the calibration no longer holds; None where it does, or no rows were set aside."""
    watch = watch_of(scored.model.detector)
    if watch is None:
        return None
    return str(watch) if watch.add(scored.energy).alarm is not None else None


def _calibration(scored: Scored) -> Calibration | None:
    try:
        return calibration_of(scored.model.detector)
    except ValueError:
        return None
