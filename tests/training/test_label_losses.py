import math

import pytest
import torch

from hinterland.training.label_losses import (
    LARGEST_SHARE_TAKEN,
    MARGIN,
    anomaly_variants,
    ranking_losses,
    reciprocal_energies,
)

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


def test_variants_take_at_most_half_of_their_entries_from_one_other_row():
    d = 400
    anomalies = -torch.arange(1.0, 4.0)[:, None].expand(3, d)  # -1, -2 or -3 throughout: whose a variant is
    others = torch.arange(1.0, 101.0)[:, None].expand(100, d)
    variants = anomaly_variants(anomalies, others, 500, torch.Generator().manual_seed(0))
    taken = variants > 0
    kept = torch.where(taken, torch.nan, variants)
    donated = torch.where(taken, variants, torch.nan)
    for part in (kept, donated):
        values = part.nanmean(1, keepdim=True).expand_as(part)
        assert ((part == values) | part.isnan()).all()
    shares = taken.double().mean(1)
    assert shares.max() < LARGEST_SHARE_TAKEN + 0.1
    assert shares.mean().item() == pytest.approx(LARGEST_SHARE_TAKEN / 2, abs=0.03)
    assert {-1.0, -2.0, -3.0} == set(kept.nanmean(1).tolist())


def test_the_generator_alone_decides_the_variants():
    anomalies, others = torch.zeros(1, 5), torch.ones(10, 5)
    first, second = (
        anomaly_variants(anomalies, others, 20, torch.Generator().manual_seed(3)) for _ in range(2)
    )
    assert torch.equal(first, second)
