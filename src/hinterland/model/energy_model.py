"""Rows to energy: scaling, network, composite features and density as one module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from hinterland.densities.base import Density
from hinterland.model.chunks import chunks
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


class EnergyModel(nn.Module):
    """One network, one density over its composite features, and a score of both; what a fitted detector scores with.

    The density may be None where the score needs none. In evaluation mode each row is treated alone. Networks train in
    float32 and score in float64, where the device has it: the same row then has the same energy in any company, far
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
        n_features = len(self.scaling.center)
        if self.network.n_features != n_features:
            raise ValueError(
                f"a scaling of {n_features} columns before a network of {self.network.n_features}"
            )
        width = composite_width(self.seen_width, n_features, self.reconstruction_features)
        if self.density is not None and self.density.n_features != width:
            raise ValueError(
                f"composite features of width {width} before a density of {self.density.n_features}"
            )

    def encode(self, x: Tensor) -> tuple[Tensor, RowErrors]:
        """Latent (n, latent_dim) and reconstruction errors of raw rows (n, d)."""
        rows = self.scaling(x).to(next(self.network.parameters()).dtype)
        encoding = self.network(rows)
        return encoding.latent, row_errors(rows, encoding.reconstruction)

    def features(self, x: Tensor) -> Tensor:
        """Composite features (n, D) of raw rows (n, d)."""
        latent, errors = self.encode(x)
        return self.composite(latent, errors)

    def composite(self, latent: Tensor, errors: RowErrors) -> Tensor:
        """Composite features (n, D) of encoded rows: the view of the row, and the reconstruction features."""
        seen = latent if self.view == "latent" else errors.rows
        return composite_features(seen, errors, self.reconstruction_features)

    @property
    def seen_width(self) -> int:
        """Number of composite features that are the view of the row; the reconstruction features come after them."""
        return self.network.latent_dim if self.view == "latent" else self.network.n_features

    def energy(self, x: Tensor) -> Tensor:
        """Energy (n,) of raw rows (n, d): in nats, where the score is the density's energy."""
        return self.energy_of(*self.encode(x))

    def energy_of(self, latent: Tensor, errors: RowErrors) -> Tensor:
        """Energy (n,) of encoded rows."""
        return self.score(self._density_energy(latent, errors) if self.score.needs_density else None, errors)

    def _density_energy(self, latent: Tensor, errors: RowErrors) -> Tensor:
        assert self.density is not None
        return self.density.energy(self.composite(latent, errors))

    def forward(self, x: Tensor) -> Tensor:
        """Energy (n,) of raw rows (n, d)."""
        return self.energy(x)

    def chunks(self, rows: np.ndarray) -> Iterator[Tensor]:
        """Raw rows (n, d) in chunks on the model's device, of the size that suits the network."""
        return chunks(rows, self.scaling.center.device, self.network.chunks_at_once)

    def scaled(self, rows: np.ndarray) -> Tensor:
        """Raw rows (n, d) scaled, in float32 and on the model's device: what a network trains on."""
        with torch.no_grad():
            return torch.cat([self.scaling(c).float() for c in self.chunks(rows)])

    def features_of(self, rows: np.ndarray) -> Tensor:
        """Composite features (n, D) of all raw rows (n, d), on the model's device: what a density is fitted to."""
        with torch.no_grad():
            return torch.cat([self.features(c) for c in self.chunks(rows)])

    def ready_to_score(self) -> None:
        """Turn to evaluation, in float64 where the device has it."""
        self.eval()
        if self.scaling.center.device.type != "mps":
            self.double()

    def freeze(self, rows: np.ndarray) -> None:
        """Make ready to score, and take from all training rows (n, d) what density and score store of them."""
        self.ready_to_score()
        with torch.no_grad():
            if self.density is not None:
                self.density.estimate(lambda: ((self.features(chunk), None) for chunk in self.chunks(rows)))
            self.learn_score(rows)

    def learn_score(self, rows: np.ndarray) -> None:
        """Take from all training rows (n, d) what the score stores of them; the density is ready."""
        if self.score.learns_unit:
            with torch.no_grad():
                encoded = (self.encode(chunk) for chunk in self.chunks(rows))
                self.score.learn_unit(
                    (self._density_energy(latent, errors), self.score.error(errors))
                    for latent, errors in encoded
                )
