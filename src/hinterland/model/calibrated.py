"""Energies of any kind as surprisal: how rare an energy is among rows that are new to a model, in nats."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hinterland.model.around import Around
from hinterland.model.base import Model
from hinterland.model.curves import filled, interpolated
from hinterland.model.path import EnergyAt, Integral, Path, slope
from hinterland.model.score import eased
from hinterland.parameters import check_integer

TAIL_SHARE = 0.2
"""Above the energy that this share of the new rows reach, the tail is taken to fall exponentially."""
EASED_ABOVE = 8.0
"""Nats; what is rarer goes on as a logarithm, so that no model of several drowns the others."""


class Calibrated(Around, name="calibrated"):
    """A model whose energy is another's surprisal: -log of the share of new rows with as high an energy, in nats.

    The share is read off a curve through quantiles of energies that rows have which are new to the model. In the
    upper fifth, where rows are few, it is that of an exponential distribution: -log 0.2 plus the excess over its mean
    excess. Beyond 8 nats the surprisal goes on as a logarithm. It rises with the model's energy everywhere, so that a
    model alone orders rows as before; it makes models of different kinds comparable, and their mean meaningful.

    Parameters
    ----------
    model : whose energies are calibrated.
    n_knots : points of the curve.
    """

    energies: Tensor
    surprisals: Tensor
    tail_unit: Tensor

    def __init__(self, model: Model, n_knots: int = 256) -> None:
        super().__init__(model)
        check_integer("n_knots", n_knots, least=2)
        self.n_knots = n_knots
        self.register_buffer("energies", torch.full((n_knots,), torch.nan, dtype=torch.float64))
        self.register_buffer("surprisals", torch.full((n_knots,), torch.nan, dtype=torch.float64))
        self.register_buffer("tail_unit", torch.ones((), dtype=torch.float64))

    def learn(self, energy: npt.NDArray[np.float64]) -> None:
        """Take the curve from the model's energies (n,) of rows that are new to it."""
        energies, surprisals, unit = surprisal_curve(energy, self.n_knots)
        self.energies = torch.from_numpy(energies).to(self.energies)
        self.surprisals = torch.from_numpy(surprisals).to(self.surprisals)
        self.tail_unit = torch.tensor(unit).to(self.tail_unit)

    def surprisal(self, energy: Tensor) -> Tensor:
        """Surprisal (n,) of energies (n,), in nats."""
        (within,) = interpolated(energy[None], self.energies[None], self.surprisals[None])
        beyond = (energy - self.energies[-1]).clamp_min(0) / self.tail_unit
        raw = within + beyond
        return eased(raw, raw.new_tensor(EASED_ABOVE), raw.new_tensor(EASED_ABOVE))

    def surprisals_of(self, energy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Surprisal (n,) of energies (n,), both as arrays."""
        with torch.no_grad():
            return self.surprisal(torch.from_numpy(energy).to(self.energies)).double().cpu().numpy()

    def check_stored(self) -> None:
        """Raise ValueError for a curve that falls."""
        if bool((self.energies.diff() < 0).any()) or bool((self.surprisals.diff() < 0).any()):
            raise ValueError("a calibrated model has a curve that falls")
        if not float(self.tail_unit) > 0:
            raise ValueError("a calibrated model has a tail whose unit is not above 0")

    def energy_of_scaled(self, scaled: Tensor) -> Tensor:
        """Surprisal (n,) of scaled rows, in nats."""
        return self.surprisal(self.model.energy_of_scaled(scaled))

    def energy_at(self, scaled: Tensor) -> EnergyAt:
        """Surprisals of scaled rows, and the model's energies."""
        inside = self.model.energy_at(scaled)
        return EnergyAt(self.surprisal(inside.energy), inside=(inside,))

    def contributions(self, path: Path, integrate: Integral, counts: Tensor) -> Tensor:
        """What each scaled column adds to the model's energy, times what a nat of that adds to the surprisal."""
        own = path.inside(0)
        steepness = slope(path.climb, own.climb)
        return self.model.contributions(own, integrate, counts * steepness) * steepness[:, None]


def surprisal_curve(
    energy: npt.NDArray[np.float64], n_knots: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """Energies and surprisals (n_knots,) at points of the curve, and the energy that a nat more takes beyond the last.

    Equal energies share the middle of their ranks.
    """
    ordered = np.sort(energy)
    n_tail = max(2, int(len(ordered) * TAIL_SHARE)) if len(ordered) > 1 else 1
    start = ordered[-n_tail]
    distinct, counts = np.unique(ordered[ordered <= start], return_counts=True)
    below = (np.cumsum(counts) - counts / 2) / len(ordered)
    surprisals = -np.log1p(-np.minimum(below, 1 - TAIL_SHARE))
    if len(distinct) > n_knots:
        kept = np.unique(np.linspace(0, len(distinct) - 1, n_knots).astype(int))
        distinct, surprisals = distinct[kept], surprisals[kept]
    excess = float(np.mean(ordered[-n_tail:] - start))
    spread = float(np.std(ordered))
    unit = excess if excess > 0 else spread if spread > 0 else max(1.0, abs(float(start)))
    return filled(distinct, n_knots), filled(surprisals, n_knots), unit
