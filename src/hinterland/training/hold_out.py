"""The part of the training rows that is held out for early stopping; labels play no part in it."""

from __future__ import annotations

import numpy as np
import torch


def hold_out(
    n_rows: int, share: float, generator: torch.Generator, *, least: int = 20
) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers to train on and to validate on: a random ``share``, or none where that is under ``least`` rows."""
    n_validation = int(n_rows * share)
    if n_validation < least:
        return np.arange(n_rows), np.arange(0)
    order = torch.randperm(n_rows, generator=generator).numpy()
    return np.sort(order[n_validation:]), np.sort(order[:n_validation])
