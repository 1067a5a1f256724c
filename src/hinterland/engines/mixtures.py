"""A detector's mixture by sums over all rows: one step of expectation-maximisation that no sample limits."""

from __future__ import annotations

from functools import partial
from typing import Any

import pyarrow as pa
import torch

from hinterland.densities.gaussian import GaussianMixture, GaussianSummary
from hinterland.densities.mixture import total
from hinterland.detectors.joint_mixture import JointMixture
from hinterland.engines.shards import Shards, summed
from hinterland.model.energy_model import EnergyModel
from hinterland.scoring.model_input import ModelInput


def has_sums(detector: Any) -> bool:
    """Whether a fitted detector's density is a mixture of all rows, by sums that add, on one machine as well.

    The mixtures of the others are of a bounded number of rows by design, so that a sample is all they take.
    """
    return (
        isinstance(detector, JointMixture)
        and isinstance(detector.model_, EnergyModel)
        and isinstance(detector.model_.density, GaussianMixture)
        and detector.model_.rows_alone
    )


def estimate(shards: Shards, model: Any, *, by_posterior: bool) -> None:
    """Estimate the mixture of a fitted model, for which ``has_sums`` holds, on all rows, in place.

    Parameters
    ----------
    shards, model : batches, and the fitted detector or pipeline.
    by_posterior : whether a row's memberships are the posterior under the mixture as it is, a step of
        expectation-maximisation, or those of the estimation network.
    """
    taken = ModelInput(model, shards.schema.names)
    density = taken.detector.model_.density
    assert isinstance(density, GaussianMixture)
    with torch.no_grad():
        density.freeze(summed(shards, partial(_summary, taken, by_posterior)))


def _summary(taken: ModelInput, by_posterior: bool, batch: pa.Table) -> GaussianSummary:
    """Sufficient statistics of a batch; of none where it has no rows."""
    model = taken.detector.model_
    density: Any = model.density
    if not batch.num_rows:
        k, width = density.n_components, density.n_features
        zeros = partial(torch.zeros, dtype=torch.float64)
        return GaussianSummary(zeros(k), zeros(k, width), zeros(k, width, width))
    with torch.no_grad():
        features = model.features_of(taken.encoded(batch))
        summary: GaussianSummary = total(
            density.summarize(part, density.posterior(part) if by_posterior else None)
            for part in density.chunks(features)
        )
        return summary
