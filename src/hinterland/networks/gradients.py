"""Which gradients a pass through a network is to take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def without_gradients(module: nn.Module) -> Iterator[None]:
    """Spare the parameters' share of the work inside the block; they are as before after it."""
    learnt = [p for p in module.parameters() if p.requires_grad]
    for parameter in learnt:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learnt:
            parameter.requires_grad_(True)
