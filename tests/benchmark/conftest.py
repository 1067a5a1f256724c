from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinterland.benchmark.jobs import Job, Result
from hinterland.datasets import Dataset


@pytest.fixture
def numbered_rows() -> Dataset:
    """600 rows, a fifth anomalous; the first column is the row's number, so that every row can be told."""
    generator = np.random.default_rng(0)
    X = pd.DataFrame(generator.normal(size=(600, 3)), columns=["a", "b", "c"])
    X.insert(0, "number", np.arange(600.0))
    return Dataset("numbered", X, generator.permutation(np.arange(600) % 5 == 0), "made up")


def evaluation(**values: float) -> dict[str, Any]:
    """What a stored judgement holds; equal strict and expected values unless told."""
    base = {"auroc": 0.9, "average_precision": 0.8, "precision": 0.7, "recall": 0.6, "f1": 0.65} | values
    return {f"expected_{name}": base[name] for name in ("precision", "recall", "f1")} | base


@pytest.fixture
def finished() -> Callable[..., Result]:
    """A finished result of a method on a protocol, with its present settings."""

    def make(
        method: str, protocol: str, seed: int = 0, subset: str = "", *, seconds: float = 1.0, **values: float
    ) -> Result:
        from hinterland.benchmark.methods import method as known
        from hinterland.benchmark.protocols import protocol as experiment

        job = Job(method, protocol, subset, seed, known(method).settings(protocol, subset))
        metrics = {judgement.name: evaluation(**values) for judgement in experiment(protocol).judgements}
        return Result(job, metrics=metrics, fit_seconds=seconds, score_seconds=seconds / 10)

    return make
