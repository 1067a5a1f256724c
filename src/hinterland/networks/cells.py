"""Points in cells, so that a search for the nearest leaves out cells that are too far off to hold one of them.

Cells are balls around centres. The K nearest to a query lie no farther than its distance to any centre plus the
distance at which that centre has K points, and a cell's points no nearer than its centre less its radius (the triangle
inequality). What is left out is therefore none of the K nearest: the search stays exact. It is fast where points
gather in groups or near few dimensions, as those of tables do, and no help on noise in many dimensions.
"""

from __future__ import annotations

import bisect
import math

import torch
from torch import Tensor

from hinterland.threads import in_order

CELL_ROWS = 24
"""Points of a cell at most: a matrix product of fewer is slow, and larger cells are left out less often."""
GROUPS = 4
ROWS_TRIED = 256
WORTHWHILE = 0.25
"""Cells are of use where, of some of their own points, a search visits less than this share."""
WIDEN = 1.4
"""Queries are ranked together with those that have up to so many times as many cells to visit."""


class Cells:
    """Points (m, d), more than K, in balls, with what finds the balls that can hold a query's nearest.

    Parameters
    ----------
    points : (m, d), by whose Euclidean distance "nearest" is meant.
    keys : (m, k), whose product with a query's own vector ranks the points; it may differ from what the distance says
        by ``resolution``, in units of half the squared distance, and by as many times more as a query is long.
    n_nearest : how many are looked for, K.
    resolution : see ``keys``.
    """

    def __init__(self, points: Tensor, keys: Tensor, n_nearest: int, resolution: float) -> None:
        self.n_nearest = n_nearest
        self.numbers = _in_cells(points)
        there = self.numbers >= 0
        inside = points[self.numbers.clamp_min(0)]
        centers = (inside * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        radii = ((inside - centers[:, None]).norm(dim=2) * there).amax(1)
        reach = torch.cat(
            [
                torch.cdist(part, points).topk(n_nearest + 1, largest=False).values[:, -1]
                for part in centers.split(64)
            ]
        )  # one more, as a point in the origin may be near and yet have a small product
        # A product in float32 is off by some units in its last place for each term of the sum.
        self.rounding = (points.shape[1] + 4) * torch.finfo(torch.float32).eps
        self.slack = 4 * resolution
        self.centers, self.squares = centers.float(), centers.square().sum(1).float()
        self.radii, self.reach = radii.float() * (1 + 1e-6), reach.float() * (1 + 1e-6)
        nowhere = keys.new_zeros(keys.shape[1])
        nowhere[-1] = -2.0  # of the places that a cell leaves empty: below every similarity
        self.keys = torch.where(there[..., None], keys[self.numbers.clamp_min(0)], nowhere)

    def share_visited(self, queries: Tensor) -> float:
        """Mean share of the cells that a search for queries (n, d) visits."""
        return float(self._visited(queries).double().mean())

    def nearest(self, queries: Tensor, vectors: Tensor) -> Tensor:
        """Numbers (n, K) of the points nearest to queries (n, d), by the products of keys with ``vectors`` (n, k).

        Ordered from the nearest on.
        """
        row, cell = self._visited(queries).nonzero().unbind(1)  # row by row
        by_cell = cell.argsort(stable=True)
        place = torch.empty_like(by_cell)
        place[by_cell] = torch.arange(len(by_cell))
        similarity = vectors.new_empty(len(row) + 1, CELL_ROWS)
        similarity[-1] = -torch.inf  # stands for no cell
        asking, start = row[by_cell], 0
        for keys, n in zip(self.keys, torch.bincount(cell, minlength=len(self.keys)).tolist(), strict=True):
            if n:
                part = slice(start, start + n)
                torch.mm(vectors.index_select(0, asking[part]), keys.T, out=similarity[part])
                start += n

        n_cells = torch.bincount(row, minlength=len(queries))
        first = n_cells.cumsum(0) - n_cells
        found = torch.empty(len(queries), self.n_nearest, dtype=torch.int64)
        order = n_cells.argsort()
        widths = n_cells[order].tolist()
        start = 0
        while start < len(order):  # rows of like many cells together, side by side
            stop = bisect.bisect_right(widths, max(WIDEN * widths[start], self.n_nearest / CELL_ROWS))
            some, across = order[start:stop], torch.arange(widths[stop - 1])
            visits = (first[some, None] + across).clamp_max(len(row) - 1)
            visits = torch.where(across < n_cells[some, None], place[visits], len(row))
            ranked = similarity.index_select(0, visits.flatten()).view(len(some), -1)
            best = ranked.topk(self.n_nearest).indices
            cells = cell[by_cell[visits.gather(1, best // CELL_ROWS)]]
            found[some] = self.numbers[cells, best % CELL_ROWS]
            start = stop
        return found

    def _visited(self, queries: Tensor) -> Tensor:
        """Which cells can hold one of the K nearest to queries (n, d): (n, c) bool."""
        queries = queries.float()
        squares = queries.square().sum(1, keepdim=True)
        squared = torch.addmm(self.squares, queries, self.centers.T, alpha=-2).add_(squares)
        error = self.rounding * (squares.sqrt() + self.squares.amax().sqrt()).square()
        farthest = (squared + error).clamp_min_(0).sqrt_().add_(self.reach).amin(1, keepdim=True)
        nearest = (squared - error).clamp_min_(0).sqrt_().sub_(self.radii)
        return nearest <= (farthest.square() + self.slack * squares.sqrt().clamp_min(1.0)).sqrt()


def cells_where_worthwhile(points: Tensor, keys: Tensor, n_nearest: int, resolution: float) -> Cells | None:
    """Cells of points (m, d), or None where a search would visit too many of them to gain anything."""
    cells = Cells(points, keys, n_nearest, resolution)
    some = points[:: -(-len(points) // ROWS_TRIED)]
    return cells if cells.share_visited(some) < WORTHWHILE else None


def _in_cells(points: Tensor) -> Tensor:
    """Numbers (c, CELL_ROWS) of the points (m, d) of each cell, -1 where it has no more.

    Groups of k-means; one of too many points is cut across its longest axis.
    """
    from sklearn.cluster import KMeans

    n_groups = round(GROUPS * math.sqrt(len(points)))
    with in_order():
        groups = torch.from_numpy(
            KMeans(n_groups, n_init=1, max_iter=5, random_state=0).fit_predict(points.numpy())
        )
    cells = []
    for numbers in groups.argsort(stable=True).split(torch.bincount(groups).tolist()):
        if len(numbers) > CELL_ROWS:
            centred = points[numbers] - points[numbers].mean(0)
            axis = torch.linalg.svd(centred, full_matrices=False).Vh[0]
            numbers = numbers[(centred @ axis).argsort(stable=True)]
        if len(numbers):
            cells += numbers.tensor_split(-(-len(numbers) // CELL_ROWS))
    padded = torch.full((len(cells), CELL_ROWS), -1, dtype=torch.int64)
    for place, numbers in zip(padded, cells, strict=True):
        place[: len(numbers)] = numbers
    return padded
