"""Searches for the nearest of some rows: by a tree, by all distances, and by single precision first."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from scipy.spatial import KDTree
from torch import Tensor

MOST_IN_A_TREE = 10
"""Columns, at most, for which a tree is taken on a processor. Of a view of four independent columns, eight dimensions,
whose normal scores say little new it is the fastest by far; of independent dimensions the sieve is from eight on."""

DISTANCES_AT_ONCE = 2**20
"""Distances that are held at once: they stay in or near a processor's cache."""

MOST_CANDIDATES = 256
"""Of a row that single precision leaves more of, all distances are taken."""


class Search(Protocol):
    """Finds the nearest of reference rows."""

    def nearest(self, rows: Tensor, without: Tensor | None = None) -> Tensor:
        """Number (n,) of the reference nearest to each of rows (n, d), ``without`` (n,) being none for its row."""
        ...


def search_among(references: Tensor) -> Search:
    """The fastest search among references (m, d), float64, at least 2 where one is to be left out."""
    if references.device.type != "cpu":
        return AllDistances(references)
    return Tree(references) if references.shape[1] <= MOST_IN_A_TREE else Sieve(references)


class AllDistances:
    """By every distance, which is a matrix product."""

    def __init__(self, references: Tensor) -> None:
        self.references = references
        self.squares = references.square().sum(1)

    def nearest(self, rows: Tensor, without: Tensor | None = None) -> Tensor:
        """See ``Search``."""
        found = torch.empty(len(rows), dtype=torch.long, device=rows.device)
        size = max(1, DISTANCES_AT_ONCE // len(self.squares))
        for start in range(0, len(rows), size):
            here = slice(start, start + size)
            # The row's own square is the same to all references.
            distances = torch.addmm(self.squares, rows[here], self.references.T, alpha=-2)
            if without is not None:
                distances.scatter_(1, without[here, None], torch.inf)
            found[here] = distances.argmin(1)
        return found


class Tree:
    """By a k-d tree (Bentley, Communications of the ACM, 1975), on a processor."""

    def __init__(self, references: Tensor) -> None:
        self.tree = KDTree(references.numpy())

    def nearest(self, rows: Tensor, without: Tensor | None = None) -> Tensor:
        """See ``Search``."""
        if without is None:
            return torch.from_numpy(self.tree.query(rows.numpy())[1])
        found = torch.from_numpy(self.tree.query(rows.numpy(), k=2)[1])
        return torch.where(found[:, 0] == without, found[:, 1], found[:, 0])


class Sieve:
    """By every distance in single precision, and in double precision among those that this leaves in doubt.

    In single precision a matrix product takes half the time, and numpy finds the least of a row many times faster than
    torch does. What it says stands where no other reference comes within what rounding can have moved two distances
    by (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1), so that what is found is the nearest
    in double precision.
    """

    def __init__(self, references: Tensor) -> None:
        self.references, self.center = references, references.mean(0)
        centred = references - self.center
        squares = centred.square().sum(1, keepdim=True)
        self.keys = torch.cat([-2 * centred, squares], 1).float().T.contiguous()
        self.farthest = squares.max().sqrt()

    def nearest(self, rows: Tensor, without: Tensor | None = None) -> Tensor:
        """See ``Search``."""
        centred = rows - self.center
        # Of d + 1 products, their sum and the roundings of both factors, and of both distances that are compared.
        sizes = 2 * self.farthest * torch.linalg.vector_norm(centred, dim=1) + self.farthest.square()
        doubt = ((rows.shape[1] + 4) * torch.finfo(torch.float32).eps * sizes).float().numpy()
        vectors = torch.cat([centred, torch.ones_like(centred[:, :1])], 1).float()
        found = torch.empty(len(rows), dtype=torch.long)
        size = max(1, DISTANCES_AT_ONCE // self.keys.shape[1])
        distances = torch.empty(min(size, len(rows)), self.keys.shape[1])
        left = []
        for start in range(0, len(rows), size):
            here = slice(start, start + size)
            part = torch.mm(vectors[here], self.keys, out=distances[: len(vectors[here])]).numpy()
            each = np.arange(len(part))
            if without is not None:
                part[each, without[here].numpy()] = np.inf
            nearest = part.argmin(1)
            least = part[each, nearest].copy()
            part[each, nearest] = np.inf
            unclear = ~(part.min(1) - least > doubt[here])  # of what is no number, too
            found[here] = torch.from_numpy(nearest)
            for i in np.flatnonzero(unclear):
                part[i, nearest[i]] = least[i]
                candidates = np.flatnonzero(~(part[i] - least[i] > doubt[start + i]))
                if len(candidates) > MOST_CANDIDATES:
                    left.append(start + i)
                else:
                    found[start + i] = self._nearest_of(candidates, rows[start + i])
        if left:
            others = torch.tensor(left)
            found[others] = AllDistances(self.references).nearest(
                rows[others], None if without is None else without[others]
            )
        return found

    def _nearest_of(self, candidates: npt.NDArray[np.intp], row: Tensor) -> int:
        distances = (self.references.numpy()[candidates] - row.numpy()) ** 2
        return int(candidates[distances.sum(1).argmin()])


class FirstCopies:
    """The fastest search among the first of references (m, d) that are alike; none can be left out."""

    def __init__(self, references: Tensor) -> None:
        distinct, copy_of = torch.unique(references, dim=0, return_inverse=True)
        numbers = torch.arange(len(references), device=references.device)
        self.first = torch.full((len(distinct),), len(references), device=references.device)
        self.first.scatter_reduce_(0, copy_of, numbers, "amin")
        self.search = search_among(references[self.first])

    def nearest(self, rows: Tensor, without: Tensor | None = None) -> Tensor:
        """See ``Search``."""
        if without is not None:
            raise ValueError("among first copies none can be left out, as its copies are")
        return self.first[self.search.nearest(rows)]
