"""The distance to the nearest stored row, against scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from hinterland.densities import nearest_search
from hinterland.densities.nearest_neighbour import NearestNeighbour


@pytest.fixture
def rows():
    return torch.from_numpy(np.random.default_rng(0).normal(size=(300, 4)))


def fitted(rows, n_references=4096):
    density = NearestNeighbour(4, n_references)
    density.estimate(lambda: [(rows, None)])
    return density


def test_new_rows_have_the_distance_to_the_nearest(rows, monkeypatch):
    monkeypatch.setattr(nearest_search, "DISTANCES_AT_ONCE", 1000)
    new = torch.from_numpy(np.random.default_rng(1).normal(size=(50, 4)))
    expected = NearestNeighbors(n_neighbors=1).fit(rows).kneighbors(new)[0][:, 0]
    np.testing.assert_allclose(fitted(rows).energy(new), expected, rtol=1e-9)


def test_stored_rows_are_judged_by_the_others(rows):
    expected = NearestNeighbors(n_neighbors=2).fit(rows).kneighbors(rows)[0][:, 1]
    np.testing.assert_allclose(fitted(rows).energy(rows), expected, rtol=1e-9)


def test_a_row_that_was_stored_twice_is_at_no_distance(rows):
    density = fitted(torch.cat([rows, rows[:1]]))
    assert float(density.energy(rows[:1])) == 0
    assert float(density.energy(rows[1:2])) > 0


def test_of_too_many_rows_evenly_spread_ones_are_stored(rows):
    density = fitted(rows, 100)
    torch.testing.assert_close(density.references, rows[::3])
    assert density.settings["n_references"] == 100


def test_a_single_stored_row_is_all_there_is(rows):
    density = fitted(rows[:1])
    assert float(density.energy(rows[:1])) == 0
    assert float(density.energy(rows[1:2])) == pytest.approx(float((rows[1] - rows[0]).norm()))


def test_parts_are_squared_differences(rows):
    new = rows[:5] + 0.1
    density = fitted(rows)
    torch.testing.assert_close(density.energy_parts(new).sum(1).sqrt(), density.energy(new))


@pytest.mark.parametrize("n_features", [4, 40])  # by a tree, and by all distances
@pytest.mark.parametrize("repeat", [False, True])
def test_both_searches_find_what_all_distances_say(n_features, repeat):
    generator = np.random.default_rng(2)
    rows = generator.normal(size=(200, n_features))
    if repeat:
        rows[:40] = rows[100:140]
    new = np.concatenate([generator.normal(size=(30, n_features)), rows[150:160], rows[100:105]])
    density = NearestNeighbour(n_features)
    as_new = density.store(torch.from_numpy(rows))
    distances = np.sort(np.linalg.norm(new[:, None] - rows, axis=2), axis=1)
    known = np.zeros(len(new)) if repeat else distances[:, 1]
    expected = np.where(distances[:, 0] < 1e-12, known, distances[:, 0])
    np.testing.assert_allclose(density.energy(torch.from_numpy(new)), expected, rtol=1e-9, atol=1e-12)
    among = np.linalg.norm(rows[:, None] - rows, axis=2)
    np.fill_diagonal(among, np.inf)
    np.testing.assert_allclose(as_new, among.min(1), rtol=1e-9, atol=1e-12)
    assert density.rows_repeat == repeat


def test_whether_rows_repeat_is_kept(rows):
    density = fitted(torch.cat([rows, rows]))
    again = NearestNeighbour(**density.settings)
    again.load_state_dict(density.state_dict())
    assert again.rows_repeat
    assert float(again.energy(rows[:1])) == 0
    assert float(again.energy(rows[:1] + 1)) > 0


def test_a_tree_follows_the_rows_that_are_loaded(rows):
    density = fitted(rows)
    density.energy(rows)
    other = fitted(rows + 5)
    density.load_state_dict(other.state_dict())
    torch.testing.assert_close(density.energy(rows[:5]), other.energy(rows[:5]))


@pytest.mark.parametrize("n_stored", [1, 5, 300])
@pytest.mark.parametrize("repeated", [1, 30])
def test_an_exported_graph_finds_the_same_rows(rows, monkeypatch, n_stored, repeated):
    stored = rows[:n_stored].repeat(repeated, 1)
    density = fitted(stored)
    assert density.rows_repeat == (repeated > 1 and len(stored) >= 100)
    new = torch.cat([stored[:50], rows[:50] + 0.1, 1e4 * rows[:5]])
    expected = density.energy(new)
    monkeypatch.setattr(torch.compiler, "is_exporting", lambda: True)
    torch.testing.assert_close(density.energy(new), expected, rtol=1e-9, atol=1e-7)
