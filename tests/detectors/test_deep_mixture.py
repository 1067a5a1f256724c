"""DeepMixture: what its choices do, and that its threshold holds for new rows."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score

from hinterland import DeepMixture
from hinterland.detectors import deep_mixture
from hinterland.training.loop import TrainingInterruptedWarning


@pytest.fixture(scope="module")
def cells():
    X, y = load_breast_cancer(return_X_y=True)
    benign = np.random.default_rng(0).permutation(np.flatnonzero(y == 1))
    return X[benign[:200]], X[benign[200:]], X[y == 0]


@pytest.fixture(scope="module")
def fitted(cells):
    return DeepMixture(steps=200, contamination=0.1, random_state=0).fit(cells[0])


def test_malignant_cells_have_higher_energies_than_unseen_benign_ones(cells, fitted):
    _, benign, malignant = cells
    energy = fitted.energy(np.concatenate([benign, malignant]))
    assert roc_auc_score(np.arange(len(energy)) >= len(benign), energy) > 0.92


def test_the_threshold_holds_for_new_rows_though_the_mixture_knows_its_training_rows(cells, fitted):
    train, benign, malignant = cells
    assert np.mean(fitted.predict(benign) == -1) < 0.25  # 0.1 asked, learnt from 40 held-out rows
    assert np.mean(fitted.predict(malignant) == -1) > 0.5
    known = DeepMixture(steps=200, contamination=0.1, novelty=False, random_state=0).fit(train)
    assert np.mean(known.predict(train) == -1) == pytest.approx(0.1)
    assert np.mean(known.predict(benign) == -1) > 0.5  # what the default is for


def test_the_threshold_is_learnt_from_a_fifth_of_the_rows(cells, fitted):
    assert len(fitted.calibration_energy_) == 40
    assert np.mean(fitted.calibration_energy_ > -fitted.offset_) == pytest.approx(0.1)


def test_too_few_rows_to_hold_any_out_leave_the_training_rows_own_energies(cells):
    detector = DeepMixture(steps=20, random_state=0).fit(cells[0][:50])
    np.testing.assert_array_equal(detector.calibration_energy_, detector.training_energy_)


def test_a_later_fit_forgets_the_earlier_ones_held_out_rows(cells):
    detector = DeepMixture(steps=20, random_state=0).fit(cells[0])
    detector.set_params(novelty=False).fit(cells[0])
    np.testing.assert_array_equal(detector.calibration_energy_, detector.training_energy_)


def test_the_energy_is_the_mean_of_the_members(cells, fitted):
    import torch

    rows = cells[1][:5]
    with torch.no_grad():
        members = [model.energy(torch.from_numpy(rows)).numpy() for model in fitted.models_]
    assert len(members) == 2
    np.testing.assert_allclose(fitted.energy(rows), np.mean(members, axis=0), rtol=1e-12)


def test_members_take_the_numbers_of_components_in_turn_but_never_more_than_rows_bear(cells):
    detector = DeepMixture(3, n_components=(2, 100), steps=5, random_state=0).fit(cells[0])
    assert [model.density.n_components for model in detector.models_] == [2, 200 // 5, 2]


def test_a_wide_table_is_seen_through_its_latent():
    rows = np.random.default_rng(0).normal(size=(60, 101))
    narrow = DeepMixture(1, steps=5, random_state=0).fit(rows[:, :100])
    wide = DeepMixture(1, steps=5, random_state=0).fit(rows)
    assert narrow.transform(rows[:, :100]).shape == (60, 100 + 1)
    assert wide.transform(rows).shape == (60, 16 + 1)


def test_labelling_the_training_rows_needs_novelty_off(cells):
    assert not hasattr(DeepMixture(), "fit_predict")
    with pytest.raises(AttributeError, match="set novelty=False for it"):
        DeepMixture().fit_predict(cells[0])
    labels = DeepMixture(steps=5, novelty=False, contamination=0.1, random_state=0).fit_predict(cells[0])
    assert np.mean(labels == -1) == pytest.approx(0.1)


def test_an_interruption_between_the_loops_keeps_the_members_that_are_ready(cells, monkeypatch):
    fit = deep_mixture.fit_in_turn

    def interrupted(*args, **settings):
        if calls.pop():
            raise KeyboardInterrupt
        return fit(*args, **settings)

    monkeypatch.setattr(deep_mixture, "fit_in_turn", interrupted)
    calls = [True, False]
    with pytest.warns(TrainingInterruptedWarning, match="1 of 3 members"):
        detector = DeepMixture(3, steps=5, random_state=0).fit(cells[0])
    assert len(detector.models_) == 1
    assert np.isfinite(detector.energy(cells[1])).all()
    calls = [True]
    with pytest.raises(KeyboardInterrupt):
        DeepMixture(3, steps=5, random_state=0).fit(cells[0])


@pytest.mark.parametrize("n_components", [(), 0, "many", (2, 0)])
def test_numbers_of_components_that_are_none_are_named(cells, n_components):
    with pytest.raises(ValueError, match="n_components"):
        DeepMixture(n_components=n_components).fit(cells[0])
