"""Updates of fitted detectors: exact sums, a threshold that follows, a shifted stream, and what cannot be updated."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from hinterland import load
from hinterland.decisions import Calibration
from hinterland.detectors import CADGMM, DAGMM, DeepMixture, PositiveUnlabelled
from hinterland.detectors.update import MOST_ENERGIES, SET_ASIDE, Update, joined, updated_calibration
from hinterland.errors import CannotUpdateError
from hinterland.ranking import auroc

SMALL = {"hidden": (8,), "epochs": 1, "steps": 60, "random_state": 0}
SHIFT = np.array([1.5, 0.0, 2.0, 0.0])


def rows(n: int, seed: int, shift: Any = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 4)) * [1.0, 2.0, 1.0, 0.5] + shift


OLD, NEW = rows(300, 0), rows(200, 1, SHIFT)


@pytest.fixture(scope="module")
def dagmm() -> DAGMM:
    return DAGMM(**SMALL).fit(OLD)


@pytest.fixture(scope="module")
def deep() -> DeepMixture:
    return DeepMixture(n_members=3, hidden=(8,), n_components=3, steps=30, random_state=0).fit(OLD)


def copied(detector: Any) -> Any:
    return copy.deepcopy(detector)


def test_the_sums_of_the_estimation_networks_memberships_are_those_over_both_halves() -> None:
    first = DAGMM(em_steps=0, **SMALL).fit(OLD)
    whole = copied(first)
    whole.model_.freeze(np.concatenate([OLD, NEW]))
    first.update(NEW)
    both = np.concatenate([OLD, NEW])
    np.testing.assert_allclose(first.energy(both), whole.energy(both), rtol=1e-9, atol=1e-9)
    assert first.counted_["mixtures"] == pytest.approx([500.0])


def test_the_threshold_flags_the_share_of_old_and_new_rows(dagmm: DAGMM) -> None:
    updated = copied(dagmm).update(NEW)
    assert len(updated.training_energy_) == 500
    share = np.mean(updated.calibration_energy_ > -updated.offset_)
    assert share == pytest.approx(updated.contamination, abs=0.003)
    found = np.setdiff1d(updated.training_energy_, dagmm.training_energy_)
    np.testing.assert_allclose(np.sort(updated.energy(NEW)), found)
    assert updated.threshold_rule() == dagmm.threshold_rule()


@pytest.mark.parametrize("name", ["dagmm", "deep"])
def test_an_update_of_a_shifted_stream_helps(name: str, request: pytest.FixtureRequest) -> None:
    before = request.getfixturevalue(name)
    normal, odd = (
        rows(500, 2, SHIFT),
        rows(200, 3, SHIFT) + np.random.default_rng(4).choice([-2, 2], (200, 4)),
    )
    truth = np.arange(700) >= 500

    def judged(detector: Any) -> tuple[float, float]:
        energy = detector.energy(np.concatenate([normal, odd]))
        return float(np.mean(energy[:500] > -detector.offset_)), auroc(truth, energy)

    flagged, area = judged(before)
    assert flagged > 0.4
    for forget in (0.0, 0.5, 1.0):
        flagged_after, area_after = judged(copied(before).update(NEW, forget=forget))
        assert flagged_after < 0.15
        assert area_after > area


def test_forgetting_keeps_as_many_rows_as_it_says(deep: DeepMixture) -> None:
    updated = copied(deep).update(NEW, forget=0.25)
    own = np.array([133.0, 133.0, 134.0])
    expected = 0.75 * np.array(deep.counted_["mixtures"]) + own
    np.testing.assert_allclose(updated.counted_["mixtures"], expected, atol=1.0)
    assert updated.counted_["energies"] == 425
    assert len(updated.calibration_energy_) == 425
    again = updated.update(NEW, forget=0.0)
    assert again.counted_["energies"] == 625


def test_parts_of_new_rows_are_the_whole(dagmm: DAGMM) -> None:
    whole, parts = copied(dagmm).update(NEW), copied(dagmm)
    update = Update(parts)
    for part in (NEW[:50], NEW[50:]):
        update.add(part)
    update.store()
    for part in (NEW[:120], NEW[120:]):
        update.judge(part)
    update.finish()
    np.testing.assert_allclose(parts.energy(OLD), whole.energy(OLD), rtol=1e-9, atol=1e-9)
    assert parts.offset_ == pytest.approx(whole.offset_)


def test_a_calibrated_mixture_sets_rows_aside_and_says_that_its_p_values_are_approximate(
    dagmm: DAGMM,
) -> None:
    calibrated = copied(dagmm).calibrate(rows(400, 5))
    calibrated.set_threshold(false_alarms=0.05)
    updated = copied(calibrated).update(NEW)
    assert updated.calibration().n_rows() == 400 + len(NEW) // SET_ASIDE
    assert updated.calibration().rule == "updated"
    assert "approximately, not provably" in str(updated.calibration())
    assert updated.counted_["mixtures"] == [pytest.approx(300 + 160)]
    assert updated.offset_ != calibrated.offset_
    assert updated.offset_ == -updated.calibration().threshold(0.05)
    anew = copied(calibrated).update(NEW, forget=1.0)
    assert anew.calibration().rule == "split"
    assert anew.calibration().n_rows() == len(NEW) // SET_ASIDE


def test_a_calibrated_detector_without_a_mixture_keeps_its_model_and_stays_exact() -> None:
    detector = DAGMM(density="laplacian", **SMALL).fit(OLD)
    calibrated = copied(detector).calibrate(rows(400, 5)).set_threshold(false_alarms=0.05)
    before = calibrated.energy(OLD)
    new = rows(200, 6)
    calibrated.update(new)
    np.testing.assert_array_equal(calibrated.energy(OLD), before)
    expected = Calibration.split(np.concatenate([detector.energy(rows(400, 5)), detector.energy(new)]))
    assert calibrated.calibration().rule == "split"
    test = calibrated.energy(rows(50, 7))
    np.testing.assert_array_equal(calibrated.calibration().p_values(test), expected.p_values(test))
    assert calibrated.offset_ == -expected.threshold(0.05)


def test_a_threshold_that_was_set_by_hand_stays(dagmm: DAGMM) -> None:
    detector = copied(dagmm).set_threshold(energy=3.0).update(NEW)
    assert detector.offset_ == -3.0
    by_share = copied(dagmm).set_threshold(contamination=0.2).update(NEW)
    assert np.mean(by_share.calibration_energy_ > -by_share.offset_) == pytest.approx(0.2, abs=0.003)


def test_an_updated_detector_is_saved_loaded_and_updated_again(deep: DeepMixture, tmp_path: Path) -> None:
    updated = copied(deep).calibrate(rows(100, 5)).update(NEW, forget=0.1)
    updated.save(tmp_path / "d")
    same = load(tmp_path / "d")
    assert same.counted_ == updated.counted_
    np.testing.assert_array_equal(same.energy(OLD), updated.energy(OLD))
    np.testing.assert_array_equal(same.update(OLD).energy(OLD), updated.update(OLD).energy(OLD))


def test_a_file_that_does_not_say_how_many_rows_there_were(dagmm: DAGMM, deep: DeepMixture) -> None:
    one, several = copied(dagmm), copied(deep)
    del one.counted_, several.counted_
    np.testing.assert_allclose(one.update(NEW).energy(OLD), copied(dagmm).update(NEW).energy(OLD), rtol=1e-9)
    with pytest.raises(
        CannotUpdateError, match="did not keep how many rows each of its mixtures was made of"
    ):
        several.update(NEW)


def test_a_fit_forgets_an_update() -> None:
    detector = DAGMM(**SMALL).fit(OLD).update(NEW).fit(OLD)
    assert detector.counted_ == {"mixtures": [300.0]}


def test_a_model_with_a_reference_is_updated_and_one_whose_rows_hang_together_is_not() -> None:
    small = {"hidden": (8,), "epochs": 1, "steps": 10, "random_state": 0}
    detector = CADGMM(**small).fit(OLD)
    assert detector.update(NEW).counted_["mixtures"] == pytest.approx([500.0])


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        (
            DAGMM(density="laplacian", **SMALL),
            "this DAGMM cannot be updated: a LaplacianMixture has .* Calibrated",
        ),
        (DAGMM(scoring="reconstruction", **SMALL), "its score is the reconstruction"),
    ],
)
def test_what_cannot_be_updated_is_named(detector: Any, message: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        detector.fit(OLD)
    before = detector.energy(OLD)
    with pytest.raises(CannotUpdateError, match=message):
        detector.update(NEW)
    np.testing.assert_array_equal(detector.energy(OLD), before)


def test_bad_input_is_named(dagmm: DAGMM) -> None:
    with pytest.raises(NotFittedError):
        DAGMM().update(NEW)
    with pytest.raises(ValueError, match="forget"):
        copied(dagmm).update(NEW, forget=1.5)
    with pytest.raises(ValueError, match="NaN"):
        copied(dagmm).update(np.full((3, 4), np.nan))
    with pytest.raises(ValueError, match="features"):
        copied(dagmm).update(NEW[:, :2])
    with pytest.raises(ValueError, match="at least one row"):
        Update(copied(dagmm)).store()
    with pytest.raises(CannotUpdateError, match="calibrated by groups"):
        copied(dagmm).calibrate(OLD, groups=np.repeat(["a", "b"], 150)).update(NEW)


def test_energies_are_kept_as_they_are_or_at_even_ranks() -> None:
    old, new = np.arange(10.0), np.arange(5.0) + 0.5
    np.testing.assert_array_equal(joined(old, 10.0, new), np.sort(np.concatenate([old, new])))
    np.testing.assert_array_equal(joined(old, 0.0, new), new)
    half = joined(old, 5.0, new + 100)
    assert len(half) == 10
    assert (half > 50).sum() == 5
    many = joined(np.arange(2.0 * MOST_ENERGIES), 2.0 * MOST_ENERGIES, new)
    assert len(many) == MOST_ENERGIES
    assert np.quantile(many, 0.95) == pytest.approx(1.9 * MOST_ENERGIES, rel=1e-3)


def test_a_labelled_threshold_stays() -> None:
    known = np.arange(300) < 60
    options = {"hidden": (8,), "epochs": 1, "steps": 10}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        detector = PositiveUnlabelled("DAGMM", options, steps=20, random_state=0).fit(OLD, is_normal=known)
    detector.calibrate(rows(100, 5))
    offset = detector.offset_
    assert detector.update(NEW).offset_ == offset
    assert detector.calibration().n_rows() == 300


def test_a_calibration_without_new_rows_only_forgets() -> None:
    calibration = Calibration.split(np.arange(100.0))
    assert updated_calibration(calibration, np.empty(0), 0.5, model_moved=False).n_rows() == 50
