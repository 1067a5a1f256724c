"""Each search against scikit-learn's, and the sieve where single precision cannot tell."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from hinterland.densities import nearest_search
from hinterland.densities.nearest_search import AllDistances, FirstCopies, Sieve, Tree, search_among

SEARCHES = [AllDistances, Tree, Sieve]


def normal(n, d, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(n, d)))


def distances(references, rows, found):
    return (references[found] - rows).square().sum(1).sqrt()


@pytest.mark.parametrize("make", [*SEARCHES, FirstCopies])
@pytest.mark.parametrize("at_once", [700, 2**20])
def test_the_nearest_is_found(make, at_once, monkeypatch):
    monkeypatch.setattr(nearest_search, "DISTANCES_AT_ONCE", at_once)
    references, rows = normal(300, 6), normal(50, 6, 1)
    expected = NearestNeighbors(n_neighbors=1).fit(references).kneighbors(rows)[1][:, 0]
    assert make(references).nearest(rows).tolist() == expected.tolist()


@pytest.mark.parametrize("make", SEARCHES)
def test_one_reference_of_each_row_can_be_left_out(make):
    references = normal(300, 6)
    expected = NearestNeighbors(n_neighbors=2).fit(references).kneighbors(references)[1][:, 1]
    assert make(references).nearest(references, torch.arange(300)).tolist() == expected.tolist()


@pytest.mark.parametrize("make", SEARCHES)
def test_a_copy_of_what_is_left_out_is_found(make):
    references = torch.cat([normal(20, 6), normal(20, 6)])
    found = make(references).nearest(references, torch.arange(40))
    assert found.tolist() == [*range(20, 40), *range(20)]


@pytest.mark.parametrize("most", [0, 256])
def test_what_single_precision_cannot_tell_is_told_in_double(most, monkeypatch):
    monkeypatch.setattr(nearest_search, "MOST_CANDIDATES", most)
    references = normal(60, 20)
    near = references[:30] + 1e-9 * normal(
        30, 20, 1
    )  # in single precision as far from a row as its first thirty
    rows = references[:30] + 1e-9 * normal(30, 20, 2)
    references = torch.cat([references, near])
    exact = torch.cdist(rows, references, compute_mode="donot_use_mm_for_euclid_dist")
    found = Sieve(references).nearest(rows)
    if most:
        assert found.tolist() == exact.argmin(1).tolist()
    else:  # by a product of matrices, to which they are alike, too
        torch.testing.assert_close(distances(references, rows, found), exact.amin(1), atol=1e-7, rtol=0)
    left_out = exact.clone()
    left_out[torch.arange(30), exact.argmin(1)] = torch.inf
    found = Sieve(references).nearest(rows, exact.argmin(1))
    torch.testing.assert_close(distances(references, rows, found), left_out.amin(1), atol=1e-7, rtol=0)


@pytest.mark.parametrize("scale", [1e-6, 1e6, 1e25])
def test_the_unit_and_a_place_far_off_do_not_matter(scale):
    references, rows = scale * (normal(200, 20) + 1000), scale * (normal(20, 20, 1) + 1000)
    exact = torch.cdist(rows, references, compute_mode="donot_use_mm_for_euclid_dist")
    found = distances(references, rows, Sieve(references).nearest(rows))
    torch.testing.assert_close(found, exact.amin(1), rtol=1e-6, atol=0)


def test_of_copies_the_first_is_found_and_none_can_be_left_out():
    references = torch.cat([normal(30, 20), normal(30, 20)])
    search = FirstCopies(references)
    assert search.nearest(references[30:]).tolist() == list(range(30))
    with pytest.raises(ValueError, match="none can be left out"):
        search.nearest(references, torch.arange(60))


def test_few_columns_have_a_tree_and_many_a_sieve():
    assert isinstance(search_among(normal(20, 4)), Tree)
    assert isinstance(search_among(normal(20, 40)), Sieve)


def test_no_rows_have_no_nearest():
    for make in SEARCHES:
        assert make(normal(20, 6)).nearest(torch.zeros(0, 6).double()).shape == (0,)
