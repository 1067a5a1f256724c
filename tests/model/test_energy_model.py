import numpy as np
import pytest
import torch

from hinterland.densities.gaussian import GaussianMixture, mixture_energy, mixture_parameters, summarize
from hinterland.model.composite import composite_features, row_errors
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.networks.mlp import Autoencoder

NAMES = ("log_error", "residual")


def model_of(rows: np.ndarray, seed: int = 0, hidden: tuple[int, ...] | None = (4,)) -> EnergyModel:
    generator = torch.Generator().manual_seed(seed)
    d = rows.shape[1]
    network = Autoencoder(d, (6,), 2, generator=generator)
    density = GaussianMixture(3 + d, 2, hidden=hidden, generator=generator)
    return EnergyModel(InputScaling.from_rows(rows, "standard", 10.0), network, density, NAMES)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal([0, 10, -5], [1, 3, 0.1], size=(120, 3))


def test_energies_are_the_parts_one_after_another(rows):
    model = model_of(rows)
    model.freeze(rows)
    scaled = model.scaling(torch.from_numpy(rows))
    encoding = model.network(scaled)
    features = composite_features(encoding.latent, row_errors(scaled, encoding.reconstruction), NAMES)
    torch.testing.assert_close(model.features(torch.from_numpy(rows)), features)
    gamma = model.density.memberships(features)
    expected = mixture_energy(features, *mixture_parameters(summarize(features, gamma), 1e-6))
    for found in (model.energy(torch.from_numpy(rows)), model(torch.from_numpy(rows))):
        torch.testing.assert_close(found, expected)


def test_freezing_in_chunks_is_freezing_at_once(rows, monkeypatch):
    whole, parts = model_of(rows), model_of(rows)
    whole.freeze(rows)
    monkeypatch.setattr("hinterland.model.chunks.CHUNK_ENTRIES", 21)  # seven rows
    parts.freeze(rows)
    for a, b in zip(whole.buffers(), parts.buffers(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-10)


def test_a_frozen_model_evaluates_in_float64(rows):
    model = model_of(rows).train()
    model.freeze(rows)
    assert not any(module.training for module in model.modules())
    assert {p.dtype for p in model.parameters()} == {torch.float64}
    assert model.energy(torch.from_numpy(rows)).dtype == torch.float64


def test_energies_have_gradients_by_rows_that_are_those_of_finite_differences(rows):
    model = model_of(rows)
    model.freeze(rows)
    assert torch.autograd.gradcheck(model.energy, torch.from_numpy(rows[:5]).requires_grad_())
