"""The line from a usual row to a row that is explained, and what a model says at both ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class EnergyAt:
    """Energies (n,) of a model at n scaled rows, with all that they were made of and contributions are, too.

    ``parts`` (n, D) are those of a density whose energy rises with their sum, and ``inside`` what each model inside
    says, in their order.
    """

    energy: Tensor
    parts: Tensor | None = None
    inside: tuple[EnergyAt, ...] = ()

    def of(self, index: Tensor) -> EnergyAt:
        """The same at rows numbered (m,)."""
        parts = None if self.parts is None else self.parts[index]
        return EnergyAt(self.energy[index], parts, tuple(one.of(index) for one in self.inside))


@dataclass(frozen=True, eq=False)
class Path:
    """Straight lines between scaled rows ``start`` and ``stop`` (n, m) of a model, and its energies at either end."""

    start: Tensor
    stop: Tensor
    low: EnergyAt
    high: EnergyAt

    @property
    def climb(self) -> Tensor:
        """How much the energy differs (n,), in nats."""
        return self.high.energy - self.low.energy

    def inside(self, number: int, columns: slice = slice(None)) -> Path:
        """The path of a model inside, whose scaled rows are these columns."""
        ends = (self.low.inside[number], self.high.inside[number])
        return Path(self.start[:, columns], self.stop[:, columns], *ends)


Integral: TypeAlias = Callable[[Callable[[Tensor], Tensor], Path, Tensor], Tensor]
"""Of an energy along a path, as exactly as it counts (n,): contributions (n, m)."""


def slope(climb: Tensor, along: Tensor) -> Tensor:
    """Climb (n,) over the way (n,) that it took; 0 where there was none."""
    return torch.where(
        along == 0, torch.zeros_like(climb), climb / along.where(along != 0, torch.ones_like(along))
    )
