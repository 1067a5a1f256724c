"""The contract of a model: rows in, an energy a row out."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from hinterland.model.chunks import apply_in_chunks, chunks
from hinterland.model.path import EnergyAt, Integral, Path
from hinterland.shelf import Shelf

MODELS: Shelf[type[Model]] = Shelf("model", "hinterland.model")
"""Kinds of models by name; a saved detector finds its own there."""


class Model(nn.Module):
    """Rows to energy, and no more: all that a detector, an explanation and a file need of what scores rows.

    How a member comes to its energies is its own matter: by a network, a density, both or neither. It implements
    ``scaled`` and ``energy_of_scaled``, and ``features_of_scaled`` where it makes features of a row. Its constructor
    sets ``n_features``, and keeps each of its arguments under the argument's name, so that a saved detector can build
    it again: plain values, other models or lists of them, and parts that have ``settings`` (an ``InputScaling``, a
    network, a density, a score). What it learns are parameters and buffers, of shapes that the arguments decide.

    In evaluation mode each row is treated alone, or ``rows_alone`` says that it is not.
    """

    n_features: int
    """Width d of the rows."""
    rows_alone: bool = True
    """Whether a row's energy, in evaluation mode, depends on that row alone."""
    chunks_at_once: int = 1
    """How many of the usual chunks of rows it is fastest with at once when it scores."""

    def __init_subclass__(cls, name: str = "", **kwargs: Any) -> None:
        """Put a class that gives a name on the shelf."""
        super().__init_subclass__(**kwargs)
        if name:
            MODELS.add(name, cls)

    def scaled(self, x: Tensor) -> Tensor:
        """Raw rows (n, d) in the space where explanations draw their lines and distances count: (n, d) as a rule.

        Each scaled column comes of one column of the rows, in their order. A model may see the columns several times
        over, one set after another: (n, m d).
        """
        raise NotImplementedError

    def energy_of_scaled(self, scaled: Tensor) -> Tensor:
        """Energy (n,) of scaled rows; higher is more anomalous. Explanations differentiate it."""
        raise NotImplementedError

    def features_of_scaled(self, scaled: Tensor) -> Tensor:
        """Features (n, D) of scaled rows, of what the model makes of them; by default the scaled rows themselves."""
        return scaled

    def energy(self, x: Tensor) -> Tensor:
        """Energy (n,) of raw rows (n, d)."""
        return self.energy_of_scaled(self.scaled(x))

    def features(self, x: Tensor) -> Tensor:
        """Features (n, D) of raw rows (n, d): what a detector's ``transform`` gives."""
        return self.features_of_scaled(self.scaled(x))

    def forward(self, x: Tensor) -> Tensor:
        """Energy (n,) of raw rows (n, d)."""
        return self.energy(x)

    @property
    def scaled_width(self) -> int:
        """Number of scaled columns, a multiple of ``n_features``."""
        return self.n_features

    @property
    def features_width(self) -> int:
        """Number D of features."""
        return self.n_features

    @property
    def device(self) -> torch.device:
        """Where its tensors are."""
        tensor = next(itertools.chain(self.parameters(), self.buffers()), None)
        return torch.device("cpu") if tensor is None else tensor.device

    def energy_at(self, scaled: Tensor) -> EnergyAt:
        """Energies of scaled rows with what ``contributions`` takes of how they came about."""
        return EnergyAt(self.energy_of_scaled(scaled))

    def contributions(self, path: Path, integrate: Integral, counts: Tensor) -> Tensor:
        """What each scaled column adds to the energy along paths between scaled rows, (n, scaled_width).

        By default the integral of the energy's derivative, which ``integrate`` takes of any energy. A model that knows
        more of its energy does better. ``counts`` (n,) is how much a nat of this energy counts in what is explained.
        """
        return integrate(self.energy_of_scaled, path, counts)

    def arguments(self) -> dict[str, Any]:
        """What its constructor is to be given to build it again, but for generators."""
        names = [name for name in inspect.signature(type(self)).parameters if name != "generator"]
        return {name: getattr(self, name) for name in names}

    def check_widths(self) -> None:
        """Raise ValueError where one part gives what another one does not take."""

    def check_stored(self) -> None:
        """Raise ValueError where what is stored, finite as it is, cannot be what was learnt; parts have their own."""

    def ready_to_score(self) -> None:
        """Turn to evaluation, in float64."""
        self.eval().double()

    def chunks(self, rows: npt.NDArray[np.float64]) -> Iterator[Tensor]:
        """Raw rows (n, d) in chunks on the model's device, of the size that suits it."""
        return chunks(rows, self.device, self.chunks_at_once)

    def in_chunks(
        self, function: Callable[[Tensor], Tensor], rows: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """What ``energy`` or ``features`` gives of all raw rows (n, d), float64, without gradient."""
        return apply_in_chunks(function, rows, self.device, self.chunks_at_once)

    def scaled_rows(self, rows: npt.NDArray[np.float64]) -> Tensor:
        """All raw rows (n, d) scaled, in float32 and on the model's device: what a network trains on."""
        with torch.no_grad():
            return torch.cat([self.scaled(chunk).float() for chunk in self.chunks(rows)])

    def features_of(self, rows: npt.NDArray[np.float64]) -> Tensor:
        """Features (n, D) of all raw rows (n, d), on the model's device: what a density is fitted to."""
        with torch.no_grad():
            return torch.cat([self.features(chunk) for chunk in self.chunks(rows)])
