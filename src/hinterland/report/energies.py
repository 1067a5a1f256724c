"""Energies as a page draws them: an axis that long tails fit on, a histogram, thresholds to choose from, curves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve, roc_curve

from hinterland import metrics
from hinterland.report.truth import ANOMALY, NORMAL, Codes

Floats = npt.NDArray[np.float64]

BINS = 120
STOPS, TOP_STOPS = 1500, 600
"""Thresholds that a reader can choose from, and how many of them lie between the highest energies."""
CURVE_POINTS = 800
LONG_TAIL = 40.0
"""An axis is compressed where the farthest energy is more than this many interquartile ranges from the median."""


class Axis:
    """Where an energy is drawn: as it is, or ``arcsinh((energy - center) / unit)`` where a tail is long.

    The compressed axis is linear within a unit, the interquartile range, of the median, and logarithmic far away.
    """

    def __init__(self, energy: Floats) -> None:
        low, center, high = (float(q) for q in np.quantile(energy, [0.25, 0.5, 0.75]))
        reach = max(float(energy.max()) - center, center - float(energy.min()))
        self.center = center
        distance = np.abs(energy - center)
        spread = high - low or float(np.median(distance[distance > 0])) if distance.any() else 1.0
        self.unit = max(spread, 1e-12 * float(np.abs(energy).max()))
        self.is_compressed = reach > LONG_TAIL * self.unit
        self.low, self.high = float(energy.min()), float(energy.max())

    def place(self, energy: Any) -> Floats:
        """Places of energies on the axis."""
        place: Floats = np.asarray(energy, np.float64)
        if self.is_compressed:
            place = np.arcsinh((place - self.center) / self.unit)
        return place

    def energy_at(self, place: Any) -> Floats:
        """Energies at places, the inverse of ``place``."""
        energy: Floats = np.asarray(place, np.float64)
        if self.is_compressed:
            energy = np.sinh(energy) * self.unit + self.center
        return energy

    def ticks(self, n: int = 9) -> list[float]:
        """Round energies for the axis's marks, evenly spread over it."""
        low, high = float(self.place(self.low)), float(self.place(self.high))
        if high <= low:
            return [self.low]
        if not self.is_compressed:
            step = _round_step((high - low) / (n - 1))
            first, last = math.ceil(low / step), math.floor(high / step)
            return [float(f"{k * step:.12g}") for k in range(first, last + 1)]
        places = np.linspace(low, high, n)
        step = (high - low) / (n - 1)
        found = []
        for place in places:
            at = float(self.energy_at(place))
            room = float(self.energy_at(place + step / 2)) - float(self.energy_at(place - step / 2))
            found.append(_rounded(at, room / 2))
        return sorted(
            {tick for tick in found if self.low - 1e-12 <= tick <= self.high * (1 + 1e-12) or tick == 0}
        )

    def as_dict(self) -> dict[str, Any]:
        """What the page's script needs."""
        return {
            "compressed": self.is_compressed,
            "center": self.center,
            "unit": self.unit,
            "low": self.low,
            "high": self.high,
            "ticks": self.ticks(),
        }


def _round_step(step: float) -> float:
    """The next of 1, 2, 5, 10, ... times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


def _rounded(value: float, room: float) -> float:
    """A number within ``room`` of the value, with as few digits as may be."""
    power = 10.0 ** math.floor(math.log10(room)) if room > 0 else 1.0
    return float(f"{round(value / power) * power:.12g}") + 0.0


def histogram(energy: Floats, truth: Codes | None, axis: Axis) -> dict[str, Any]:
    """Rows in bins of equal width on the axis: ``edges`` (places), ``rows`` and, with labels, ``anomalies``."""
    places = axis.place(energy)
    low, high = float(places.min()), float(places.max())
    if high <= low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, min(BINS, max(10, math.ceil(4 * math.sqrt(len(energy))))) + 1)
    result: dict[str, Any] = {"edges": edges.tolist(), "rows": np.histogram(places, edges)[0].tolist()}
    if truth is not None:
        result["anomalies"] = np.histogram(places[truth == ANOMALY], edges)[0].tolist()
    return result


def stops(energy: Floats, truth: Codes | None, own: float) -> dict[str, Any]:
    """Thresholds to choose from, rising, with exact counts of the rows above each.

    All different energies where these are few; else the highest ones, and quantiles of the others by ranks that grow
    evenly on a logarithmic scale. ``own``, the detector's threshold, is among them, and one below every energy.

    Returns
    -------
    dict with ``threshold``, ``flagged`` and, with labels, ``hits`` (anomalies above) and ``false_alarms`` (normal rows
    above), lists of equal length; ``own``, the position of the detector's; ``is_exhaustive``, whether no energy was
    left out; with labels also ``anomalies`` and ``normal``, all there are.
    """
    ascending = np.sort(energy)
    n = len(ascending)
    distinct = ascending[np.append(True, ascending[1:] != ascending[:-1])]
    is_exhaustive = len(distinct) <= STOPS
    if not is_exhaustive:
        ranks = np.unique(np.geomspace(TOP_STOPS, n, STOPS - TOP_STOPS).astype(np.intp))
        distinct = np.union1d(distinct[-TOP_STOPS:], ascending[n - ranks])
    threshold = np.union1d(distinct, [own, np.nextafter(ascending[0], -np.inf)])
    result: dict[str, Any] = {
        "threshold": threshold.tolist(),
        "flagged": _above(ascending, threshold),
        "own": int(np.searchsorted(threshold, own)),
        "is_exhaustive": is_exhaustive,
    }
    if truth is not None:
        anomalies, normal = np.sort(energy[truth == ANOMALY]), np.sort(energy[truth == NORMAL])
        result |= {
            "hits": _above(anomalies, threshold),
            "false_alarms": _above(normal, threshold),
            "anomalies": len(anomalies),
            "normal": len(normal),
        }
    return result


def _above(ascending: Floats, threshold: Floats) -> list[int]:
    above: list[int] = (len(ascending) - np.searchsorted(ascending, threshold, side="right")).tolist()
    return above


def curves(energy: Floats, truth: Codes) -> dict[str, Any]:
    """ROC and precision-recall curves of the labelled rows, thinned, with the exact areas under them."""
    labelled = truth >= 0
    energy, is_anomaly = energy[labelled], truth[labelled] == ANOMALY
    false_rate, hit_rate, _ = roc_curve(is_anomaly, energy)
    precision, recall, _ = precision_recall_curve(is_anomaly, energy)
    precision, recall = (
        precision[-2::-1],
        recall[-2::-1],
    )  # less scikit-learn's last point, which is no threshold's
    roc, pr = _thinned(false_rate, hit_rate), _thinned(recall, precision)
    return {
        "auroc": metrics.auroc(is_anomaly, energy),
        "average_precision": metrics.average_precision(is_anomaly, energy),
        "base_rate": float(is_anomaly.mean()),
        "roc": [false_rate[roc].tolist(), hit_rate[roc].tolist()],
        "pr": [recall[pr].tolist(), precision[pr].tolist()],
    }


def _thinned(x: Floats, y: Floats) -> npt.NDArray[np.intp]:
    """Positions of at most CURVE_POINTS points, evenly along the curve."""
    if len(x) <= CURVE_POINTS:
        return np.arange(len(x))
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    at = np.searchsorted(along, np.linspace(0, along[-1], CURVE_POINTS))
    return np.unique(np.concatenate([[0], at, [len(x) - 1]]))
