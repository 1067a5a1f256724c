"""Any network goes with any density and any score, and any density with any detector that does not name its own."""

import itertools

import numpy as np
import pytest
import torch

import hinterland
from hinterland import CADGMM, DAGMM, DeepMixture
from hinterland.densities import DENSITIES, Mixture
from hinterland.explain import explain
from hinterland.model.score import SCORES
from hinterland.networks import NETWORKS

OPTIONS = {"vqvae": {"n_codes": 8}, "convolutional": {"shape": (2, 4, 1)}, "graph": {"n_neighbors": 5}}
MIXTURES = [name for name, member in DENSITIES.members().items() if issubclass(member, Mixture)]
LEARNT_APART = [
    name
    for name, member in DENSITIES.members().items()
    if not (issubclass(member, Mixture) or member.needs_labels)
]


SHORT = {"hidden": (8, 4), "latent_dim": 2, "epochs": 3, "steps": 40, "batch_size": 64, "n_components": 2}
SMALL = {
    CADGMM: {**SHORT, "n_neighbors": 5},
    DAGMM: SHORT,
    DeepMixture: {"n_members": 2, "steps": 30, "hidden": (8,), "n_components": 2},
}


def small(detector_class, **settings):
    return detector_class(**{**SMALL[detector_class], "random_state": 0, **settings})


def combination(network: str, density: str, scoring: str, **settings) -> DAGMM:
    return DAGMM(
        network=network,
        network_options=OPTIONS.get(network),
        hidden=(8, 4),
        latent_dim=2,
        density=density,
        n_components=2,
        scoring=scoring,
        **{"epochs": 3, "steps": 40, "batch_size": 64, "dropout": 0.0, "random_state": 0, **settings},
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
@pytest.mark.parametrize("density", [*MIXTURES, *LEARNT_APART])
@pytest.mark.parametrize("of_any", [CADGMM, DAGMM, DeepMixture])
def test_any_density_goes_with_a_detector_that_names_none(of_any, density, table, tmp_path):
    detector = small(of_any, density=density).fit(table)
    energy = detector.energy(table)
    assert np.isfinite(energy).all()
    assert np.ptp(energy) > 0
    assert {type(model.density) for model in detector.models_} == {DENSITIES.named(density)}
    explanation = explain(detector, table[:3])
    np.testing.assert_allclose(explanation.energy, energy[:3], rtol=1e-9)
    detector.save(tmp_path / "copy.hinterland")
    np.testing.assert_array_equal(hinterland.load(tmp_path / "copy.hinterland").energy(table), energy)


@pytest.mark.slow
@pytest.mark.parametrize("density", LEARNT_APART)
def test_a_density_learnt_apart_follows_a_network_that_learnt_to_reconstruct_alone(density, table):
    detector = combination("autoencoder", density, "energy+reconstruction").fit(table)
    first = [entry for entry in detector.history_ if entry["stage"] == 1]
    assert "reconstruction" in first[0]
    assert "energy" not in first[0]
    assert float(detector.models_[0].score.unit) != 1.0  # the score is learnt after the density
    same = combination("autoencoder", density, "energy+reconstruction").fit(table)
    np.testing.assert_array_equal(same.energy(table), detector.energy(table))


def test_known_anomalies_that_no_loss_takes_are_said(table):
    y = np.zeros(len(table), int)
    y[:4] = -1
    with pytest.warns(UserWarning, match="4 rows known to be anomalous are left out: a ContrastiveDensity"):
        marked = combination("autoencoder", "contrastive", "energy").fit(table, y)
    without = combination("autoencoder", "contrastive", "energy", label_loss=None).fit(table[4:])
    np.testing.assert_array_equal(marked.energy(table), without.energy(table))


@pytest.mark.parametrize("of_any", [CADGMM, DAGMM, DeepMixture])
def test_densities_that_there_are_not_or_that_need_labels_are_named(of_any, table):
    with pytest.raises(ValueError, match=r"density must be one of .*'gaussian'.*got 'guassian'"):
        small(of_any, density="guassian").fit(table)
    with pytest.raises(ValueError, match="learnt without labels, got 'label_probability'"):
        small(of_any, density="label_probability").fit(table)
    with pytest.raises(ValueError, match=r"options of the density 'contrastive'.*got 'n_components'"):
        small(of_any, density="contrastive", density_options={"n_components": 2}).fit(table)


def test_options_reach_a_density_that_is_no_mixture(table):
    options = {"hidden": (5,), "activation": "tanh"}
    detector = combination("autoencoder", "contrastive", "energy", density_options=options).fit(table)
    assert detector.models_[0].density.settings["hidden"] == [5]
    assert detector.models_[0].density.settings["covariance_floor"] == detector.covariance_floor


@pytest.mark.slow
@pytest.mark.parametrize(("network", "density"), list(itertools.product(NETWORKS.members(), MIXTURES)))
def test_every_parameter_moves(network, density, table):
    start, end = (
        combination(
            network, density, "energy", epochs=epochs, steps=0, learning_rate=rate, validation_share=0.0
        )
        .fit(table)
        .models_[0]
        for epochs, rate in ((1, 1e-12), (30, 1e-2))
    )
    before = dict(start.named_parameters())
    for name, parameter in end.named_parameters():
        assert not torch.equal(parameter, before[name]), name
