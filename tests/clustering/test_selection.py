import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinterland.clustering import NOISE
from hinterland.clustering.selection import cluster_variances, select_compact


def of_variances(variances, size=10):
    """Rows of a column in clusters of these variances: half the rows a deviation above, half below."""
    labels = np.repeat(np.arange(len(variances)), size)
    signs = np.tile([-1.0, 1.0], len(labels) // 2)
    return (100.0 * labels + signs * np.sqrt(variances)[labels])[:, None], labels


def test_the_variance_is_the_trace_of_the_covariance():
    generator = np.random.default_rng(0)
    rows, labels = generator.normal(size=(60, 3)), generator.integers(-1, 4, 60)
    sizes, variances = cluster_variances(rows, labels)
    for label in range(4):
        own = rows[labels == label]
        assert sizes[label] == len(own)
        assert variances[label] == pytest.approx(np.trace(np.cov(own.T, ddof=0)))


@pytest.mark.parametrize(
    ("share", "kept"), [(0.1, 18), (0.35, 13), (0.3, 14), (0.05, 19), (0.5, 10), (0.95, 1)]
)
def test_of_twenty_clusters_each_five_percent_drop_one(share, kept):
    order = np.random.default_rng(0).permutation(20)
    rows, labels = of_variances(1.0 + order)
    selection = select_compact(rows, labels, share)
    assert selection.n_clusters == 20
    assert selection.n_kept == kept
    assert set(labels[selection.rows]) == set(np.flatnonzero(order < kept))
    assert selection.threshold == pytest.approx(np.percentile(1.0 + order, 100 * (1 - share)))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=12), st.sampled_from([0.1, 0.25, 0.3, 0.5, 0.9]))
def test_kept_is_strictly_below_numpys_percentile(variances, share):
    rows, labels = of_variances(np.array(variances, dtype=float))
    exact = cluster_variances(rows, labels)[1]
    selection = select_compact(rows, labels, share)
    threshold = np.quantile(exact, 1 - share)
    # A variance within rounding of the threshold may fall on either side.
    clear = np.abs(exact - threshold) > 1e-9
    np.testing.assert_array_equal(selection.rows[clear[labels]], (exact < threshold)[labels][clear[labels]])


def test_small_clusters_and_noise_count_as_the_loosest():
    rows, labels = of_variances(np.arange(1.0, 9.0))
    tiny = np.repeat([500.0, 600.0], 4)[:, None]  # copies: their variance is zero
    rows = np.concatenate([rows, tiny, np.zeros((30, 1))])
    labels = np.concatenate([labels, np.repeat([8, 9], 4), np.full(30, NOISE)])
    selection = select_compact(
        rows, labels, 0.3
    )  # of 8 + 2 + 1 clusters the place 7 in the order of variances
    assert set(labels[selection.rows]) == set(range(7))
    assert (selection.n_clusters, selection.n_kept) == (8, 7)
    generous = select_compact(rows, labels, 0.25)  # between the eighth variance and infinity
    assert generous.threshold == np.inf
    assert set(labels[generous.rows]) == set(range(8))


def test_one_cluster_beside_noise_is_kept_and_one_alone_is_not():
    rows, labels = of_variances(np.array([2.0]))
    assert not select_compact(rows, labels, 0.1).rows.any()
    with_noise = np.where(np.arange(10) < 2, NOISE, labels)
    np.testing.assert_array_equal(select_compact(rows, with_noise, 0.1).rows, with_noise != NOISE)


@pytest.mark.parametrize("labels", [np.full(10, NOISE), np.repeat(np.arange(5), 2)])
def test_nothing_is_selected_where_no_cluster_has_enough_rows(labels):
    selection = select_compact(np.random.default_rng(0).normal(size=(10, 2)), labels, 0.5)
    assert not selection.rows.any()
    assert (selection.n_clusters, selection.n_kept) == (0, 0)


def test_labels_without_rows_do_not_count():
    rows, labels = of_variances(np.array([1.0, 2.0, 3.0]))
    spread = np.array([0, 4, 9])[labels]
    np.testing.assert_array_equal(
        select_compact(rows, spread, 0.4).rows, select_compact(rows, labels, 0.4).rows
    )


@pytest.mark.parametrize(
    ("sizes", "share", "kept"),
    [
        ([60, 10, 30], 0.35, {0, 1}),  # 60 rows are too few of 65, and the second cluster crosses
        ([70, 10, 20], 0.3, {0}),  # exactly the share that is not dropped
        ([10, 10, 80], 0.3, {0, 1, 2}),  # the loosest crosses, and stays
        ([2, 68, 30], 0.3, {1, 2}),  # two rows are no cluster, but rows that can be dropped
    ],
)
def test_over_rows_clusters_are_kept_until_they_have_the_share_and_the_crossing_one_whole(sizes, share, kept):
    labels = np.repeat(np.arange(3), sizes)
    signs = np.concatenate([np.tile([-1.0, 1.0], size // 2) for size in sizes])
    rows = (100.0 * labels + signs * (1.0 + labels))[:, None]
    selection = select_compact(rows, labels, share, over="rows")
    assert set(labels[selection.rows]) == kept
    assert selection.n_kept == len(kept)
    assert selection.rows.mean() >= 1 - share or 0 not in kept


def test_over_rows_noise_is_the_loosest_and_never_kept():
    rows, labels = of_variances(np.array([1.0, 2.0]))
    labels = np.where(labels == 1, NOISE, labels)
    selection = select_compact(rows, labels, 0.3, over="rows")
    assert set(labels[selection.rows]) == {0}
    assert selection.threshold == np.inf  # 10 of 20 rows are all that could be kept of 14


@given(st.lists(st.integers(1, 50), min_size=1, max_size=12), st.sampled_from([0.1, 0.25, 0.3, 0.5, 0.9]))
def test_over_rows_no_more_than_the_share_is_dropped_and_no_cluster_could_be_spared(variances, share):
    rows, labels = of_variances(np.array(variances, dtype=float))
    exact = cluster_variances(rows, labels)[1]
    selection = select_compact(rows, labels, share, over="rows")
    assert selection.rows.mean() >= 1 - share - 1e-9
    tighter = exact[labels] < selection.threshold
    assert tighter.mean() < 1 - share
