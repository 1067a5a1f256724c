"""The density of a detector that does not name one: found by its name, and made with the detector's parameters."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from hinterland.densities.base import DENSITIES, Density
from hinterland.densities.mixture import Mixture

OF_A_MIXTURE = ("n_components", "hidden", "dropout")
"""What a detector sets of a mixture alone: to another density ``hidden`` would be another network's."""

OF_ANY = ("n_features", "covariance_floor", "generator")
"""What a detector sets of whatever density takes it."""


def check_density(name: Any, options: Any) -> None:
    """Raise ValueError for a density that there is not, or that needs labels, or an option that it has not."""
    make = DENSITIES.named(name)
    if make.needs_labels:
        raise ValueError(
            f"density must be one that is learnt without labels, got {name!r}; PositiveUnlabelled learns it"
        )
    taken = (*OF_ANY, *OF_A_MIXTURE) if issubclass(make, Mixture) else OF_ANY
    DENSITIES.check_options(name, options or {}, taken=taken)


def make_density(
    name: str,
    n_features: int,
    options: Mapping[str, Any] | None,
    generator: torch.Generator | None = None,
    **own: Any,
) -> Density:
    """The untrained density over features of this width.

    ``own`` is what the detector sets, of which the density gets what it takes; ``options``, of which it must take all,
    come before that.
    """
    make = DENSITIES.named(name)
    known = set(inspect.signature(make).parameters)
    if issubclass(make, Mixture):
        known |= set(inspect.signature(Mixture).parameters)
    else:
        known -= set(OF_A_MIXTURE)
    settings = {key: value for key, value in {**own, "generator": generator}.items() if key in known}
    density: Density = make(n_features, **{**settings, **(options or {})})
    return density
