import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from hinterland.decisions import Calibration
from hinterland.detectors.cadgmm import CADGMM
from hinterland.detectors.cross_fitting import cross_fit
from hinterland.detectors.dagmm import DAGMM
from hinterland.detectors.deep_mixture import DeepMixture
from hinterland.detectors.surprisal import Surprisal
from hinterland.persistence import load

SMALL = {"steps": 5, "hidden": (4,), "validation_share": 0, "random_state": 0}
"""Of mixtures that leave no training row out."""


def rows(n: int, seed: int, *, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1.0, (n, 3))


@pytest.fixture(scope="module")
def fitted() -> DeepMixture:
    return DeepMixture(2, **SMALL).fit(rows(100, 0))


@pytest.fixture
def detector(fitted: DeepMixture) -> DeepMixture:
    """One of its own for each test, as tests change it."""
    import copy

    return copy.copy(fitted)


@pytest.fixture(scope="module")
def surprisal() -> Surprisal:
    return Surprisal(steps=20, width=8, random_state=0).fit(rows(300, 0))


def test_p_values_count_calibration_rows_of_as_much_energy(detector: DeepMixture) -> None:
    normal, new = rows(99, 1), rows(20, 2)
    p = detector.calibrate(normal).p_values(new)
    expected = [(1 + np.sum(detector.energy(normal) >= energy)) / 100 for energy in detector.energy(new)]
    np.testing.assert_allclose(p, expected)
    assert "99 calibration rows" in str(detector.calibration_)


def test_new_normal_rows_have_super_uniform_p_values_by_a_split(detector: DeepMixture) -> None:
    """Over calibrations; 100 of them, each with 50 rows: the standard error is at most 0.01."""
    found = np.stack([detector.calibrate(rows(40, i)).p_values(rows(50, 1000 + i)) for i in range(100)])
    for level in (0.05, 0.1, 0.25, 0.5):
        shares = np.mean(found <= level, axis=1)
        assert shares.mean() <= level + 3 * shares.std() / 10


def test_training_rows_judged_as_new_give_nearly_super_uniform_p_values() -> None:
    """The allowance is for what is not proven: a tenth of a level, and 0.01."""
    shares = []
    for seed in range(6):
        detector = Surprisal(steps=10, width=8, n_bins=8, random_state=seed)
        p = detector.fit(rows(150, seed)).p_values(rows(500, 100 + seed))
        shares.append([np.mean(p <= level) for level in LEVELS])
    mean, error = np.mean(shares, axis=0), np.std(shares, axis=0) / np.sqrt(len(shares))
    assert np.all(mean <= np.array(LEVELS) * 1.1 + 0.01 + 3 * error)
    assert np.all(mean >= np.array(LEVELS) / 3)


LEVELS = (0.05, 0.1, 0.25, 0.5)


def test_a_detector_says_what_its_p_values_rest_on(surprisal: Surprisal) -> None:
    assert surprisal.calibration().rule == "as_new"
    assert "approximately, not provably" in surprisal.calibration().promise()
    assert surprisal.calibration().n_rows() == 300
    mixture = DeepMixture(3, steps=2, random_state=0).fit(rows(90, 0))
    assert mixture.calibration().rule == "as_new"
    assert mixture.calibrate(rows(50, 1)).calibration().rule == "split"


@pytest.mark.parametrize(
    "detector",
    [
        DAGMM(hidden=(4,), epochs=1, steps=5, random_state=0),
        DeepMixture(3, steps=2, novelty=False, random_state=0),
        DeepMixture(2, steps=2, validation_share=0, random_state=0),
        Surprisal(steps=5, width=8, novelty=False, random_state=0),
    ],
    ids=["knows its rows", "of the training rows", "none left out", "no novelty"],
)
def test_without_rows_that_are_new_there_are_no_p_values(detector) -> None:
    detector.fit(rows(60, 0))
    with pytest.raises(ValueError, match=r"not calibrated.*calibrate\(rows\).*fit_calibrated"):
        detector.p_values(rows(5, 1))


def test_a_selection_flags_the_odd_rows_and_says_what_it_would_take(detector: DeepMixture) -> None:
    detector.calibrate(rows(400, 1))
    mixed = np.concatenate([rows(80, 2), rows(20, 3, shift=6.0)])
    selection = detector.select(mixed, fdr=0.1)
    assert selection.flagged[80:].all()
    assert selection.flagged[:80].sum() <= 10
    assert 0 < selection.expected_false <= 0.1 * selection.n_flagged * 1.01
    assert detector.select(mixed, 0.1, method="storey").flagged[80:].all()
    with pytest.warns(UserWarning, match="10 calibration rows"):
        detector.calibrate(rows(10, 1))
    assert "calibration rows" in str(detector.select(mixed, fdr=0.01).rule)


def test_groups_are_compared_with_their_own(detector: DeepMixture) -> None:
    groups = np.repeat(["a", "b"], 100)
    normal = np.concatenate([rows(100, 1), rows(100, 2, shift=6.0)])
    detector.calibrate(normal, groups=groups)
    new = np.concatenate([rows(1, 3, shift=6.0), rows(1, 3, shift=6.0)])
    p = detector.p_values(new, groups=["a", "b"])
    assert p[0] == pytest.approx(1 / 101)
    assert p[1] > 0.02
    assert detector.select(new, 0.02, groups=["a", "b"]).flagged.tolist() == [True, False]
    with pytest.raises(ValueError, match="no calibration row is of the group 'c'"):
        detector.p_values(new, groups=["a", "c"])
    assert detector.p_values(new, groups=["a", "c"], unseen="one")[1] == 1.0
    with pytest.raises(ValueError, match="groups must be given"):
        detector.p_values(new)
    detector.set_threshold(false_alarms=0.1)
    flagged = detector.predict(normal) == -1
    assert flagged[groups == "a"].sum() == 0  # the threshold is that of the group of more energy
    assert flagged[groups == "b"].sum() == 9
    assert (
        "at most 10% of new normal rows of each group, by 200 calibration rows" in detector.threshold_rule()
    )
    assert "about 0.0099 to 0.099 of normal rows are flagged, by group" in detector.promise()
    with pytest.raises(ValueError, match=r"0\.005 false alarms take 199 calibration rows in each group"):
        detector.set_threshold(false_alarms=0.005)


def test_a_threshold_by_false_alarms_is_one_of_new_rows(detector: DeepMixture) -> None:
    detector.calibrate(rows(999, 1)).set_threshold(false_alarms=0.05)
    assert np.sum(detector.energy(rows(999, 1)) > -detector.offset_) == 49
    assert np.mean(detector.predict(rows(4000, 2)) == -1) == pytest.approx(0.05, abs=0.025)
    assert detector.threshold_rule().startswith("at most 5% of new normal rows, by 999 calibration rows")
    assert detector.promise().startswith("about 0.05 of normal rows are flagged, from 0.03")
    p = detector.p_values(rows(500, 3))
    assert ((p <= 0.05) == (detector.predict(rows(500, 3)) == -1)).all()


def test_a_threshold_by_contamination_is_that_of_another_fit(detector: DeepMixture) -> None:
    other = DeepMixture(2, **SMALL, contamination=0.2).fit(rows(100, 0))
    detector.set_threshold(contamination=0.2)
    assert detector.offset_ == other.offset_
    assert detector.threshold_rule() == other.threshold_rule() == "the highest 20% of the training rows"
    detector.set_threshold(energy=3.5)
    assert detector.offset_ == -3.5
    assert detector.threshold_rule() == "set by hand"


def test_a_new_fit_forgets_calibration_and_threshold(detector: DeepMixture) -> None:
    detector.calibrate(rows(50, 1)).set_threshold(false_alarms=0.1)
    detector.fit(rows(100, 0))
    assert not hasattr(detector, "calibration_")
    assert detector.threshold_rule() == "the highest 5% of the training rows"


def test_contamination_of_new_rows_is_bounded_from_below(detector: DeepMixture) -> None:
    detector.calibrate(rows(2000, 1))
    mixed = np.concatenate([rows(800, 2), rows(200, 3, shift=6.0)])
    found = detector.estimate_contamination(mixed)
    assert found.low is not None
    assert found.high is not None
    assert found.estimate is not None
    assert found.low <= 0.2 <= found.high
    assert found.estimate == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "exactly one of false_alarms, contamination, energy, got none"),
        ({"false_alarms": 0.1, "energy": 1.0}, "exactly one .* got false_alarms, energy"),
        ({"false_alarms": 0.0}, "false_alarms"),
        ({"false_alarms": 1.5}, "false_alarms"),
        ({"false_alarms": 0.01}, "0.01 false alarms take 99 calibration rows, and there are 50"),
        ({"contamination": 0.7}, r"contamination must be in \(0, 0.5\]"),
        ({"energy": np.nan}, "energy"),
    ],
)
def test_a_threshold_that_makes_no_sense_is_an_error(
    detector: DeepMixture, arguments: dict[str, float], complaint: str
) -> None:
    detector.calibrate(rows(50, 1))
    before = detector.offset_
    with pytest.raises(ValueError, match=complaint):
        detector.set_threshold(**arguments)
    assert detector.offset_ == before


def test_bad_rows_are_named(detector: DeepMixture) -> None:
    with pytest.raises(NotFittedError):
        DeepMixture().calibrate(rows(30, 0))
    with pytest.raises(NotFittedError):
        DeepMixture().p_values(rows(30, 0))
    with pytest.raises(NotFittedError):
        DeepMixture().set_threshold(energy=1.0)
    with pytest.raises(ValueError, match="0 sample"):
        detector.calibrate(np.empty((0, 3)))
    with pytest.raises(ValueError, match="4 features"):
        detector.calibrate(np.zeros((30, 4)))
    with pytest.raises(ValueError, match="contains NaN"):
        detector.calibrate(np.full((30, 3), np.nan))
    with pytest.raises(ValueError, match="groups"):
        detector.calibrate(rows(30, 0), groups=["a"])
    with pytest.warns(UserWarning, match="all calibration energies"):
        detector.calibrate(np.zeros((30, 3)))
    assert detector.p_values(np.zeros((1, 3))) == 1.0
    for fdr in (0.0, 1.0, -1, float("nan")):
        with pytest.raises(ValueError, match="fdr"):
            detector.select(rows(5, 0), fdr)
    with pytest.raises(ValueError, match="method"):
        detector.select(rows(5, 0), method="by")
    graph = CADGMM(graph="batch", epochs=1, steps=2, hidden=(4,), random_state=0).fit(rows(40, 0))
    with pytest.raises(ValueError, match="calibration needs a detector whose energy of a row"):
        graph.calibrate(rows(30, 0))


def test_a_saved_detector_gives_the_same_p_values(detector: DeepMixture, tmp_path) -> None:
    new = rows(30, 2)
    detector.calibrate(rows(60, 1), groups=["a", "b"] * 30).set_threshold(energy=2.0)
    detector.save(tmp_path / "m")
    loaded = load(tmp_path / "m")
    groups = ["a"] * 30
    np.testing.assert_array_equal(loaded.p_values(new, groups=groups), detector.p_values(new, groups=groups))
    assert isinstance(loaded.calibration_, Calibration)
    assert loaded.threshold_rule() == "set by hand"


def test_a_share_by_folds_and_one_where_nothing_is_known() -> None:
    detector = cross_fit(DAGMM(epochs=2, steps=30, hidden=(6,), random_state=0), rows(400, 0))
    mixed = np.concatenate([rows(450, 1), rows(50, 2, shift=9.0)])
    found = detector.estimate_contamination(mixed)
    assert found.low <= 0.1 <= found.high
    assert found.estimate == pytest.approx(0.1, abs=0.04)
    assert detector.estimate_unlabelled().n_rows == 400
    assert detector.estimate_unlabelled(mixed[:100]).reason == "it takes 200 rows"
    plain = DAGMM(epochs=1, steps=5, hidden=(6,), random_state=0).fit(rows(60, 0))
    with pytest.raises(ValueError, match="has judged no training row as if it were new: give rows"):
        plain.estimate_unlabelled()
    with pytest.raises(ValueError, match="not calibrated"):
        plain.estimate_contamination(mixed)


def test_there_is_no_probability_but_a_local_rate(detector: DeepMixture) -> None:
    assert not hasattr(detector, "predict_proba")
    with pytest.raises(AttributeError, match=r"says nothing of how many anomalies .* local_fdr"):
        detector.predict_proba(rows(3, 0))
    detector.calibrate(rows(200, 1))
    mixed = np.concatenate([rows(180, 2), rows(60, 3, shift=9.0)])
    rates = detector.local_fdr(mixed)
    assert rates[180:].max() < 0.2
    assert np.median(rates[:180]) > 0.8


def test_equal_training_rows_are_compared_with_and_it_is_said() -> None:
    same = DeepMixture(3, steps=2, hidden=(4,), random_state=0).fit(np.ones((60, 3)))
    with pytest.warns(UserWarning, match="all calibration energies of the calibration are equal"):
        p = same.p_values([[1.0, 1.0, 1.0], [50.0, 1.0, 1.0]])
    assert p.tolist() == [1.0, 1 / 61]
