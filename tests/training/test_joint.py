import numpy as np
import pytest
import torch

from hinterland.composite import composite_features, composite_width, row_errors
from hinterland.densities.gaussian import GaussianMixture, mixture_energy, mixture_parameters, summarize
from hinterland.energy_model import EnergyModel, InputScaling
from hinterland.networks.mlp import Autoencoder
from hinterland.training.joint import JointObjective, fit_jointly
from hinterland.training.loop import LoopSettings, TrainingInterruptedWarning

NAMES = ("relative_euclidean", "cosine_similarity")


def model_of(rows: np.ndarray, seed: int = 0, dropout: float = 0.5) -> EnergyModel:
    generator = torch.Generator().manual_seed(seed)
    d = rows.shape[1]
    network = Autoencoder(d, (6, 4), 1, generator=generator)
    density = GaussianMixture(
        composite_width(1, d, NAMES), 2, hidden=(5,), dropout=dropout, generator=generator
    )
    return EnergyModel(InputScaling.from_rows(rows, "standard", 10.0), network, density, NAMES)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(300, 4)) @ np.random.default_rng(1).normal(size=(4, 4))


def fit(model: EnergyModel, rows: np.ndarray, *, seed: int = 0, **options):
    options = {"energy_weight": 0.1, "penalty_weight": 0.005, **options}
    settings = LoopSettings(epochs=15, batch_size=64, learning_rate=1e-3)
    return fit_jointly(model, rows, settings, torch.Generator().manual_seed(seed), **options)


@pytest.mark.parametrize(("reconstruction", "per"), [("mean", 4), ("sum", 1)])
def test_the_terms_are_those_of_the_papers_objective(rows, reconstruction, per):
    model = model_of(rows, dropout=0.0)
    batch = model.scaling(torch.from_numpy(rows)).float()
    objective = JointObjective(model, energy_weight=0.3, penalty_weight=0.02, reconstruction=reconstruction)
    terms = objective((batch,))
    encoding = model.network(batch)
    features = composite_features(encoding.latent, row_errors(batch, encoding.reconstruction), NAMES)
    gamma = model.density.memberships(features)
    phi, mu, covariances = mixture_parameters(summarize(features.double(), gamma), 1e-6)
    expected = {
        "reconstruction": (batch - encoding.reconstruction).square().sum(1).mean() / per,
        "network_penalty": 0.0,
        "energy": 0.3 * mixture_energy(features.double(), phi, mu, covariances).mean(),
        "density_penalty": 0.02 * (1 / covariances.diagonal(dim1=1, dim2=2)).sum(),
    }
    assert set(terms) == set(expected)
    for name, value in expected.items():
        assert terms[name].item() == pytest.approx(float(torch.as_tensor(value).detach()), rel=1e-4), name


def test_every_parameter_of_network_and_density_receives_a_gradient_and_moves(rows):
    model = model_of(rows, dropout=0.0)
    objective = JointObjective(model, energy_weight=0.1, penalty_weight=0.005)
    sum(objective((model.scaling(torch.from_numpy(rows)).float(),)).values()).backward()
    for name, p in model.named_parameters():
        assert p.grad is not None, name
        assert float(p.grad.abs().max()) > 0, name
    before = {name: p.detach().double().clone() for name, p in model.named_parameters()}
    fit(model, rows)
    for name, p in model.named_parameters():
        assert not torch.equal(p, before[name]), name


@pytest.mark.parametrize("term", ["energy", "penalty"])
def test_each_weight_acts_on_the_network(rows, term):
    """The energy is not detached: its gradient reaches the autoencoder."""
    weights = {"energy_weight": 0.0, "penalty_weight": 0.0}
    without = model_of(rows)
    fit(without, rows, **weights)
    model = model_of(rows)
    fit(model, rows, **{**weights, f"{term}_weight": 0.1})
    assert not torch.allclose(model.network.encoder[0].weight, without.network.encoder[0].weight, atol=1e-6)


def test_training_lowers_the_loss_and_freezes_the_density_on_all_rows(rows):
    model = model_of(rows)
    history = fit(model, rows).history
    assert history[-1]["loss"] < history[0]["loss"]
    features = model.features(torch.from_numpy(rows))
    phi, mu, _ = mixture_parameters(summarize(features, model.density.memberships(features)), 1e-6)
    torch.testing.assert_close(model.density.weights, phi)
    torch.testing.assert_close(model.density.means, mu)
    assert not model.training


def test_with_a_share_held_out_the_history_has_its_loss(rows):
    assert "validation_loss" in fit(model_of(rows), rows, validation_share=0.2).history[0]
    assert "validation_loss" not in fit(model_of(rows), rows).history[0]


def test_the_same_seed_gives_the_same_bits(rows):
    energies = []
    for seed in (0, 0, 1):
        model = model_of(rows, seed)
        fit(model, rows, seed=seed)
        energies.append(model.energy(torch.from_numpy(rows)).tolist())
    assert energies[0] == energies[1] != energies[2]


def test_an_interrupted_training_leaves_a_model_that_scores(rows):
    def interrupt(entry):
        raise KeyboardInterrupt

    model = model_of(rows)
    with pytest.warns(TrainingInterruptedWarning):
        result = fit(model, rows, on_epoch=interrupt)
    assert result.interrupted
    assert torch.isfinite(model.energy(torch.from_numpy(rows))).all()
