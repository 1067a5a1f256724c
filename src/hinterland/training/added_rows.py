"""New rows added to the mixtures of a fitted model, whose networks stay as they are.

A mixture over features that a frozen network gives is a sum over rows (``hinterland.densities.gaussian_sums``). New
rows have the memberships that the mixture gives them as it was before them, and their sums are added to those of the
rows before, of which a share may be forgotten: one step of expectation-maximisation, in which old rows keep the
memberships that they had. Where memberships are an estimation network's, or there is one component, no row's
memberships change, and the mixture is exactly that of all rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from hinterland.densities.gaussian import GaussianMixture, GaussianSummary
from hinterland.densities.gaussian_sums import forgotten, stored_summary
from hinterland.errors import CannotUpdateError
from hinterland.model.base import Model
from hinterland.model.energy_model import EnergyModel
from hinterland.model.ensemble import members_of
from hinterland.model.on_features import OnFeatures
from hinterland.model.on_scaled import OnScaled

Rows = npt.NDArray[np.float64]
Updatable = EnergyModel | OnFeatures | OnScaled


def mixtures_of(model: Model) -> list[tuple[Updatable, GaussianMixture]]:
    """Find the members of a model, each with its Gaussian mixture.

    Raises
    ------
    CannotUpdateError
        Where a member's energy is not that of a Gaussian mixture; the message names what it is of.
    """
    return [(member, _mixture(member)) for member in members_of(model)]  # type: ignore[misc]  # as _mixture says


def _mixture(member: Model) -> GaussianMixture:
    if not isinstance(member, Updatable):
        raise CannotUpdateError(f"a {type(member).__name__} has no mixture that rows could be added to")
    if isinstance(member, EnergyModel) and not member.score.needs_density:
        raise CannotUpdateError(f"its score is the {member.score.name}, of which no rows are counted")
    if not isinstance(member.density, GaussianMixture):
        raise CannotUpdateError(
            f"a {type(member.density).__name__} has no sums that new rows could be added to, as a GaussianMixture has"
        )
    return member.density


class AddedRows:
    """Sums of new rows under the mixtures of a model.

    Parameters
    ----------
    model : fitted, ready to score.
    by_network : whether memberships are the estimation network's, where there is one; else the stored mixture's.
    n_parts : where it is two or more, each of so many members in turn leaves out one part of the rows, so that these
        stay new to it: by their places, every so many.

    Raises
    ------
    CannotUpdateError
        As ``mixtures_of``.
    """

    def __init__(self, model: Model, *, by_network: bool = False, n_parts: int = 0) -> None:
        self._mixtures = mixtures_of(model)
        self._by_network, self._n_parts = by_network, n_parts
        self._sums: list[GaussianSummary | None] = [None] * len(self._mixtures)

    def counted(self, places: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        """Which rows, by their places among all new ones (n,), each member counts, (members, n)."""
        taken = np.ones((len(self._mixtures), len(places)), bool)
        if self._n_parts > 1:
            for number, own in enumerate(taken):
                own[places % self._n_parts == number % self._n_parts] = False
        return taken

    def add(self, rows: Rows, places: npt.NDArray[np.intp]) -> None:
        """Count rows (n, d), as the model takes them, at their places (n,) among all new ones."""
        with torch.no_grad():
            for number, ((member, density), own) in enumerate(
                zip(self._mixtures, self.counted(places), strict=True)
            ):
                for chunk in member.chunks(rows[own]) if own.any() else ():
                    for features in density.chunks(member.features(chunk)):
                        found = density.summarize(features, self._memberships(density, features))
                        before = self._sums[number]
                        self._sums[number] = found if before is None else before + found

    def finish(self, n_rows: Sequence[float], forget: float) -> list[float]:
        """Store the mixtures of old and new rows; gives how many rows count in each now.

        Parameters
        ----------
        n_rows : how many rows count in each mixture so far.
        forget : share of these that is forgotten, in [0, 1].
        """
        counted = []
        for (_, density), own, before in zip(self._mixtures, self._sums, n_rows, strict=True):
            if own is None:
                counted.append(float(before))
                continue
            total = forgotten(stored_summary(density, before), forget) + own
            density.freeze(total)
            counted.append(float(total.weights.sum()))
        return counted

    def _memberships(self, density: GaussianMixture, features: torch.Tensor) -> torch.Tensor:
        return density.memberships(features) if self._by_network else density.posterior(features)
