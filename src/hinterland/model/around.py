"""A model around another, whose scaled rows and features are its own."""

from __future__ import annotations

from torch import Tensor

from hinterland.model.base import Model


class Around(Model):
    """Base of the models that take another's scaled rows and features, and have an energy of their own.

    Parameters
    ----------
    model : the model inside.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model
        self.n_features = model.n_features
        self.rows_alone, self.chunks_at_once = model.rows_alone, model.chunks_at_once

    def check_widths(self) -> None:
        """Raise ValueError where the parts of the model inside do not fit."""
        self.model.check_widths()

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
