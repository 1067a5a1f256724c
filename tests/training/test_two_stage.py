import numpy as np
import pytest
import torch

from hinterland.networks import VAE, Autoencoder
from hinterland.training.loop import TrainingInterruptedWarning
from hinterland.training.settings import LoopSettings
from hinterland.training.two_stage import fit_decoder, fit_encoder_and_decoder, latent_covariance_loss

SETTINGS = LoopSettings(epochs=30, batch_size=64, learning_rate=3e-3)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def rows() -> torch.Tensor:
    rng = np.random.default_rng(0)
    return torch.from_numpy(np.tanh(rng.normal(size=(300, 3)) @ rng.normal(size=(3, 6)))).float()


def network(latent_dim: int = 3) -> Autoencoder:
    return Autoencoder(6, (8,), latent_dim, normalise_latent=True, generator=generator())


def state(module: torch.nn.Module) -> list[torch.Tensor]:
    return [tensor.clone() for tensor in module.state_dict().values()]


def fit_both(made: Autoencoder, rows: torch.Tensor, weight: float = 0.1, **options) -> Autoencoder:
    fit_encoder_and_decoder(
        made, rows[:240], rows[240:], SETTINGS, generator(), covariance_weight=weight, **options
    )
    return made


def reconstruction_error(made: Autoencoder, rows: torch.Tensor) -> float:
    with torch.no_grad():
        return float((made(rows).reconstruction - rows).square().mean())


# --- the covariance loss ----------------------------------------------------------------------------


@pytest.mark.parametrize("d", [2, 5])
def test_the_covariance_loss_is_equation_2(d):
    latent = torch.randn(40, d, generator=generator()).double()
    covariance = np.cov(latent.numpy().T, bias=True)
    expected = np.sum((covariance - covariance * np.eye(d)) ** 2) / (d * (d - 1))
    assert float(latent_covariance_loss(latent)) == pytest.approx(expected)


def test_a_latent_of_one_dimension_and_an_uncorrelated_one_cost_nothing():
    assert float(latent_covariance_loss(torch.randn(40, 1, generator=generator()))) == 0
    crossed = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert float(latent_covariance_loss(crossed)) == 0


def test_its_gradient_is_finite_and_moves_correlated_latents():
    latent = torch.randn(40, 1, generator=generator()).expand(40, 3).clone().requires_grad_()
    latent_covariance_loss(latent).backward()
    assert torch.isfinite(latent.grad).all()
    assert float(latent.grad.abs().max()) > 0


# --- the first stage --------------------------------------------------------------------------------


def test_the_first_stage_moves_everything_and_its_weight_uncorrelates_the_latent(rows):
    losses = []
    for weight in (0.0, 10.0):
        made = network()
        before = state(made)
        fit_both(made, rows, weight)
        assert not any(torch.equal(a, b) for a, b in zip(before, state(made), strict=True))
        losses.append(float(latent_covariance_loss(made(rows).latent.detach())))
    assert losses[1] < losses[0] / 3


def test_the_history_has_both_terms_weighted(rows):
    made = network()
    result = fit_encoder_and_decoder(made, rows, rows[:0], SETTINGS, generator(), covariance_weight=2.0)
    entry = result.history[-1]
    assert {"reconstruction", "latent_covariance"} < set(entry)
    assert entry["loss"] == pytest.approx(entry["reconstruction"] + entry["latent_covariance"])


# --- the second stage -------------------------------------------------------------------------------


def test_the_second_stage_moves_the_decoder_alone(rows):
    made = fit_both(network(), rows)
    encoder, decoder = state(made.encoder), state(made.decoder)  # running statistics among the encoder's
    latent = made(rows).latent
    error = reconstruction_error(made, rows)
    fit_decoder(made, rows[:240], rows[240:], SETTINGS, generator())
    assert all(torch.equal(a, b) for a, b in zip(encoder, state(made.encoder), strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(decoder, state(made.decoder), strict=True))
    assert torch.equal(made(rows).latent, latent)
    assert reconstruction_error(made, rows) < error


def test_afterwards_the_encoder_can_be_trained_again(rows):
    made = fit_both(network(), rows)
    fit_decoder(made, rows, rows[:0], SETTINGS, generator())
    assert all(p.requires_grad and p.grad is None for p in made.parameters())
    assert not any(module.training for module in made.modules())


def test_an_interruption_is_told_of(rows):
    def interrupt(entry):
        raise KeyboardInterrupt

    made = fit_both(network(), rows)
    with pytest.warns(TrainingInterruptedWarning):
        result = fit_decoder(made, rows, rows[:0], SETTINGS, generator(), on_epoch=interrupt)
    assert result.interrupted
    assert all(p.requires_grad for p in made.parameters())


def test_a_network_without_an_encoder_of_its_own_is_refused(rows):
    with pytest.raises(ValueError, match=r"network must have modules encoder and decoder .* got VAE"):
        fit_decoder(VAE(6, (8,), 2), rows, rows[:0], SETTINGS, generator())
