"""Expectation-maximisation: a mixture density on features that stay as they are."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import torch
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
    least_rows: float = 0.0,
    memberships: Tensor | None = None,
) -> list[float]:
    """Fit a mixture to features (n, D) by expectation-maximisation from memberships (n, K), and freeze it.

    Where none are given, they are those of k-means clusters.

    Each iteration estimates the parameters from the memberships, by summed statistics, and then takes the
    memberships as the posterior under them. It ends when the mean energy falls by less than ``tolerance`` nats.
    The energy can only fall but for the covariance floor, under which the least found is close enough.

    A component with fewer than ``least_rows`` rows' memberships loses them: it then weighs nothing, and its rows are
    those of their nearest neighbours among the others. A few odd rows so get no component of their own, under which
    they would be the most ordinary rows of all.

    Returns the mean energy in nats after each iteration. The last step is exact over all rows.
    """
    features = features.double()
    chosen = torch.randperm(len(features), generator=generator)[:MOST_ROWS].sort().values
    seen = features[chosen.to(features.device)]
    supported = density.n_components > 1 and least_rows > 0
    if memberships is None:
        memberships = _cluster(seen, density.n_components, generator)
    else:
        memberships = memberships[chosen.to(features.device)].double()
    energies: list[float] = []
    for _ in range(iterations):
        if supported:
            memberships = supported_memberships(memberships, least_rows)
        density.estimate(functools.partial(_parts, density, seen, memberships))
        joint = torch.cat([density.component_log_densities(part) for part in density.chunks(seen)], 1)
        energies.append(float(-torch.logsumexp(joint, 0).mean()))
        memberships = torch.softmax(joint, 0).T
        if len(energies) > 1 and energies[-2] - energies[-1] < tolerance:
            break
    if len(features) > len(seen):
        density.estimate(lambda: ((part, density.posterior(part)) for part in density.chunks(features)))
    return energies


def supported_memberships(memberships: Tensor, least_rows: float) -> Tensor:
    """Memberships (n, K) without those of components that have fewer than ``least_rows``, but for the largest's."""
    rows = memberships.sum(0)
    return memberships * (rows >= min(least_rows, float(rows.max())))


def _parts(density: Mixture, features: Tensor, memberships: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """All rows and their memberships, chunk by chunk."""
    start = 0
    for part in density.chunks(features):
        yield part, memberships[start : start + len(part)]
        start += len(part)


def _cluster(features: Tensor, n_clusters: int, generator: torch.Generator) -> Tensor:
    """Hard memberships (n, K) of k-means on standardised features: a first guess."""
    from sklearn.cluster import KMeans

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
