"""What every clustering promises, run over all of them."""

import inspect

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from hinterland.clustering import CLUSTERINGS, NOISE

K = 4


@pytest.fixture(params=CLUSTERINGS.members())
def make(request):
    """Make a clustering of the class under test, told of K clusters where it takes a number: ``make(most_rows=50)``."""
    known = inspect.signature(CLUSTERINGS.named(request.param)).parameters

    def build(**options):
        own = {"n_clusters": K, **options}
        return CLUSTERINGS.named(request.param)(**{name: v for name, v in own.items() if name in known})

    return build


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, np.ndarray]:
    """Rows of four Gaussians far apart in 20 dimensions, shuffled, and which of these each is of."""
    generator = np.random.default_rng(0)
    groups = generator.permutation(np.repeat(np.arange(K), 100))
    return 8 * generator.normal(size=(K, 20))[groups] + generator.normal(size=(400, 20)), groups


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_it_finds_groups_that_lie_far_apart(make, planted):
    rows, groups = planted
    labels = make().cluster(rows, generator())
    assert labels.shape == (400,)
    assert labels.dtype == np.int64
    assert adjusted_rand_score(groups, labels) > 0.95


def test_every_row_gets_a_label_where_clusters_are_learnt_from_some(make, planted):
    rows, groups = planted
    labels = make(most_rows=150).cluster(rows, generator())
    assert adjusted_rand_score(groups, labels) > 0.95


def test_the_order_of_the_rows_does_not_matter(make, planted):
    rows, _ = planted
    order = generator().permutation(len(rows))
    assert (
        adjusted_rand_score(
            make().cluster(rows, generator())[order], make().cluster(rows[order], generator())
        )
        > 0.95
    )


def test_the_same_seed_gives_the_same_labels(make, planted):
    rows, _ = planted
    np.testing.assert_array_equal(
        make(most_rows=150).cluster(rows, generator()), make(most_rows=150).cluster(rows, generator())
    )


def test_clusters_that_did_not_move_stay(make, planted):
    rows, _ = planted
    labels = make().cluster(rows, generator())
    np.testing.assert_array_equal(make().cluster(rows, generator(), labels), labels)


def test_rows_are_left_as_they_were(make, planted):
    rows, _ = planted
    before = rows.copy()
    make().cluster(rows, generator())
    np.testing.assert_array_equal(rows, before)


ROUNDED = np.column_stack([np.full(30, 1e-17) + 1e-33 * (np.arange(30) % 2), np.arange(30.0), np.zeros(30)])


@pytest.mark.parametrize("rows", [np.zeros((30, 3)), np.eye(30, 4), np.arange(30.0)[:, None], ROUNDED])
def test_hard_rows_get_labels(make, rows):
    labels = make().cluster(rows, generator())
    assert labels.shape == (30,)
    assert labels.min() >= NOISE


def test_wrong_options_are_named(make):
    for name, value in {"n_clusters": 0, "min_cluster_size": 1, "most_rows": 2}.items():
        if name in inspect.signature(type(make())).parameters:
            with pytest.raises(ValueError, match=f"{name} must be an integer of at least .*got {value}"):
                make(**{name: value})


def test_fewer_rows_than_clusters_are_refused(make):
    clustering = make()
    if hasattr(clustering, "n_clusters"):
        with pytest.raises(ValueError, match="n_clusters must be at most the number of rows, 3, got 4"):
            clustering.cluster(np.eye(3), generator())
    else:  # the number follows from the rows
        assert clustering.cluster(np.eye(3), generator()).shape == (3,)
