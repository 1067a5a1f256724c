"""Thresholds over groups and models, and what they promise."""

import numpy as np
import pytest

from hinterland.decisions import Calibration
from hinterland.decisions.promises import highest_share, promise, threshold_at

RANDOM = np.random.default_rng(0)


def of_models(energy: np.ndarray, fold: np.ndarray, groups: np.ndarray | None = None) -> Calibration:
    """Of three models that each see energies by an increasing function of their own."""
    curves = (lambda e: e, lambda e: 10 * e - 3, np.exp)
    return Calibration.cross(np.choose(fold, [curve(energy) for curve in curves]), fold, groups)


def test_of_one_group_and_model_it_is_the_calibrations_own() -> None:
    calibration = Calibration.split(RANDOM.normal(size=99))
    assert threshold_at(calibration, 0.05) == calibration.threshold(0.05)
    told = calibration.false_alarms(calibration.threshold(0.05))
    assert f"about {told.expected:.3g} of normal rows are flagged, from {told.low:.3g}" in promise(
        calibration, calibration.threshold(0.05)
    )


def test_of_groups_it_is_the_highest_so_that_each_has_as_few_false_alarms() -> None:
    energy = np.concatenate([RANDOM.normal(0, 1, 200), RANDOM.normal(0, 3, 100)])
    groups = np.repeat(["calm", "wild"], [200, 100])
    threshold = threshold_at(Calibration.split(energy, groups), 0.1)
    assert threshold == Calibration.split(energy[200:]).threshold(0.1)
    assert np.mean(energy[:200] > threshold) < 0.1
    said = promise(Calibration.split(energy, groups), threshold)
    assert "by group (the fewest and the most of 2)" in said
    assert "at 95% confidence each" in said


def test_models_of_the_same_order_have_the_share_that_was_asked_for() -> None:
    fold = np.arange(1197) % 3
    threshold = threshold_at(of_models(RANDOM.normal(size=1197), fold), 0.1)
    new = RANDOM.normal(size=100_000)
    mean = (new + 10 * new - 3 + np.exp(new)) / 3
    assert np.mean(mean > threshold) == pytest.approx(0.1, abs=0.025)
    calibration = of_models(RANDOM.normal(size=1197), fold)
    assert promise(calibration, threshold_at(calibration, 0.1)).startswith("about 0.1 of normal rows")
    assert "as far as 3 models" in promise(calibration, 0.0)
    assert np.mean(mean > highest_share(calibration, 0.1)) == pytest.approx(0.1, abs=0.025)


def test_a_share_of_the_rows_themselves_flags_so_many_at_most() -> None:
    energy = np.round(RANDOM.normal(size=60), 1)
    for share in (0.01, 0.1, 0.5):
        assert np.sum(energy > highest_share(Calibration.split(energy), share)) <= share * 60


def test_too_few_rows_are_named() -> None:
    with pytest.raises(ValueError, match=r"0\.01 false alarms take 99 calibration rows, and there are 98"):
        threshold_at(Calibration.split(np.arange(98.0)), 0.01)
    with pytest.raises(ValueError, match="99 calibration rows in each group, and there are 40"):
        threshold_at(Calibration.split(np.arange(140.0), ["a"] * 100 + ["b"] * 40), 0.01)
    with pytest.raises(ValueError, match="99 calibration rows for each of 3 models, and there are 50"):
        threshold_at(of_models(np.arange(150.0) / 100, np.arange(150) % 3), 0.01)
    for share in (0.0, 1.0, float("nan")):
        with pytest.raises(ValueError, match="false_alarms"):
            threshold_at(Calibration.split(np.arange(98.0)), share)
