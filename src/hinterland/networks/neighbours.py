"""Nearest neighbours among reference rows or within a batch: exact, and a row's own in any company.

One matrix product compares all rows and ``topk`` chooses. Which of several equally near rows are chosen must not
hang on the order in which a product adds, or a row's score would hang on its company. So what is multiplied are
vectors in the unit ball (or barely outside), in float64, with entries rounded to multiples of 2^-26. Products of
two are then multiples of 2^-52, and every partial sum of them is below 2: 53 bits hold it exactly, and any order of
adding gives the same number. The rounding resolves cosines to some 1e-8, and squared distances to as much of the
squared extent of the reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

Distance = Literal["cosine", "euclidean"]

DISTANCES = ("cosine", "euclidean")
STEPS_OF_GRID = 2.0**26
CHUNK_ENTRIES = 2**19
"""Similarities that are held at once: 4 MiB of float64. Of a very large reference, those of ``FEWEST_ROWS`` rows:
with fewer a matrix product is slow."""
FEWEST_ROWS = 64
SMALLEST = 1e-100
"""Lengths are kept above this: no float32 but zero is nearer to it."""


def nearest_others(rows: Tensor, reference: Tensor, n_neighbors: int, distance: Distance) -> Tensor:
    """Numbers (n, K) of the reference rows (m, d) that are nearest to rows (n, d), a row's own copy left out.

    Both are compared as float32 has them. Reference rows must differ from one another, so that a row has one copy
    there at most: a row that the reference was drawn from then has the neighbours that a new row in its place would
    have. Where there are fewer than K others, -1 stands in the places that are left.
    """
    reference = reference.float()
    comparison = _Comparison(reference, distance)
    n_candidates = min(n_neighbors + 1, len(reference))
    neighbours = torch.full((len(rows), n_neighbors), -1, dtype=torch.int64, device=rows.device)
    for part in _parts(len(rows), len(reference)):
        some = rows[part].float()
        found = torch.full((len(some), n_neighbors + 1), -1, dtype=torch.int64, device=rows.device)
        found[:, :n_candidates] = comparison.similarity(some).topk(n_candidates).indices
        copies = _copies(some, reference, found)[:, :n_neighbors]
        neighbours[part] = torch.where(copies, found[:, n_neighbors:], found[:, :n_neighbors])
    return neighbours


def nearest_within(rows: Tensor, n_neighbors: int, distance: Distance) -> Tensor:
    """Numbers (n, K) of the rows (n, d) nearest to each of the same rows, itself left out and its copies not.

    Raises
    ------
    ValueError
        Where there are not more than K rows.
    """
    if len(rows) <= n_neighbors:
        raise ValueError(
            f"a graph within a batch joins each row to {n_neighbors} others (n_neighbors) and needs more rows "
            f"than that, got {len(rows)}"
        )
    rows = rows.float()
    comparison = _Comparison(rows, distance)
    found = []
    for part in _parts(len(rows), len(rows)):
        similarity = comparison.similarity(rows[part])
        similarity.diagonal(part.start).fill_(-torch.inf)
        found.append(similarity.topk(n_neighbors).indices)
    return torch.cat(found)


def edges(neighbours: Tensor, *, symmetric: bool, self_loops: bool) -> Tensor:
    """Edges (2, E) of a graph of n rows from neighbours (n, K): who attends, and to whom; by row, each once.

    ``symmetric`` adds every edge's opposite, ``self_loops`` each row itself.
    """
    n = len(neighbours)
    adjacency = torch.zeros(n, n, dtype=torch.bool, device=neighbours.device)
    adjacency.scatter_(1, neighbours, True)
    if symmetric:
        adjacency |= adjacency.T.clone()
    if self_loops:
        adjacency.fill_diagonal_(True)
    return adjacency.nonzero().T


def draw_reference(rows: Tensor, n_reference: int, generator: torch.Generator | None) -> Tensor:
    """Up to ``n_reference`` different rows (m, d): so many drawn at random of rows (n, d), less copies."""
    drawn = torch.randperm(len(rows), generator=generator)[:n_reference]
    return torch.unique(rows[drawn.to(rows.device)], dim=0)


class _Comparison:
    """Reference rows (m, d) as vectors on the grid, and what turns rows into vectors to multiply these with.

    By cosine both have length one. As for Euclid, |x - r|^2 = |x|^2 - 2 (x.r - |r|^2 / 2): one more entry holds
    |r|^2 / 2, about the reference's centre and in units of its extent. A row from farther out is drawn in, its one
    more entry too, which leaves the order.
    """

    def __init__(self, reference: Tensor, distance: Distance) -> None:
        reference = reference.double()
        self.distance = distance
        if distance == "cosine":
            self.keys = _on_grid(_directions(reference))
            return
        self.center = reference.mean(0)
        reference = reference - self.center
        self.extent = _lengths(reference).amax().clamp_min(SMALLEST)
        reference /= self.extent
        self.keys = _on_grid(torch.cat([reference, -0.5 * _lengths(reference).square()], dim=1))

    def similarity(self, rows: Tensor) -> Tensor:
        """How near rows (n, d) are to each reference row, (n, m): in each row the larger the nearer."""
        rows = rows.double()
        if self.distance == "cosine":
            return _on_grid(_directions(rows)) @ self.keys.T
        rows = (rows - self.center) / self.extent
        shrink = _lengths(rows).clamp_min(1.0)
        return _on_grid(torch.cat([rows / shrink, 1 / shrink], dim=1)) @ self.keys.T


def _parts(n_rows: int, n_compared: int) -> Iterator[slice]:
    size = max(FEWEST_ROWS, CHUNK_ENTRIES // n_compared)
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))


def _directions(rows: Tensor) -> Tensor:
    """Rows of length one; a row of zeros stays one, and is equally far from all others."""
    return rows / _lengths(rows).clamp_min(SMALLEST)


def _lengths(rows: Tensor) -> Tensor:
    return torch.linalg.vector_norm(rows, dim=1, keepdim=True)


def _on_grid(vectors: Tensor) -> Tensor:
    return vectors.mul(STEPS_OF_GRID).round_().div_(STEPS_OF_GRID)


def _copies(rows: Tensor, reference: Tensor, found: Tensor) -> Tensor:
    """Which of the reference rows found (n, C) equal the row that they were found for, (n, C)."""
    lengths, others = _lengths(rows)[:, 0], _lengths(reference)[:, 0]
    alike = (others[found.clamp_min(0)] - lengths[:, None]).abs() <= 1e-5 * lengths[:, None]
    row, place = (alike & (found >= 0)).nonzero().unbind(1)  # few are compared in full
    alike[row, place] = (rows[row] == reference[found[row, place]]).all(1)
    return alike & (found >= 0)
