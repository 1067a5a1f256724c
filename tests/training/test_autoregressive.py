"""Maximum likelihood of bins."""

import numpy as np
import pytest
import torch

from hinterland.densities.autoregressive import AutoregressiveDensity
from hinterland.training.autoregressive import fit_autoregressive
from hinterland.training.settings import LoopSettings


def rows(n, seed):
    first = np.random.default_rng(seed).integers(0, 4, n)
    return torch.from_numpy(np.column_stack([first, 3 - first]).astype(float))


def fitted(held_out, steps=150):
    generator = torch.Generator().manual_seed(0)
    density = AutoregressiveDensity(2, 8, width=32, generator=generator)
    settings = LoopSettings.of_steps(steps, 300, 100, learning_rate=0.01)
    result = fit_autoregressive(density, rows(300, 0), held_out, settings, generator)
    return density.double().eval(), result


@pytest.fixture(scope="module")
def trained():
    return fitted(rows(100, 1))


def test_what_goes_together_is_learnt(trained):
    density, _ = trained
    usual, broken = rows(4, 2), torch.tensor([[0.0, 0.0], [3.0, 3.0]]).double()
    # Of four pairs each has a quarter of the probability; by itself each value would have a sixteenth.
    assert float(density.energy(usual).max()) == pytest.approx(np.log(4), abs=0.25)
    assert float(density.energy(broken).min()) > 4


def test_the_state_is_kept_that_is_best_on_rows_held_out(trained):
    density, result = trained
    held_out = rows(100, 1)
    best = min(entry["validation_loss"] for entry in result.history)
    assert float(density.energy(held_out).mean()) == pytest.approx(best, abs=1e-4)


def test_without_rows_held_out_the_last_state_is_kept():
    density, result = fitted(torch.empty(0, 2).double())
    assert "validation_loss" not in result.history[-1]
    assert float(density.energy(rows(50, 3)).mean()) < 1.8
