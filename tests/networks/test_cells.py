import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hinterland.networks import cells as module
from hinterland.networks import neighbours
from hinterland.networks.cells import Cells
from hinterland.networks.neighbours import NearestOthers, nearest_others

DISTANCES = list(neighbours.DISTANCES)


def gathered(n: int, seed: int, d: int = 12) -> torch.Tensor:
    """Rows around few centres, some of them far out, many equally far from one another, and one in the origin."""
    rng = np.random.default_rng(seed)
    centers = 3 * rng.normal(size=(15, d))
    rows = centers[rng.integers(0, 15, n)] + 0.2 * rng.normal(size=(n, d))
    rows[: n // 4] = rng.integers(-2, 3, size=(n // 4, d))
    rows[n // 4 : n // 4 + 5] *= 1e3
    rows[0] = 0
    return torch.from_numpy(rows).float()


@pytest.fixture
def always_in_cells(monkeypatch):
    monkeypatch.setattr(neighbours, "FEWEST_IN_CELLS", 1)
    monkeypatch.setattr(module, "WORTHWHILE", 1.1)


@pytest.mark.slow
@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("size", [7, 8192])
def test_a_search_in_cells_finds_what_a_full_one_does(always_in_cells, monkeypatch, distance, size):
    reference = torch.unique(gathered(600, 0), dim=0)
    rows = torch.cat([gathered(200, 1), reference[:50], gathered(20, 2) * 1e4, gathered(20, 3) * 1e-4])
    monkeypatch.setattr(neighbours, "CELL_SEARCH_ROWS", size)
    search = NearestOthers(reference, 9, distance)
    assert search.cells is not None
    found = search(rows)
    search.cells = None
    assert torch.equal(found, search(rows))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 12), st.sampled_from(DISTANCES))
def test_cells_leave_out_none_of_the_nearest(seed, n_nearest, distance):
    reference = torch.unique(gathered(200, seed), dim=0)
    comparison = neighbours._Comparison(reference, distance)
    points = comparison.points(reference)
    cells = Cells(points, comparison.keys, n_nearest, comparison.resolution)
    rows = torch.cat([gathered(30, seed + 1), reference[::20] * (1 + 1e-5)])
    vectors = comparison.vectors(rows)
    expected = (vectors @ comparison.keys.T).topk(n_nearest).indices
    assert torch.equal(cells.nearest(comparison.points(rows), vectors), expected)


def test_each_point_is_in_one_cell_within_its_radius():
    points = gathered(500, 0).double()
    cells = Cells(points, points, 3, 0.0)
    numbers = cells.numbers[cells.numbers >= 0]
    assert torch.equal(numbers.sort().values, torch.arange(500))
    assert cells.numbers.shape[1] == module.CELL_ROWS
    for numbers, center, radius in zip(cells.numbers, cells.centers, cells.radii, strict=True):
        inside = points[numbers[numbers >= 0]]
        assert len(inside) > 0
        assert float((inside - center.double()).norm(dim=1).max()) <= float(radius) * (1 + 1e-5) + 1e-6


@pytest.mark.slow
def test_cells_visit_a_small_share_of_gathered_points_and_are_left_out_on_noise():
    kept = torch.unique(gathered(6000, 0), dim=0)
    assert NearestOthers(kept, 15, "cosine").cells is not None
    noise = torch.randn(5000, 60, generator=torch.Generator().manual_seed(0))
    assert NearestOthers(noise, 15, "euclidean").cells is None
    assert NearestOthers(kept[:1000], 15, "cosine").cells is None


def test_copies_among_the_rows_are_looked_up_once_and_all_answered(always_in_cells, monkeypatch):
    reference = torch.unique(gathered(300, 0), dim=0)
    rows = gathered(40, 1).repeat(5, 1)[torch.randperm(200, generator=torch.Generator().manual_seed(0))]
    search = NearestOthers(reference, 4, "cosine")
    looked_up = []
    plain = search.cells.nearest
    monkeypatch.setattr(
        search.cells,
        "nearest",
        lambda points, vectors: looked_up.append(len(points)) or plain(points, vectors),
    )
    found = search(rows)
    assert sum(looked_up) < 120
    monkeypatch.setattr(neighbours, "FEWEST_IN_CELLS", 10**9)
    assert torch.equal(found, nearest_others(rows, reference, 4, "cosine"))
