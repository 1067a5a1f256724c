import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

import hinterland
from hinterland.detectors.cance import CANCE, VARIANTS
from hinterland.model.composite import composite_features, row_errors
from hinterland.training.loop import TrainingInterruptedWarning


def small(**settings) -> CANCE:
    defaults = {
        "hidden": (8,),
        "latent_dim": 2,
        "score_hidden": (16,),
        "steps": 60,
        "decoder_steps": 30,
        "contrastive_steps": 60,
        "batch_size": 64,
        "random_state": 0,
    }
    return CANCE(**{**defaults, **settings})


@pytest.fixture(scope="module")
def table(benign) -> np.ndarray:
    return benign[:, :8]


# --- the method -------------------------------------------------------------------------------------


def test_the_energy_is_the_papers_step_by_step(table):
    detector = small().fit(table)
    model = detector.models_[0]
    scaled = torch.from_numpy(((table - table.mean(0)) / table.std(0)).clip(-10, 10))
    with torch.no_grad():
        encoding = model.network(scaled)
        x, r = scaled.numpy(), encoding.reconstruction.numpy()
        squared_error = ((x - r) ** 2).sum(1) / 8
        cosine = (x * r).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(r, axis=1)
        z = np.column_stack([encoding.latent.numpy(), squared_error, (1 - cosine) / 2])
        np.testing.assert_allclose(detector.transform(table), z, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(detector.energy(table), model.density.energy(torch.from_numpy(z)))
    mean, covariance = z.mean(0), np.cov(z.T, bias=True)
    np.testing.assert_allclose(model.density.mean, mean, atol=1e-9)
    np.testing.assert_allclose(model.density.scale, np.sqrt(np.diag(covariance)), rtol=1e-5)


@pytest.mark.slow
def test_the_latent_is_normalised_over_the_training_rows(table):
    latent = small(steps=300, validation_share=0.0, weight_decay=0.0).fit(table).transform(table)[:, :2]
    np.testing.assert_allclose(latent.mean(0), 0, atol=0.15)
    np.testing.assert_allclose(latent.std(0), 1, atol=0.15)


@pytest.mark.slow
@pytest.mark.parametrize(("variant", "width"), [("CANCE", 4), ("CNCE", 4), ("LatNCE", 2), ("Error", 2)])
def test_each_variant_sees_its_own_features(table, variant, width):
    detector = small(variant=variant).fit(table)
    assert detector.transform(table).shape == (len(table), width)
    stages = {entry["stage"] for entry in detector.history_}
    assert stages == ({1, 2} if variant == "Error" else {1, 2, 3})
    energies = {name: small(variant=name).fit(table).energy(table) for name in VARIANTS if name != variant}
    for other in energies.values():
        assert not np.allclose(detector.energy(table), other)


@pytest.mark.slow
def test_the_variant_error_is_the_squared_error_of_the_same_network(table):
    error = small(variant="Error").fit(table)
    np.testing.assert_allclose(error.energy(table), small(variant="CNCE").fit(table).transform(table)[:, 2])
    assert error.models_[0].density is None


@pytest.mark.slow
def test_no_decoder_steps_are_no_second_stage(table):
    detector = small(decoder_steps=0).fit(table)
    assert {entry["stage"] for entry in detector.history_} == {1, 3}
    assert not np.allclose(detector.energy(table), small().fit(table).energy(table))


def test_history_counts_on_through_the_stages(table):
    history = small().fit(table).history_
    for name in ("epoch", "seconds"):
        values = [entry[name] for entry in history]
        assert values == sorted(set(values))
    assert {"reconstruction", "latent_covariance"} < set(history[0])
    assert {"contrast_of_rows", "contrast_of_noise", "least_growth", "largest_growth"} < set(history[-1])


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["CANCE", "Error"])
def test_interrupted_in_any_stage_it_scores(table, variant):
    for stage in (1, 2):

        def interrupt(entry, stage=stage):
            if entry["stage"] == stage:
                raise KeyboardInterrupt

        with pytest.warns(TrainingInterruptedWarning):
            detector = small(variant=variant, on_epoch=interrupt).fit(table)
        assert np.isfinite(detector.energy(table)).all()
        assert detector.history_[-1]["stage"] == stage


# --- principal components ---------------------------------------------------------------------------


def test_principal_components_are_scikit_learns(table):
    detector = small(network="pca", latent_dim=3).fit(table)
    x = ((table - table.mean(0)) / table.std(0)).clip(-10, 10)
    reference = PCA(3).fit(x.astype(np.float32).astype(np.float64))
    latent = reference.transform(x)
    features = composite_features(
        torch.from_numpy(latent),
        row_errors(torch.from_numpy(x), torch.from_numpy(reference.inverse_transform(latent))),
        ("squared_error", "cosine_dissimilarity"),
    )
    np.testing.assert_allclose(np.abs(detector.transform(table)), features.abs().numpy(), atol=1e-6)
    assert {entry["stage"] for entry in detector.history_} == {3}


def test_there_are_no_more_components_than_columns(table):
    assert small(network="pca", latent_dim=50).fit(table).transform(table).shape == (len(table), 10)


# --- choices ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_training_finds_the_anomalies_of_a_real_table(seed):
    rows, is_benign = load_breast_cancer(return_X_y=True)
    detector = small(latent_dim=4, steps=200, contrastive_steps=200, random_state=seed)
    energy = detector.fit(rows[is_benign == 1][::2]).energy(rows)
    assert roc_auc_score(is_benign == 0, energy) > 0.85


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"network": "pca"},
        {"network": "vqvae", "network_options": {"n_codes": 8}},
        {"network": "vae", "decoder_steps": 0},
        {"network_options": {"input_noise": 0.3}},
        {"latent_dim": None},
        {"latent_dim": 1},
        {"activation": "relu"},
        {"covariance_weight": 10.0},
        {"score_hidden": ()},
        {"noise_ratio": 1},
        {"covariance_floor": 0.1},
        {"scaling": "minmax"},
        {"scaling": None},
        {"clip": 2.0},
        {"batch_size": 4},
        {"weight_decay": 0.0},
        {"validation_share": 0.0},
        {"learning_rate": 1.0, "contrastive_learning_rate": 1.0},
    ],
    ids=str,
)
def test_every_choice_trains_to_finite_energies_of_its_own(table, settings):
    energy = small(**settings).fit(table).energy(table)
    assert np.isfinite(energy).all()
    assert len(np.unique(energy)) > 300
    assert not np.array_equal(energy, small().fit(table).energy(table))


@pytest.mark.slow
@pytest.mark.parametrize("settings", [*({"variant": name} for name in VARIANTS), {"network": "pca"}], ids=str)
def test_a_saved_copy_gives_the_same_bits(table, tmp_path, settings):
    detector = small(**settings).fit(table)
    detector.save(tmp_path / "model")
    copy = hinterland.load(tmp_path / "model")
    np.testing.assert_array_equal(copy.energy(table), detector.energy(table))
    assert copy.get_params() == detector.get_params()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", 8),
        ("latent_dim", 0),
        ("variant", "cance"),
        ("network", "transformer"),
        ("network_options", {"codes": 3}),
        ("network_options", {"normalise_latent": False}),
        ("activation", "step"),
        ("covariance_weight", -1),
        ("score_hidden", (0,)),
        ("noise_ratio", 0.5),
        ("covariance_floor", 0),
        ("scaling", "robust"),
        ("clip", 0),
        ("steps", 0),
        ("decoder_steps", -1),
        ("contrastive_steps", 0),
        ("batch_size", 3),
        ("learning_rate", 0),
        ("contrastive_learning_rate", np.nan),
        ("weight_decay", -0.1),
        ("validation_share", 1),
    ],
)
def test_wrong_parameters_are_named_at_fit_and_not_before(table, name, value):
    detector = CANCE(**{name: value})
    with pytest.raises(ValueError, match=rf"{name}.*got"):
        detector.fit(table)
    assert not hasattr(detector, "models_")


def test_networks_without_an_encoder_of_their_own_have_no_second_stage(table):
    with pytest.raises(ValueError, match=r"network must have modules encoder and decoder .* got VAE"):
        small(network="vae").fit(table)


def test_principal_components_take_no_options(table):
    with pytest.raises(ValueError, match=r"network_options.*got 'input_noise'"):
        small(network="pca", network_options={"input_noise": 0.1}).fit(table)


@pytest.mark.slow
def test_variants_take_their_network_from_the_memory_and_are_the_same(tmp_path, monkeypatch):
    rows = np.random.default_rng(0).normal(size=(120, 5))
    short = {"steps": 30, "decoder_steps": 10, "contrastive_steps": 30, "random_state": 0}
    remembering = {**short, "memory": str(tmp_path / "networks")}
    trained, entries = [], []
    plain = CANCE._train_network
    monkeypatch.setattr(CANCE, "_train_network", lambda *a: trained.append(1) or plain(*a))
    for variant in ("CANCE", "CNCE", "LatNCE", "Error"):
        kept = CANCE(variant=variant, **remembering, on_epoch=entries.append).fit(rows)
        assert len(trained) == 1
        assert kept.history_ == entries
        monkeypatch.setattr(CANCE, "_train_network", plain)
        afresh = CANCE(variant=variant, **short).fit(rows)
        monkeypatch.setattr(CANCE, "_train_network", lambda *a: trained.append(1) or plain(*a))
        np.testing.assert_array_equal(kept.energy(rows), afresh.energy(rows))
        entries.clear()
    for other in ({"steps": 31}, {"random_state": 1}, {"hidden": (16,)}):
        CANCE(**{**remembering, **other}).fit(rows)
    CANCE(**remembering).fit(rows + 1e-6)
    assert len(trained) == 5


@pytest.mark.slow
def test_a_network_whose_training_was_interrupted_is_not_remembered(tmp_path):
    rows = np.random.default_rng(0).normal(size=(120, 5))
    settings = {"steps": 60, "contrastive_steps": 30, "random_state": 0, "memory": str(tmp_path)}

    def interrupt(entry):
        raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        CANCE(**settings, on_epoch=interrupt).fit(rows)
    finished = CANCE(**settings).fit(rows)
    assert finished.history_[-1]["stage"] == 3


def test_a_memory_that_is_no_path_is_named():
    with pytest.raises(ValueError, match=r"memory must be the path of a folder or None, got 3"):
        CANCE(memory=3).fit(np.zeros((10, 2)))
