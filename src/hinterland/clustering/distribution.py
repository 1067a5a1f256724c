"""Distribution clustering: rows of one distribution see all others at the same distances."""

from __future__ import annotations

from typing import Literal, NamedTuple, Self

import numpy as np

from hinterland.clustering.base import MOST_ROWS, NOISE, Clustering, sample, unit_length
from hinterland.parameters import check_choice, check_integer, check_number

PUBLISHED_THRESHOLD = 0.07
"""Of an unofficial public implementation, for rows of unit length."""

ROWS_TO_ESTIMATE = 2_000
"""Rows whose pairs the threshold is estimated from."""

CHUNK_ENTRIES = 2**24
"""Most entries of a block of distances: 128 MiB of float64."""


class DistributionClustering(Clustering, name="distribution"):
    """Group rows whose second-order distance is small (Lin et al., Dimensionality's Blessing, CVPR 2018).

    In many dimensions the rows of one distribution lie on a thin shell around its mean, so that any two of them are
    at nearly the same distance from every other row. The second-order distance of rows i and j is the mean of
    (D_il - D_jl)^2 over all rows l, with D the squared distances. It is near zero within a distribution, however far
    apart the rows are, and not between two. The number of clusters follows from a threshold on it; rows that are
    near few others are noise. Clusters are taken greedily, that around the row with most others near it first; those
    whose means are close are joined, and each row goes to the nearest mean.

    The paper's algorithm is known here by what is said of it elsewhere; this is the form of an unofficial public
    implementation (methods.md section 4), which ends after the greedy step and takes the rows as they come.

    Parameters
    ----------
    threshold : greatest second-order distance within a cluster; ``estimated`` from the rows, or ``published``
        for 0.07, which is meant for rows of unit length.
    normalise : whether rows are first brought to unit length; rows around the origin are then no cluster.
    min_cluster_size : fewest rows of a cluster (of those that clusters are learnt from).
    most_rows : rows that clusters are learnt from; the time for these grows with their square, the memory does not.
    """

    def __init__(
        self,
        *,
        threshold: float | Literal["estimated", "published"] = "estimated",
        normalise: bool = True,
        min_cluster_size: int = 5,
        most_rows: int = MOST_ROWS,
    ) -> None:
        if isinstance(threshold, str):
            check_choice("threshold", threshold, ("estimated", "published"))
        else:
            check_number("threshold", threshold, above=0)
        check_choice("normalise", normalise, (True, False))
        check_integer("min_cluster_size", min_cluster_size, least=2)
        check_integer("most_rows", most_rows, least=min_cluster_size)
        self.threshold = threshold
        self.normalise = normalise
        self.min_cluster_size = min_cluster_size
        self.most_rows = most_rows

    def cluster(
        self, rows: np.ndarray, generator: np.random.Generator, start: np.ndarray | None = None
    ) -> np.ndarray:
        """Labels (n,) of rows (n, d); see ``Clustering``. It has no use for ``start``."""
        return self.learn(rows, generator).labels(rows)

    def learn(self, rows: np.ndarray, generator: np.random.Generator) -> Distributions:
        """The distributions that rows (n, d) are of, which other rows may be put into."""
        if self.normalise:
            rows = unit_length(rows)
        profiles_to = DistanceProfiles.to(rows)
        profiles = profiles_to.of(rows)
        if self.threshold == "published":
            threshold = PUBLISHED_THRESHOLD
        elif self.threshold == "estimated":
            threshold = estimated_threshold(profiles[sample(len(rows), ROWS_TO_ESTIMATE, generator)])
        else:
            threshold = float(self.threshold)
        learnt_from = profiles[sample(len(rows), self.most_rows, generator)]
        firsts = learnt_from[_first_rows(learnt_from, threshold, self.min_cluster_size)]
        means = _means(learnt_from, firsts, threshold) if len(firsts) else firsts
        return Distributions(profiles_to, means, threshold, self.normalise)


class Distributions(NamedTuple):
    """What distribution clustering has learnt."""

    profiles: DistanceProfiles
    means: np.ndarray  # (K, k), mean profile of each
    threshold: float
    normalise: bool

    def labels(self, rows: np.ndarray) -> np.ndarray:
        """Label (n,) of the nearest mean of each row (n, d); ``NOISE`` where none is within the threshold."""
        if not len(self.means):
            return np.full(len(rows), NOISE, dtype=np.int64)
        profiles = self.profiles.of(unit_length(rows) if self.normalise else rows)
        return _nearest(profiles, self.means, self.threshold)


class DistanceProfiles(NamedTuple):
    """A linear map of rows to vectors whose squared distances are the rows' second-order distances, exactly.

    The profile of row i is that of its squared distances to all rows l, D_il = |x_i|^2 - 2 x_l.x_i + |x_l|^2. But for
    the last term, which all rows share, it is linear in u_i = (|x_i|^2, x_i): with B the matrix of rows (1, -2 x_l),
    the mean of (D_il - D_jl)^2 over l is |B (u_i - u_j)|^2 / n = |R (u_i - u_j)|^2 / n with R of the QR of B. So no
    matrix of n by n distances is needed.
    """

    origin: np.ndarray  # (d,), mean of the rows that distances are taken to
    triangle: np.ndarray  # (at most d + 1, d + 1), R / sqrt(n)
    mean: np.ndarray  # profile that is taken as the origin

    @classmethod
    def to(cls, rows: np.ndarray) -> Self:
        """Profiles of distances to these rows (n, d)."""
        origin = rows.mean(0)
        rows = rows - origin  # distances are the same, and keep more digits
        b = np.column_stack([np.ones(len(rows)), -2 * rows]) / np.sqrt(len(rows))
        triangle: np.ndarray = np.linalg.qr(b, mode="r")  # type: ignore[assignment]  # stubs forget the mode
        return cls(origin, triangle, (_lifted(rows) @ triangle.T).mean(0))

    def of(self, rows: np.ndarray) -> np.ndarray:
        """Profiles (m, at most d + 1) of rows (m, d)."""
        profiles: np.ndarray = _lifted(rows - self.origin) @ self.triangle.T - self.mean
        return profiles


def _lifted(rows: np.ndarray) -> np.ndarray:
    """Rows (n, d) behind their squared lengths, (n, d + 1)."""
    return np.column_stack([np.square(rows).sum(1), rows])


def distance_profiles(rows: np.ndarray) -> np.ndarray:
    """Profiles (n, at most d + 1) of rows (n, d) among themselves; see ``DistanceProfiles``."""
    return DistanceProfiles.to(rows).of(rows)


def estimated_threshold(profiles: np.ndarray) -> float:
    """Second-order distance between those within distributions and those between them.

    The logarithms of the distances of pairs gather around few values: those of pairs of one distribution, and above
    them those of others. The threshold is where pairs are rarest between two such gatherings, in proportion to the
    smaller peak of the two. Where they are one gathering, so are the rows, and it is the greatest distance of all.
    """
    squared = _squared_distances(profiles, profiles)[np.triu_indices(len(profiles), 1)]
    smallest = 1e-12 * squared.max(initial=0.0)  # of copies of a row, whose distance is rounding error
    logarithms = np.log10(squared[squared > smallest])
    if not len(logarithms):
        return float(squared.max(initial=0.0))
    counts, edges = np.histogram(
        logarithms, bins=_BINS, range=(logarithms.min() - 0.5, logarithms.max() + 0.5)
    )
    width = edges[1] - edges[0]
    share = _smooth(counts / len(logarithms), _SMOOTHING / width) / width + _LEAST_DENSITY
    valley = _first_valley(share, _LEAST_DEPTH)
    return float(squared.max() if valley is None else 10 ** (edges[valley] + width / 2))


_BINS, _SMOOTHING = 400, 0.05  # of the histogram of log10 of distances: its bins, and its kernel's deviation
_LEAST_DENSITY = 1e-3  # pairs a decade that a valley is taken to have at least: rarer gatherings are none
_LEAST_DEPTH = 1.5  # times that the curve is higher on both sides of a valley at least


def _first_valley(curve: np.ndarray, depth: float) -> int | None:
    """Place of the first minimum of a positive curve that is ``depth`` times higher before and after; None without."""
    peak, lowest = curve[0], 0
    for place, value in enumerate(curve):
        if value < curve[lowest] or peak < depth * curve[lowest]:
            lowest = place
        elif value >= depth * curve[lowest]:
            return lowest
        peak = max(peak, value)
    return None


def _smooth(values: np.ndarray, deviation: float) -> np.ndarray:
    """Values on a line, averaged under a Gaussian of that deviation in places."""
    reach = np.arange(-int(4 * deviation) - 1, int(4 * deviation) + 2)
    kernel = np.exp(-0.5 * np.square(reach / deviation))
    return np.convolve(values, kernel / kernel.sum(), mode="same")


def _squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared distances (n, m) of rows (n, k) and (m, k)."""
    squared: np.ndarray = np.square(a).sum(1)[:, None] + np.square(b).sum(1)[None] - 2 * (a @ b.T)
    np.maximum(squared, 0.0, out=squared)
    return squared


def _blocks(n_rows: int, n_columns: int) -> list[slice]:
    """Slices of rows whose blocks of distances to ``n_columns`` others are of bounded size."""
    size = max(1, CHUNK_ENTRIES // max(1, n_columns))
    return [slice(start, start + size) for start in range(0, n_rows, size)]


def _first_rows(profiles: np.ndarray, threshold: float, least: int) -> np.ndarray:
    """Numbers of the rows that clusters are taken around, in the order in which they are taken."""
    n = len(profiles)
    blocks = _blocks(n, n)
    n_near = np.concatenate(
        [(_squared_distances(profiles[block], profiles) <= threshold).sum(1) for block in blocks]
    )
    candidates = np.argsort(-n_near, kind="stable")[: int((n_near >= least).sum())]
    free = np.ones(n, dtype=bool)
    firsts: list[int] = []
    step = min(256, blocks[0].stop)
    while len(candidates):
        block, candidates = candidates[:step], candidates[step:]
        near = _squared_distances(profiles[block], profiles) <= threshold
        for row, its_near in zip(block, near, strict=True):
            if free[row] and (its_near & free).sum() >= least:
                firsts.append(int(row))
                free &= ~its_near
        candidates = candidates[free[candidates]]
    return np.array(firsts, dtype=np.int64)


def _means(profiles: np.ndarray, firsts: np.ndarray, threshold: float) -> np.ndarray:
    """Means (K, k) of the clusters around first rows (m, k), those of one distribution joined.

    Each row goes to the first of the clusters that it is near to. A later cluster of a distribution holds rows at its
    fringe. Two rows of a distribution differ by the chance of both, a row and the mean by half of that, and two means
    by less: clusters whose means are within half the threshold are one, under the mean of the largest.
    """
    near = _squared_distances(profiles, firsts) <= threshold
    labels = np.where(near.any(1), near.argmax(1), NOISE)
    sizes = np.bincount(labels[labels != NOISE], minlength=len(firsts))
    kept: list[np.ndarray] = []
    for label in np.argsort(-sizes, kind="stable"):
        mean = profiles[labels == label].mean(0)
        if not kept or np.square(np.stack(kept) - mean).sum(1).min() > threshold / 2:
            kept.append(mean)
    return np.stack(kept)


def _nearest(profiles: np.ndarray, means: np.ndarray, threshold: float) -> np.ndarray:
    """Label (n,) of the nearest mean; ``NOISE`` where none is within the threshold."""
    labels = np.full(len(profiles), NOISE, dtype=np.int64)
    for block in _blocks(len(profiles), len(means)):
        squared = _squared_distances(profiles[block], means)
        labels[block] = np.where(squared.min(1) <= threshold, squared.argmin(1), NOISE)
    return labels
