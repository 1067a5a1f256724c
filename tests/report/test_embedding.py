import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from hinterland.report.embedding import POINTS, TOP_ROWS, chosen_points, embed


@given(st.integers(1, 3000), st.integers(0, 10))
def test_points_are_the_top_rows_and_others_no_row_twice(n_rows: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    sample = np.sort(generator.permutation(n_rows)[:1500])
    top = generator.permutation(n_rows)[:500]
    fresh, chosen = chosen_points(sample, top)
    together = np.concatenate([sample[fresh], top[chosen]])
    assert len(together) == len(np.unique(together)) <= POINTS
    assert len(chosen) == min(TOP_ROWS, len(top))
    if n_rows <= POINTS and len(top) == n_rows and len(sample) == n_rows:
        assert len(together) == n_rows


@pytest.mark.slow
def test_groups_stay_apart_and_the_seed_decides() -> None:
    generator = np.random.default_rng(0)
    group = np.arange(150) % 3
    features = generator.normal(size=(150, 6)) + 12 * generator.normal(size=(3, 6))[group]
    found = embed(features, 150, 0)
    assert found == embed(features, 150, 0)
    assert found["width"] == 6
    for name in ("pca", "tsne"):
        points = np.array(found[name]).T
        assert points.shape == (150, 2)
        nearest = NearestNeighbors(n_neighbors=5).fit(points).kneighbors(return_distance=False)
        assert (group[nearest] == group[:, None]).mean() > 0.9


def test_rows_far_off_do_not_press_the_others_together() -> None:
    features = np.random.default_rng(0).normal(size=(100, 3))
    features[99] = 1e9
    x = np.array(embed(features, 99, 0)["pca"][0])
    assert np.ptp(x[:99]) > 0.05 * np.ptp(x)


@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (9, 2), (40, 1)])
def test_few_rows_or_features(shape: tuple[int, int]) -> None:
    found = embed(np.random.default_rng(0).normal(size=shape), shape[0], 0)
    assert np.shape(found["pca"]) == (2, shape[0])
    assert (found["tsne"] is not None) == (shape[0] >= 10)


def test_rows_that_are_all_alike() -> None:
    found = embed(np.ones((30, 4)), 30, 0)
    assert found["pca"] == [[0.0] * 30, [0.0] * 30]
    assert found["tsne"] is None
