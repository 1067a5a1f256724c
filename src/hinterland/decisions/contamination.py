"""How many of some rows are anomalies, at least: what cannot be explained by rows like those of the calibration.

Of rows with a share s of anomalies, a share P = (1 - s) a + s b lies above a threshold, a of the normal rows and b <= 1
of the anomalies. So s >= (P - a) / (1 - a), whatever the anomalies look like (Storey, 2002, with p-values above the
threshold's for normal ones). Both P and a are counted, with Clopper and Pearson's bounds (1934), at several thresholds
whose errors are shared out (Bonferroni), and the highest lower bound is taken. From above nothing can be told without
an assumption, as anomalies may look normal; the one that is made says that none lies in the calmer half of the normal
rows' energies. Where far fewer rows lie above that half than it allows, it is wrong, and only the lower bound is told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinterland.decisions.bounds import Values, clopper_pearson
from hinterland.decisions.calibration import Calibration
from hinterland.decisions.groups import EVERY_ROW
from hinterland.decisions.p_values import ONE_MODEL
from hinterland.parameters import check_number
from hinterland.thresholds import check_energy

LEVELS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Shares of normal rows above the thresholds that are tried; the last is that of the assumption."""

REFUTED = 0.0005
"""Error of either count with which the assumption is known to be wrong."""

LOWER_HALF = "no anomaly has less energy than half of the normal rows"
NONE_NEEDED = "calibration rows are normal, and as the normal ones of these rows"


@dataclass(frozen=True)
class Contamination:
    """A share of anomalies, within ``low`` and ``high`` by ``confidence``; the parts that cannot be told are None.

    Attributes
    ----------
    low, estimate, high : shares in [0, 1], or None.
    n_rows : rows that it is about.
    confidence : of the interval as a whole.
    assumption : in words: what must hold for it.
    high_assumption : what must hold for ``high`` and ``estimate`` beyond that.
    reason : why it cannot be told; empty where it can. There may be a ``low`` all the same.
    """

    low: float | None
    estimate: float | None
    high: float | None
    n_rows: int
    confidence: float
    assumption: str
    high_assumption: str = ""
    reason: str = ""

    @property
    def told(self) -> bool:
        """Whether there is an estimate."""
        return self.estimate is not None

    def __str__(self) -> str:
        if self.low is None or self.estimate is None or self.high is None:
            return f"the share of anomalies among {self.n_rows:,} rows cannot be told: {self.reason}"
        within = (
            f"{self.low:.2%} to {self.high:.2%} of {self.n_rows:,} rows at {self.confidence:.0%} confidence"
        )
        extra = (
            f"; of the upper end and the estimate, that {self.high_assumption}"
            if self.high_assumption
            else ""
        )
        none = ", so there may be none" if self.low == 0 else ""
        return f"about {self.estimate:.2%} anomalies ({within}{none}), provided that {self.assumption}{extra}"


def estimate_contamination(
    energy: npt.ArrayLike, calibration: Calibration, *, group: str = EVERY_ROW, confidence: float = 0.95
) -> Contamination:
    """Share of anomalies among rows, from calibration rows that are normal.

    Parameters
    ----------
    energy : (m,), in nats; (m, K) for a calibration of K models.
    calibration : of normal rows; where these are not by the rule ``split``, the interval is approximate as well.
    group : of the calibration and of all the rows.
    confidence : of the interval, in (0, 1); each end misses with at most half of what it leaves.

    Raises
    ------
    TypeError, ValueError
        For energies that are not finite, a calibration of groups of which none is named, a group that is not known.
    """
    check_number("confidence", confidence, above=0, below=1)
    n = calibration.n_rows(group)
    flagged, normal, m = (
        _beyond_thresholds(energy, calibration, group)
        if calibration.rule in ONE_MODEL
        else _below_levels(energy, calibration, n)
    )
    if not len(flagged):
        reason = f"{n} calibration rows are too few to compare with"
        return Contamination(None, None, None, m, float(confidence), NONE_NEEDED, reason=reason)
    tail = (1 - confidence) / 4  # of each end, for the share flagged and for that of normal rows
    lows = _beyond(
        clopper_pearson(flagged, m, tail / len(flagged))[0],
        clopper_pearson(normal, n, tail / len(flagged))[1],
    )
    highs = _beyond(clopper_pearson(flagged, m, tail)[1], clopper_pearson(normal, n, tail)[0])
    estimates = _beyond(flagged / m, (normal + 1) / (n + 1))
    low = max(0.0, float(lows.max()))
    most = _beyond(clopper_pearson(flagged, m, REFUTED)[1], clopper_pearson(normal, n, REFUTED)[0])[-1]
    if most < low:
        reason = (
            f"at least {low:.2%} of them are anomalies, and too few have more energy than half of the normal rows: "
            "some anomalies have less"
        )
        return Contamination(low, None, None, m, float(confidence), NONE_NEEDED, LOWER_HALF, reason)
    high = float(highs[-1] if highs[-1] >= low else most)
    estimate = float(np.clip(estimates[np.argmax(lows)], low, high))
    return Contamination(low, estimate, high, m, float(confidence), NONE_NEEDED, LOWER_HALF)


def _beyond_thresholds(
    energy: npt.ArrayLike, calibration: Calibration, group: str
) -> tuple[Values, Values, int]:
    """Rows, and calibration rows, above each threshold; and how many rows there are."""
    values = check_energy(energy)
    found = [calibration.threshold(level, group) for level in LEVELS]
    thresholds = [threshold for threshold in found if np.isfinite(threshold)]
    flagged = np.array([np.sum(values > threshold) for threshold in thresholds])
    normal = np.array([calibration.false_alarms(threshold, group).n_above for threshold in thresholds])
    return flagged, normal, len(values)


def _below_levels(energy: npt.ArrayLike, calibration: Calibration, n: int) -> tuple[Values, Values, int]:
    """Rows with p-values at most each level, and calibration rows that are as odd; and how many rows there are.

    Each group's or model's p-values are its own; that many calibration rows have no larger one, or fewer by ties.
    """
    p = calibration.p_values(energy)
    normal = np.array([math.floor(level * (n + 1) * (1 + 1e-12)) - 1 for level in LEVELS])
    flagged = np.array([np.sum(p <= level) for level in LEVELS])
    return flagged[normal >= 0], normal[normal >= 0], len(p)


def _beyond(flagged: Values, normal: Values) -> Values:
    """Shares of rows that must be anomalous where ``flagged`` of them lie above, and ``normal`` of the normal ones."""
    return np.where(normal < 1, (flagged - normal) / np.maximum(1 - normal, 1e-300), 0.0)
