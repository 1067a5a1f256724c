"""A density over the scaled row itself, without a network."""

from __future__ import annotations

from torch import Tensor

from hinterland.densities.base import Density
from hinterland.model.base import Model
from hinterland.model.column_view import ColumnView
from hinterland.model.path import EnergyAt, Integral, Path, slope
from hinterland.model.scaling import InputScaling


class OnScaled(Model, name="on_scaled"):
    """A density's energy of the scaled row.

    Parameters
    ----------
    scaling : of rows (n, d): an ``InputScaling``, or a ``ColumnView`` that gives each column twice.
    density : over the scaled columns.
    """

    def __init__(self, scaling: InputScaling | ColumnView, density: Density) -> None:
        super().__init__()
        self.scaling = scaling
        self.density = density
        self.n_features = len(scaling.center)

    def check_widths(self) -> None:
        """Raise ValueError where the density takes another number of columns than the scaling gives."""
        if self.density.n_features != self.scaled_width:
            raise ValueError(
                f"a scaling to {self.scaled_width} columns before a density of {self.density.n_features}"
            )

    @property
    def scaled_width(self) -> int:
        """Number of scaled columns."""
        return self.n_features * (2 if isinstance(self.scaling, ColumnView) else 1)

    @property
    def features_width(self) -> int:
        """Number of features: the scaled columns."""
        return self.scaled_width

    def scaled(self, x: Tensor) -> Tensor:
        """Raw rows (n, d) scaled."""
        scaled: Tensor = self.scaling(x)
        return scaled

    def energy_of_scaled(self, scaled: Tensor) -> Tensor:
        """The density's energy (n,) of scaled rows."""
        return self.density.energy(scaled)

    def energy_at(self, scaled: Tensor) -> EnergyAt:
        """The density's energies of scaled rows, and their parts where it has them."""
        parts = self.density.energy_parts(scaled)
        energy = self.density.energy(scaled) if parts is None else self.density.energy_of_parts(parts)
        return EnergyAt(energy, parts)

    def contributions(self, path: Path, integrate: Integral, counts: Tensor) -> Tensor:
        """What each scaled column adds: exact, where the density's energy rises with a sum over columns."""
        if path.low.parts is None or path.high.parts is None:
            return super().contributions(path, integrate, counts)
        added = path.high.parts - path.low.parts
        return added * slope(path.climb, added.sum(1))[:, None]
