"""Latent space autoregression: a density of codes by the chain rule, and an energy of two ranges."""

import itertools

import numpy as np
import pytest
import torch

from hinterland.baselines.latent_autoregression import LSA, CodeDensity, MaskedLinear

SMALL = {
    "steps": 3, "batch_size": 8, "latent_dim": 3, "channels": (4,), "width": 8, "features": (4, 2), "n_bins": 5
}  # fmt: skip


@pytest.fixture(scope="module")
def density():
    torch.manual_seed(0)
    return CodeDensity(3, (4, 2), 3).eval()


def test_the_chances_of_all_bins_are_one_together(density):
    centres = torch.tensor(list(itertools.product((1 / 6, 3 / 6, 5 / 6), repeat=3)))
    with torch.no_grad():
        chances = torch.exp(-density(centres))
    assert chances.sum().item() == pytest.approx(1, abs=1e-5)


def test_an_entrys_bin_is_given_the_entries_before_it_alone(density):
    codes = torch.rand(1, 3)

    def logits(of):
        return density.layers(of).view(3, 3)

    for moved in range(3):
        other = codes.clone()
        other[0, moved] += 0.3
        changed = (logits(other) - logits(codes)).abs().amax(1) > 0
        assert changed.tolist() == [place > moved for place in range(3)]


@pytest.mark.parametrize("strict", [True, False])
def test_a_masked_layer_is_a_sum_over_the_groups_before(strict):
    torch.manual_seed(0)
    layer, x = MaskedLinear(3, 2, 4, strict=strict), torch.rand(5, 6)
    for group in range(3):
        seen = 2 * (group if strict else group + 1)
        rows = slice(4 * group, 4 * group + 4)
        expected = x[:, :seen] @ layer.weight[rows, :seen].T + layer.bias[rows]
        torch.testing.assert_close(layer(x)[:, rows], expected)


def test_the_energy_is_error_and_surprisal_over_their_ranges():
    rows = np.random.default_rng(0).random((60, 64))
    baseline = LSA(random_state=0, **SMALL).fit(rows)
    pictures = torch.from_numpy(rows[:4]).float().reshape(4, 1, 8, 8)
    with torch.no_grad():
        codes = baseline.encoder_(pictures)
        error = ((baseline.decoder_(codes) - pictures) ** 2).sum((1, 2, 3)).numpy()
        surprisal = baseline.density_(codes).numpy()
    (least_error, least_surprisal), (range_error, range_surprisal) = (
        baseline.least_.numpy(),
        baseline.range_.numpy(),
    )
    expected = (error - least_error) / range_error + (surprisal - least_surprisal) / range_surprisal
    np.testing.assert_allclose(baseline.energy(rows[:4]), expected, rtol=1e-4, atol=1e-5)
    assert min(range_error, range_surprisal) > 0


def test_too_few_pictures_to_hold_some_out_are_an_error():
    with pytest.raises(ValueError, match=r"validation_share = 0.1 of 12 pictures leaves 0, .* need 2"):
        LSA(random_state=0, **SMALL).fit(np.zeros((12, 64)))
