import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import settings
from scipy.io import loadmat
from sklearn.datasets import load_breast_cancer

# No deadline: a busy machine is no failure. Examples that failed are not kept: runs are alike everywhere.
settings.register_profile("hinterland", deadline=None, max_examples=50, database=None)
settings.load_profile("hinterland")


# Small networks gain nothing from a second thread, and tests share their machine. With OMP_NUM_THREADS=2 there are two,
# everywhere: the contracts' detectors are asked for as many.
THREADS = os.environ.get("OMP_NUM_THREADS", "1")
torch.set_num_threads(int(THREADS) if THREADS.isdecimal() and int(THREADS) > 0 else 1)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with the public data, where there is one."""
    folder = os.environ.get("HINTERLAND_DATA")
    if not folder or not (Path(folder) / "tabular").is_dir():
        pytest.skip("HINTERLAND_DATA does not name a folder with the public data sets")
    return Path(folder)


@pytest.fixture(scope="session")
def satellite(data_folder: Path) -> np.ndarray:
    """Rows of ODDS's satellite, (6435, 36)."""
    return loadmat(data_folder / "tabular" / "satellite.mat")["X"].astype(np.float64)


@pytest.fixture(scope="session")
def benign() -> np.ndarray:
    """Benign rows of scikit-learn's breast cancer table, (357, 30)."""
    rows, is_benign = load_breast_cancer(return_X_y=True)
    return rows[is_benign == 1]


@pytest.fixture(scope="session")
def kept_results() -> list[Any]:
    """Every result that the project keeps, behind the pages of results."""
    from hinterland.benchmark.runs.stored_rows import exported

    return [result for result, _ in exported(Path(__file__).parents[1] / "benchmarks" / "results.jsonl.gz")]


def evaluation(**values: float) -> dict[str, Any]:
    """What a stored judgement holds; equal strict and expected values unless told."""
    base = {"auroc": 0.9, "average_precision": 0.8, "precision": 0.7, "recall": 0.6, "f1": 0.65} | values
    return {f"expected_{name}": base[name] for name in ("precision", "recall", "f1")} | base


@pytest.fixture
def finished() -> Callable[..., Any]:
    """A finished result of a method on a protocol, with its present settings."""

    def make(
        method: str, protocol: str, seed: int = 0, subset: str = "", *, seconds: float = 1.0, **values: float
    ) -> Any:
        from hinterland.benchmark.experiments.methods import method as known
        from hinterland.benchmark.experiments.protocols import protocol as experiment
        from hinterland.benchmark.runs.jobs import Job, Result

        job = Job(method, protocol, subset, seed, known(method).said(protocol, subset))
        metrics = {judgement.name: evaluation(**values) for judgement in experiment(protocol).judgements}
        return Result(job, metrics=metrics, fit_seconds=seconds, score_seconds=seconds / 10)

    return make
