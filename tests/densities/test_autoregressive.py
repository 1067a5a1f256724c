"""The density by the chain rule, against what its definition says."""

import itertools
import math

import numpy as np
import pytest
import torch

from hinterland.densities.autoregressive import AutoregressiveDensity


@pytest.fixture
def density():
    made = AutoregressiveDensity(3, 8, width=16, generator=torch.Generator().manual_seed(0))
    values = torch.tensor(list(itertools.product([0.0, 1.0], [0.0, 1.0, 2.0], [5.0, 6.0]))).double()
    made.estimate(lambda: [(values.repeat(5, 1), None)])
    with torch.no_grad():  # as if it had learnt something
        made.last.normal_(generator=torch.Generator().manual_seed(1))
    return made.double().eval()


def centres(density, column):
    """A value in each bin of a column."""
    edges = density.edges[column].unique()
    return torch.cat([edges[:1] - 1, (edges[1:] + edges[:-1]) / 2, edges[-1:] + 1])


def test_probabilities_of_all_combinations_of_bins_sum_to_one(density):
    rows = torch.cartesian_prod(*(centres(density, j) for j in range(3)))
    assert float(torch.exp(-density.energy(rows)).sum()) == pytest.approx(1, abs=1e-6)


def test_parts_are_conditionals_so_that_no_column_sees_those_after_it(density):
    row = torch.tensor([[0.0, 1.0, 5.0]]).double()
    parts = density.energy_parts(row)
    torch.testing.assert_close(parts.sum(1), density.energy(row))
    for j in range(3):
        moved = row.clone()
        moved[0, j] = 2.0 if j == 1 else 6.0 if j == 2 else 1.0
        changed = (density.energy_parts(moved) != parts)[0]
        before = density.order < density.order[j]
        assert not changed[before].any()
        after = density.order > density.order[j]
        assert changed[after].all()


def test_before_training_it_is_the_columns_alone():
    values = torch.randn(500, 4, generator=torch.Generator().manual_seed(2)).double()
    made = AutoregressiveDensity(4, generator=torch.Generator().manual_seed(0)).double().eval()
    made.estimate(lambda: [(values, None)])
    alone = -made.log_marginals.gather(1, made.bins(values)).sum(0)
    torch.testing.assert_close(made.energy(values), alone, rtol=1e-6, atol=1e-6)


def test_a_value_never_seen_costs_what_the_marginal_share_allows(density):
    with torch.no_grad():
        density.last_bias.view(3, 8)[:, -1] = -1e6  # as sure as a network can be
    never = density.energy_parts(torch.full((1, 3), 100.0).double())
    bound = -density.log_marginals[:, -1] - math.log(density.marginal_share)
    assert (never <= bound + 1e-9).all()
    assert torch.isfinite(never).all()


def test_bins_of_columns_with_fewer_values_than_bins_take_no_probability(density):
    unused = torch.exp(density.log_marginals).sort(dim=1).values[:, 0]
    assert (unused < 1e-9).all()


def test_no_columns_before_and_a_single_column():
    values = torch.from_numpy(np.random.default_rng(0).normal(size=(100, 1)))
    made = AutoregressiveDensity(1, generator=torch.Generator().manual_seed(0)).double().eval()
    made.estimate(lambda: [(values, None)])
    with torch.no_grad():
        made.last.normal_()
    assert float(torch.exp(-made.energy(centres(made, 0)[:, None])).sum()) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"n_features": 0}, "n_features"),
        ({"n_bins": 3}, "n_bins"),
        ({"width": 0}, "width"),
        ({"frequency": 0}, "frequency"),
        ({"dropout": 1}, "dropout"),
        ({"marginal_share": 0}, "marginal_share"),
    ],
)
def test_bad_options_are_named(options, named):
    with pytest.raises(ValueError, match=named):
        AutoregressiveDensity(**{"n_features": 2, **options})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: d.edges.copy_(d.edges.flip(1)), "edges"),
        (lambda d: d.log_marginals.fill_(0), "shares"),
        (lambda d: d.order.fill_(0), "order"),
    ],
)
def test_what_cannot_have_been_stored_is_refused(density, spoil, message):
    density.check_stored()
    spoil(density)
    with pytest.raises(ValueError, match=message):
        density.check_stored()


def test_last_bits_are_rounded_off_so_that_rows_that_are_alike_stay_alike(density, monkeypatch):
    """On some processors a product's last bits hang on where a row stands; here they are made to."""
    rows = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 3))).expand(200, 3)
    density.double().eval()
    exact = density.parts_of_bins
    noise = 1e-13 * torch.randn(200, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr(density, "parts_of_bins", lambda features, bins: exact(features, bins) + noise)
    with torch.no_grad():
        energy = density.energy(rows)
        assert len(energy.unique()) == 1
        torch.testing.assert_close(energy, exact(rows, density.bins(rows)).sum(1), rtol=0, atol=1e-7)
    near = rows[:1].clone().requires_grad_()
    monkeypatch.undo()
    (found,) = torch.autograd.grad(density.energy(near).sum(), near)
    (expected,) = torch.autograd.grad(exact(near, density.bins(near)).sum(), near)
    torch.testing.assert_close(found, expected)
    assert found.any()
