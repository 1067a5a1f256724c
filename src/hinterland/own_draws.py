"""Constructors of modules that draw initial weights, kept from the global generator."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

IN_PLACE = (
    "bernoulli_",
    "cauchy_",
    "exponential_",
    "geometric_",
    "log_normal_",
    "normal_",
    "random_",
    "uniform_",
)
"""Methods that overwrite a tensor with what they draw."""
_DRAWING = {*IN_PLACE, "bernoulli", "multinomial", "normal", "rand", "randint", "randn", "randperm"}


class OwnDraws(TorchFunctionMode):
    """Inside the block, what this thread would draw from torch's global generator comes from another one.

    Also for weights that are drawn in vain, as others are read into their place: to put the global generator back
    afterwards would take from other threads what they drew meanwhile.

    Parameters
    ----------
    generator : the other one; None for one of the block's own, of a fixed seed.
    """

    def __init__(self, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.generator = torch.Generator().manual_seed(0) if generator is None else generator

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call ``func``, with the own generator where it draws and is given none."""
        kwargs = dict(kwargs or {})
        draws = getattr(func, "__name__", "") in _DRAWING or "generator" in kwargs
        if draws and kwargs.get("generator") is None:
            kwargs["generator"] = self.generator
        return func(*args, **kwargs)
