import numpy as np
import pytest

from hinterland.clustering import CLUSTERINGS, check_clustering
from hinterland.clustering.base import sample, standardised, unit_length, usable_start


def test_the_shelf_has_the_papers_clusterings():
    assert {"distribution", "gaussian_mixture", "hdbscan", "k_means"} <= set(CLUSTERINGS.members())


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("k_mean", {}, r"first must be one of \[.*'k_means'\] \(did you mean 'k_means'\?\), got 'k_mean'"),
        (3, {}, r"first must be one of \[.*\], got 3"),
        ("k_means", [1], r"options must be a dictionary or None, got \[1\]"),
        (
            "k_means",
            {"n_cluster": 3},
            r"options must hold options of .*\(did you mean 'n_clusters'\?\), got 'n_cluster'",
        ),
        ("gaussian_mixture", {"ridge": 0}, r"options: ridge must be a number in \(0, inf\), got 0"),
    ],
)
def test_names_and_options_are_checked(name, options, message):
    with pytest.raises(ValueError, match=message):
        check_clustering("first", name, options)


def test_a_sample_is_some_of_the_rows_once_each():
    chosen = sample(100, 30, np.random.default_rng(0))
    assert len(set(chosen)) == 30
    assert (np.diff(chosen) > 0).all()
    np.testing.assert_array_equal(sample(20, 30, np.random.default_rng(0)), np.arange(20))


def test_unit_length_leaves_zero_rows():
    rows = unit_length(np.array([[3.0, 4.0], [0.0, 0.0]]))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0.0, 0.0]])


def test_standardised_columns():
    rows = np.column_stack([np.arange(5.0), np.full(5, 0.1), [0, 0, 0, 0, 1e9]])
    found = standardised(rows, clip=1.5)
    np.testing.assert_allclose(found[:, 0], np.clip((np.arange(5) - 2) / np.sqrt(2), -1.5, 1.5))
    np.testing.assert_allclose(found[:, 1], 0, atol=1e-12)
    assert found[:, 2].max() == 1.5


@pytest.mark.parametrize("labels", [None, np.array([0, 0, 2]), np.array([-1, 0, 1]), np.array([0, 1, 2, 3])])
def test_labels_that_are_not_as_many_clusters_are_no_start(labels):
    assert usable_start(labels, 3) is None
