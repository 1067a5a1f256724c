"""The threshold of least cost, where labels and the costs of a miss and of a false alarm are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinterland.parameters import check_number
from hinterland.thresholds import between, check_energy, check_is_anomaly, count


@dataclass(frozen=True)
class LeastCost:
    """A threshold (a row is flagged where its energy is above it) and what it costs on the rows it was chosen from.

    ``cost_a_row`` is in the unit of the costs, of rows with ``anomaly_share`` anomalies among them; ``flag_none`` and
    ``flag_all`` are what flagging no row, or every one, would cost.
    """

    threshold: float
    cost_a_row: float
    misses: int
    false_alarms: int
    flagged: int
    anomaly_share: float
    flag_none: float
    flag_all: float

    def __str__(self) -> str:
        return (
            f"{self.cost_a_row:.4g} a row above {self.threshold:.4g}: {self.misses:,} missed, {self.false_alarms:,} "
            f"false alarms (no row flagged: {self.flag_none:.4g}; every row: {self.flag_all:.4g})"
        )


def least_cost(
    is_anomaly: npt.ArrayLike,
    energy: npt.ArrayLike,
    *,
    miss: float,
    false_alarm: float,
    anomaly_share: float | None = None,
) -> LeastCost:
    """Threshold of least mean cost on labelled rows, which must not be those that the cost is reported on.

    Of several with one cost the highest is taken, which flags the fewest rows. As in
    ``hinterland.thresholds.best_f1_threshold`` it lies halfway between neighbouring different energies.

    Parameters
    ----------
    is_anomaly : (n,) boolean, both classes present.
    energy : (n,) finite, rising with anomaly.
    miss, false_alarm : cost of an anomaly that is not flagged, and of a normal row that is; above 0, in one unit.
    anomaly_share : among the rows to come, where the labelled ones hold another share than these; in (0, 1).

    Raises
    ------
    TypeError, ValueError
        For labels that are not boolean, a class that lacks, energies that are not finite or costs that are not
        positive.

    Examples
    --------
    >>> best = least_cost([False, False, True, True], [0.0, 2.0, 1.0, 4.0], miss=10, false_alarm=1)
    >>> best.threshold, best.cost_a_row, best.false_alarms
    (0.5, 0.25, 1)
    """
    energy = check_energy(energy)
    labels = check_is_anomaly(is_anomaly, rows=len(energy))
    check_number("miss", miss, above=0)
    check_number("false_alarm", false_alarm, above=0)
    check_number("anomaly_share", anomaly_share, above=0, below=1, optional=True)
    anomalies, normals = count(labels), len(labels) - count(labels)
    share = anomalies / len(labels) if anomaly_share is None else float(anomaly_share)

    values, place = np.unique(energy, return_inverse=True)
    hits_at = np.bincount(place, weights=labels, minlength=len(values))
    rows_at = np.bincount(place, minlength=len(values))
    # Candidate i flags the energies from values[i] on; the last one flags none.
    hits = np.append(np.cumsum(hits_at[::-1])[::-1], 0)
    flagged = np.append(np.cumsum(rows_at[::-1])[::-1], 0)
    misses, alarms = anomalies - hits, flagged - hits
    cost = share * miss * misses / anomalies + (1 - share) * false_alarm * alarms / normals
    least = np.flatnonzero(cost <= cost.min() * (1 + 1e-12))[-1]
    if least == 0:
        threshold = np.nextafter(values[0], -np.inf)
    elif least == len(values):
        threshold = values[-1]
    else:
        threshold = between(values[least - 1], values[least])
    return LeastCost(
        threshold=float(threshold),
        cost_a_row=float(cost[least]),
        misses=int(misses[least]),
        false_alarms=int(alarms[least]),
        flagged=int(flagged[least]),
        anomaly_share=share,
        flag_none=share * miss,
        flag_all=(1 - share) * false_alarm,
    )
