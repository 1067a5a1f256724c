import numpy as np
import pytest
import torch

from hinterland.densities.contrastive import ContrastiveDensity
from hinterland.densities.gaussian import GaussianMixture
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.mlp import Autoencoder
from hinterland.training import in_turn
from hinterland.training.in_turn import fit_in_turn
from hinterland.training.loop import TrainingResult
from hinterland.training.settings import LoopSettings

ROWS = np.random.default_rng(0).normal(size=(120, 3))
SETTINGS = LoopSettings.of_steps(15, 80, 32)


def model(density, score=None) -> EnergyModel:
    network = Autoencoder(3, (4,), 1, generator=generator())
    return EnergyModel(InputScaling(3), network, density, ("log_error",), score=score)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def contrastive() -> ContrastiveDensity:
    return ContrastiveDensity(2, hidden=(4,), generator=generator())


def fit(made: EnergyModel, **options) -> TrainingResult:
    return fit_in_turn(made, ROWS[:80], ROWS[80:], SETTINGS, generator(), **options)


def test_a_mixtures_history_is_the_networks():
    seen: list = []
    result = fit(model(GaussianMixture(2, 2, hidden=None)), on_epoch=seen.append)
    assert seen == result.history
    assert all("stage" not in entry for entry in seen)


def test_a_density_that_trains_by_steps_is_the_second_stage():
    seen: list = []
    made = model(contrastive())
    result = fit(made, on_epoch=seen.append)
    assert seen == result.history
    assert {entry["stage"] for entry in seen} == {1, 2}
    assert "contrast_of_rows" in seen[-1]
    energy = made.energy(torch.from_numpy(ROWS))
    assert energy.dtype == torch.float64
    assert torch.isfinite(energy).all()


def test_after_an_interruption_a_density_that_trains_is_estimated_alone(monkeypatch):
    whole = in_turn.fit_reconstruction

    def interrupted(*arguments, **options):
        return TrainingResult(whole(*arguments, **options).history, interrupted=True)

    monkeypatch.setattr(in_turn, "fit_reconstruction", interrupted)
    made = model(contrastive())
    result = fit(made)
    assert result.interrupted
    assert {entry["stage"] for entry in result.history} == {1}
    assert torch.isfinite(made.energy(torch.from_numpy(ROWS))).all()


def test_the_measure_is_what_is_trained_on():
    means, sums = (
        fit(model(GaussianMixture(2, 1, hidden=None)), measure=measure).history[0]["reconstruction"]
        for measure in ("mean", "sum")
    )
    assert sums > 1.5 * means


def test_tail_and_unit_of_the_score_are_learnt():
    eased = model(GaussianMixture(2, 1, hidden=None), Score(tail=True))
    fit(eased)
    assert torch.isfinite(eased.score.tail_start)
    both = model(contrastive(), Score("energy+reconstruction"))
    fit(both)
    assert float(both.score.unit) != 1.0


def test_without_a_density_there_is_nothing_to_train_in_turn():
    with pytest.raises(TypeError, match="needs a density, got None"):
        fit(model(None, Score("reconstruction")))
