"""Rows to energy by reconstruction: scaling, network, composite features and density as one module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hinterland.densities.base import Density
from hinterland.model.base import Model
from hinterland.model.composite import (
    RowErrors,
    check_feature_names,
    composite_features,
    composite_width,
    row_errors,
)
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.base import Network
from hinterland.parameters import check_choice

View = Literal["latent", "row"]
"""What a density sees of a row beside its reconstruction features: the latent, or the scaled row itself."""


class EnergyModel(Model, name="reconstruction"):
    """One network, one density over its composite features, and a score of both; what a fitted detector scores with.

    The density may be None where the score needs none. In evaluation mode each row is treated alone. Networks train in
    float32 and score in float64: the same row then has the same energy in any company, far
    below 1e-6.
    """

    def __init__(
        self,
        scaling: InputScaling,
        network: Network,
        density: Density | None,
        reconstruction_features: Sequence[str],
        view: View = "latent",
        score: Score | None = None,
    ) -> None:
        super().__init__()
        self.scaling = scaling
        self.n_features = len(scaling.center)
        self.rows_alone, self.chunks_at_once = network.rows_alone, network.chunks_at_once
        self.network = network
        self.density = density
        self.reconstruction_features = tuple(reconstruction_features)
        self.view = view
        self.score = Score() if score is None else score
        if density is None and self.score.needs_density:
            raise ValueError(f"the score {self.score.name!r} needs a density")

    def check_widths(self) -> None:
        """Raise ValueError where one part gives what another one does not take."""
        check_feature_names(self.reconstruction_features)
        check_choice("view", self.view, ("latent", "row"))
        if self.network.n_features != self.n_features:
            raise ValueError(
                f"a scaling of {self.n_features} columns before a network of {self.network.n_features}"
            )
        width = self.features_width
        if self.density is not None and self.density.n_features != width:
            raise ValueError(
                f"composite features of width {width} before a density of {self.density.n_features}"
            )

    def scaled(self, x: Tensor) -> Tensor:
        """Raw rows (n, d) scaled."""
        scaled: Tensor = self.scaling(x)
        return scaled

    def encode(self, scaled: Tensor) -> tuple[Tensor, RowErrors]:
        """Latent (n, latent_dim) and reconstruction errors of scaled rows (n, d), in the network's precision."""
        scaled = scaled.to(next(self.network.parameters()).dtype)
        encoding = self.network(scaled)
        return encoding.latent, row_errors(scaled, encoding.reconstruction)

    def energy_of_scaled(self, scaled: Tensor) -> Tensor:
        """Energy (n,) of scaled rows (n, d): in nats, where the score is the density's energy."""
        return self.energy_of(*self.encode(scaled))

    def features_of_scaled(self, scaled: Tensor) -> Tensor:
        """Composite features (n, D) of scaled rows (n, d)."""
        return self.composite(*self.encode(scaled))

    def composite(self, latent: Tensor, errors: RowErrors) -> Tensor:
        """Composite features (n, D) of encoded rows: the view of the row, and the reconstruction features."""
        seen = latent if self.view == "latent" else errors.rows
        return composite_features(seen, errors, self.reconstruction_features)

    @property
    def seen_width(self) -> int:
        """Number of composite features that are the view of the row; the reconstruction features come after them."""
        return self.network.latent_dim if self.view == "latent" else self.network.n_features

    @property
    def features_width(self) -> int:
        """Number of composite features."""
        return composite_width(self.seen_width, self.n_features, self.reconstruction_features)

    def energy_of(self, latent: Tensor, errors: RowErrors) -> Tensor:
        """Energy (n,) of encoded rows."""
        return self.score(self._density_energy(latent, errors) if self.score.needs_density else None, errors)

    def _density_energy(self, latent: Tensor, errors: RowErrors) -> Tensor:
        assert self.density is not None
        return self.density.energy(self.composite(latent, errors))

    def freeze(self, rows: npt.NDArray[np.float64]) -> None:
        """Make ready to score, and take from all training rows (n, d) what density and score store of them."""
        self.ready_to_score()
        with torch.no_grad():
            if self.density is not None:
                self.density.estimate(lambda: ((self.features(chunk), None) for chunk in self.chunks(rows)))
            self.learn_score(rows)

    def learn_score(self, rows: npt.NDArray[np.float64]) -> None:
        """Take from all training rows (n, d) what the score stores of them; the density is ready."""
        if self.score.learns_unit:
            with torch.no_grad():
                encoded = (self.encode(self.scaled(chunk)) for chunk in self.chunks(rows))
                self.score.learn_unit(
                    (self._density_energy(latent, errors), self.score.error(errors))
                    for latent, errors in encoded
                )
