"""Numbers that a batch needs of a generator, and the same draws made again for a step that was recorded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

Draw = Callable[..., Tensor]
"""``torch.rand`` or ``torch.randn``."""


class _Made(NamedTuple):
    held: Tensor
    draw: Draw
    generator: torch.Generator

    def fill(self) -> None:
        self.held.copy_(_drawn(self.held, self.draw, self.generator))


class RecordedDraws:
    """What the operations of a recorded step draw: they read tensors that are filled anew before it is repeated.

    A step is taken inside ``noted`` first, which makes the tensors, and recorded inside ``placed``, which hands them
    out again. They are made before the recording, as memory that is asked for within one is used again within it.
    """

    def __init__(self) -> None:
        self._made: list[_Made] = []
        self._left: Iterator[_Made] | None = None

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Inside the block, what this thread draws is drawn as ever, and noted."""
        with _recording(self):
            yield

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Inside the block, what this thread draws are the tensors of what was noted, in that order."""
        self._left = iter(self._made)
        with _recording(self):
            yield
        self._left = None

    def drawn_like(self, x: Tensor, draw: Draw, generator: torch.Generator) -> Tensor:
        """A tensor like x that ``again`` fills with what is drawn."""
        if self._left is None:
            self._made.append(_Made(torch.empty_like(x), draw, generator))
            self._made[-1].fill()
            return self._made[-1].held
        made = next(self._left, None)
        if made is None or (made.held.shape, made.draw, made.generator) != (x.shape, draw, generator):
            raise RuntimeError("a step draws something else than the one before it")
        return made.held

    def again(self) -> None:
        """Draw anew for each tensor, in the order in which the step drew."""
        for made in self._made:
            made.fill()


class _Recording(threading.local):
    draws: RecordedDraws | None = None


_RECORDING = _Recording()


@contextmanager
def _recording(draws: RecordedDraws) -> Iterator[None]:
    before, _RECORDING.draws = _RECORDING.draws, draws
    try:
        yield
    finally:
        _RECORDING.draws = before


def drawn_like(x: Tensor, draw: Draw, generator: torch.Generator | None) -> Tensor:
    """Numbers of x's shape, kind and device that ``draw``, torch.rand or torch.randn, makes where the generator is.

    A generator draws on its own device alone. One of the processor serves them all, and gives the same numbers on each.
    """
    if generator is None:
        return draw(x.shape, dtype=x.dtype, device=x.device)
    if _RECORDING.draws is not None:
        return _RECORDING.draws.drawn_like(x, draw, generator)
    return _drawn(x, draw, generator).to(x.device)


def _drawn(x: Tensor, draw: Draw, generator: torch.Generator) -> Tensor:
    return draw(x.shape, generator=generator, dtype=x.dtype, device=generator.device)
