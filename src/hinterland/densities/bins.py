"""Bins of columns: where a column's values are parted so that a network can give each part a probability."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

Floats = npt.NDArray[np.float64]

EXTREME_SHARES = (0.005, 0.02)
"""Beside even shares, edges lie where these shares of the rows are below or above: extreme values have bins of few."""


def bin_edges(values: Floats, n_bins: int) -> Floats:
    """Edges of a column's bins, rising, at most ``n_bins - 1``; bin i holds edges[i - 1] <= value < edges[i].

    Of the bins the first and the last hold what is below and above all values (n,) of the training rows; none of
    these is in them. A column of few different values has a bin for each; otherwise the edges part the rows evenly,
    more finely at both ends, and a value that many rows share has a bin of its own. Edges lie between values, never
    on one.
    """
    distinct, counts = np.unique(values, return_counts=True)
    gaps = np.diff(distinct)
    beyond = float(gaps.min()) / 2 if len(gaps) else 0.0
    # A gap may be too small to be halved or added: the next number then does.
    low = min(distinct[0] - beyond, np.nextafter(distinct[0], -np.inf))
    high = max(distinct[-1] + beyond, np.nextafter(distinct[-1], np.inf))
    cuts = _cuts(counts, n_bins - 2)
    between = np.maximum(distinct[cuts] + gaps[cuts] / 2, np.nextafter(distinct[cuts], np.inf))
    return np.unique(np.concatenate([[low], between, [high]]))


def _cuts(counts: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.intp]:
    """After which of the distinct values, counted, to part them into at most ``most`` bins."""
    if len(counts) <= most:
        return np.arange(len(counts) - 1)
    below = np.cumsum(counts) / counts.sum()
    n_even = max(2, most - 2 * len(EXTREME_SHARES))
    # Edges about common values are two where an even share has one: they take part of the even ones' number.
    common = np.flatnonzero(counts >= counts.sum() / n_even)
    n_even = max(2, n_even - len(common))
    shares = np.unique(
        [*EXTREME_SHARES, *np.linspace(0, 1, n_even + 1)[1:-1], *(1 - np.array(EXTREME_SHARES))]
    )
    cuts = np.concatenate([np.searchsorted(below, shares), common, common - 1])
    cuts = np.unique(cuts[(cuts >= 0) & (cuts < len(counts) - 1)])
    return cuts[: most - 1]


def bin_scores(counts: Floats) -> Floats:
    """Normal scores of bins by how many rows (n_bins,) each holds: the normal's quantile at a bin's middle."""
    total = counts.sum()
    middle = (np.cumsum(counts) - counts / 2) / total
    scores: Floats = norm.ppf(np.clip(middle, 0.5 / total, 1 - 0.5 / total))
    return scores
