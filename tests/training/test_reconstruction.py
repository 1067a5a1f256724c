"""A network learns to give its rows back; what it keeps, and what it leaves as it was."""

import pytest
import torch

from hinterland.networks import VAE, Autoencoder
from hinterland.training.reconstruction import fit_reconstruction, reconstruction_objective
from hinterland.training.settings import LoopSettings

SETTINGS = LoopSettings(epochs=20, batch_size=64, learning_rate=1e-2)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def rows() -> torch.Tensor:
    return torch.tanh(torch.randn(200, 2, generator=generator()) @ torch.randn(2, 5, generator=generator(1)))


def error(network: torch.nn.Module, rows: torch.Tensor) -> float:
    with torch.no_grad():
        return float((network(rows).reconstruction - rows).square().mean())


def test_the_objective_is_the_mean_squared_error_with_penalty_and_more_terms(rows):
    network = Autoencoder(5, (8,), 2, generator=generator())
    terms = reconstruction_objective(network, lambda latent: {"latent": latent.abs().sum()})((rows,))
    assert float(terms["reconstruction"]) == pytest.approx(error(network, rows), rel=1e-5)
    assert float(terms["network_penalty"]) == 0
    assert float(terms["latent"]) == pytest.approx(float(network(rows).latent.abs().sum()))
    penalty = reconstruction_objective(VAE(5, (8,), 2, generator=generator()))((rows,))["network_penalty"]
    assert float(penalty) > 0


@pytest.mark.parametrize("n_held_out", [50, 0])
def test_training_halves_the_error(rows, n_held_out):
    network = Autoencoder(5, (8,), 2, generator=generator())
    before = error(network, rows[:150])
    fit_reconstruction(network, rows[:150], rows[150 : 150 + n_held_out], SETTINGS, generator())
    assert error(network, rows[:150]) < before / 2


def test_the_state_that_is_best_on_the_rows_held_out_is_kept(rows):
    network = Autoencoder(5, (8,), 2, generator=generator())
    held_out, errors = rows[150:], []
    # Steps so large that the last state is not the best.
    large = LoopSettings(epochs=60, batch_size=64, learning_rate=0.3)
    fit_reconstruction(
        network,
        rows[:150],
        held_out,
        large,
        generator(),
        on_epoch=lambda entry: errors.append(error(network, held_out)),
    )
    assert error(network, held_out) == pytest.approx(min(errors), rel=1e-4)
    assert errors[-1] > min(errors)


def test_parts_that_do_not_learn_stay_as_they_were(rows):
    network = Autoencoder(5, (8,), 2, generator=generator())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    fit_reconstruction(network, rows, rows[:0], SETTINGS, generator(), learnt=[network.decoder])
    moved = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {name for name in before if name.startswith("decoder.")}
