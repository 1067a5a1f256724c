import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hinterland.networks import neighbours as module
from hinterland.networks.neighbours import draw_reference, edges, nearest_others, nearest_within

DISTANCES = list(module.DISTANCES)


def drawn(n: int, d: int = 5, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def distances(row: np.ndarray, others: np.ndarray, distance: str) -> list[float]:
    """One at a time, as the definitions have it."""
    found = []
    for other in others:
        if distance == "euclidean":
            found.append(float(np.sqrt(sum((a - b) ** 2 for a, b in zip(row, other, strict=True)))))
        else:
            lengths = np.sqrt(sum(a * a for a in row)) * np.sqrt(sum(b * b for b in other))
            found.append(
                1 - (sum(a * b for a, b in zip(row, other, strict=True)) / lengths if lengths else 0)
            )
    return found


@pytest.mark.parametrize("distance", DISTANCES)
def test_neighbours_are_those_that_a_slow_search_finds(distance):
    rows, reference = drawn(30, seed=1).double(), drawn(50) * 3 + 1
    found = nearest_others(rows, reference, 7, distance)
    for row, numbers in zip(rows.numpy(), found.tolist(), strict=True):
        order = np.argsort(distances(row, reference.double().numpy(), distance))
        assert set(numbers) == set(order[:7].tolist())


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_neighbours_far_off_and_near_are_found_at_every_scale(distance, scale):
    reference = drawn(40) * scale
    rows = torch.cat([drawn(10, seed=1) * scale, drawn(10, seed=2) * scale * 1e3])
    found = nearest_others(rows, reference, 5, distance)
    for row, numbers in zip(rows.double().numpy(), found, strict=True):
        all_distances = np.array(distances(row, reference.double().numpy(), distance))
        np.testing.assert_allclose(
            np.sort(all_distances[numbers.numpy()]), np.sort(all_distances)[:5], rtol=1e-6, atol=1e-7 * scale
        )


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_rows_own_copy_is_no_neighbour_of_it(distance):
    reference = drawn(20)
    found = nearest_others(reference, reference, 6, distance)
    assert (found != torch.arange(20)[:, None]).all()
    for i, numbers in enumerate(found.tolist()):
        others = distances(reference[i].numpy(), reference.numpy(), distance)
        others[i] = np.inf
        assert set(numbers) == set(np.argsort(others)[:6].tolist())


def test_a_multiple_of_a_row_is_no_copy_of_it():
    reference = torch.stack([drawn(1)[0], 2 * drawn(1)[0], 3 * drawn(1)[0]])
    found = nearest_others(reference[1:2], reference, 2, "cosine")
    assert sorted(found[0].tolist()) == [0, 2]


@pytest.mark.slow
@given(st.integers(0, 2**31), st.sampled_from(DISTANCES))
def test_neighbours_do_not_hang_on_company_even_where_many_are_equally_near(seed, distance):
    rng = np.random.default_rng(seed)
    counts = torch.from_numpy(rng.integers(-1, 2, size=(200, 4))).float() * 0.1
    reference, rows = torch.unique(counts[:120], dim=0), counts[100:].double()
    together = nearest_others(rows, reference, 5, distance)
    alone = torch.cat([nearest_others(row[None], reference, 5, distance) for row in rows])
    order = torch.from_numpy(rng.permutation(len(rows)))
    shuffled = nearest_others(rows[order], reference, 5, distance)
    assert torch.equal(alone, together)
    assert torch.equal(shuffled, together[order])


def test_of_equally_near_rows_the_lower_numbers_are_neighbours():
    reference = torch.eye(8)[torch.randperm(8, generator=torch.Generator().manual_seed(0))]
    assert nearest_others(torch.ones(1, 8), reference, 3, "cosine").tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("distance", DISTANCES)
def test_chunks_make_no_difference(monkeypatch, distance):
    rows, reference = drawn(100, seed=1), drawn(30)
    whole = nearest_others(rows, reference, 4, distance), nearest_within(rows, 4, distance)
    monkeypatch.setattr(module, "CHUNK_ENTRIES", 1)
    monkeypatch.setattr(module, "FEWEST_ROWS", 7)
    parts = nearest_others(rows, reference, 4, distance), nearest_within(rows, 4, distance)
    for one, other in zip(whole, parts, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("distance", DISTANCES)
def test_products_on_the_grid_are_exact_in_any_order(distance):
    """The sum of integers that the products stand for, in units of 2^-52."""
    comparison = module._Comparison(drawn(20, 118), distance)
    rows = drawn(20, 118, seed=1) * torch.logspace(-3, 3, 20)[:, None]
    vectors = comparison.vectors(rows)
    similarity = vectors @ comparison.keys.T
    assert torch.equal(vectors.flip(1) @ comparison.keys.flip(1).T, similarity)
    units = [[int(v * 2**26) for v in row] for row in vectors.tolist()]
    keys = [[int(v * 2**26) for v in row[:-1]] + [row[-1] * 2**26] for row in comparison.keys.tolist()]
    exact = [[int(sum(a * b for a, b in zip(q, k, strict=True))) for k in keys] for q in units]
    assert exact == [[int(v * 2**52) for v in row] for row in similarity.tolist()]


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_reference_of_too_few_rows_leaves_places_empty(distance):
    reference = drawn(3)
    new = nearest_others(drawn(4, seed=1), reference, 5, distance)
    assert [sorted(row) for row in new.tolist()] == [[-1, -1, 0, 1, 2]] * 4
    kept = nearest_others(reference, reference, 3, distance)
    assert [sorted(row) for row in kept.tolist()] == [[-1, 1, 2], [-1, 0, 2], [-1, 0, 1]]
    assert nearest_others(reference[:1], reference[:1], 2, distance).tolist() == [[-1, -1]]


def test_a_row_of_zeros_has_neighbours_too():
    reference = torch.cat([torch.zeros(1, 5), drawn(9)])
    zero = torch.zeros(1, 5)
    assert 0 not in nearest_others(zero, reference, 4, "cosine")[0].tolist()
    assert len(set(nearest_others(zero, reference, 4, "cosine")[0].tolist())) == 4
    assert (nearest_within(reference, 4, "cosine") >= 0).all()
    others = distances(np.zeros(5), reference.numpy(), "euclidean")
    nearest = set(np.argsort(others)[1:5].tolist())
    assert set(nearest_others(zero, reference, 4, "euclidean")[0].tolist()) == nearest


@pytest.mark.parametrize("distance", DISTANCES)
def test_within_a_batch_a_row_leaves_itself_out_but_not_its_copies(distance):
    rows = torch.cat([drawn(12), drawn(12)])
    found = nearest_within(rows, 5, distance)
    for i, numbers in enumerate(found.tolist()):
        others = np.array(distances(rows[i].numpy(), rows.numpy(), distance))
        others[i] = np.inf
        assert i not in numbers
        assert (i + 12) % 24 in numbers
        np.testing.assert_allclose(np.sort(others[numbers]), np.sort(others)[:5], atol=1e-6)


def test_a_batch_must_have_more_rows_than_neighbours():
    with pytest.raises(ValueError, match=r"each row to 5 others \(n_neighbors\) and needs more rows.*got 5"):
        nearest_within(drawn(5), 5, "cosine")
    assert nearest_within(drawn(6), 5, "cosine").shape == (6, 5)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("self_loops", [False, True])
def test_edges_are_those_of_the_neighbours_each_once(symmetric, self_loops):
    neighbours = nearest_within(drawn(20), 3, "euclidean")
    expected = {(i, j) for i, row in enumerate(neighbours.tolist()) for j in row}
    if symmetric:
        expected |= {(j, i) for i, j in expected}
    if self_loops:
        expected |= {(i, i) for i in range(20)}
    found = edges(neighbours, symmetric=symmetric, self_loops=self_loops).T.tolist()
    assert sorted(found) == sorted(map(list, expected))


def test_a_reference_is_of_different_training_rows_drawn_by_the_generator():
    rows = torch.cat([drawn(50), drawn(50), drawn(50)])
    reference = draw_reference(rows, 100, torch.Generator().manual_seed(3))
    assert 40 < len(reference) <= 50
    known = {tuple(row) for row in rows.tolist()}
    kept = {tuple(row) for row in reference.tolist()}
    assert len(kept) == len(reference)
    assert kept <= known
    state = torch.get_rng_state()
    few, same, other = (draw_reference(rows, 10, torch.Generator().manual_seed(s)) for s in (3, 3, 4))
    assert torch.equal(few, same)
    assert not torch.equal(few, other)
    assert torch.equal(torch.get_rng_state(), state)
    assert len(draw_reference(rows, 10**6, None)) == 50
