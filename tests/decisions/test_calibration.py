import doctest
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinterland.decisions import calibration as module
from hinterland.decisions.calibration import Calibration
from hinterland.decisions.p_values import conformal_p_values, cross_p_values
from hinterland.sums import ValueCounts

ENERGIES = st.lists(st.integers(-6, 6).map(float), min_size=1, max_size=40)
quiet = pytest.mark.filterwarnings("ignore::UserWarning")


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@quiet
@given(ENERGIES, ENERGIES)
def test_p_values_are_those_of_the_formula(calibration, energy):
    assert (
        Calibration.split(calibration).p_values(energy).tolist()
        == conformal_p_values(energy, calibration).tolist()
    )


@quiet
@given(ENERGIES, st.sampled_from([0.01, 0.05, 0.1, 0.25, 0.5, 0.9]))
def test_rows_above_the_threshold_are_those_of_small_p_values(calibration, false_alarms):
    fitted = Calibration.split(calibration)
    energy = np.arange(-7, 7.5, 0.5)
    flagged = energy > fitted.threshold(false_alarms)
    assert (flagged == (fitted.p_values(energy) <= false_alarms + 1e-12)).all()


def test_a_threshold_flags_no_more_of_the_normal_rows_than_promised():
    generator = np.random.default_rng(0)
    shares = [
        np.mean(generator.normal(size=200) > Calibration.split(generator.normal(size=59)).threshold(0.05))
        for _ in range(300)
    ]
    assert np.mean(shares) == pytest.approx(0.05, abs=3.5 * np.std(shares) / np.sqrt(300))


def test_the_promise_of_a_threshold_covers_the_true_rate():
    generator = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        fitted = Calibration.split(generator.random(100))
        threshold = fitted.threshold(0.1)
        promise = fitted.false_alarms(threshold, confidence=0.9)
        covered.append(promise.low <= 1 - threshold <= promise.high)
        assert promise.expected == pytest.approx(10 / 101)
    assert 0.87 < np.mean(covered) < 0.98  # 0.9, and more as counts are whole numbers


def test_promises_at_the_ends():
    fitted = Calibration.split(np.arange(30.0))
    assert fitted.false_alarms(100.0).low == 0
    assert fitted.false_alarms(100.0).high == pytest.approx(1 - 0.025 ** (1 / 30))
    assert fitted.false_alarms(-1.0).high == 1


@quiet
def test_each_group_is_compared_with_its_own():
    energy, groups = [0.0, 1.0, 10.0, 11.0, 12.0], ["calm", "calm", "loud", "loud", "loud"]
    fitted = Calibration.split(energy, groups)
    assert fitted.groups == ("calm", "loud")
    assert fitted.p_values([5.0, 5.0], ["calm", "loud"]).tolist() == [1 / 3, 1.0]
    assert (fitted.n_rows(), fitted.n_rows("loud")) == (5, 3)
    assert (fitted.smallest_p("calm"), fitted.smallest_p()) == (1 / 3, 1 / 4)
    assert fitted.threshold(0.3, "loud") == 12.0


@quiet
def test_cross_fitted_calibration_is_the_formula():
    generator = np.random.default_rng(0)
    energy, folds, new = generator.normal(size=30), np.arange(30) % 3, generator.normal(size=(20, 3))
    for rule in ("cross", "cross_doubled"):
        fitted = Calibration.cross(energy, folds, rule=rule)
        assert fitted.p_values(new).tolist() == cross_p_values(new, energy, folds, rule=rule).tolist()
        assert fitted.smallest_p() == cross_p_values([[99.0] * 3], energy, folds, rule=rule)[0]


@quiet
def test_cross_fitted_groups_are_those_of_each_group_alone():
    generator = np.random.default_rng(0)
    energy, folds, groups = generator.normal(size=40), np.arange(40) % 2, np.arange(40) // 2 % 2
    fitted = Calibration.cross(energy, folds, groups)
    new = generator.normal(size=(10, 2))
    alone = Calibration.cross(energy[groups == 1], folds[groups == 1])
    assert fitted.p_values(new, np.ones(10, int)).tolist() == alone.p_values(new).tolist()


@quiet
def test_rows_may_be_added():
    generator = np.random.default_rng(0)
    first, second, new = generator.normal(size=(3, 50))
    together = Calibration.split(np.concatenate([first, second]))
    assert Calibration.split(first).updated(second).p_values(new).tolist() == together.p_values(new).tolist()
    grouped = Calibration.split(first, ["a"] * 50).updated(second, ["a", "b"] * 25)
    assert (grouped.n_rows("a"), grouped.n_rows("b")) == (75, 25)


def test_anomalies_among_the_calibration_rows_make_p_values_larger():
    generator = np.random.default_rng(0)
    normal, new = generator.normal(size=(2, 200))
    mixed = np.where(np.arange(200) < 20, 8.0, normal)
    assert np.all(Calibration.split(mixed).p_values(new) >= Calibration.split(normal).p_values(new))


def test_few_rows_are_allowed_and_said():
    with pytest.warns(UserWarning, match="12 calibration rows: no p-value is below 0.077"):
        fitted = Calibration.split(np.arange(12.0))
    assert fitted.threshold(0.05) == np.inf
    assert fitted.threshold(1 / 13) == 11.0


def test_enough_rows_warn_of_nothing_and_a_group_of_few_is_named():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Calibration.split(np.arange(20.0))
    with pytest.warns(UserWarning, match="group 'b' has 3 calibration rows:"):
        Calibration.split(np.arange(33.0), ["a"] * 30 + ["b"] * 3)


def test_equal_energies_are_allowed_and_said():
    with pytest.warns(UserWarning, match="all calibration energies of the calibration are equal"):
        fitted = Calibration.split(np.full(99, 2.0))
    assert fitted.p_values([1.0, 2.0, 2.1]).tolist() == [1.0, 1.0, 0.01]
    assert fitted.threshold(0.05) == 2.0


@quiet
def test_no_calibration_rows_is_an_error():
    with pytest.raises(ValueError, match="calibration_energy must have shape"):
        Calibration.split([])
    with pytest.raises(ValueError, match="takes at least one group"):
        Calibration({})


@quiet
def test_missing_energies_are_named():
    with pytest.raises(
        ValueError, match=r"calibration_energy must be finite, but 1 of 2 rows.*first rows \[1\]"
    ):
        Calibration.split([1.0, np.nan])
    with pytest.raises(ValueError, match="energy must be finite"):
        Calibration.split([1.0, 2.0]).p_values([np.nan])


@quiet
def test_a_group_never_seen_is_named_or_never_flagged():
    fitted = Calibration.split([1.0, 2.0, 3.0], ["a", "a", "b"])
    with pytest.raises(ValueError, match=r"no calibration row is of the group 'c'; known are \['a', 'b'\]"):
        fitted.p_values([9.0], ["c"])
    assert fitted.p_values([9.0, 9.0], ["c", "a"], unseen="one").tolist() == [1.0, 1 / 3]


@quiet
def test_groups_must_fit_the_calibration():
    with pytest.raises(ValueError, match="has groups, so groups must be given"):
        Calibration.split([1.0, 2.0], ["a", "b"]).p_values([1.0])
    with pytest.raises(ValueError, match="has no groups, so groups must not be given"):
        Calibration.split([1.0, 2.0]).p_values([1.0], ["a"])
    with pytest.raises(ValueError, match="one name for each of the 2 rows"):
        Calibration.split([1.0, 2.0], ["a"])
    with pytest.raises(ValueError, match=r"every fold but \[1\]"):
        Calibration.cross([1.0, 2.0, 3.0], [0, 1, 0], ["a", "a", "b"])


@quiet
def test_what_a_cross_fitted_calibration_cannot_do_is_said():
    fitted = Calibration.cross(np.arange(40.0), np.arange(40) % 2)
    with pytest.raises(ValueError, match="needs a calibration by the rule 'split'"):
        fitted.threshold(0.1)
    with pytest.raises(ValueError, match="not 'cross'"):
        fitted.updated([1.0])
    with pytest.raises(ValueError, match=r"shape \(m, 2\)"):
        fitted.p_values([1.0])


@pytest.mark.parametrize("share", [0, 1, np.nan, "0.1"])
def test_a_rate_out_of_range_is_named(share):
    with pytest.raises(ValueError, match="false_alarms must be a number"):
        Calibration.split(np.arange(30.0)).threshold(share)


def test_it_says_what_it_promises():
    calibration = Calibration.split(np.arange(99.0), source="every fifth row")
    text = str(calibration)
    assert repr(calibration) == f"Calibration({text})"
    assert text.startswith(
        "99 calibration rows (every fifth row): calibration rows that the model has not seen"
    )
    assert "No p-value is below 0.01" in text
    crossed = str(Calibration.cross(np.arange(500.0), np.arange(500) % 5))
    assert "at or below 0.05 at most 11.6% of the time" in crossed


def test_it_can_be_pickled():
    fitted = pickle.loads(pickle.dumps(Calibration.split(np.arange(30.0))))
    assert fitted.p_values([10.0]).tolist() == [21 / 31]


def test_energies_counted_in_parts_calibrate_as_all_at_once_and_never_promise_more() -> None:
    energy = np.random.default_rng(0).normal(5.0, 2.0, 1_000)
    counted = Calibration.of_counts(
        ValueCounts.of(energy[:300]) + ValueCounts.of(energy[300:]), source="parts"
    )
    exact = Calibration.split(energy)
    assert counted.n_rows() == 1_000
    p, expected = counted.p_values(energy), exact.p_values(energy)
    assert (p >= expected).all()
    np.testing.assert_allclose(p, expected, atol=0.005)
    with pytest.raises(ValueError, match="at least one row"):
        Calibration.of_counts(ValueCounts.of([]), source="none")
