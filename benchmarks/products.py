"""The matrix products, convolutions and distances that a computation made, and how long these alone take.

What is counted is what torch is asked for: a search in a k-d tree, k-means and numpy's own products are not.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

COUNTED = ("mm", "addmm", "addmm_", "bmm", "baddbmm", "convolution", "convolution_backward", "_cdist_forward")
"""Names of torch's operators, whatever their form."""
LEAST_TURNS, LEAST_SECONDS = 3, 0.02
"""A product is repeated so often and so long, or as often as it was made if that is less."""

Call = tuple[Any, tuple[Hashable, ...], tuple[tuple[str, Hashable], ...]]


class Products(TorchDispatchMode):
    """Inside the block, count the calls of ``COUNTED`` by their operands' shapes, strides and kinds."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[Call] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func.overloadpacket.__name__ in COUNTED:
            named = tuple((name, _form(value)) for name, value in kwargs.items())
            self.calls[func, tuple(map(_form, args)), named] += 1
        return func(*args, **kwargs)


def seconds_of(calls: Counter[Call], clock: Callable[[], float] = time.process_time) -> float:
    """Seconds that the counted calls take on random operands, each as often as it was made."""
    total = 0.0
    with torch.no_grad():
        for (func, arguments, named), n in calls.items():
            operands = [_made(form) for form in arguments]
            others = {name: _made(form) for name, form in named}
            func(*operands, **others)
            turns, started = 0, clock()
            while turns < n and (turns < LEAST_TURNS or clock() - started < LEAST_SECONDS):
                func(*operands, **others)
                turns += 1
            total += n * (clock() - started) / turns
    return total


def _form(value: Any) -> Hashable:
    if isinstance(value, Tensor):
        return (Tensor, tuple(value.shape), value.stride(), value.dtype)
    return tuple(map(_form, value)) if isinstance(value, list | tuple) else value


def _made(form: Any) -> Any:
    if not isinstance(form, tuple):
        return form
    if form[:1] == (Tensor,):
        _, shape, stride, dtype = form
        reach = (
            sum((size - 1) * step for size, step in zip(shape, stride, strict=True)) + 1 if all(shape) else 0
        )
        return torch.rand(reach, dtype=dtype).as_strided(shape, stride)
    return [_made(item) for item in form]
