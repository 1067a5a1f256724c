"""Rows as points in the plane: the composite features that the density sees, by PCA and by t-SNE."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from hinterland.report.cells import significant

Floats = npt.NDArray[np.float64]

TOP_ROWS = 250
"""Of the points, at most this many are the rows of highest energy; the others are drawn at random."""
POINTS = 1250
FEWEST = 10
"""Rows below which t-SNE says nothing."""


def chosen_points(sample_index: npt.NDArray[np.intp], top_index: npt.NDArray[np.intp]) -> tuple[Any, Any]:
    """Positions in the sample and in the top rows that make up the points; no row twice."""
    top = np.arange(min(TOP_ROWS, len(top_index)))
    fresh = np.flatnonzero(~np.isin(sample_index, top_index[top]))
    if len(fresh) > POINTS - len(top):  # the sample is in the table's order: thin it evenly
        fresh = fresh[np.linspace(0, len(fresh) - 1, POINTS - len(top)).astype(np.intp)]
    return fresh, top


def embed(features: Floats, n_usual: int, seed: int) -> dict[str, Any]:
    """Two coordinates a row, by PCA and, of at least ten rows, by t-SNE.

    Parameters
    ----------
    features : (n, D), composite features.
    n_usual : the first so many rows are a random sample: their medians and interquartile ranges are the units. A
        feature is then compressed by arcsinh, so that rows far out stay on the same sheet.
    seed : of t-SNE.

    Returns
    -------
    dict with ``pca`` and ``tsne``, each of two lists of n numbers, ``tsne`` None of few rows or where all are alike;
    ``width``, the number D of features.
    """
    scaled = _scaled(features, n_usual)
    result: dict[str, Any] = {
        "pca": _lists(np.zeros((len(scaled), 2))),
        "tsne": None,
        "width": features.shape[1],
    }
    if not np.ptp(scaled, 0).any():
        return result
    # As many directions as t-SNE's distances need; more only take time.
    reduced = PCA(min(30, *scaled.shape), svd_solver="full").fit_transform(scaled)
    plane = np.hstack([reduced, np.zeros_like(reduced)])[:, :2]
    result["pca"] = _lists(plane)
    if len(scaled) >= FEWEST:
        perplexity = min(30.0, (len(scaled) - 1) / 3)
        start = 1e-4 * plane / plane[:, 0].std()
        tsne = TSNE(2, perplexity=perplexity, init=start, random_state=seed, n_jobs=1)
        result["tsne"] = _lists(tsne.fit_transform(reduced.astype(np.float32)))
    return result


def _scaled(features: Floats, n_usual: int) -> Floats:
    usual = features[:n_usual] if n_usual else features
    low, middle, high = np.quantile(usual, [0.25, 0.5, 0.75], axis=0)
    unit = high - low
    spread = usual.std(0)
    unit = np.where(unit > 1e-9 * (1 + np.abs(middle)), unit, np.where(spread > 0, spread, 1.0))
    scaled: Floats = np.arcsinh((features - middle) / unit)
    return scaled


def _lists(points: Floats) -> list[list[float | None]]:
    return [[significant(value) for value in points[:, axis]] for axis in (0, 1)]
