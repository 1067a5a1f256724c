"""Any network goes with any mixture and any score."""

import itertools

import numpy as np
import pytest
import torch

import hinterland
from hinterland import DAGMM
from hinterland.densities import DENSITIES, Mixture
from hinterland.model.score import SCORES
from hinterland.networks import NETWORKS

OPTIONS = {"vqvae": {"n_codes": 8}, "convolutional": {"shape": (2, 4, 1)}, "graph": {"n_neighbors": 5}}
MIXTURES = [name for name, member in DENSITIES.members().items() if issubclass(member, Mixture)]


def combination(network: str, density: str, scoring: str, **settings) -> DAGMM:
    return DAGMM(
        network=network,
        network_options=OPTIONS.get(network),
        hidden=(8, 4),
        latent_dim=2,
        density=density,
        n_components=2,
        scoring=scoring,
        **{"epochs": 3, "min_steps": 40, "batch_size": 64, "dropout": 0.0, "random_state": 0, **settings},
    )


@pytest.fixture(scope="module")
def table(benign) -> np.ndarray:
    return benign[:, :8]


@pytest.mark.slow
@pytest.mark.parametrize("scoring", SCORES)
@pytest.mark.parametrize("density", MIXTURES)
@pytest.mark.parametrize("network", NETWORKS.members())
def test_it_trains_scores_a_row_alone_and_is_saved(network, density, scoring, table, tmp_path):
    detector = combination(network, density, scoring).fit(table)
    energy = detector.energy(table)
    assert np.isfinite(energy).all()
    assert np.ptp(energy) > 0
    alone = np.concatenate([detector.energy(row[None]) for row in table[:10]])
    np.testing.assert_allclose(alone, energy[:10], rtol=1e-6, atol=1e-6)
    detector.save(tmp_path / "copy.hinterland")
    np.testing.assert_array_equal(hinterland.load(tmp_path / "copy.hinterland").energy(table), energy)


@pytest.mark.slow
@pytest.mark.parametrize(("network", "density"), itertools.product(NETWORKS.members(), MIXTURES))
def test_every_parameter_moves(network, density, table):
    start, end = (
        combination(
            network, density, "energy", epochs=epochs, min_steps=0, learning_rate=rate, validation_share=0.0
        )
        .fit(table)
        .models_[0]
        for epochs, rate in ((1, 1e-12), (30, 1e-2))
    )
    before = dict(start.named_parameters())
    for name, parameter in end.named_parameters():
        assert not torch.equal(parameter, before[name]), name
