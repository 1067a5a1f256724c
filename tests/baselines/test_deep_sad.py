"""The loss term by term, the centre, and that known anomalies are driven off."""

import numpy as np
import pytest
import torch

from hinterland.baselines import baselines
from hinterland.baselines.deep_sad import away_from_zero, labelled_distances, unbiased_network

SHORT = {"hidden": (8,), "latent_dim": 3, "encoder_steps": 50, "steps": 100, "batch_size": 32}


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def y() -> np.ndarray:
    return np.repeat([0, 1, -1], [100, 10, 10])


@pytest.fixture(scope="module")
def fitted(rows, y):
    return baselines()["DeepSAD"](**SHORT, random_state=0).fit(rows + 3 * (y == -1)[:, None], y)


def test_the_loss_is_the_papers_row_by_row():
    squared, y = [0.5, 2.0, 0.25, 4.0], [0, 0, 1, -1]
    unlabelled, labelled = squared[0] + squared[1], 3.0 * (0.25 + 1 / 4.0)
    found = labelled_distances(torch.tensor(squared), torch.tensor(y).float(), 3.0)
    assert found.mean().item() == pytest.approx((unlabelled + labelled) / 4, rel=1e-5)


def test_without_labels_the_loss_is_deep_svdds():
    squared = torch.rand(20, generator=torch.Generator().manual_seed(0))
    assert torch.equal(labelled_distances(squared, torch.zeros(20), 5.0), squared)


def test_a_known_anomaly_at_the_centre_has_a_finite_gradient():
    squared = torch.zeros(2, requires_grad=True)
    labelled_distances(squared, torch.tensor([-1.0, 0.0]), 1.0).sum().backward()
    assert torch.isfinite(squared.grad).all()


def test_no_entry_of_the_centre_is_near_zero_and_none_changes_its_sign():
    center = torch.tensor([-0.01, 0.0, 0.05, -0.1, 2.0])
    assert away_from_zero(center).tolist() == pytest.approx([-0.1, 0.1, 0.1, -0.1, 2.0])


def test_the_network_has_no_bias_anywhere():
    network = unbiased_network([4, 8, 3], torch.Generator().manual_seed(0)).eval()
    assert not network(torch.zeros(2, 4)).any()
    assert [tuple(weight.shape) for weight in network.parameters()] == [(8, 4), (3, 8)]


def test_the_energy_is_the_squared_distance_to_the_centre(fitted, rows):
    with torch.no_grad():
        latent = fitted.network_(torch.from_numpy(rows)).numpy()
    expected = [sum((z - fitted.center_.numpy()) ** 2) for z in latent]
    np.testing.assert_allclose(fitted.energy(rows), expected, rtol=1e-4)


def test_known_anomalies_are_driven_off_and_others_drawn_near(fitted, rows, y):
    energy = fitted.energy(rows + 3 * (y == -1)[:, None])
    assert energy[y == -1].min() > 2 * energy[y != -1].mean()


@pytest.mark.parametrize("labels", [None, np.zeros(5), np.ones(5)])
def test_without_known_anomalies_it_says_what_it_needs(labels):
    with pytest.raises(ValueError, match=r"needs training rows known to be anomalous \(y = -1\)"):
        baselines()["DeepSAD"](random_state=0).fit(np.zeros((5, 2)), labels)
