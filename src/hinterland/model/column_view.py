"""A view of rows in which distances count: columns in standard deviations, and beside them their normal scores."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import norm
from torch import Tensor, nn

from hinterland.model.column_scales import Scaling, column_scales
from hinterland.model.curves import filled, interpolated
from hinterland.parameters import check_integer, check_number

Floats = npt.NDArray[np.float64]

MOST_KNOTS = 256
"""Places of a column whose normal scores are stored; a column of fewer values has one for each."""


class ColumnView(nn.Module):
    """Each column twice: standardised, and as the normal score of its rank among the training rows.

    The first says how far a value is, the second how many lie between: a column with a long tail, or one of a few odd
    values, counts in both as far as it should. Normal scores run from knot to knot in straight lines; beyond the
    training range they go on in standard deviations. Both are bounded by ``clip``.
    """

    center: Tensor
    scale: Tensor
    knots: Tensor
    scores: Tensor

    def __init__(self, n_features: int, n_knots: int = 256, clip: float = 10.0) -> None:
        super().__init__()
        check_integer("n_features", n_features, least=1)
        check_integer("n_knots", n_knots, least=2)
        check_number("clip", clip, above=0)
        self.clip = clip
        self.settings: dict[str, Any] = {"n_features": n_features, "n_knots": n_knots, "clip": clip}
        self.register_buffer("center", torch.zeros(n_features, dtype=torch.float64))
        self.register_buffer("scale", torch.ones(n_features, dtype=torch.float64))
        self.register_buffer("knots", torch.zeros(n_features, n_knots, dtype=torch.float64))
        self.register_buffer("scores", torch.zeros(n_features, n_knots, dtype=torch.float64))

    @classmethod
    def from_rows(
        cls, rows: Floats, how: Scaling | None, clip: float = 10.0, *, constant_unit: float = 1.0
    ) -> Self:
        """Take centres and scales from rows (n, d) as ``hinterland.model.column_scales`` does, or none, and knots."""
        n_knots = min(MOST_KNOTS, max(2, *(len(np.unique(column)) for column in rows.T)))
        view = cls(rows.shape[1], n_knots, clip)
        if how is not None:
            center, scale = column_scales(rows, how, constant_unit=constant_unit)
            view.center, view.scale = torch.from_numpy(center), torch.from_numpy(scale)
        for j, column in enumerate(((rows - view.center.numpy()) / view.scale.numpy()).T):
            knots, scores = score_knots(column, n_knots)
            view.knots[j], view.scores[j] = torch.from_numpy(knots), torch.from_numpy(scores)
        return view

    def check_stored(self) -> None:
        """Raise ValueError where a scale is not above 0, or knots fall."""
        if bool((self.scale <= 0).any()):
            raise ValueError("a view has scales that are not above 0")
        if bool((self.knots.diff(dim=1) < 0).any()) or bool((self.scores.diff(dim=1) < 0).any()):
            raise ValueError("a view has knots that fall")

    def forward(self, x: Tensor) -> Tensor:
        """View (n, 2 d) of rows (n, d): the standardised columns, then the normal scores."""
        standard = (x - self.center) / self.scale
        columns = standard.T.contiguous()
        within = interpolated(columns, self.knots, self.scores)
        beyond = (columns - self.knots[:, -1:]).clamp_min(0) - (self.knots[:, :1] - columns).clamp_min(0)
        scores = (within + beyond).T
        return torch.cat([standard, scores], 1).clamp(-self.clip, self.clip)


def score_knots(values: Floats, n_knots: int) -> tuple[Floats, Floats]:
    """Values and normal scores at ``n_knots`` places of a column (n,): equal values share the middle of their ranks.

    Where there are fewer different values the last knot stands for the rest; where there are more, knots part the
    rows evenly.
    """
    distinct, counts = np.unique(values, return_counts=True)
    scores = norm.ppf((np.cumsum(counts) - counts / 2) / len(values))
    if len(distinct) > n_knots:
        places = np.searchsorted(np.cumsum(counts), np.linspace(0, len(values), n_knots)[1:-1])
        kept = np.unique(np.concatenate([[0], places, [len(distinct) - 1]]))
        distinct, scores = distinct[kept], scores[kept]
    return filled(distinct, n_knots), filled(scores, n_knots)
