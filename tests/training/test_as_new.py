"""Energies that training rows have as if they were new."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from hinterland.densities.autoregressive import AutoregressiveDensity
from hinterland.model.column_view import ColumnView
from hinterland.model.ensemble import members_of
from hinterland.model.scaling import InputScaling
from hinterland.training.as_new import autoregressive, nearest_neighbour
from hinterland.training.hold_out import out_of_bag

CPU = torch.device("cpu")


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(120, 3))


def test_a_row_is_no_neighbour_of_its_own(rows):
    view = ColumnView.from_rows(rows, "standard")
    found = nearest_neighbour(rows, view, 4096, torch.Generator().manual_seed(0), CPU)
    seen = view(torch.from_numpy(rows)).numpy()
    expected = NearestNeighbors(n_neighbors=2).fit(seen).kneighbors(seen)[0][:, 1]
    np.testing.assert_allclose(found.energy, expected, rtol=1e-6)


def test_of_many_rows_a_random_part_is_stored(rows):
    found = nearest_neighbour(
        rows, ColumnView.from_rows(rows, None), 50, torch.Generator().manual_seed(0), CPU
    )
    assert found.model.density.references.shape == (50, 6)
    assert (found.energy > 0).all()


def test_each_network_judges_the_rows_that_it_left_out(rows):
    generator = torch.Generator().manual_seed(0)
    scaling = InputScaling.from_rows(rows, "standard", 10.0)
    seen = []
    found = autoregressive(
        rows,
        scaling,
        lambda: AutoregressiveDensity(3, 8, width=8, generator=generator),
        3,
        steps=10,
        batch_size=32,
        learning_rate=1e-3,
        generator=generator,
        device=CPU,
        on_epoch=seen.append,
    )
    members = members_of(found.model)
    energies = np.stack([member.in_chunks(member.energy, rows) for member in members])
    trained = out_of_bag(len(rows), 1 / 3, 3, torch.Generator().manual_seed(0))
    # Each row's energy is that of the member that left it out, but for the members' levels.
    levels = [np.median(own[new]) for own, new in zip(energies, ~trained, strict=True)]
    expected = [energies[k, i] - levels[k] + np.mean(levels) for i, k in enumerate((~trained).argmax(0))]
    np.testing.assert_allclose(found.energy, expected, rtol=1e-9)
    assert found.energy.shape == (120,)
    assert len(members) == 3
    assert ((~trained).sum(0) == 1).all()
    assert {entry["member"] for entry in found.history} == {0, 1, 2}
    assert seen == found.history


@pytest.mark.parametrize("n", [2, 3])
def test_where_no_row_can_be_left_out_they_have_their_own_energies(rows, n):
    generator = torch.Generator().manual_seed(0)
    found = autoregressive(
        rows[:n],
        InputScaling.from_rows(rows[:n], "standard", 10.0),
        lambda: AutoregressiveDensity(3, 8, width=4, generator=generator),
        3,
        steps=2,
        batch_size=32,
        learning_rate=1e-3,
        generator=generator,
        device=CPU,
    )
    assert len(members_of(found.model)) == 3
    np.testing.assert_array_equal(found.energy, found.model.in_chunks(found.model.energy, rows[:n]))
