"""Thresholds in energy of a whole calibration, of one group or several and of one model or several; what they promise.

Of several groups it is the highest of theirs: in each of them no more normal rows are flagged than asked for, and in
most fewer. Of K models, whose mean is a row's energy, it is the mean of the models' own thresholds. Where one model's
energy is an increasing function of another's, a row's mean energy lies above it just where its energy under each model
lies above that model's own; otherwise it is approximate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from hinterland.decisions.calibration import Calibration
from hinterland.decisions.p_values import ONE_MODEL
from hinterland.decisions.tail_counts import TailCounts
from hinterland.parameters import check_number
from hinterland.thresholds import Energies

ROUNDING = 1 + 1e-12


def threshold_at(calibration: Calibration, false_alarms: float) -> float:
    """Energy above which at most this share of new normal rows lies, in each group.

    Raises
    ------
    ValueError
        For a share out of (0, 1), or fewer calibration rows than it takes; the message says how many that are.
    """
    check_number("false_alarms", false_alarms, above=0, below=1)
    threshold = max(_of_models(parts, false_alarms) for parts in calibration.parts.values())
    if math.isinf(threshold):
        least = math.ceil(1 / false_alarms / ROUNDING) - 1
        of_each = " in each group" if calibration.groups else ""
        of_each += "" if calibration.rule in ONE_MODEL else f" for each of {calibration.n_models} models"
        fewest = min(part.n_rows for parts in calibration.parts.values() for part in parts)
        raise ValueError(
            f"{false_alarms:g} false alarms take {least:,} calibration rows{of_each}, and there are {fewest:,}"
        )
    return threshold


def highest_share(calibration: Calibration, share: float) -> float:
    """Energy above which at most a share, in (0, 1), of each group's calibration rows under each model lies."""
    return max(
        _mean(
            [
                part.threshold(min(part.n_rows - 1, math.floor(share * part.n_rows * ROUNDING)))
                for part in parts
            ]
        )
        for parts in calibration.parts.values()
    )


def shares_above(
    calibration: Calibration, thresholds: npt.ArrayLike, rows_of: Mapping[str, int] | None = None
) -> Energies:
    """Share of new normal rows expected above each threshold (m,), of groups as many as ``rows_of`` says, or alike."""
    at = np.asarray(thresholds, np.float64)
    weights = dict.fromkeys(calibration.parts, 1)
    if rows_of is not None and (known := {name: n for name, n in rows_of.items() if name in weights}):
        weights = known
    total = np.zeros(len(at))
    for name, weight in weights.items():
        parts = calibration.parts[name]
        if calibration.rule in ONE_MODEL:
            shares = (1 + parts[0].count_above(at)) / (parts[0].n_rows + 1)
        else:
            shares = np.array([_share_above(parts, threshold) for threshold in at])
        total += weight * shares
    return total / sum(weights.values())


def promise(calibration: Calibration, threshold: float) -> str:
    """Say in words what share of new normal rows lies above a threshold."""
    if calibration.rule not in ONE_MODEL:
        shares = [_share_above(parts, threshold) for parts in calibration.parts.values()]
        return (
            f"about {_from_to(shares)} of normal rows are flagged{_in_groups(calibration)}, as far as "
            f"{calibration.n_models} models that find much the same rows odd can tell; {calibration}"
        )
    told = [calibration.false_alarms(threshold, group) for group in calibration.parts]
    low, high = min(each.low for each in told), max(each.high for each in told)
    return (
        f"about {_from_to([each.expected for each in told])} of normal rows are flagged{_in_groups(calibration)}, "
        f"from {low:.3g} to {high:.3g} at {told[0].confidence:.0%} confidence{' each' if len(told) > 1 else ''}; "
        f"{calibration}"
    )


def _of_models(parts: tuple[TailCounts, ...], share: float) -> float:
    """Mean of the models' own thresholds; infinity where one has too few rows."""
    beyond = [math.floor(share * (part.n_rows + 1) * ROUNDING) - 1 for part in parts]
    if min(beyond) < 0:
        return math.inf
    return _mean([part.threshold(count) for part, count in zip(parts, beyond, strict=True)])


def _share_above(parts: tuple[TailCounts, ...], threshold: float) -> float:
    """Least share of false alarms, in steps that the models' rows allow, whose threshold is as low as this one."""
    n_steps = min(part.n_rows for part in parts) + 1
    low, high = 0, n_steps
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _of_models(parts, middle / n_steps) <= threshold else (middle, high)
    return high / n_steps


def _mean(thresholds: list[float]) -> float:
    return thresholds[0] if len(thresholds) == 1 else math.fsum(thresholds) / len(thresholds)


def _from_to(shares: list[float]) -> str:
    low, high = f"{min(shares):.3g}", f"{max(shares):.3g}"
    return low if low == high else f"{low} to {high}"


def _in_groups(calibration: Calibration) -> str:
    return (
        f", by group (the fewest and the most of {len(calibration.groups):,})" if calibration.groups else ""
    )
