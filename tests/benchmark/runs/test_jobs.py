import warnings

import numpy as np
import pytest

from hinterland import DAGMM
from hinterland.benchmark.experiments.methods import Method
from hinterland.benchmark.experiments.protocol import PreparedRun
from hinterland.benchmark.runs import jobs
from hinterland.benchmark.runs.jobs import Job, run_job


def scorer(energy=None, fit=None):
    """A method made of two functions."""

    class Made:
        def __init__(self, random_state, **settings):
            self.parameters = settings

        def fit(self, X, y=None):
            if fit is not None:
                fit(X)

        def energy(self, X):
            return energy(X)

    return Method("made", Made)


@pytest.fixture
def run_with(monkeypatch):
    def run(method, **settings):
        monkeypatch.setattr(jobs, "method", lambda _: method)
        return run_job(Job("made", "quick-one-class", "wine", 0, settings), keep_scores=True)

    return run


def test_an_id_is_the_same_on_every_machine_and_for_every_order_of_settings():
    job = Job("DAGMM", "cadgmm-kdd99", "", 3, {"epochs": 2, "hidden": [60, 30]})
    assert job.id == Job("DAGMM", "cadgmm-kdd99", "", 3, {"hidden": (60, 30), "epochs": 2}).id
    assert job.id == "8a9de0bc4ed6cd83"
    assert len({job.id, *(Job("DAGMM", "cadgmm-kdd99", "", s, job.settings).id for s in range(3))}) == 4


@pytest.mark.slow
def test_a_job_gives_the_same_numbers_alone_and_after_others():
    job = Job("DAGMM", "quick-one-class", "wine", 0, {"epochs": 5, "min_steps": 0})
    alone = run_job(job)
    assert alone.job.id == "d66afb0c9eca83b1"  # of the settings as they were written
    assert alone.parameters["steps"] == 0
    assert alone.warnings == ()
    np.random.default_rng(1).normal(size=5)
    run_job(Job("IF", "quick-one-class", "breast_cancer", 4))
    assert run_job(job).metrics == alone.metrics


def test_seeds_change_split_and_method():
    settings = {"epochs": 5, "min_steps": 0}
    results = [run_job(Job("DAGMM", "quick-one-class", "wine", seed, settings)) for seed in (0, 1)]
    assert results[0].metrics != results[1].metrics


def test_a_finished_job_carries_what_it_was_made_with():
    result = run_job(Job("PCA", "quick-one-class", "wine", 0, {"variance_kept": 0.5}))
    assert result.parameters == {"variance_kept": 0.5}
    assert result.versions.keys() >= {"python", "numpy", "torch", "scikit-learn"}
    assert result.fit_seconds > 0
    assert result.peak_memory_mb > 20
    assert set(result.metrics) == {"as many flagged as anomalous", "top 5 % of training energies"}


def test_scores_come_with_the_truth_they_are_judged_by(run_with):
    result = run_with(scorer(lambda X: X[:, 0]))
    assert result.scores.keys() == {"energy", "training_energy", "is_anomaly", "test: test"}
    assert len(result.scores["energy"]) == len(result.scores["is_anomaly"])


def test_the_labels_of_a_run_reach_a_detector_by_their_names():
    X = np.random.default_rng(0).normal(size=(80, 3))
    known_normal = np.arange(80) < 5
    run = PreparedRun(
        X, known_normal.astype(int), X[:10], np.arange(10) == 0, {"test": np.ones(10, bool)}, ()
    )
    small = {"hidden": (4,), "min_steps": 5, "epochs": 1, "random_state": 0}
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "error", message="y holds 1"
        )  # as codes of 0 and 1 alone could be taken for truths
        outcome = jobs._fit_and_score(DAGMM(**small), run)
    np.testing.assert_array_equal(
        outcome.energy, DAGMM(**small).fit(X, is_normal=known_normal).energy(X[:10])
    )


def test_an_exception_becomes_a_failure_with_message_and_traceback(run_with):
    def broken(_):
        raise ZeroDivisionError("the covariance is singular")

    result = run_with(scorer(lambda X: X[:, 0], broken))
    assert result.failed
    assert result.error == "ZeroDivisionError: the covariance is singular"
    assert "in broken" in result.trace
    assert result.metrics == {}
    assert result.versions


@pytest.mark.parametrize(
    ("energy", "message"),
    [
        (lambda X: X, r"one energy for each of \d+ rows, got shape"),
        (lambda X: np.full(len(X), np.nan), "energy must be finite"),
    ],
)
def test_energies_that_are_none_are_a_failure(run_with, energy, message):
    result = run_with(scorer(energy))
    assert result.failed
    assert __import__("re").search(message, result.error)


def test_an_unknown_setting_is_a_failure_that_names_it():
    result = run_job(Job("DAGMM", "quick-one-class", "wine", 0, {"epoch": 5}))
    assert "epoch" in result.error


def test_warnings_are_kept(run_with):
    def warn(_):
        __import__("warnings").warn("slow down", UserWarning, stacklevel=1)

    assert run_with(scorer(lambda X: X[:, 0], warn)).warnings == ("UserWarning: slow down",)
