"""No test row or label reaches training, preparation, threshold or stopping."""

from dataclasses import replace

import numpy as np
import pytest

from hinterland.benchmark.experiments.methods import Method, methods
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.runs import jobs
from hinterland.benchmark.runs.jobs import Job, run_job
from hinterland.datasets import Dataset

MARKER = 1e7
UNSCALED = {"cadgmm-arrhythmia-unscaled", "cadgmm-satellite-unscaled", "cadgmm-satellite-released"}
LEAKING = {"cadgmm-arrhythmia-released", "cadgmm-kdd99-released"}
"""Companions under the split of released code that tests rows which were trained on; their readings say so."""
KEYS = sorted(
    key
    for key, known in protocols().items()
    if (known.scaling is not None or key in UNSCALED) and key not in LEAKING
)
"""Those on tables. Pictures come in the parts that their source has, and nothing is learnt to scale them."""


def on(data: Dataset, key: str, **changes):
    """The protocol of that key, on these rows."""
    subset = (protocols()[key].subsets() or ("",))[0]
    return replace(protocols()[key], load=lambda _: data, subsets=lambda: (subset,), **changes), subset


def row_numbers(matrix: np.ndarray) -> set[int]:
    return set(matrix[:, 0].astype(int).tolist())


def rows_tested(data: Dataset, key: str, seed: int = 0) -> np.ndarray:
    plain, subset = on(data, key, scaling=None)
    return np.array(sorted(row_numbers(plain.prepare(seed, subset).X_test)))


def marked(data: Dataset, rows: np.ndarray) -> Dataset:
    """The same, but the rows hold the marker in every column."""
    X = data.X.copy()
    X.iloc[rows] = MARKER
    return replace(data, X=X)


@pytest.mark.parametrize("key", KEYS)
def test_no_row_is_both_trained_on_and_tested(key, numbered_rows):
    plain, subset = on(numbered_rows, key, scaling=None)
    run = plain.prepare(3, subset)
    assert not row_numbers(run.X_train) & row_numbers(run.X_test)
    assert len(row_numbers(run.X_train)) == len(run.X_train) > 50
    truth = numbered_rows.is_anomaly
    np.testing.assert_array_equal(run.is_anomaly_test, truth[run.X_test[:, 0].astype(int)])


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_the_training_side_does_not_change_with_the_values_of_test_rows(key, numbered_rows):
    rows = rows_tested(numbered_rows, key)
    before, subset = on(numbered_rows, key)
    after, _ = on(marked(numbered_rows, rows), key)
    left, right = before.prepare(0, subset), after.prepare(0, subset)
    np.testing.assert_array_equal(left.X_train, right.X_train)
    np.testing.assert_array_equal(left.y_train, right.y_train)
    assert left.X_test.max() < right.X_test.max()  # the marker is there, and would be seen


@pytest.mark.parametrize("key", KEYS)
def test_training_rows_scaled_by_themselves_alone(key, numbered_rows):
    here, subset = on(numbered_rows, key)
    run = here.prepare(0, subset)
    if here.scaling is None:
        assert run.X_train.mean(0)[0] > 1  # a row's number, as it comes
    elif here.scaling == "minmax":
        np.testing.assert_allclose([run.X_train.min(0), run.X_train.max(0)], [[0] * 4, [1] * 4], atol=1e-12)
    else:
        np.testing.assert_allclose([run.X_train.mean(0), run.X_train.std(0)], [[0] * 4, [1] * 4], atol=1e-9)


@pytest.mark.parametrize("key", sorted(LEAKING))
def test_released_splits_test_half_of_the_normal_rows_trained_on_and_say_that_they_leak(key, numbered_rows):
    here, subset = on(numbered_rows, key, scaling=None)
    run = here.prepare(3, subset)
    normal = row_numbers(run.X_test[~run.is_anomaly_test])
    assert normal <= row_numbers(run.X_train)
    truth = numbered_rows.is_anomaly[run.X_train[:, 0].astype(int)]
    assert len(normal) == int((~truth).sum()) // 2
    assert not row_numbers(run.X_test[run.is_anomaly_test]) & row_numbers(run.X_train)
    assert here.companion_of
    assert "leaks" in here.dataset
    assert any("Leaks" in reading for reading in here.readings)


class Spy:
    """A method that keeps everything it is handed."""

    seen: list[tuple[str, tuple, dict]]

    def __init__(self, random_state: int) -> None:
        Spy.seen = [("init", (), {"random_state": random_state})]

    def fit(self, *arguments, **named):
        Spy.seen.append(("fit", arguments, named))
        return self

    def energy(self, *arguments, **named):
        Spy.seen.append(("energy", arguments, named))
        return np.abs(arguments[0]).sum(1)


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_a_method_is_handed_training_rows_then_bare_test_rows(key, numbered_rows, monkeypatch):
    here, subset = on(marked(numbered_rows, rows_tested(numbered_rows, key)), key)
    monkeypatch.setattr(jobs, "protocol", lambda _: here)
    monkeypatch.setattr(jobs, "method", lambda _: Method("spy", Spy))
    result = run_job(Job("spy", key, subset, 0))
    assert not result.failed, result.trace
    run = here.prepare(0, subset)
    (_, _, made_with), (first, trained_on, fit_named), *scored = Spy.seen
    assert made_with == {"random_state": 0}
    assert first == "fit"
    assert fit_named == {}
    np.testing.assert_array_equal(trained_on[0], run.X_train)
    assert np.abs(trained_on[0]).max() < 1e3  # no marker
    if run.y_train is None:
        assert len(trained_on) == 1
    else:
        np.testing.assert_array_equal(trained_on[1], run.y_train)
        assert len(trained_on) == 2
    for name, arguments, named in scored:
        assert (name, len(arguments), named) == ("energy", 1, {})
    np.testing.assert_array_equal(scored[0][1][0], run.X_test)


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_thresholds_do_not_know_test_labels(key, numbered_rows):
    here, subset = on(numbered_rows, key)
    run = here.prepare(0, subset)
    other = replace(run, is_anomaly_test=np.random.default_rng(1).permutation(run.is_anomaly_test))
    energy, training = np.abs(run.X_test).sum(1), np.abs(run.X_train).sum(1)
    left, right = run.judge(energy, training), other.judge(energy, training)
    assert left != right
    for judgement in run.judgements:
        if judgement.share is not None:  # None takes the number of anomalies as known, and says so
            assert left[judgement.name]["threshold"] == right[judgement.name]["threshold"]


def test_the_training_rule_knows_no_test_energy(numbered_rows):
    here, subset = on(numbered_rows, "quick-one-class")
    run = here.prepare(0, subset)
    energy, training = np.abs(run.X_test).sum(1), np.abs(run.X_train).sum(1)
    name = "top 5 % of training energies"
    assert (
        run.judge(energy, training)[name]["threshold"] == run.judge(2 * energy, training)[name]["threshold"]
    )


def test_only_the_named_search_sees_test_labels_and_says_so():
    seeing = {name: method for name, method in methods().items() if method.sees_test_labels}
    assert list(seeing) == ["OC-SVM (best AUROC search)"]
    assert "Flattering" in seeing["OC-SVM (best AUROC search)"].footnote


@pytest.mark.slow
def test_the_search_keeps_the_best_of_its_candidates():
    search = "OC-SVM (best AUROC search)"
    best = run_job(Job(search, "quick-one-class", "wine", 0))
    single = [
        run_job(Job("OC-SVM", "quick-one-class", "wine", 0, {**candidate, "max_rows": 5000}))
        for candidate in methods()[search].candidates
    ]
    aurocs = [result.metrics["as many flagged as anomalous"]["auroc"] for result in single]
    assert best.metrics["as many flagged as anomalous"]["auroc"] == max(aurocs) > min(aurocs)
    assert best.parameters["candidates"] == len(aurocs)
