"""OddBench as a suite, on tiny made sets: the files' split, and at most so many rows of each side."""

import numpy as np
import pytest

from hinterland.benchmark.experiments.index import suite
from hinterland.benchmark.experiments.methods import methods
from hinterland.benchmark.experiments.protocols import oddbench, protocol
from hinterland.benchmark.experiments.protocols.adbench import METHODS
from hinterland.benchmark.runs.grid import grid
from hinterland.benchmark.runs.jobs import run_job
from hinterland.detectors.catalogue import DEFAULT_DETECTOR


@pytest.fixture
def sets(tmp_path, monkeypatch):
    """Two sets, of which the first column numbers the rows."""
    folder = tmp_path / "tabular" / "oddbench"
    folder.mkdir(parents=True)
    for name, n_train, n_test in (("Small", 40, 30), ("Wide", 25, 20)):
        rows = np.random.default_rng(0).normal(size=(n_train + n_test, 3))
        rows[:, 0] = np.arange(len(rows))
        np.savez(
            folder / f"{name}.npz",
            train=rows[:n_train],
            test=rows[n_train:],
            is_anomaly=np.arange(n_test) % 5 == 0,
            feature_names=np.array(["number", "a", "b"]),
        )
    monkeypatch.setenv("HINTERLAND_DATA", str(tmp_path))
    monkeypatch.setattr("hinterland.datasets._fetch.cache_folder", lambda: tmp_path)
    oddbench.load_once.cache_clear()
    yield ("Small", "Wide")
    oddbench.load_once.cache_clear()


def test_a_run_is_the_split_of_the_file_scaled_by_its_training_rows(sets):
    run = protocol("oddbench-one-class").prepare(0, "Small")
    assert (len(run.X_train), len(run.X_test)) == (40, 30)
    assert run.y_train is None
    np.testing.assert_allclose(run.X_train.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(run.X_train.std(0), 1)
    assert (np.diff(run.X_test[:, 0]) > 0).all()
    np.testing.assert_array_equal(run.is_anomaly_test, np.arange(30) % 5 == 0)


def test_larger_sets_are_drawn_from_by_the_seed(sets, monkeypatch):
    monkeypatch.setattr(oddbench, "MAX_ROWS", 22)
    runs = [protocol("oddbench-one-class").prepare(seed, "Small") for seed in (0, 0, 1)]
    assert all((len(run.X_train), len(run.X_test)) == (22, 22) for run in runs)
    np.testing.assert_array_equal(runs[0].X_train, runs[1].X_train)
    assert not np.array_equal(runs[0].X_test[:, 1], runs[2].X_test[:, 1])
    assert len(protocol("oddbench-one-class").prepare(0, "Wide").X_test) == 20


def test_the_suite_runs_on_every_set_that_is_there(sets):
    jobs = grid(suite("oddbench").protocols, ["1-NN", "IF"], [0])
    assert [(job.subset, job.method) for job in jobs] == [(name, m) for name in sets for m in ("1-NN", "IF")]
    result = run_job(jobs[0])
    assert not result.failed
    assert {"auroc", "average_precision", "f1"} <= result.metrics["as many flagged as anomalous"].keys()


def test_both_collections_have_the_same_columns_the_default_first():
    assert suite("oddbench").methods == METHODS
    assert suite("adbench").methods[: len(METHODS)] == METHODS
    assert METHODS[0] == DEFAULT_DETECTOR
    assert set(METHODS) <= methods().keys()
