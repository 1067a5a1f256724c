"""Several models as one: the mean of their energies, or a weighed sum."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hinterland.model.base import Model
from hinterland.model.path import EnergyAt, Integral, Path
from hinterland.parameters import check_number


class Ensemble(Model, name="ensemble"):
    """The mean of its members' energies, or their sum with weights; the members may be of any kinds.

    Features, and scaled rows, lie side by side.

    Parameters
    ----------
    members : models of rows of the same width.
    weights : a number a member, by which its energy counts in the sum; None for the mean.
    """

    members: Sequence[Model]

    def __init__(self, members: Sequence[Model], weights: Sequence[float] | None = None) -> None:
        super().__init__()
        if not members:
            raise ValueError("an ensemble needs at least one member, got none")
        for weight in () if weights is None else weights:
            check_number("weights", weight, least=0)
        if weights is not None and (len(weights) != len(members) or not sum(weights) > 0):
            raise ValueError(
                f"weights must be one for each of the {len(members)} members, and not all zero, got {weights!r}"
            )
        self.members = nn.ModuleList(members)  # type: ignore[assignment]  # of models alone
        self.weights = None if weights is None else [float(weight) for weight in weights]
        self.n_features = members[0].n_features
        self.rows_alone = all(member.rows_alone for member in members)
        self.chunks_at_once = max(member.chunks_at_once for member in members)

    def check_widths(self) -> None:
        """Raise ValueError for members of rows of other widths than the first's, or that do not fit themselves."""
        for member in self.members:
            member.check_widths()
            if member.n_features != self.n_features:
                raise ValueError(
                    f"an ensemble's members take rows of {self.n_features} and of {member.n_features} columns"
                )

    @property
    def scaled_width(self) -> int:
        """Number of scaled columns of all members."""
        return sum(member.scaled_width for member in self.members)

    @property
    def features_width(self) -> int:
        """Number of features of all members."""
        return sum(member.features_width for member in self.members)

    def energy_at(self, scaled: Tensor) -> EnergyAt:
        """Combined energies of scaled rows, and those of each member."""
        inside = tuple(m.energy_at(s) for m, s in zip(self.members, self._own(scaled), strict=True))
        return EnergyAt(self._combined([one.energy for one in inside]), inside=inside)

    def contributions(self, path: Path, integrate: Integral, counts: Tensor) -> Tensor:
        """What each scaled column of each member adds, side by side."""
        shares = [1 / len(self.members)] * len(self.members) if self.weights is None else self.weights
        found, first = [], 0
        for number, (member, share) in enumerate(zip(self.members, shares, strict=True)):
            own = path.inside(number, slice(first, first + member.scaled_width))
            found.append(share * member.contributions(own, integrate, counts))
            first += member.scaled_width
        return torch.cat(found, dim=1)

    def _combined(self, values: Sequence[Tensor]) -> Tensor:
        """Mean, or weighed sum, of a value a member."""
        # One after the other: by any other order a row's sum would hang on how many rows there are.
        if self.weights is None:
            total = values[0]
            for value in values[1:]:
                total = total + value
            return total / len(values)
        total = self.weights[0] * values[0]
        for weight, value in zip(self.weights[1:], values[1:], strict=True):
            total = total + weight * value
        return total

    def energy(self, x: Tensor) -> Tensor:
        """Combined energy (n,) of raw rows (n, d)."""
        return self._combined([member.energy(x) for member in self.members])

    def features(self, x: Tensor) -> Tensor:
        """Features (n, D) of raw rows (n, d), those of all members side by side."""
        return torch.cat([member.features(x) for member in self.members], dim=1)

    def scaled(self, x: Tensor) -> Tensor:
        """Raw rows (n, d) as each member scales them, side by side."""
        return torch.cat([member.scaled(x) for member in self.members], dim=1)

    def energy_of_scaled(self, scaled: Tensor) -> Tensor:
        """Combined energy (n,) of what ``scaled`` gave."""
        own = self._own(scaled)
        return self._combined([m.energy_of_scaled(s) for m, s in zip(self.members, own, strict=True)])

    def features_of_scaled(self, scaled: Tensor) -> Tensor:
        """Features (n, D) of what ``scaled`` gave."""
        own = self._own(scaled)
        return torch.cat([m.features_of_scaled(s) for m, s in zip(self.members, own, strict=True)], dim=1)

    def _own(self, scaled: Tensor) -> tuple[Tensor, ...]:
        return scaled.split([member.scaled_width for member in self.members], dim=1)


def as_one(models: Sequence[Model]) -> Model:
    """The only one of several models, or their mean."""
    return models[0] if len(models) == 1 else Ensemble(models)


def members_of(model: Model) -> list[Model]:
    """The members of an ensemble, or the model itself."""
    return list(model.members) if isinstance(model, Ensemble) else [model]
