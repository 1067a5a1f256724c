"""The contract of a density: features in, energy out, with statistics that add."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from torch import Tensor, nn

from hinterland.shelf import Shelf

DENSITIES: Shelf[type[Density]] = Shelf("density", "hinterland.densities")
"""Densities by the name that a detector's ``density`` takes."""

Parts: TypeAlias = Callable[[], Iterable[tuple[Tensor, Tensor | None]]]
"""Gives all rows in parts, anew at each call: features (n, D), and memberships (n, K) or None for the density's own."""


class Density(nn.Module):
    """Base of the densities over composite features (n, n_features).

    ``settings`` holds every constructor argument but the generator as JSON-able values. ``estimate`` stores
    the parameters that all training rows give, and ``energy`` uses these alone, so that a row's energy never depends on
    its company. A density that learns otherwise, too, says how to ``hinterland.training.density.fit_density``; one that
    can be trained together with a network is a ``Mixture``.
    """

    n_features: int
    settings: dict[str, Any]
    needs_labels: bool = False
    """Whether it is learnt from labelled rows; its energy is then a label's, and no negative log-density."""
    recordable: bool = False
    """As a network's: whether training is the same operations on every batch."""

    def __init_subclass__(cls, name: str = "", **kwargs: Any) -> None:
        """Put a class that gives a name on the shelf."""
        super().__init_subclass__(**kwargs)
        if name:
            DENSITIES.add(name, cls)

    def estimate(self, parts: Parts) -> None:
        """Store the parameters that all rows give: statistics of the parts, added, in as many passes as it takes."""
        raise NotImplementedError

    def energy(self, features: Tensor) -> Tensor:
        """Energy in nats (n,), from the stored parameters; higher is more anomalous."""
        raise NotImplementedError

    def energy_parts(self, features: Tensor) -> Tensor | None:
        """Parts (n, D), a feature, of which the energy is an increasing function of the sum; None where there are none.

        Explanations take them instead of an integral.
        """
        return None

    def energy_of_parts(self, parts: Tensor) -> Tensor:
        """Energy (n,) that such parts (n, D) make."""
        return parts.sum(1)

    def compute_in_single_precision(self) -> None:
        """Have networks compute in float32, where the density has some; what is stored of rows stays float64."""

    def check_stored(self) -> None:
        """Raise ValueError where what is stored, finite as it is, cannot be what ``estimate`` stores."""

    def diagnostics(self) -> Mapping[str, float]:
        """Numbers worth a line in the training history; none by default."""
        return {}
