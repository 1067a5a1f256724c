"""The energy against a loop over units, its gradient against autograd, and what training makes of a Gaussian."""

import math

import numpy as np
import pytest
import torch

from hinterland.baselines import baselines
from hinterland.baselines.dsebm import EnergyNetwork

HIDDEN = (3, 5)


@pytest.fixture
def network() -> EnergyNetwork:
    made = EnergyNetwork(torch.tensor([0.5, -1.0]), HIDDEN, torch.Generator().manual_seed(0)).double()
    for parameter in made.affine.parameters():
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(parameter.numel()))
    return made


def test_the_energy_is_the_formula_unit_by_unit(network):
    x = [0.3, 2.0]
    h = x
    for layer in network.affine:
        weights, biases = layer.weight.tolist(), layer.bias.tolist()
        before = [
            sum(w * v for w, v in zip(ws, h, strict=True)) + b for ws, b in zip(weights, biases, strict=True)
        ]
        h = [math.log(1 + math.exp(a)) for a in before]
    expected = 0.5 * ((x[0] - 0.5) ** 2 + (x[1] + 1.0) ** 2) - sum(h)
    found = network.energy(torch.tensor([x], dtype=torch.float64))
    assert len(h) == HIDDEN[-1]
    assert found.item() == pytest.approx(expected, rel=1e-12)


def test_a_row_less_its_reconstruction_is_the_energys_gradient(network):
    x = torch.randn(7, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
    (gradient,) = torch.autograd.grad(network.energy(x).sum(), x)
    torch.testing.assert_close(x - network.reconstruction(x), gradient)


def test_training_brings_the_reconstruction_near_the_best_denoiser_of_a_gaussian():
    """Of noise of deviation 1 about rows of deviation s the best is mean + s^2 / (s^2 + 1) (x - mean)."""
    generator = np.random.default_rng(0)
    rows = np.column_stack([generator.normal(3, 0.1, 2_000), generator.normal(-2, 1, 2_000)])
    baseline = baselines()["DSEBM-r"](random_state=0, hidden=(32,), steps=600, learning_rate=0.01).fit(rows)
    x = torch.tensor([[3.0, -2.0], [4.0, -2.0], [3.0, -1.0], [2.0, -3.0]])
    best = torch.tensor([[3.0, -2.0], [3.0 + 0.01 / 1.01, -2.0], [3.0, -1.5], [3.0 - 0.01 / 1.01, -2.5]])
    with torch.no_grad():
        found = baseline.network_.reconstruction(x)
    torch.testing.assert_close(found, best, atol=0.15, rtol=0)
    np.testing.assert_allclose(baseline.energy(x), np.linalg.norm(x - found, axis=1), rtol=1e-5)


def test_both_are_scores_of_one_network():
    rows = np.random.default_rng(0).normal(size=(60, 3))
    short = {"random_state": 0, "hidden": (4,), "steps": 3, "batch_size": 20}
    r, e = (baselines()[f"DSEBM-{score}"](**short).fit(rows) for score in "re")
    torch.testing.assert_close(dict(r.network_.named_parameters()), dict(e.network_.named_parameters()))
    with torch.no_grad():
        expected = e.network_.energy(torch.from_numpy(rows).float())
    np.testing.assert_allclose(e.energy(rows), expected, rtol=1e-5)
    assert not np.allclose(e.energy(rows), r.energy(rows))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hidden": ()}, "hidden must have at least one layer"),
        ({"noise": 0}, "noise must be a number in"),
        ({"steps": 0}, "steps must be an integer of at least 1"),
    ],
)
def test_parameters_that_mean_nothing_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        baselines()["DSEBM-e"](**parameters).fit(np.zeros((5, 2)))
