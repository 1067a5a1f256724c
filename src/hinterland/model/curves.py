"""Curves through knots: what is stored of a rising function, in as many places as its buffers have room for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Floats = npt.NDArray[np.float64]


def interpolated(x: Tensor, knots: Tensor, values: Tensor) -> Tensor:
    """Values (d, n) at x (d, n) of d curves that run in straight lines through knots (d, K), and level beyond them.

    Knots rise, or stay where they stand for nothing. There is a gradient by x.
    """
    upper = torch.searchsorted(knots, x.detach().contiguous()).clamp(1, knots.shape[1] - 1)
    left, right = knots.gather(1, upper - 1), knots.gather(1, upper)
    low, high = values.gather(1, upper - 1), values.gather(1, upper)
    width = right - left
    share = ((x - left) / width.where(width > 0, torch.ones_like(width))).clamp(0, 1)
    return low + share * (high - low)


def filled(places: Floats, n_knots: int) -> Floats:
    """Places (m,) as ``n_knots`` of them: the last stands for those that are missing."""
    return np.pad(places, (0, n_knots - len(places)), mode="edge")
