"""Rows to energy: scaling, network, composite features and density as one module."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, Self

import numpy as np
import torch
from torch import Tensor, nn

from hinterland.column_scales import Scaling, column_scales
from hinterland.composite import (
    RowErrors,
    check_feature_names,
    composite_features,
    composite_width,
    row_errors,
)
from hinterland.densities.base import Density
from hinterland.networks.base import Network
from hinterland.parameters import check_choice, check_integer, check_number
from hinterland.scores import Score

View = Literal["latent", "row"]
"""What a density sees of a row beside its reconstruction features: the latent, or the scaled row itself."""
LARGEST_SCALED = 1e6
"""Scaled values are bounded by this even without a clip, so that no float overflows in a network."""


class InputScaling(nn.Module):
    """Shift, scale and clip each column by numbers taken from the training rows.

    A column that is constant in training has its size, or a share of it, as its scale, so that a change in it shows.
    """

    center: Tensor
    scale: Tensor

    def __init__(self, n_features: int, clip: float | None = None) -> None:
        super().__init__()
        check_integer("n_features", n_features, least=1)
        check_number("clip", clip, above=0, optional=True)
        self.clip = clip
        self.settings: dict[str, Any] = {"n_features": n_features, "clip": clip}
        self.register_buffer("center", torch.zeros(n_features, dtype=torch.float64))
        self.register_buffer("scale", torch.ones(n_features, dtype=torch.float64))

    @classmethod
    def from_rows(
        cls, rows: np.ndarray, how: Scaling | None, clip: float | None, *, constant_unit: float = 1.0
    ) -> Self:
        """Take the numbers from rows (n, d) as ``hinterland.column_scales`` does, or none."""
        scaling = cls(rows.shape[1], clip)
        if how is not None:
            center, scale = column_scales(rows, how, constant_unit=constant_unit)
            scaling.center, scaling.scale = torch.from_numpy(center), torch.from_numpy(scale)
        return scaling

    def check_stored(self) -> None:
        """Raise ValueError where a column's scale is not above 0."""
        if bool((self.scale <= 0).any()):
            raise ValueError("a scaling has scales that are not above 0")

    def forward(self, x: Tensor) -> Tensor:
        """Scale rows (n, d)."""
        bound = LARGEST_SCALED if self.clip is None else self.clip
        return (x - self.center).div_(self.scale).clamp_(-bound, bound)


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


CHUNK_ENTRIES, CHUNK_ROWS = 2**18, 2**13
"""Most entries and rows of a chunk when rows are scored: 2 MiB of float64, so that it and what a network makes of it
stay in or near a processor's cache. Other devices get sixteen times as much, which keeps them busy."""


def chunks(rows: np.ndarray, device: torch.device, at_once: int = 1) -> Iterator[Tensor]:
    """Consecutive float64 chunks of rows (n, d) on a device, of bounded size; none much smaller than the others.

    ``at_once`` takes as many times the usual size.
    """
    size = at_once * max(1, min(CHUNK_ROWS, CHUNK_ENTRIES // max(1, rows.shape[1])))
    if device.type != "cpu":
        size *= 16
    dtype = torch.float32 if device.type == "mps" else torch.float64
    for chunk in np.array_split(rows, max(1, -(-len(rows) // size))):
        yield torch.tensor(np.ascontiguousarray(chunk), dtype=dtype, device=device)


def apply_in_chunks(
    function: Callable[[Tensor], Tensor], rows: np.ndarray, device: torch.device, at_once: int = 1
) -> np.ndarray:
    """Apply a row-wise function to rows (n, d) chunk by chunk, without gradient; float64 results, joined."""
    with torch.no_grad():
        return np.concatenate([function(c).double().cpu().numpy() for c in chunks(rows, device, at_once)])
