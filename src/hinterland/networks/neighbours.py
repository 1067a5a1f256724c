"""Nearest neighbours among reference rows or within a batch: exact, and a row's own in any company.

One matrix product compares all rows and ``topk`` chooses. Which of several equally near rows are chosen must not
hang on the order in which a product adds, or a row's score would hang on its company. So what is multiplied are
vectors in the unit ball (or barely outside), in float64, with entries rounded to multiples of 2^-26. Products of
two are then multiples of 2^-52, and every partial sum of them is below 2: 53 bits hold it exactly, and any order of
adding gives the same number. The rounding resolves cosines to some 1e-8, and squared distances to as much of the
squared extent of the reference. Of rows that are equally near, as copies in other categories often are, the one with
the lower number is nearer: one more entry takes as many times 2^-52 from its similarity.

A large reference is put into cells (``cells.py``), most of which a search leaves out. The neighbours are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

from hinterland.networks.cells import Cells, cells_where_worthwhile

Distance = Literal["cosine", "euclidean"]

DISTANCES = ("cosine", "euclidean")
STEPS_OF_GRID = 2.0**26
CHUNK_ENTRIES = 2**19
"""Similarities that are held at once: 4 MiB of float64. Of a very large reference, those of ``FEWEST_ROWS`` rows:
with fewer a matrix product is slow."""
FEWEST_ROWS = 64
FEWEST_IN_CELLS = 4096
"""Rows of a reference that is put into cells: a smaller one is compared in full as fast."""
CELL_SEARCH_ROWS = 8192
"""Rows that are looked up in cells at once: enough for several to ask for each cell."""
SMALLEST = 1e-100
"""Lengths are kept above this: no float32 but zero is nearer to it."""


class NearestOthers:
    """Finds the reference rows (m, d) that are nearest to rows, a row's own copy left out.

    Both are compared as float32 has them. Reference rows must differ from one another, so that a row has one copy
    there at most: a row that the reference was drawn from then has the neighbours that a new row in its place would
    have.
    """

    def __init__(self, reference: Tensor, n_neighbors: int, distance: Distance) -> None:
        self.reference = reference.float()
        self.n_neighbors = n_neighbors
        self.comparison = _Comparison(self.reference, distance)
        self.n_candidates = min(n_neighbors + 1, len(reference))
        self.cells: Cells | None = None
        if self._is_large():
            self.cells = cells_where_worthwhile(
                self.comparison.points(self.reference),
                self.comparison.keys,
                self.n_candidates,
                self.comparison.resolution,
            )

    def __call__(self, rows: Tensor) -> Tensor:
        """Numbers (n, K) of the neighbours of rows (n, d); -1 in the places that are left where there are fewer."""
        if torch.compiler.is_exporting():  # for any number of rows
            return self._neighbours(rows.float())
        neighbours = torch.full((len(rows), self.n_neighbors), -1, dtype=torch.int64, device=rows.device)
        size = CELL_SEARCH_ROWS if self.cells else max(FEWEST_ROWS, CHUNK_ENTRIES // len(self.reference))
        for part in _parts(len(rows), size):
            some, copies_of = _distinct(rows[part].float()) if self.cells else (rows[part].float(), None)
            of_some = self._neighbours(some)
            neighbours[part] = of_some if copies_of is None else of_some[copies_of]
        return neighbours

    def _neighbours(self, rows: Tensor) -> Tensor:
        found = self._candidates(rows)
        none = torch.full_like(found[:, :1], -1).expand(-1, self.n_neighbors + 1 - self.n_candidates)
        found = torch.cat([found, none], dim=1)
        copies = _copies(rows, self.reference, found)[:, : self.n_neighbors]
        return torch.where(copies, found[:, self.n_neighbors :], found[:, : self.n_neighbors])

    def _is_large(self) -> bool:
        """Whether to search by cells, which are for processors, and not for a graph that is exported."""
        of_processor = self.reference.device.type == "cpu" and not torch.compiler.is_exporting()
        return of_processor and len(self.reference) >= FEWEST_IN_CELLS

    def _candidates(self, rows: Tensor) -> Tensor:
        vectors = self.comparison.vectors(rows)
        if self.cells is not None:
            return self.cells.nearest(self.comparison.points(rows), vectors)
        return (vectors @ self.comparison.keys.T).topk(self.n_candidates).indices


def nearest_others(rows: Tensor, reference: Tensor, n_neighbors: int, distance: Distance) -> Tensor:
    """Numbers (n, K) of the reference rows (m, d) nearest to rows (n, d), once; see ``NearestOthers``."""
    return NearestOthers(reference, n_neighbors, distance)(rows)


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
    comparison = _Comparison(rows.float(), distance)
    vectors, keys = (side.float() for side in (comparison.vectors(rows.float()), comparison.keys))
    found = []
    for part in _parts(len(rows), max(FEWEST_ROWS, CHUNK_ENTRIES // len(rows))):
        similarity = vectors[part] @ keys.T  # a row's company is known: no need to be exact
        similarity.diagonal(part.start).fill_(-torch.inf)
        found.append(similarity.topk(n_neighbors).indices)
    return torch.cat(found)


def edges(neighbours: Tensor, *, symmetric: bool, self_loops: bool) -> Tensor:
    """Edges (2, E) of a graph of n rows from neighbours (n, K): who attends, and to whom, each once.

    ``symmetric`` adds every edge's opposite, ``self_loops`` each row itself.
    """
    n, own = len(neighbours), torch.arange(len(neighbours), device=neighbours.device)
    forward = torch.stack([own[:, None].expand_as(neighbours).flatten(), neighbours.flatten()])
    found = [forward]
    if symmetric:
        adjacency = torch.zeros(n * n, dtype=torch.bool, device=neighbours.device)
        adjacency[forward[0] * n + forward[1]] = True
        backward = forward.flip(0)
        found.append(backward[:, ~adjacency[backward[0] * n + backward[1]]])
    if self_loops:
        found.append(own.expand(2, -1))
    return torch.cat(found, dim=1)


def draw_reference(rows: Tensor, n_reference: int, generator: torch.Generator | None) -> Tensor:
    """Up to ``n_reference`` different rows (m, d): so many drawn at random of rows (n, d), less copies."""
    drawn = torch.randperm(len(rows), generator=generator)[:n_reference]
    different: Tensor = torch.unique(rows[drawn.to(rows.device)], dim=0)
    return different


class _Comparison:
    """Reference rows (m, d) as ``keys`` on the grid, and what turns rows into vectors to multiply these with.

    By cosine both have length one. As for Euclid, |x - r|^2 = |x|^2 - 2 (x.r - |r|^2 / 2): one more entry holds
    |r|^2 / 2, about the reference's centre and in units of its extent. A row from farther out is drawn in, its one
    more entry too, which leaves the order. The last entry of each key puts rows that are equally near in order.
    """

    def __init__(self, reference: Tensor, distance: Distance) -> None:
        reference = reference.double()
        self.distance = distance
        if distance == "euclidean":
            self.center = reference.mean(0)
            self.extent = _lengths(reference - self.center).max().clamp_min(SMALLEST)
        entries = self.points(reference)
        if distance == "euclidean":
            entries = torch.cat([entries, -0.5 * _lengths(entries).square()], dim=1)
        order = -torch.arange(len(reference), dtype=torch.float64, device=reference.device) / STEPS_OF_GRID**2
        self.keys = torch.cat([_on_grid(entries), order[:, None]], dim=1)
        # Two vectors' entries are each rounded by half a step at most; in one the sum of entries is below sqrt(d).
        self.resolution = 2 * self.keys.shape[1] ** 0.5 / STEPS_OF_GRID

    def points(self, rows: Tensor) -> Tensor:
        """Rows (n, d) as points whose distance orders them as the product of keys and vectors does."""
        if self.distance == "cosine":
            return _directions(rows.double())
        return (rows.double() - self.center) / self.extent

    def vectors(self, rows: Tensor) -> Tensor:
        """Rows (n, d) as vectors (n, k): their product with the keys is the larger in a row the nearer."""
        entries = self.points(rows)
        if self.distance == "euclidean":
            shrink = _lengths(entries).clamp_min(1.0)
            entries = torch.cat([entries / shrink, 1 / shrink], dim=1)
        return torch.cat([_on_grid(entries), torch.ones_like(entries[:, :1])], dim=1)


def _parts(n_rows: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))


def _distinct(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Different rows (m, d) of rows (n, d), and for each of these (n,) which of them it equals.

    Logs repeat themselves: four rows of five on KDD Cup 1999. Rows of one length and one product with a vector of no
    meaning are compared in full; where two differ all the same, all are called different.
    """
    tags = (
        rows.double()
        @ torch.linspace(1.0, 2.0, rows.shape[1], dtype=torch.float64, device=rows.device).sqrt()
    )
    order = tags.argsort(stable=True)
    ordered = tags[order]
    new = torch.ones(len(rows), dtype=torch.bool, device=rows.device)
    new[1:] = ordered[1:] != ordered[:-1]
    copies_of = torch.empty_like(order)
    copies_of[order] = new.cumsum(0) - 1
    some = rows[order[new]]
    if len(some) < len(rows) and torch.equal(some[copies_of], rows):
        return some, copies_of
    return rows, torch.arange(len(rows), device=rows.device)


def _directions(rows: Tensor) -> Tensor:
    """Rows of length one; a row of zeros stays one, and is equally far from all others."""
    return rows / _lengths(rows).clamp_min(SMALLEST)


def _lengths(rows: Tensor) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    return lengths


def _on_grid(vectors: Tensor) -> Tensor:
    return vectors.mul(STEPS_OF_GRID).round_().div_(STEPS_OF_GRID)


def _copies(rows: Tensor, reference: Tensor, found: Tensor) -> Tensor:
    """Which of the reference rows found (n, C) equal the row that they were found for, (n, C)."""
    if torch.compiler.is_exporting():
        return (rows[:, None] == reference[found.clamp_min(0)]).all(2) & (found >= 0)
    lengths, others = _lengths(rows)[:, 0], _lengths(reference)[:, 0]
    alike = (others[found.clamp_min(0)] - lengths[:, None]).abs() <= 1e-5 * lengths[:, None]
    row, place = (alike & (found >= 0)).nonzero().unbind(1)  # few are compared in full
    alike[row, place] = (rows[row] == reference[found[row, place]]).all(1)
    return alike & (found >= 0)
