"""Cross-fitting: each row is judged by a model that has not seen it, and new rows by all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hinterland import load
from hinterland.detectors import CADGMM, DAGMM, DeepMixture, Detector, PositiveUnlabelled
from hinterland.detectors.cross_fitting import cross_fit, folds
from hinterland.training.history import loss_names

SMALL = {"epochs": 2, "steps": 30, "hidden": (6,), "random_state": 0}


def rows(n: int, seed: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1.0, (n, 3))


@pytest.fixture(scope="module")
def fitted() -> DAGMM:
    return cross_fit(DAGMM(**SMALL), rows(120, 0), n_folds=4, random_state=1)


def test_folds_are_as_large_as_can_be_also_of_each_group() -> None:
    fold = folds(None, 103, 5, 0)
    assert np.bincount(fold).tolist() == [21, 21, 21, 20, 20]
    groups = np.repeat(["a", "b"], [80, 23])
    by_group = folds(groups, 103, 5, 0)
    assert np.bincount(by_group[groups == "b"], minlength=5).min() == 4
    assert not np.array_equal(folds(None, 103, 5, 1), fold)


def test_a_fold_is_judged_by_the_model_that_was_fitted_without_it(fitted: DAGMM) -> None:
    fold = folds(None, 120, 4, 1)
    for k in range(4):
        alone = DAGMM(**SMALL).fit(rows(120, 0)[fold != k])
        np.testing.assert_array_equal(
            alone.energy(rows(120, 0)[fold == k]), fitted.calibration_energy_[fold == k]
        )
        np.testing.assert_array_equal(alone.energy(rows(9, 5)), fitted.energies(rows(9, 5))[:, k])


def test_it_is_a_detector_of_as_many_models(fitted: DAGMM, tmp_path) -> None:
    new = rows(200, 2)
    assert len(fitted.models_) == fitted.calibration_.n_models == 4
    np.testing.assert_allclose(fitted.energy(new), fitted.energies(new).mean(1))
    np.testing.assert_array_equal(fitted.training_energy_, fitted.energy(rows(120, 0)))
    assert {entry["fit"] for entry in fitted.history_} == {0, 1, 2, 3}
    assert "fit" not in loss_names(fitted.history_)
    assert "each fold's training rows under the model that has not seen them" in fitted.threshold_rule()
    assert "each under a model that has not seen it" in str(fitted.calibration())
    fitted.save(tmp_path / "m")
    loaded = load(tmp_path / "m")
    np.testing.assert_array_equal(loaded.p_values(new), fitted.p_values(new))
    np.testing.assert_array_equal(loaded.predict(new), fitted.predict(new))
    assert loaded.promise() == fitted.promise()


def test_p_values_of_new_rows_are_nearly_uniform_and_of_odd_ones_small(fitted: DAGMM) -> None:
    p = fitted.p_values(rows(2000, 3))
    for level in (0.05, 0.1, 0.5):  # 120 rows: standard errors of 0.02 to 0.045
        assert np.mean(p <= level) < level + 0.1
    assert np.mean(p <= 0.5) > 0.3
    assert np.median(fitted.p_values(rows(50, 4, shift=8.0))) == fitted.calibration_.smallest_p()


def test_thresholds_by_a_share_are_those_of_the_models() -> None:
    detector = cross_fit(DAGMM(**SMALL), rows(200, 0), n_folds=2)
    for change in ({"false_alarms": 0.1}, {"contamination": 0.1}):
        detector.set_threshold(**change)
        assert np.mean(detector.predict(rows(3000, 1)) == -1) == pytest.approx(0.1, abs=0.08)
    assert "about 10% of" not in detector.threshold_rule()
    assert (
        detector.set_threshold(false_alarms=0.1).threshold_rule().startswith("about 10% of new normal rows")
    )
    with pytest.raises(ValueError, match="199 calibration rows for each of 2 models, and there are 100"):
        detector.set_threshold(false_alarms=0.005)
    detector.calibrate(rows(80, 2))  # rows set aside take the folds' place
    assert detector.calibration().rule == "split"


def test_known_anomalies_train_all_models_and_judge_nothing() -> None:
    X = np.concatenate([rows(60, 0), rows(12, 1, shift=8.0)])
    codes = np.repeat([0, -1], [60, 12]).astype(np.int8)
    detector = cross_fit(DAGMM(label_loss="ranking", **SMALL), X, codes, n_folds=3)
    assert detector.calibration_.n_rows() == len(detector.training_energy_) == 60
    known = np.arange(72) < 30
    of_known = PositiveUnlabelled("DAGMM", SMALL, steps=20, random_state=0)
    cross_fit(of_known, rows(72, 0), known.astype(np.int8), n_folds=2)
    assert of_known.offset_ == 0.0


def test_groups_are_spread_over_all_folds_and_names_of_columns_kept() -> None:
    frame = pd.DataFrame(rows(90, 0), columns=list("abc"))
    groups = np.repeat(["x", "y"], [70, 20])
    detector = cross_fit(DAGMM(**SMALL), frame, n_folds=3, groups=groups, column="shop")
    assert detector.feature_names_in_.tolist() == list("abc")
    assert [detector.calibration_.n_rows(name) for name in ("x", "y")] == [70, 20]
    assert detector.calibration_.column == "shop"
    assert detector.p_values(frame[:4], groups=["x", "y", "x", "y"]).shape == (4,)


def test_an_interrupted_training_keeps_what_its_models_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    from hinterland.detectors import cross_fitting

    seen = iter([0, 0, 0, 1])  # before and after each of two fits
    monkeypatch.setattr(cross_fitting, "interruptions", lambda: next(seen))
    detector = cross_fit(DAGMM(**SMALL), rows(100, 0), n_folds=5)
    assert len(detector.models_) == 2
    assert (detector.calibration_.rule, detector.calibration_.n_rows()) == ("cross", 40)
    seen = iter([0, 1])
    with pytest.warns(UserWarning, match="19 calibration|calibration has"):
        detector = cross_fit(DAGMM(**SMALL), rows(90, 0), n_folds=5)
    assert (detector.calibration_.rule, detector.calibration_.n_rows()) == ("split", 18)


def test_progress_is_told_of_each_fit() -> None:
    entries: list[dict[str, float]] = []
    cross_fit(DAGMM(on_epoch=entries.append, **SMALL), rows(40, 0), n_folds=2)
    fits = [entry["fit"] for entry in entries]
    assert fits == sorted(fits)
    assert set(fits) == {0, 1}


def test_bad_input_is_named() -> None:
    for n_folds in (1, 21, 2.5):
        with pytest.raises((TypeError, ValueError), match="n_folds"):
            cross_fit(DAGMM(**SMALL), rows(40, 0), n_folds=n_folds)
    with pytest.raises(ValueError, match="two folds take four rows that are not known anomalies, got 3"):
        cross_fit(DAGMM(**SMALL), rows(5, 0), np.array([-1, -1, 0, 0, 0], np.int8), n_folds=2)
    with pytest.raises(ValueError, match="cross-fitting needs a detector whose energy of a row depends"):
        cross_fit(CADGMM(graph="batch", **SMALL), rows(60, 0), n_folds=2)
    with pytest.raises(ValueError, match="NaN"):
        cross_fit(DAGMM(**SMALL), np.full((40, 2), np.nan), n_folds=2)


def test_few_rows_are_said_once() -> None:
    with pytest.warns(UserWarning, match="rows") as found:
        cross_fit(DeepMixture(2, steps=2, hidden=(4,), random_state=0), rows(8, 0), n_folds=2)
    said = [str(each.message) for each in found]
    assert sum("so few rows: 8 to train on" in text for text in said) == 1
    assert isinstance(DeepMixture(), Detector)
