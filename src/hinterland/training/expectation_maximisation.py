"""Expectation-maximisation: a mixture density on features that stay as they are."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import torch
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from hinterland.densities.mixture import Mixture
from hinterland.threads import in_order
from hinterland.warning_filters import ignoring

MOST_ROWS = 20_000
"""Rows that the iterations see; a random part of more. The last estimate is over all rows."""


def fit_by_expectation_maximisation(
    density: Mixture,
    features: Tensor,
    generator: torch.Generator,
    *,
    iterations: int = 50,
    tolerance: float = 1e-3,
) -> list[float]:
    """Fit a mixture to features (n, D) by expectation-maximisation from k-means clusters, and freeze it.

    Each iteration estimates the parameters from the memberships, by summed statistics, and then takes the
    memberships as the posterior under them. It ends when the mean energy falls by less than ``tolerance`` nats.
    The energy can only fall but for the covariance floor, under which the least found is close enough.

    Returns the mean energy in nats after each iteration. The last step is exact over all rows.
    """
    features = features.double()
    chosen = torch.randperm(len(features), generator=generator)[:MOST_ROWS].sort().values
    seen = features[chosen.to(features.device)]
    memberships: Tensor | None = _cluster(seen, density.n_components, generator)
    energies: list[float] = []
    for _ in range(iterations):
        density.estimate(functools.partial(_parts, density, seen, memberships))
        memberships = None  # from now on the posterior under the parameters
        energies.append(float(density.energy(seen).mean()))
        if len(energies) > 1 and energies[-2] - energies[-1] < tolerance:
            break
    density.estimate(functools.partial(_parts, density, features, memberships))
    return energies


def _parts(
    density: Mixture, features: Tensor, memberships: Tensor | None
) -> Iterator[tuple[Tensor, Tensor | None]]:
    """All rows, chunk by chunk; with memberships where these are not to be the posterior."""
    start = 0
    for part in density.chunks(features):
        yield part, None if memberships is None else memberships[start : start + len(part)]
        start += len(part)


def _cluster(features: Tensor, n_clusters: int, generator: torch.Generator) -> Tensor:
    """Hard memberships (n, K) of k-means on standardised features: a first guess."""
    seed = int(torch.randint(2**31 - 1, (), generator=generator))
    scale = features.std(0, correction=0)
    standardised = (features - features.mean(0)) / torch.where(scale > 0, scale, 1.0)
    means = KMeans(min(n_clusters, len(features)), n_init=1, max_iter=50, random_state=seed)
    # Fewer distinct rows than clusters leave components empty, which is survived.
    with in_order(), ignoring(ConvergenceWarning):
        labels = means.fit_predict(standardised.cpu().numpy())
    return torch.nn.functional.one_hot(
        torch.as_tensor(labels, dtype=torch.long, device=features.device), n_clusters
    ).double()
