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


@pytest.mark.slow
def test_malignant_cells_have_higher_energies_than_unseen_benign_ones(cells, fitted):
    _, benign, malignant = cells
    energy = fitted.energy(np.concatenate([benign, malignant]))
    assert roc_auc_score(np.arange(len(energy)) >= len(benign), energy) > 0.92


@pytest.mark.slow
def test_the_threshold_holds_for_new_rows_and_for_the_training_rows(cells, fitted):
    train, benign, malignant = cells
    assert 0.02 < np.mean(fitted.predict(benign) == -1) < 0.2  # 0.1 asked
    assert np.mean(fitted.predict(malignant) == -1) > 0.7
    assert 0 < np.mean(fitted.predict(train) == -1) <= 0.1  # 200 rows of 30 columns: the members know theirs


@pytest.mark.slow
def test_without_novelty_the_share_of_the_training_rows_is_exact(cells):
    known = DeepMixture(steps=20, contamination=0.1, novelty=False, random_state=0).fit(cells[0])
    assert np.mean(known.predict(cells[0]) == -1) == pytest.approx(0.1)


@pytest.mark.slow
def test_the_threshold_is_learnt_from_all_rows_each_by_members_that_have_not_seen_it(cells, fitted):
    assert len(fitted.calibration_energy_) == 200
    assert np.mean(fitted.calibration_energy_ > -fitted.offset_) == pytest.approx(0.1)
    assert np.median(fitted.calibration_energy_) > np.median(fitted.training_energy_)


def test_energies_of_training_rows_are_those_that_the_fit_kept(cells, fitted):
    np.testing.assert_array_equal(fitted.training_energy_, fitted.energy(cells[0]))


@pytest.mark.parametrize("settings", [{"validation_share": 0}, {"novelty": False}])
def test_with_no_rows_left_out_or_no_novelty_the_training_rows_set_the_threshold(cells, settings):
    detector = DeepMixture(1, steps=20, random_state=0, **settings).fit(cells[0][:50])
    np.testing.assert_array_equal(detector.calibration_energy_, detector.training_energy_)


@pytest.mark.slow
def test_a_later_fit_forgets_the_earlier_ones_energies(cells):
    detector = DeepMixture(steps=5, random_state=0).fit(cells[0])
    detector.set_params(novelty=False).fit(cells[0][:90])
    assert len(detector.training_energy_) == len(detector.calibration_energy_) == 90


def test_the_energy_is_the_mean_of_the_members(cells, fitted):
    import torch

    rows = cells[1][:5]
    with torch.no_grad():
        members = [model.energy(torch.from_numpy(rows)).numpy() for model in fitted.models_]
    assert len(members) == 6
    np.testing.assert_allclose(fitted.energy(rows), np.mean(members, axis=0), rtol=1e-12)


def test_rounds_take_the_numbers_of_components_in_turn_but_never_more_than_rows_bear(cells):
    detector = DeepMixture(5, n_components=(2, 100), steps=5, validation_share=0.5, random_state=0).fit(
        cells[0]
    )
    assert [model.density.n_components for model in detector.models_] == [2, 2, 100 // 5, 100 // 5, 2]


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


# --- tables on which thresholds broke ----------------------------------------------------------------


def fit(rows, **settings):
    return DeepMixture(random_state=0, **{"steps": 20, **settings}).fit(rows)


def table(n, seed=0, n_columns=3):
    return np.random.default_rng(seed).normal(size=(n, n_columns))


def with_alarms(n, seed, n_alarms, n_ones=1):
    """Columns that are 1 in so many rows, and 0 in all others, beside three of numbers."""
    rows = np.hstack([table(n, seed), np.zeros((n, n_alarms))])
    random = np.random.default_rng(seed + 1000)
    for column in range(3, 3 + n_alarms):
        rows[random.choice(n, n_ones, replace=False), column] = 1
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("scaling", ["standard", "minmax", None])
@pytest.mark.parametrize(("n", "n_alarms"), [(300, 2), (800, 6)])
def test_columns_with_a_single_1_leave_the_threshold_alone(n, n_alarms, scaling):
    rows = with_alarms(n, 0, n_alarms)
    detector = fit(rows, scaling=scaling)
    assert np.mean(detector.predict(rows) == -1) <= 0.06
    new = detector.energy(with_alarms(1000, 5, n_alarms))
    assert 0.02 < np.mean(new > -detector.offset_) < 0.09
    assert new.max() < 1000


def odd_table(n, d, clump=False, seed=0):
    """Correlated rows, one in twenty of them odd: scattered, or in a clump of their own."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(n, d)) @ random.normal(size=(d, d))
    is_odd = np.arange(n) < n // 20
    shift = random.normal(size=(1 if clump else n // 20, d)) * 3
    rows[is_odd] += shift * rows.std(0)
    return rows, is_odd


@pytest.mark.slow
@pytest.mark.parametrize(("n", "d"), [(200, 4), (200, 10), (1000, 6)])
def test_one_unlabelled_table_has_its_odd_rows_on_top_and_about_as_many_flagged_as_asked(n, d):
    rows, is_odd = odd_table(n, d)
    detector = fit(rows)
    assert roc_auc_score(is_odd, detector.energy(rows)) > 0.95
    assert 0.01 < np.mean(detector.predict(rows) == -1) < 0.07


@pytest.mark.slow
def test_a_clump_of_odd_rows_does_not_rank_last():
    rows, is_odd = odd_table(200, 10, clump=True)
    assert roc_auc_score(is_odd, fit(rows).energy(rows)) > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("n_odd", [1, 5, 10])
def test_where_all_rows_but_a_few_are_the_same_those_are_flagged(n_odd):
    rows = np.ones((400, 2))
    rows[:n_odd] = 2 + table(n_odd, n_columns=2)
    assert np.flatnonzero(fit(rows).predict(rows) == -1).tolist() == list(range(n_odd))


@pytest.fixture(scope="module")
def usual():
    return fit(table(200), steps=10)


@pytest.mark.slow
@pytest.mark.parametrize("wild", [1e12, 1e200, -1.7e308])
def test_a_huge_value_is_the_highest_energy_and_the_others_are_judged_as_ever(wild, usual):
    rows = table(200)
    rows[7, 1] = wild
    energy = fit(rows, steps=10).energy(rows)
    assert energy.argmax() == 7
    assert np.isfinite(energy).all()
    assert np.corrcoef(np.delete(energy, 7), np.delete(usual.training_energy_, 7))[0, 1] > 0.8


@pytest.mark.slow
def test_a_spike_on_a_large_offset_is_the_highest_energy():
    rows = table(300, n_columns=2)
    rows[3, 0] = 50
    rows[:, 0] = 1e9 + 1e-3 * rows[:, 0]
    assert fit(rows).energy(rows).argmax() == 3


@pytest.mark.slow
def test_one_of_six_numbers_is_the_odd_one():
    rows = np.array([[43.3], [62.9], [55.2], [48.6], [67.1], [421.5]])
    for scaled in (rows, (rows - rows.mean()) / rows.std()):
        with pytest.warns(UserWarning, match="nothing can be told from so few rows: 6"):
            detector = fit(scaled, contamination=0.2)
        assert detector.predict(scaled).tolist() == [1, 1, 1, 1, 1, -1]


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 3, 4, 10])
def test_a_handful_of_rows_fits_and_says_that_nothing_can_be_told(n):
    with pytest.warns(UserWarning, match=f"so few rows: {n} to train on"):
        detector = fit(table(n), steps=3)
    assert np.isfinite(detector.energy(table(9, seed=1))).all()


@pytest.mark.slow
@pytest.mark.parametrize("value", [0.0, 5.0, 1e9])
def test_a_change_in_a_constant_column_is_odd_and_bounded(value):
    rows = table(300)
    rows[:, 2] = value
    detector = fit(rows)
    changed = rows[:20].copy()
    changed[:, 2] = value * 1.02 + (value == 0)
    assert (detector.predict(changed) == -1).all()
    assert detector.energy(changed).max() < 200


@pytest.mark.slow
def test_no_row_of_a_wide_table_has_an_absurd_energy():
    rows, new = ((r := table(300, seed, 400)) * (np.arange(400) < 200) + (r > 3) for seed in (0, 1))
    detector = fit(rows, steps=10)
    far = np.array([np.full(400, 1e12), np.full(400, -1e12), np.zeros(400), rows[0] * 1e6])
    assert np.isfinite(detector.energy(far)).all()
    assert detector.energy(far).max() < 10_000
    assert np.mean(detector.predict(new) == -1) < 0.2


def test_a_table_of_equal_rows_has_none_that_is_odd():
    rows = np.ones((60, 3))
    detector = fit(rows, steps=5)
    assert (detector.predict(rows) == 1).all()
    assert detector.predict([[1, 1, 2.0]]).tolist() == [-1]
