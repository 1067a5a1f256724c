import math

import pytest
import torch

from hinterland.training.label_losses import MARGIN, ranking_losses, reciprocal_energies

OTHERS = torch.linspace(-3, 7, 101, dtype=torch.float64)


def test_reciprocals_of_known_anomalies_alone_and_clamped():
    energy = torch.tensor([2.0, 4.0, -5.0, -5.0])
    known = torch.tensor([False, True, True, False])
    assert reciprocal_energies(energy, known).tolist() == pytest.approx([2.0, 0.25, 1000.0, -5.0])


def test_the_loss_is_the_softplus_of_what_lacks_to_quantile_and_margin():
    bar = 6.5 + MARGIN
    energies = torch.tensor([bar, bar - 3, bar + 100]).double()
    expected = [math.log(2), math.log1p(math.exp(3)), 0.0]
    assert ranking_losses(energies, OTHERS).tolist() == pytest.approx(expected, abs=1e-9)


def test_it_depends_on_no_offset():
    energies = torch.tensor([-2.0, 3.0]).double()
    torch.testing.assert_close(ranking_losses(energies + 1e4, OTHERS + 1e4), ranking_losses(energies, OTHERS))


def test_it_is_never_negative_and_pulls_no_anomaly_by_more_than_one_and_no_other_at_all():
    energies = torch.linspace(-1e6, 1e6, 50, dtype=torch.float64).requires_grad_()
    others = OTHERS.clone().requires_grad_()
    losses = ranking_losses(energies, others)
    losses.sum().backward()
    assert (losses >= 0).all()
    assert torch.isfinite(losses).all()
    assert (energies.grad <= 0).all()
    assert (energies.grad >= -1).all()
    assert others.grad is None
