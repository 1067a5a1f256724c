import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from hinterland.networks.vae import VAE, gaussian_divergence


def network(seed: int = 0, **settings) -> VAE:
    return VAE(5, (6, 4), 2, generator=torch.Generator().manual_seed(seed), **settings)


def rows(n: int = 40) -> torch.Tensor:
    return torch.randn(n, 5, generator=torch.Generator().manual_seed(1))


def test_the_divergence_is_torchs_own():
    mean, log_variance = rows()[:, :2], rows()[:, 2:4]
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(gaussian_divergence(mean, log_variance), expected)
    assert gaussian_divergence(torch.zeros(3, 2), torch.zeros(3, 2)).tolist() == [0, 0, 0]


@pytest.mark.slow
def test_in_evaluation_the_latent_is_the_mean_and_in_training_a_draw_about_it():
    vae = network().eval()
    mean = vae(rows()).latent
    log_variance = vae.log_variance(vae.body(rows())).clamp(-10, 10)
    assert torch.equal(mean, vae.mean(vae.body(rows())))
    vae.train()
    draws = torch.stack([vae(rows()).latent.detach() for _ in range(4000)])
    np.testing.assert_allclose(draws.mean(0), mean.detach(), atol=0.1)
    np.testing.assert_allclose(draws.std(0), (log_variance / 2).exp().detach(), rtol=0.08)


@pytest.mark.parametrize(("weight", "expected"), [(None, 0.2), (0.0, 0.0), (3.0, 3.0)])
def test_the_penalty_is_the_weighed_mean_divergence(weight, expected):
    vae = network(kl_weight=weight).eval()
    seen = vae.body(rows())
    divergence = gaussian_divergence(vae.mean(seen), vae.log_variance(seen)).mean()
    assert vae(rows()).penalty.item() == pytest.approx(expected * divergence.item(), abs=1e-7)


def test_the_sampled_form_draws_in_evaluation_too_from_its_own_generator():
    vae = network(scored_latent="sample").eval()
    state = torch.get_rng_state()
    assert not torch.equal(vae(rows()).latent, vae(rows()).latent)
    loaded = VAE(**vae.settings).eval()
    state = torch.get_rng_state()
    assert not torch.equal(loaded(rows()).latent, loaded(rows()).latent)
    assert torch.equal(torch.get_rng_state(), state)


def test_huge_log_variances_do_not_overflow():
    vae = network()
    with torch.no_grad():
        vae.log_variance.weight.mul_(1e6)
    encoding = vae(rows())
    assert torch.isfinite(encoding.reconstruction).all()
    assert torch.isfinite(encoding.penalty)


def test_without_hidden_layers_it_is_linear():
    vae = VAE(5, (), 2, generator=torch.Generator().manual_seed(0)).eval()
    assert vae(rows()).latent.shape == (40, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kl_weight": -1.0}, "kl_weight must be a number in .* or None, got -1.0"),
        ({"kl_weight": float("nan")}, "kl_weight must be .* got nan"),
        ({"scored_latent": "draw"}, "scored_latent must be one of .'mean', 'sample'., got 'draw'"),
    ],
)
def test_wrong_options_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        network(**settings)
