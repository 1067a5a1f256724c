"""A row's energy is its cluster's variance, by a loop; what is in no cluster lies above all."""

import numpy as np
import pytest

from hinterland.baselines import baselines
from hinterland.clustering.base import NOISE, unit_length


@pytest.fixture(scope="module")
def planted() -> np.ndarray:
    """A tight and a loose distribution of rows of 60 columns, and rows of none."""
    generator = np.random.default_rng(0)
    tight, loose = (5 * generator.normal(size=60) + s * generator.normal(size=(150, 60)) for s in (0.5, 1.5))
    return np.concatenate([tight, loose, generator.uniform(-30, 30, size=(8, 60))])


@pytest.fixture(scope="module")
def fitted(planted):
    return baselines()["Distribution clustering"](random_state=0).fit(planted)


def test_the_energy_of_a_row_is_the_variance_of_its_cluster(fitted, planted):
    labels = fitted.distributions_.labels(planted.astype(np.float32).astype(float))
    rows = unit_length(planted)
    found = fitted.energy(planted)
    assert set(labels[:150]) != set(labels[150:300])
    for label in set(labels) - {NOISE}:
        own = rows[labels == label]
        variance = sum(((row - own.mean(0)) ** 2).sum() for row in own) / len(own)
        np.testing.assert_allclose(found[labels == label], variance, rtol=1e-4)


def test_loose_clusters_lie_above_tight_ones_and_noise_above_both(fitted, planted):
    energy = fitted.energy(planted)
    assert energy[:150].max() < np.median(energy[150:300])
    assert energy[300:].min() >= np.median(energy[150:300])
    assert (
        fitted.energies_[NOISE]
        == 2 * fitted.energies_[:-1][fitted.energies_[:-1] < fitted.energies_[NOISE]].max()
    )


def test_new_rows_go_to_the_distributions_that_were_learnt(fitted, planted):
    again = fitted.energy(planted[:3] + 1e-4)
    np.testing.assert_allclose(again, fitted.energy(planted[:3]))
    far = fitted.energy(np.random.default_rng(1).uniform(-30, 30, size=(4, 60)))
    np.testing.assert_array_equal(far, fitted.energies_[NOISE])


def test_where_there_is_no_cluster_all_rows_score_the_same():
    rows = np.random.default_rng(0).normal(size=(3, 4))
    energy = baselines()["Distribution clustering"](random_state=0).fit(rows).energy(rows)
    np.testing.assert_allclose(energy, rows.var(0).sum(), rtol=1e-5)
