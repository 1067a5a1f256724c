"""The label-probability head: where features lie among all rows, and the probability as an energy."""

import math

import numpy as np
import pytest
import torch

from hinterland.densities.label_probability import LEVELS, LabelProbability


@pytest.fixture
def head() -> LabelProbability:
    """Two features: normal ones, and ones of three values."""
    made = LabelProbability(2, (4,), generator=torch.Generator().manual_seed(0))
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(np.stack([rng.normal(size=2000), rng.integers(0, 3, 2000)], axis=1).astype(float))
    made.estimate(lambda: [(rows[:700], None), (rows[700:], None)])
    made.labelling_rate.fill_(0.4)
    return made


def test_positions_are_ranks_of_variance_one(head):
    rows = torch.from_numpy(np.random.default_rng(0).normal(size=(2000, 1)))
    positions = head.positions(torch.cat([rows, torch.ones(2000, 1)], dim=1))[:, 0]
    assert float(positions.var()) == pytest.approx(1, abs=0.01)
    ranks = rows[:, 0].argsort().argsort().double()
    expected = math.sqrt(3) * (2 * ranks / 1999 - 1)
    assert float((positions - expected).abs().max()) < 2 * math.sqrt(3) / (LEVELS - 1)


def test_positions_end_with_the_rows_and_equal_quantiles_share_their_middle(head):
    low, high = head.quantiles[0, 0], head.quantiles[0, -1]
    far = head.positions(torch.tensor([[low - 100, 0.0], [high + 100, 2.0]], dtype=torch.float64))
    torch.testing.assert_close(far[:, 0], torch.tensor([-math.sqrt(3), math.sqrt(3)], dtype=torch.float64))
    middle = head.positions(torch.tensor([[0.0, v] for v in (0.0, 1.0, 2.0)], dtype=torch.float64))[:, 1]
    assert -math.sqrt(3) < middle[0] < middle[1] < middle[2] < math.sqrt(3)
    assert abs(float(middle[1])) < 0.2


def test_parts_are_as_good_as_the_whole(head):
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(np.stack([rng.normal(size=2000), rng.integers(0, 3, 2000)], axis=1).astype(float))
    whole = LabelProbability(2, (4,))
    whole.estimate(lambda: [(rows, None)])
    torch.testing.assert_close(whole.quantiles, head.quantiles, rtol=0, atol=0)


def test_the_energy_is_zero_where_the_probability_is_half_the_labelling_rate(head):
    features = torch.randn(20, 2, dtype=torch.float64)
    probability = head.log_probability(features).exp().detach()
    torch.testing.assert_close(
        head.energy(features), -torch.log(2 * probability.double() / 0.4), rtol=1e-5, atol=1e-6
    )
    head.labelling_rate.fill_(2 * float(probability[0]))
    assert head.energy(features[:1]).item() == pytest.approx(0, abs=1e-5)


def test_what_no_fit_stores_is_refused(head):
    head.check_stored()
    head.labelling_rate.fill_(0)
    with pytest.raises(ValueError, match="labelling rate not above 0"):
        head.check_stored()
    head.labelling_rate.fill_(0.4)
    head.quantiles[0] = head.quantiles[0].flip(0)
    with pytest.raises(ValueError, match="quantiles that fall"):
        head.check_stored()


@pytest.mark.parametrize("wrong", [{"n_features": 0}, {"n_features": 2, "hidden": (0,)}])
def test_wrong_sizes_are_named(wrong):
    with pytest.raises(ValueError, match=list(wrong)[-1]):
        LabelProbability(**wrong)
