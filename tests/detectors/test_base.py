import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError

from hinterland import load
from hinterland.detectors import DAGMM, ContrastiveScorer, DeepMixture, base
from hinterland.detectors.base import Detector, check_finite, usual_rows

ROWS = np.arange(40.0).reshape(20, 2)
ENERGY = np.random.default_rng(0).permutation(20).astype(float)


# --- usual rows -------------------------------------------------------------------------------------


def test_usual_rows_are_of_at_most_median_energy_and_in_their_order():
    rows = usual_rows(ROWS, ENERGY, 6, seed=0)
    positions = [ROWS.tolist().index(row) for row in rows.tolist()]
    assert len(positions) == 6
    assert positions == sorted(set(positions))
    assert (ENERGY[positions] <= np.median(ENERGY)).all()


def test_more_rows_than_there_are_gives_all_usual_ones():
    np.testing.assert_array_equal(usual_rows(ROWS, ENERGY, 999, seed=0), ROWS[np.median(ENERGY) >= ENERGY])


def test_usual_rows_repeat_with_the_seed():
    first, same, other = (usual_rows(ROWS, ENERGY, 5, seed).tolist() for seed in (0, 0, 1))
    assert first == same != other


def test_without_rows_the_medians_stand_in():
    assert usual_rows(np.array([[1.0, 10], [2, 20], [90, 0]]), np.zeros(3), 0, seed=0).tolist() == [
        [2.0, 10.0]
    ]


def test_equal_energies_are_all_usual():
    assert len(usual_rows(ROWS, np.ones(20), 99, seed=0)) == 20


# --- finiteness -------------------------------------------------------------------------------------


def matrix(**bad: float) -> np.ndarray:
    result = np.ones((9, 8))
    for place, value in bad.items():
        row, column = map(int, place[1:].split("_"))
        result[row, column] = value
    return result


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (matrix(_3_5=np.nan), r"contains NaN in column 5 \(first rows: 3; 1 in all\)"),
        (
            matrix(_3_5=np.inf, _1_2=-np.inf),
            r"contains infinity in columns 2, 5 \(first rows: 1, 3; 2 in all\)",
        ),
        (
            matrix(_3_5=np.inf, _3_6=np.nan),
            r"contains NaN and infinity in columns 5, 6 \(first rows: 3; 1 in all\)",
        ),
        (np.full((9, 8), np.nan), r"columns 0, 1, 2, 3, 4, \.\.\. \(first rows: 0, 1, 2, 3, 4; 9 in all\)"),
    ],
)
def test_what_is_not_finite_is_named(rows, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=message):
            check_finite(rows, None)


def test_columns_are_named_by_name_where_they_have_one():
    with pytest.raises(ValueError, match="in column 'speed'"):
        check_finite(np.array([[1.0, np.nan]]), ["age", "speed"])


def test_huge_values_whose_sum_overflows_pass_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_finite(np.full((4, 2), 1e308), None)
        check_finite(np.ones((0, 3)), None)


def test_the_base_alone_cannot_train():
    with pytest.raises(NotImplementedError):
        Detector()._train(ROWS, np.zeros(20), 0, torch.device("cpu"))


@pytest.mark.slow
def test_threads_are_measured_only_where_asked_for_and_worth_it(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(300, 3))
    asked = []
    monkeypatch.setattr(base, "fastest_threads", lambda work: asked.append(len(work())) or 2)
    monkeypatch.setattr(base, "ROWS_WORTH_MEASURING", 200)
    monkeypatch.setattr(base, "ROWS_TO_MEASURE", 50)
    settings = {"hidden": (4,), "epochs": 1, "steps": 0, "random_state": 0}
    one = DAGMM(**settings).fit(rows)
    energy = one.energy(rows)
    assert asked == []
    measured = DAGMM(**settings, n_threads="auto").fit(rows)
    np.testing.assert_allclose(measured.energy(rows), energy, rtol=1e-12)
    measured.energy(rows[:100])
    assert asked == [50]
    with pytest.raises(ValueError, match="n_threads"):
        DAGMM(n_threads="many").fit(rows)


# --- doubtful fits ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("n_rows", "told"), [(2, True), (10, True), (11, False)])
def test_a_fit_on_a_handful_of_rows_says_so(n_rows, told):
    rows = np.random.default_rng(0).normal(size=(n_rows, 2))
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        DAGMM(epochs=1, random_state=0).fit(rows)
    said = [f"so few rows: {n_rows} to train on" in str(each.message) for each in found]
    assert any(said) == told


def test_what_a_detector_and_one_inside_of_it_could_say_is_said_once():
    rows = np.random.default_rng(0).normal(size=(8, 2))
    with pytest.warns(UserWarning, match="so few rows: 8 to train on") as found:
        ContrastiveScorer(DAGMM(epochs=1, steps=5, hidden=(4,)), contrastive_steps=2, random_state=0).fit(
            rows
        )
    assert len(found) == 1
    with pytest.warns(UserWarning, match="so few rows"):  # the next fit is not inside of any
        DAGMM(epochs=1, steps=5, hidden=(4,), random_state=0).fit(rows)


# --- rows, energies and the rule of the threshold in words ----------------------------------------


def test_rows_are_validated_and_their_energies_those_of_the_table(benign):
    table = pd.DataFrame(benign[:80, :3], columns=list("abc"))
    detector = DAGMM((4,), epochs=1, steps=5, random_state=0).fit(table)
    rows = detector.rows(table)
    assert rows.dtype == np.float64
    np.testing.assert_array_equal(rows, table.to_numpy())
    np.testing.assert_array_equal(detector.energy_of(rows), detector.energy(table))
    with pytest.raises(ValueError, match="feature names"):
        detector.rows(table.rename(columns={"a": "z"}))
    with pytest.raises(ValueError, match="contains NaN in column 'a'"):
        detector.rows(table.assign(a=np.nan))
    with pytest.raises(NotFittedError):
        DAGMM().rows(table)


@pytest.mark.parametrize(
    ("detector", "rule"),
    [
        (DAGMM((4,), epochs=1, steps=5, contamination=0.1), "the highest 10% of the training rows"),
        (DeepMixture(3, steps=2, contamination=0.125), "the highest 12.5% of held-out training rows"),
        (DeepMixture(3, steps=2, novelty=False), "the highest 5% of the training rows"),
    ],
    ids=["contamination", "held out", "of the training rows"],
)
def test_a_detector_words_its_threshold(detector, rule, benign, tmp_path):
    detector.set_params(random_state=0).fit(benign[:80, :3])
    assert detector.threshold_rule() == rule
    detector.save(tmp_path / "m")
    assert load(tmp_path / "m").threshold_rule() == rule
