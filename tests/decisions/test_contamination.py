import numpy as np
import pytest

from hinterland.decisions import contamination as module
from hinterland.decisions.calibration import Calibration
from hinterland.decisions.contamination import estimate_contamination


def rows(generator, m, share, shift=6.0):
    energy = generator.normal(size=m)
    energy[: round(m * share)] += shift
    return energy


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.3])
@pytest.mark.parametrize("n", [50, 500])
def test_the_interval_covers_as_it_claims(share, n):
    generator = np.random.default_rng(0)
    found = [
        estimate_contamination(
            rows(generator, 400, share), Calibration.split(generator.normal(size=n)), confidence=0.9
        )
        for _ in range(120)
    ]
    assert np.mean([e.low <= share for e in found]) >= 0.9
    assert np.mean([e.low <= share <= e.high for e in found]) >= 0.88
    assert all(e.low <= e.estimate <= e.high for e in found)


def test_anomalies_far_off_are_counted_closely_where_there_are_rows():
    generator = np.random.default_rng(0)
    calibration = Calibration.split(generator.normal(size=5000))
    for share in (0.01, 0.05, 0.2):
        found = estimate_contamination(rows(generator, 5000, share), calibration)
        assert found.estimate == pytest.approx(share, abs=0.01)
        assert found.low > share * 0.15


def test_anomalies_like_normal_rows_are_no_reason_for_a_lower_bound():
    generator = np.random.default_rng(0)
    calibration = Calibration.split(generator.normal(size=500))
    found = estimate_contamination(rows(generator, 500, 0.3, shift=0.0), calibration)
    assert found.low == 0
    assert "so there may be none" in str(found)


def test_anomalies_calmer_than_normal_rows_are_no_interval_around_nothing():
    generator = np.random.default_rng(0)
    calibration = Calibration.split(generator.normal(size=500))
    found = estimate_contamination(rows(generator, 500, 0.3, shift=-3.0), calibration)
    assert (found.low, found.estimate, found.high, found.told) == (0, None, None, False)
    assert "cannot be told: at least 0.00% of them are anomalies, and too few" in str(found)


def test_fewer_rows_above_than_chance_gives_widen_the_interval():
    calibration = Calibration.split(np.arange(1000.0))
    found = estimate_contamination(np.linspace(0, 909, 1000), calibration)
    assert found.low == found.estimate == 0
    assert 0 < found.high < 0.05


def test_where_some_anomalies_are_calm_and_some_are_not_a_lower_bound_is_left():
    generator = np.random.default_rng(0)
    energy = rows(generator, 1000, 0.4, shift=-9.0)
    energy[:50] = 9.0
    found = estimate_contamination(energy, Calibration.split(generator.normal(size=1000)))
    assert 0.02 <= found.low <= 0.05
    assert not found.told


def test_ties_leave_the_lower_bound_valid():
    generator = np.random.default_rng(0)
    lows = [
        estimate_contamination(
            rows(generator, 300, 0.1).round(), Calibration.split(generator.normal(size=200).round())
        ).low
        for _ in range(60)
    ]
    assert np.mean(np.array(lows) <= 0.1) >= 0.95


def test_calibration_rows_with_anomalies_make_the_lower_bound_lower():
    generator = np.random.default_rng(0)
    clean = generator.normal(size=1000)
    energy = rows(generator, 1000, 0.2)
    dirty = np.where(np.arange(1000) < 50, 6.0, clean)
    of = [estimate_contamination(energy, Calibration.split(c)).low for c in (clean, dirty)]
    assert of[1] < of[0]


def test_of_a_group_it_is_that_of_its_own_rows():
    generator = np.random.default_rng(0)
    energy = generator.normal(size=200)
    grouped = Calibration.split(np.append(energy, energy + 50), ["a"] * 200 + ["b"] * 200)
    new = rows(generator, 300, 0.1)
    assert estimate_contamination(new, grouped, group="a") == estimate_contamination(
        new, Calibration.split(energy)
    )
    with pytest.raises(ValueError, match="no calibration row is of the group 'c'"):
        estimate_contamination(new, grouped, group="c")


def test_equal_energies_everywhere_tell_nothing_and_break_nothing():
    with pytest.warns(UserWarning, match="are equal"):
        calibration = Calibration.split(np.zeros(50))
    found = estimate_contamination(np.zeros(50), calibration)
    assert (found.low, found.high > 0.05) == (0, True)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_too_few_calibration_rows_tell_little_or_nothing():
    found = estimate_contamination(np.arange(100.0), Calibration.split([0.0]))
    assert (found.low, found.high > 0.99, found.told) == (0, True, True)


def test_a_calibration_row_too_few_for_any_threshold_cannot_tell(monkeypatch):
    monkeypatch.setattr(module, "LEVELS", (0.01,))
    found = estimate_contamination(np.arange(100.0), Calibration.split(np.arange(50.0)))
    assert not found.told
    assert "cannot be told: 50 calibration rows are too few to compare with" in str(found)


@pytest.mark.parametrize("confidence", [0, 1, np.nan])
def test_a_confidence_out_of_range_is_named(confidence):
    with pytest.raises(ValueError, match="confidence must be a number"):
        estimate_contamination([1.0], Calibration.split(np.arange(30.0)), confidence=confidence)


def test_what_it_cannot_take_is_named():
    with pytest.raises(ValueError, match="energy must be finite"):
        estimate_contamination([np.nan], Calibration.split(np.arange(30.0)))
    crossed = Calibration.cross(np.arange(60.0), np.arange(60) % 2)
    with pytest.raises(ValueError, match="energy must have one number a row for each"):
        estimate_contamination([1.0], crossed)
