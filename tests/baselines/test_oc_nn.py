"""The objective against a search over r, and what w, V and nu mean after training."""

import math

import numpy as np
import pytest
import torch

from hinterland.baselines import baselines
from hinterland.baselines.oc_nn import one_class_terms

SHORT = {
    "hidden": (16,),
    "latent_dim": 4,
    "n_units": 8,
    "encoder_steps": 200,
    "steps": 200,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(3, 1, size=(400, 5))


@pytest.mark.parametrize("nu", [0.05, 0.3, 0.9])
def test_the_terms_are_the_objective_at_the_least_over_r(nu):
    values = torch.randn(41, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = sum(one_class_terms(values, nu).values()).item()
    tried = [
        sum(max(0.0, r - v) for v in values.tolist()) / len(values) / nu - r
        for r in [*values.tolist(), -9.0, 9.0]
    ]
    assert found == pytest.approx(min(tried), rel=0.02)
    assert found >= min(tried) - 1e-12


@pytest.mark.parametrize("activation", ["linear", "sigmoid", "relu"])
def test_a_share_of_nu_of_the_training_rows_falls_short(rows, activation):
    baseline = baselines()["OC-NN"](activation=activation, nu=0.2, **SHORT).fit(rows)
    energy = baseline.energy(rows)
    assert (energy > 0).mean() == pytest.approx(0.2, abs=0.01)
    assert np.ptp(energy) > 1e-6


def test_a_value_is_the_weighed_activations_of_the_hidden_units(rows):
    baseline = baselines()["OC-NN"](**SHORT).fit(rows)
    v, w = baseline.layer_.V.tolist(), baseline.layer_.w.tolist()
    with torch.no_grad():
        latent = baseline.encoder_(torch.from_numpy(rows[:1]).float())[0].tolist()
    units = [1 / (1 + math.exp(-sum(a * z for a, z in zip(vs, latent, strict=True)))) for vs in v]
    expected = sum(a * unit for a, unit in zip(w, units, strict=True))
    assert baseline.energy(rows[:1])[0] == pytest.approx(baseline.r_ - expected, rel=1e-4)


def test_the_encoder_is_frozen_while_the_layer_is_learnt(rows):
    first, second = (baselines()["OC-NN"](**SHORT | {"steps": n}).fit(rows) for n in (1, 60))
    torch.testing.assert_close(first.encoder_.state_dict(), second.encoder_.state_dict())
    assert not torch.equal(first.layer_.V, second.layer_.V)


def test_rows_nearer_the_origin_than_the_training_rows_fall_short_of_them(rows):
    baseline = baselines()["OC-NN"](**SHORT | {"learning_rate": 0.01}).fit(rows)
    assert baseline.energy(rows / 10).min() > np.median(baseline.energy(rows))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"nu": 1.0}, "nu must be a number in"), ({"activation": "tanh"}, "activation must be one of")],
)
def test_parameters_that_mean_nothing_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        baselines()["OC-NN"](**parameters).fit(np.zeros((5, 2)))
