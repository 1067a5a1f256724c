import warnings

import numpy as np
import pytest
import torch

import hinterland.energy_model as energy_model
from hinterland.composite import composite_features, row_errors
from hinterland.densities.gaussian import GaussianMixture, mixture_energy, mixture_parameters, summarize
from hinterland.energy_model import LARGEST_SCALED, EnergyModel, InputScaling, apply_in_chunks, chunks
from hinterland.networks.mlp import Autoencoder

CPU = torch.device("cpu")
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


# --- scaling ----------------------------------------------------------------------------------------


def test_standard_scaling(rows):
    scaled = InputScaling.from_rows(rows, "standard", None)(torch.from_numpy(rows))
    np.testing.assert_allclose(scaled, (rows - rows.mean(0)) / rows.std(0), rtol=1e-12)


def test_scaling_by_minimum_and_range(rows):
    scaled = InputScaling.from_rows(rows, "minmax", None)(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose([scaled.min(0), scaled.max(0)], [[0] * 3, [1] * 3], atol=1e-12)


def test_no_scaling(rows):
    scaled = InputScaling.from_rows(rows, None, None)(torch.from_numpy(rows))
    np.testing.assert_array_equal(scaled, rows)


def test_the_clip_bounds_scaled_values_and_none_only_keeps_them_from_overflow(rows):
    far = torch.from_numpy(rows[:2]) + torch.tensor([[1e12], [-1e12]])
    assert InputScaling.from_rows(rows, "standard", 4.0)(far).tolist() == [[4.0] * 3, [-4.0] * 3]
    scaled = InputScaling.from_rows(rows, "standard", None)(far)
    assert scaled.tolist() == [[LARGEST_SCALED] * 3, [-LARGEST_SCALED] * 3]


@pytest.mark.parametrize("how", ["standard", "minmax"])
@pytest.mark.parametrize(("value", "unit"), [(0.0, 1.0), (250.0, 250.0), (-3.0, 3.0), (0.1, 0.1)])
def test_a_change_in_a_constant_column_shows_in_units_of_its_size(how, value, unit):
    scaling = InputScaling.from_rows(np.full((10, 1), value), how, 10.0)
    assert float(scaling(torch.tensor([[value]], dtype=torch.float64))) == pytest.approx(0, abs=1e-12)
    assert float(scaling(torch.tensor([[value + unit]], dtype=torch.float64))) == pytest.approx(1)


# --- the model --------------------------------------------------------------------------------------


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
    monkeypatch.setattr(energy_model, "CHUNK_ENTRIES", 21)  # seven rows
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


# --- chunks -----------------------------------------------------------------------------------------


def test_chunks_are_bounded_and_join_to_the_rows(rows, monkeypatch):
    monkeypatch.setattr(energy_model, "CHUNK_ENTRIES", 30)
    parts = list(chunks(rows, CPU))
    assert {len(part) for part in parts} == {10}
    np.testing.assert_array_equal(torch.cat(parts), rows)
    monkeypatch.setattr(energy_model, "CHUNK_ENTRIES", 1)  # a row at least
    assert len(list(chunks(rows, CPU))) == len(rows)


def test_no_chunk_is_much_smaller_than_the_others(monkeypatch):
    monkeypatch.setattr("hinterland.energy_model.CHUNK_ROWS", 10)
    assert [len(part) for part in chunks(np.zeros((21, 2)), CPU)] == [7, 7, 7]
    assert [len(part) for part in chunks(np.zeros((0, 2)), CPU)] == [0]


def test_chunks_take_any_layout_and_type(rows):
    for given in (np.asfortranarray(rows), rows[::-1], rows.astype(np.float32), rows.astype(np.int8)):
        part = torch.cat(list(chunks(given, CPU)))
        assert part.dtype == torch.float64
        np.testing.assert_array_equal(part, given)


def test_rows_that_cannot_be_written_to_are_copied_without_a_warning(rows):
    fixed = rows.copy()
    fixed.flags.writeable = False
    torch.set_warn_always(True)  # torch would warn once a process only
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            part = torch.cat(list(chunks(fixed, CPU)))
    finally:
        torch.set_warn_always(False)
    part.zero_()
    np.testing.assert_array_equal(fixed, rows)


def test_a_function_is_applied_without_gradient_and_joined(rows, monkeypatch):
    monkeypatch.setattr(energy_model, "CHUNK_ENTRIES", 30)
    weight = torch.ones((), requires_grad=True)
    found = apply_in_chunks(lambda x: (weight * x).sum(1).float(), rows, CPU)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, rows.sum(1), rtol=1e-6)
