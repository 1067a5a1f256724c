"""A density over the features of a model of any kind."""

from __future__ import annotations

from torch import Tensor

from hinterland.densities.base import Density
from hinterland.model.around import Around
from hinterland.model.base import Model
from hinterland.model.energy_model import EnergyModel


class OnFeatures(Around, name="on_features"):
    """A density's energy of the features that another model makes of a row, instead of that model's own energy.

    Parameters
    ----------
    model : what makes the features.
    density : over features of that width.
    """

    def __init__(self, model: Model, density: Density) -> None:
        super().__init__(model)
        self.density = density

    def check_widths(self) -> None:
        """Raise ValueError where the density takes features of another width."""
        super().check_widths()
        if self.density.n_features != self.features_width:
            raise ValueError(
                f"features of width {self.features_width} before a density of {self.density.n_features}"
            )

    def energy_of_scaled(self, scaled: Tensor) -> Tensor:
        """The density's energy (n,) of scaled rows."""
        return self.density.energy(self.features_of_scaled(scaled))


def under_density(model: Model, density: Density) -> EnergyModel | OnFeatures:
    """A model of the same features, network and scaling, whose energy is a density's.

    The new model shares what it takes over.
    """
    if isinstance(model, EnergyModel):
        return EnergyModel(model.scaling, model.network, density, model.reconstruction_features, model.view)
    return OnFeatures(model, density)
