"""The contract of a clustering: rows in, a label a row out."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from hinterland.model.scaling import InputScaling
from hinterland.shelf import Shelf

CLUSTERINGS: Shelf[type[Clustering]] = Shelf("clustering", "hinterland.clustering")
"""Clusterings by the name that a detector's ``clustering`` takes."""

NOISE = -1
"""Label of a row that belongs to no cluster."""

MOST_ROWS = 20_000
"""Rows that clusters are learnt from by default; a random part of more. Every row is then put into one of them."""


class Clustering:
    """Base of the clusterings. A member's constructor takes keyword options with defaults, and checks them."""

    def __init_subclass__(cls, name: str = "", **kwargs: Any) -> None:
        """Put a class that gives a name on the shelf."""
        super().__init_subclass__(**kwargs)
        if name:
            CLUSTERINGS.add(name, cls)

    def cluster(
        self, rows: np.ndarray, generator: np.random.Generator, start: np.ndarray | None = None
    ) -> np.ndarray:
        """Labels (n,) of finite rows (n, d): 0, 1, ... for clusters, ``NOISE`` for rows in none.

        ``start`` are labels (n,) of a clustering before this one, of the same rows in other coordinates. A member that
        improves clusters step by step starts from them, so that clusters that have not moved stay as they were.

        Raises ValueError where the rows are fewer than the clusters asked for.
        """
        raise NotImplementedError


def check_clustering(parameter: str, name: Any, options: Any) -> None:
    """Raise ValueError, naming the parameter, for an unknown clustering, or an option that it has not or refuses."""
    member = CLUSTERINGS.named(name, parameter=parameter)
    CLUSTERINGS.check_options(name, options, parameter=parameter)
    try:
        member(**options)
    except ValueError as error:
        raise ValueError(f"{parameter}_options: {error}") from error


def sample(n_rows: int, most: int, generator: np.random.Generator) -> np.ndarray:
    """Row numbers, ascending: all, or a random ``most`` of them."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(generator.choice(n_rows, most, replace=False))


def check_enough_rows(n_clusters: int, n_rows: int) -> None:
    """Raise ValueError where there are fewer rows than clusters."""
    if n_rows < n_clusters:
        raise ValueError(f"n_clusters must be at most the number of rows, {n_rows}, got {n_clusters}")


def usable_start(start: np.ndarray | None, n_clusters: int) -> np.ndarray | None:
    """Labels to start from, where they have rows in each of exactly ``n_clusters`` clusters; else None."""
    if start is None or not np.array_equal(np.unique(start), np.arange(n_clusters)):
        return None
    return start


def standardised(rows: np.ndarray, clip: float | None = None) -> np.ndarray:
    """Rows (n, d) with columns of mean 0 and deviation 1, bounded by ``clip``; constant columns as zeros."""
    scaled: np.ndarray = InputScaling.from_rows(rows, "standard", clip)(torch.from_numpy(rows)).numpy()
    return scaled


def unit_length(rows: np.ndarray) -> np.ndarray:
    """Rows (n, d) divided by their lengths; rows of no length as they are."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1.0)
