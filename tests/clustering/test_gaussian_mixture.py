"""The mixture's start from given clusters; its promises as a clustering are in the contracts."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from hinterland.clustering import GaussianMixtureClustering
from hinterland.clustering.gaussian_mixture import WIDEST_FULL


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """Two groups about one middle that covariances alone tell apart."""
    rng = np.random.default_rng(0)
    first = rng.normal(size=(300, 1)) * [1, 1] + 0.05 * rng.normal(size=(300, 2))
    second = rng.normal(size=(300, 1)) * [1, -1] + 0.05 * rng.normal(size=(300, 2))
    return np.concatenate([first, second])


TRUE = np.repeat([0, 1], 300)


@pytest.mark.parametrize("kind", ["full", "diag"])
def test_a_start_gives_its_own_weights_means_and_precisions(rows, kind):
    start = GaussianMixtureClustering(n_clusters=2)._parameters_of(rows, TRUE, kind)
    np.testing.assert_allclose(start["weights_init"], [0.5, 0.5])
    for k in (0, 1):
        group = rows[k == TRUE]
        covariance = np.cov(group.T, ddof=0) + 1e-3 * np.eye(2)
        expected = np.linalg.inv(covariance) if kind == "full" else 1 / np.diag(covariance)
        np.testing.assert_allclose(start["precisions_init"][k], expected, rtol=1e-6)
        np.testing.assert_allclose(start["means_init"][k], group.mean(0))


def test_groups_that_covariances_tell_apart_are_found_from_a_rough_start(rows):
    rough = np.where(np.random.default_rng(1).random(600) < 0.2, 1 - TRUE, TRUE)
    found = GaussianMixtureClustering(n_clusters=2).cluster(rows, np.random.default_rng(0), rough)
    assert adjusted_rand_score(TRUE, found) > 0.8


def test_wide_rows_have_diagonal_covariances_unless_full_ones_are_asked_for():
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(120, WIDEST_FULL + 1)) + 4 * (np.arange(120) % 2)[:, None]
    by_width, diagonal = (
        GaussianMixtureClustering(n_clusters=2, covariance=kind).cluster(wide, np.random.default_rng(0))
        for kind in (None, "diag")
    )
    np.testing.assert_array_equal(by_width, diagonal)
