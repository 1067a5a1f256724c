"""Scaling: rows as they come to rows of columns that count alike."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from hinterland.model.column_scales import Scaling, column_scales
from hinterland.parameters import check_integer, check_number

LARGEST_SCALED = 1e6
"""Scaled values are bounded by this even without a clip, so that no float overflows in a network."""


class InputScaling(nn.Module):
    """Shift, scale and clip each column by numbers taken from the training rows.

    A column that is constant in training has its size, or a share of it, as its scale, so that a change in it shows.
    """

    center: Tensor
    scale: Tensor

    def __init__(self, n_features: int, clip: float | None = None) -> None:
        super().__init__()
        check_integer("n_features", n_features, least=1)
        check_number("clip", clip, above=0, optional=True)
        self.clip = clip
        self.settings: dict[str, Any] = {"n_features": n_features, "clip": clip}
        self.register_buffer("center", torch.zeros(n_features, dtype=torch.float64))
        self.register_buffer("scale", torch.ones(n_features, dtype=torch.float64))

    @classmethod
    def from_rows(
        cls, rows: np.ndarray, how: Scaling | None, clip: float | None, *, constant_unit: float = 1.0
    ) -> Self:
        """Take the numbers from rows (n, d) as ``hinterland.model.column_scales`` does, or none."""
        scaling = cls(rows.shape[1], clip)
        if how is not None:
            center, scale = column_scales(rows, how, constant_unit=constant_unit)
            scaling.center, scaling.scale = torch.from_numpy(center), torch.from_numpy(scale)
        return scaling

    def check_stored(self) -> None:
        """Raise ValueError where a column's scale is not above 0."""
        if bool((self.scale <= 0).any()):
            raise ValueError("a scaling has scales that are not above 0")

    def forward(self, x: Tensor) -> Tensor:
        """Scale rows (n, d)."""
        bound = LARGEST_SCALED if self.clip is None else self.clip
        return (x - self.center).div_(self.scale).clamp_(-bound, bound)
