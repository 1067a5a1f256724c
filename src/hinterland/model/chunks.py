"""Chunks: many rows a few at a time, on a device, without gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from hinterland.threads import in_threads

CHUNK_ENTRIES, CHUNK_ROWS = 2**18, 2**13
"""Most entries and rows of a chunk when rows are scored: 2 MiB of float64, so that it and what a network makes of it
stay in or near a processor's cache. Other devices get sixteen times as much, which keeps them busy."""


def chunks(rows: np.ndarray, device: torch.device, at_once: int = 1) -> Iterator[Tensor]:
    """Consecutive float64 chunks of rows (n, d) on a device, of bounded size; none much smaller than the others.

    ``at_once`` takes as many times the usual size.
    """
    return (_on(device, part) for part in _parts(rows, device, at_once))


def apply_in_chunks(
    function: Callable[[Tensor], Tensor], rows: np.ndarray, device: torch.device, at_once: int = 1
) -> np.ndarray:
    """Apply a row-wise function to rows (n, d) chunk by chunk, without gradient; float64 results, joined.

    On a processor as many chunks at once as torch computes with threads here, each by one of them: the layers of small
    networks gain nothing from a second thread, many chunks do.
    """

    def apply(part: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            found: np.ndarray = function(_on(device, part)).double().cpu().numpy()
            return found

    parts = _parts(rows, device, at_once)
    return np.concatenate(in_threads(apply, parts) if device.type == "cpu" else [*map(apply, parts)])


def _parts(rows: np.ndarray, device: torch.device, at_once: int) -> list[np.ndarray]:
    size = at_once * max(1, min(CHUNK_ROWS, CHUNK_ENTRIES // max(1, rows.shape[1])))
    if device.type != "cpu":
        size *= 16
    return np.array_split(rows, max(1, -(-len(rows) // size)))


def _on(device: torch.device, part: np.ndarray) -> Tensor:
    return torch.tensor(np.ascontiguousarray(part), dtype=torch.float64, device=device)
