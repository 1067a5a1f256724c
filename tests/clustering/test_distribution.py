import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.metrics import adjusted_rand_score

from hinterland.clustering.base import NOISE, unit_length
from hinterland.clustering.distribution import (
    DistributionClustering,
    distance_profiles,
    estimated_threshold,
)
from hinterland.clustering.selection import cluster_variances


def planted(n_groups=6, a_group=150, n_noise=150, width=100, box=20.0, seed=0):
    """Gaussians in many dimensions, and rows uniform in a box: rows, and groups with -1 for the noise."""
    generator = np.random.default_rng(seed)
    groups = np.concatenate([np.repeat(np.arange(n_groups), a_group), np.full(n_noise, -1)])
    means = 2 * generator.normal(size=(n_groups, width))
    rows = means[groups] + generator.normal(size=(len(groups), width))
    rows[groups == -1] = generator.uniform(-box, box, size=(n_noise, width))
    order = generator.permutation(len(rows))
    return rows[order], groups[order]


def cluster(rows, **options):
    return DistributionClustering(**options).cluster(rows, np.random.default_rng(0))


def slow_second_order_distances(rows):
    squared = cdist(rows, rows) ** 2
    return np.square(squared[:, None, :] - squared[None, :, :]).mean(2)


@given(st.integers(1, 25), st.integers(1, 12), st.integers(0, 5))
def test_profiles_give_the_second_order_distances_exactly(n, d, seed):
    rows = 3 + np.random.default_rng(seed).normal(size=(n, d))
    profiles = distance_profiles(rows)
    assert profiles.shape[1] <= d + 1
    expected = slow_second_order_distances(rows)
    np.testing.assert_allclose(cdist(profiles, profiles) ** 2, expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_groups_in_many_dimensions_are_found_and_noise_is_left_out(seed):
    rows, groups = planted(seed=seed)
    labels = cluster(rows, normalise=False)
    real = groups != -1
    assert adjusted_rand_score(groups[real], labels[real]) > 0.95
    assert (labels[~real] == NOISE).mean() > 0.95
    assert (labels[real] == NOISE).mean() < 0.02


@pytest.mark.parametrize("seed", range(3))
def test_rows_of_unit_length_are_grouped_and_noise_is_in_looser_clusters_or_none(seed):
    rows, groups = planted(seed=seed)
    labels = cluster(rows)
    real = groups != -1
    assert adjusted_rand_score(groups[real], labels[real]) > 0.95
    assert not set(labels[real]) & set(labels[~real]) - {NOISE}
    _, variances = cluster_variances(rows, labels)
    of_noise = np.setdiff1d(labels[~real], NOISE)
    assert variances[of_noise].min(initial=np.inf) > np.delete(variances, of_noise).max()


def test_the_threshold_is_estimated_between_pairs_of_one_and_of_two_distributions():
    rows, groups = planted(n_noise=0)
    profiles = distance_profiles(rows)
    within = groups[:, None] == groups[None]
    squared = cdist(profiles, profiles) ** 2
    threshold = estimated_threshold(profiles)
    np.fill_diagonal(within, False)
    assert (
        np.quantile(squared[within], 0.99) < threshold < np.quantile(squared[groups[:, None] != groups], 0.01)
    )
    np.testing.assert_allclose(estimated_threshold(7 * profiles), 49 * threshold, rtol=1e-6)


def test_rows_of_one_distribution_are_one_cluster():
    rows = np.random.default_rng(0).normal(size=(200, 50))
    assert set(cluster(rows)) == {0}


def test_the_published_threshold_is_that_number_for_rows_of_unit_length():
    rows, _ = planted()
    np.testing.assert_array_equal(cluster(rows, threshold="published"), cluster(rows, threshold=0.07))
    np.testing.assert_array_equal(
        cluster(rows, threshold=0.07), cluster(unit_length(rows), threshold=0.07, normalise=False)
    )


def test_no_cluster_is_all_noise():
    rows = np.random.default_rng(0).normal(size=(40, 20))
    assert set(cluster(rows, threshold=1e-9)) == {NOISE}


def test_the_least_size_of_a_cluster():
    rows = np.concatenate([np.full((4, 30), 1.0), np.full((5, 30), -1.0), 9 * np.eye(30)[:6]])
    labels = cluster(rows, threshold=1e-6, normalise=False)
    assert labels.tolist() == [NOISE] * 4 + [0] * 5 + [NOISE] * 6


@pytest.mark.parametrize("threshold", [0, -1.0, "estimate", None, np.nan])
def test_wrong_thresholds_are_named(threshold):
    with pytest.raises(ValueError, match=r"threshold must be .*got"):
        DistributionClustering(threshold=threshold)
