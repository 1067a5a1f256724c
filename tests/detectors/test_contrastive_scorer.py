import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

import hinterland
from hinterland import CANCE, DAGMM, DeepMixture
from hinterland.densities import ContrastiveDensity
from hinterland.detectors.contrastive_scorer import ContrastiveScorer

FEATURES = ("squared_error", "cosine_dissimilarity")
QUICK = {"hidden": (8,), "epochs": 3, "steps": 40, "batch_size": 64, "reconstruction_features": FEATURES}


def small(*positional, **settings) -> ContrastiveScorer:
    defaults = {"contrastive_steps": 60, "score_hidden": (16,), "batch_size": 64, "random_state": 0}
    if not positional:
        defaults["detector_options"] = QUICK
    return ContrastiveScorer(*positional, **{**defaults, **settings})


@pytest.fixture(scope="module")
def table(benign) -> np.ndarray:
    return benign[:, :8]


def test_the_features_are_the_detectors_and_the_density_its_own(table):
    dagmm = DAGMM(**QUICK, random_state=3).fit(table)
    scorer = small(dagmm, prefit=True).fit(table)
    np.testing.assert_array_equal(scorer.transform(table), dagmm.transform(table))
    density = scorer.models_[0].density
    assert isinstance(density, ContrastiveDensity)
    np.testing.assert_allclose(density.mean, dagmm.transform(table).mean(0))
    with torch.no_grad():
        np.testing.assert_allclose(
            scorer.energy(table), density.energy(torch.from_numpy(dagmm.transform(table)))
        )


def test_a_fitted_detector_is_left_as_it_was(table):
    dagmm = DAGMM(**QUICK, random_state=3).fit(table)
    before = dagmm.energy(table)
    small(dagmm, prefit=True).fit(table[:200])
    np.testing.assert_array_equal(dagmm.energy(table), before)


@pytest.mark.slow
def test_by_name_and_by_instance_are_the_same(table):
    by_name = small("dagmm", detector_options=QUICK).fit(table)
    seed = int(np.random.RandomState(0).randint(np.iinfo(np.int32).max))
    instance = DAGMM(**QUICK, random_state=seed)
    by_instance = small(instance).fit(table)
    np.testing.assert_array_equal(by_name.energy(table), by_instance.energy(table))
    unseeded = small(DAGMM(**QUICK)).fit(table)
    np.testing.assert_array_equal(by_name.energy(table), unseeded.energy(table))
    assert not hasattr(instance, "models_")  # a clone was fitted


@pytest.mark.slow
def test_each_model_of_a_detector_gets_a_density(table):
    scorer = small(DeepMixture(steps=30, hidden=(8,), n_members=2)).fit(table)
    assert len(scorer.models_) == 2
    energies = [model.energy(torch.from_numpy(table)).detach() for model in scorer.models_]
    np.testing.assert_allclose(scorer.energy(table), np.mean(energies, axis=0))
    assert not np.allclose(*energies)
    assert {entry["stage"] for entry in scorer.history_} == {1, 2, 3}


def test_the_features_of_another_contrastive_detector_will_do(table):
    options = {"network": "pca", "contrastive_steps": 5, "latent_dim": 2}
    scorer = small("CANCE", detector_options=options).fit(table)
    assert np.isfinite(scorer.energy(table)).all()


@pytest.mark.slow
def test_augmentation_acts_on_errors_alone(table):
    def differ(features):
        options = {**QUICK, "reconstruction_features": features}
        with_it, without = (
            small(detector_options=options, augment=augment).fit(table).energy(table)
            for augment in (True, False)
        )
        return not np.array_equal(with_it, without)

    assert differ(FEATURES)
    assert not differ(("cosine_similarity",))


@pytest.mark.slow
def test_rows_known_to_be_anomalous_train_neither_part_where_the_detector_has_no_loss_for_them(table):
    rows = np.concatenate([table, 100 * table[:20]])
    y = np.r_[np.zeros(len(table)), -np.ones(20)]
    scorer = small(detector_options={**QUICK, "label_loss": None})
    alone = scorer.fit(table).energy(table)
    np.testing.assert_array_equal(scorer.fit(rows, y).energy(table), alone)


@pytest.mark.slow
def test_training_finds_the_anomalies_of_a_real_table():
    rows, is_benign = load_breast_cancer(return_X_y=True)
    options = {**QUICK, "latent_dim": 3, "steps": 200}
    scorer = small(detector_options=options, contrastive_steps=200).fit(rows[is_benign == 1][::2])
    assert roc_auc_score(is_benign == 0, scorer.energy(rows)) > 0.85


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["name", "instance", "fitted"])
def test_a_saved_copy_gives_the_same_bits_and_can_be_fitted_again(table, tmp_path, kind):
    instance = DAGMM(**QUICK, random_state=3)
    scorer = {
        "name": lambda: small(),
        "instance": lambda: small(instance),
        "fitted": lambda: small(instance.fit(table), prefit=True),
    }[kind]().fit(table)
    scorer.save(tmp_path / "model")
    copy = hinterland.load(tmp_path / "model")
    np.testing.assert_array_equal(copy.energy(table), scorer.energy(table))
    if kind == "fitted":  # what the detector had learnt is in the models, not in the parameter
        with pytest.raises(NotFittedError):
            copy.fit(table)
    else:
        np.testing.assert_array_equal(copy.fit(table).energy(table), scorer.energy(table))
    if kind != "name":
        assert copy.detector.get_params() == instance.get_params()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"detector": 3}, "detector must be the name of a detector or one itself, got 3"),
        ({"detector": "DAGMN"}, "no detector is called 'DAGMN'"),
        ({"detector_options": {"epoch": 3}}, "DAGMM has no parameter 'epoch'; did you mean 'epochs'"),
        ({"detector_options": 3}, "detector_options must be a dictionary or None, got 3"),
        (
            {"detector": CANCE(), "detector_options": {"steps": 3}},
            r"set them on the instance, got \['steps'\]",
        ),
        ({"prefit": True}, "prefit needs a fitted detector, got the name 'DAGMM'"),
        ({"prefit": "yes"}, "prefit must be one of .*got 'yes'"),
        ({"augment": 2}, "augment must be one of .*got 2"),
    ],
    ids=str,
)
def test_wrong_parameters_are_named(table, settings, message):
    with pytest.raises(ValueError, match=message):
        small(**settings).fit(table)


def test_a_detector_that_is_not_fitted_or_of_other_rows_is_refused(table):
    with pytest.raises(NotFittedError):
        small(DAGMM(), prefit=True).fit(table)
    fitted = DAGMM(**QUICK).fit(table[:, :5])
    with pytest.raises(ValueError, match="rows of 8 columns like these, got one fitted on 5"):
        small(fitted, prefit=True).fit(table)
