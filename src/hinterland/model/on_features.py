"""A density over the features of a model of any kind."""

from __future__ import annotations

from torch import Tensor

from hinterland.densities.base import Density
from hinterland.model.base import Model
from hinterland.model.energy_model import EnergyModel


class OnFeatures(Model, name="on_features"):
    """A density's energy of the features that another model makes of a row, instead of that model's own energy.

    Parameters
    ----------
    model : what makes the features.
    density : over features of that width.
    """

    def __init__(self, model: Model, density: Density) -> None:
        super().__init__()
        self.model = model
        self.density = density
        self.n_features = model.n_features
        self.rows_alone, self.chunks_at_once = model.rows_alone, model.chunks_at_once

    def check_widths(self) -> None:
        """Raise ValueError where the density takes features of another width."""
        self.model.check_widths()
        if self.density.n_features != self.features_width:
            raise ValueError(
                f"features of width {self.features_width} before a density of {self.density.n_features}"
            )

    @property
    def scaled_width(self) -> int:
        """Number of scaled columns, the model's."""
        return self.model.scaled_width

    @property
    def features_width(self) -> int:
        """Number of features, the model's."""
        return self.model.features_width

    def scaled(self, x: Tensor) -> Tensor:
        """Raw rows (n, d) as the model scales them."""
        return self.model.scaled(x)

    def features_of_scaled(self, scaled: Tensor) -> Tensor:
        """Features (n, D) that the model makes of scaled rows."""
        return self.model.features_of_scaled(scaled)

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
