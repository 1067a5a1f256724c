"""Calibration energies as few numbers: how many of them lie above some of their values.

A table of a million rows needs no million numbers. Kept are values at ranks that lie close in the upper tail, where
decisions are made, and apart below; between two of them an energy is counted as if it lay at the lower one, so that no
count is too small and no p-value either. The count is at most one part in ``FINE`` too large. Without ties this is
a fixed monotone function of the exact p-value, and keeps what is proven of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hinterland.parameters import check_number
from hinterland.sums.values import ValueCounts
from hinterland.thresholds import Energies, check_energy

Counts = npt.NDArray[np.int64]

MOST_KEPT = 4096
"""Different values that are kept as they are; of more, some are chosen."""

FINE = 256
"""Ranks from the top that are kept one by one; below, each is a part in ``FINE`` beyond the one before."""


@dataclass(frozen=True, eq=False)
class TailCounts:
    """Values (k,), ascending, and how many of ``n_rows`` energies are ``above`` and ``at_least`` each of them (k,).

    The counts are exact; ``complete`` says whether every different energy is among the values.
    """

    values: Energies
    above: Counts
    at_least: Counts
    n_rows: int
    complete: bool

    @classmethod
    def of(cls, energy: npt.ArrayLike) -> TailCounts:
        """Count energies (n,); errors as those of ``hinterland.thresholds.check_energy``."""
        values, counts = np.unique(check_energy(energy, name="calibration_energy"), return_counts=True)
        return cls._counted(values, counts)

    @classmethod
    def of_counts(cls, counted: ValueCounts) -> TailCounts:
        """Take energies that were counted in parts, at least one; as they were rounded up, no count is too small."""
        if not counted.n_rows:
            raise ValueError("calibration_energy must hold at least one row, and none was counted")
        return cls._counted(counted.values, counted.counts)

    @classmethod
    def _counted(cls, values: Energies, counts: Counts) -> TailCounts:
        at_least = np.cumsum(counts[::-1])[::-1].astype(np.int64)
        return _thinned(values, at_least - counts, at_least, int(at_least[0]), complete=True)

    def count_at_least(self, energy: Energies) -> Counts:
        """How many calibration energies are at least each of ``energy`` (m,): exact at values, never too few."""
        place = np.searchsorted(self.values, energy, side="left")
        if self.complete:
            return np.append(self.at_least, 0)[place]
        beyond = np.append(self.above, -1)  # an energy above all values is none of them
        same = np.append(self.values, np.nan)[place] == energy
        return np.where(
            same, np.append(self.at_least, 0)[place], np.concatenate([[self.n_rows], beyond])[place]
        )

    def count_above(self, energy: Energies) -> Counts:
        """How many calibration energies are above each of ``energy`` (m,), in the same way."""
        return np.concatenate([[self.n_rows], self.above])[np.searchsorted(self.values, energy, side="right")]

    def updated(self, energy: npt.ArrayLike) -> TailCounts:
        """Counts of these rows and of others.

        Where values were left out, the new ones are counted at those that were kept, and above the largest of them.
        """
        new = np.sort(check_energy(energy, name="calibration_energy"))
        mine = new if self.complete else new[new > self.values[-1]]
        values = np.union1d(self.values, mine)
        above = self.count_above(values) + len(new) - np.searchsorted(new, values, side="right")
        at_least = self.count_at_least(values) + len(new) - np.searchsorted(new, values, side="left")
        return _thinned(values, above, at_least, self.n_rows + len(new), complete=self.complete)

    def forgotten(self, share: float) -> TailCounts:
        """Counts of the rows but for a share in [0, 1) of them, which are kept at every so many ranks from the top.

        Counts are rounded up, so that no p-value becomes smaller; one row at least stays.
        """
        check_number("share", share, least=0, below=1)
        n_rows, above, at_least = (
            np.ceil((1.0 - share) * (1 - 1e-12) * np.asarray(counts)).astype(np.int64)
            for counts in (self.n_rows, self.above, self.at_least)
        )
        if self.complete:  # a value without a row left goes, and what stays is still all there is
            kept = np.flatnonzero(at_least > above)
        else:  # it stays with one row where there is room, as the values in between were left out already
            at_least = np.maximum(at_least, above + 1)
            kept = _descending(above, at_least, int(n_rows))
        return TailCounts(self.values[kept], above[kept], at_least[kept], int(n_rows), self.complete)

    def threshold(self, count: int) -> float:
        """Energy above which, and not at which, ``count_at_least`` is at most ``count``, from 0 to n_rows - 1."""
        first = int(np.argmax(self.above <= count))
        value = self.values[first]
        return float(np.nextafter(value, -np.inf) if self.at_least[first] <= count else value)

    def check(self) -> None:
        """Raise ValueError unless the numbers fit together, as those of a file must be shown to."""
        k = len(self.values)
        shapes = all(array.shape == (k,) for array in (self.values, self.above, self.at_least))
        if not (
            k >= 1
            and shapes
            and np.isfinite(self.values).all()
            and np.all(np.diff(self.values) > 0)
            and np.all(self.above < self.at_least)
            and np.all(self.at_least[1:] <= self.above[:-1])
            and self.above[-1] == 0
            and self.at_least[0] <= self.n_rows
            and (not self.complete or _is_complete(self.above, self.at_least, self.n_rows))
        ):
            raise ValueError(
                "calibration counts do not fit together: values must ascend and counts descend to 0"
            )


def _is_complete(above: Counts, at_least: Counts, n_rows: int) -> bool:
    return bool(at_least[0] == n_rows and np.all(at_least[1:] == above[:-1]))


def _descending(above: Counts, at_least: Counts, n_rows: int) -> Counts:
    """Places of values, from the top on, at each of which no more rows are than above the one below."""
    kept, below = [], 0
    for place in range(len(above) - 1, -1, -1):
        if above[place] >= below and at_least[place] <= n_rows:
            kept.append(place)
            below = int(at_least[place])
    return np.array(kept[::-1], np.int64)


def _thinned(values: Energies, above: Counts, at_least: Counts, n_rows: int, *, complete: bool) -> TailCounts:
    if len(values) > MOST_KEPT:
        from_top = np.searchsorted(at_least[::-1], _ranks(int(at_least[0])), side="left")
        kept = len(values) - 1 - np.unique(from_top)[::-1]
        values, above, at_least, complete = values[kept], above[kept], at_least[kept], False
    return TailCounts(values, above, at_least, n_rows, complete)


def _ranks(n_rows: int) -> Counts:
    """Ranks from the top, 1 to n_rows: one by one up to ``FINE``, then each at most a part in ``FINE`` further."""
    ranks = list(range(1, min(FINE, n_rows) + 1))
    while ranks[-1] < n_rows:
        ranks.append(min(n_rows, ranks[-1] + ranks[-1] // FINE))
    return np.array(ranks, np.int64)
