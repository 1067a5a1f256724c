"""Whether new rows are still as the calibration rows were, row by row, with a bounded chance of a false alarm.

A bet on each new row's rank: with n calibration energies and t new ones seen, the next of exchangeable rows falls
between two neighbouring calibration energies, or bins of several such gaps, with chances (gaps + rows seen there) / (n
+ 1 + t), exactly and for every t. The randomised p-values under these chances are independent and uniform (Vovk,
Gammerman and Shafer, 2005), which p-values against a calibration set that stays as it is are not: a long table would
always find out the set's own accidents.

A capital of 1 is staked. A bet f(p) with mean 1 multiplies what was staked on it; part 1 / (s (s + 1)) is put in at the
s-th row, so that a change late in a table is seen as well. The capital is a nonnegative martingale that starts at 1: it
ever reaches 1 / a with probability at most a (Ville, 1939).

Anomalies are no shift. Rows above the ``odd`` quantile of the calibration are left out of the bets, which keeps them
exact; apart from these, a bet is held that they are not more than ``most_odd`` of all rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hinterland.decisions.betting import Capital
from hinterland.decisions.tail_counts import TailCounts
from hinterland.parameters import check_number
from hinterland.thresholds import check_energy

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

N_BINS = 24
ROWS_AT_ONCE = 4_096
SLOPES = (-1.8, -0.6, 0.6, 1.8)
"""Bets 1 + slope (p - 1/2): on more or on less energy."""
CURVATURES = (-0.9, 0.9)
"""Bets 1 + curvature (6 (p - 1/2)^2 - 1/2): on energies less or more spread out."""
LEAST_OF_MOST_ODD = 0.02
STAKES = (0.25, 0.5, 0.9)
"""Shares of the most that may be staked on odd rows being more than allowed."""


class Alarm(NamedTuple):
    """Rows, counted from 0: where it was raised, and since when it seems to have been true."""

    noticed: int
    since: int
    more_odd_rows: bool


class Watch:
    """Watches energies of new rows in the order they come; a few hundred numbers.

    Parameters
    ----------
    calibration : counts of the calibration energies (``Calibration.split(...).parts[group][0]``).
    false_alarm : chance of an alarm, ever, while rows are as the calibration rows; from 1e-12, below 1.
    odd : share of normal rows, the most unusual, that are left out because anomalies are among such; in [0, 1).
    most_odd : share of rows that may be so unusual without an alarm; above ``odd`` and 0.02, below 1.
    random_state : seed of the draws that break ties.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> watch = Watch(TailCounts.of(generator.normal(size=500)))
    >>> _ = watch.add(generator.normal(size=1000))
    >>> watch.alarm is None
    True
    >>> _ = watch.add(generator.normal(1.0, size=1000))
    >>> watch.alarm is not None and 900 < watch.alarm.since < 1100
    True
    """

    def __init__(
        self,
        calibration: TailCounts,
        *,
        false_alarm: float = 0.01,
        odd: float = 0.1,
        most_odd: float = 0.5,
        random_state: int = 0,
    ) -> None:
        check_number("false_alarm", false_alarm, least=1e-12, below=1)
        check_number("odd", odd, least=0, below=1)
        check_number("most_odd", most_odd, above=max(odd, LEAST_OF_MOST_ODD), below=1)
        self.false_alarm = false_alarm
        self.n_rows = 0
        self.alarm: Alarm | None = None
        self._generator = np.random.default_rng(random_state)
        self._edges, ties, self._chances = _bins(calibration, odd)
        self._edge_ties = self._generator.beta(ties, 1.0)  # place of the last of equal energies among these
        self._n_calm = len(self._edges) if odd else len(self._chances)
        self._calm = Capital(len(SLOPES) + len(CURVATURES))
        self._odd = Capital(len(STAKES))
        self._most_odd = most_odd

    @property
    def evidence(self) -> float:
        """The capital: about 1 or less while the calibration holds; an alarm takes 1 / ``false_alarm``."""
        return (self._calm.now + self._odd.now) / 2

    def add(self, energy: npt.ArrayLike) -> Watch:
        """Look at the next rows' energies (m,), and give back the same object; after an alarm it counts them alone."""
        values = np.asarray(energy)
        if values.shape == (0,):
            return self
        values = check_energy(values)
        for start in range(0, len(values), ROWS_AT_ONCE):
            if self.alarm is None:
                self._bet(values[start : start + ROWS_AT_ONCE])
            else:
                self.n_rows += len(values[start : start + ROWS_AT_ONCE])
        return self

    def __str__(self) -> str:
        if self.alarm is None:
            return f"the calibration still holds, as far as {self.n_rows:,} rows can tell"
        what = (
            f"more than {self._most_odd:.0%} of the rows are most unusual"
            if self.alarm.more_odd_rows
            else "usual rows are no longer as they were"
        )
        return (
            f"the calibration no longer holds since about row {self.alarm.since:,}: {what} (noticed at row "
            f"{self.alarm.noticed:,}; while it holds such an alarm has a chance of {self.false_alarm:.3g} at most)"
        )

    def _bet(self, values: Values) -> None:
        bins = self._bins_of(values)
        is_calm = bins < self._n_calm
        rows = self.n_rows + np.arange(len(values))
        p = self._p_values(bins[is_calm])
        middle = p - 0.5
        bets = [1 + slope * middle for slope in SLOPES]
        bets += [1 + bend * (6 * middle**2 - 0.5) for bend in CURVATURES]
        calm_before = self._calm.now
        calm = self._calm.play(np.stack(bets, axis=1), rows[is_calm])
        beyond = np.where(is_calm, 0.0, 1.0) / self._most_odd - 1  # at most 0 on average
        odd = self._odd.play(1 + np.array(STAKES) * beyond[:, None], rows)
        n_calm = np.cumsum(is_calm)
        calm = np.append(calm_before, calm)[n_calm]  # a row without a bet leaves the capital where it was
        raised = np.flatnonzero((calm + odd) / 2 >= 1 / self.false_alarm)
        if len(raised):
            place = int(raised[0])
            more_odd = bool(odd[place] > calm[place])
            since = self._odd.since(place + 1) if more_odd else self._calm.since(int(n_calm[place]))
            self.alarm = Alarm(int(rows[place]), since, more_odd)
        self.n_rows += len(values)

    def _bins_of(self, values: Values) -> Counts:
        """Bin of each energy, 0 the lowest; one equal to an edge lies above it with the chance that a tie has."""
        at_or_above = np.searchsorted(self._edges, values, side="left")
        place = np.minimum(at_or_above, len(self._edges) - 1)
        tied = self._edges[place] == values
        draws = self._generator.random(len(values))
        beyond: Counts = at_or_above + (tied & (draws > self._edge_ties[place]))
        return beyond

    def _p_values(self, bins: Counts) -> Values:
        """Randomised p-values of rows by their bins, each given the calibration and the rows before it."""
        seen = np.zeros((len(bins) + 1, self._n_calm))
        seen[np.arange(1, len(bins) + 1), bins] = 1
        weights = self._chances[: self._n_calm] + np.cumsum(seen, axis=0)
        self._chances[: self._n_calm] = weights[-1]
        weights = weights[:-1]
        at_most = np.cumsum(weights, axis=1)
        rows = np.arange(len(bins))
        below, same, total = at_most[rows, bins], weights[rows, bins], at_most[:, -1]
        return (total - below + self._generator.random(len(bins)) * same) / total


def _bins(calibration: TailCounts, odd: float) -> tuple[Values, Counts, Values]:
    """Edges (k,), how many calibration energies equal each (k,), and how many gaps lie in each of the k + 1 bins.

    An edge is the last of the calibration energies that equal it. The topmost bin is that of odd rows.
    """
    ranks = calibration.n_rows - calibration.above  # gaps up to each value
    top = (1 - odd) * (calibration.n_rows + 1)
    targets = top * np.arange(1, N_BINS + (1 if odd else 0)) / N_BINS
    chosen = np.unique(np.minimum(np.searchsorted(ranks, np.floor(targets)), len(ranks) - 1))
    gaps = np.diff(np.concatenate([[0], ranks[chosen], [calibration.n_rows + 1]]))
    ties = calibration.at_least[chosen] - calibration.above[chosen]
    return calibration.values[chosen], ties, gaps.astype(np.float64)
