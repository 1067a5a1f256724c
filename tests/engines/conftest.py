"""Small local clusters, one of each kind for all tests, and a table in parts."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hinterland.pipeline import table_pipeline

N_ROWS, PART = 3_000, 700


@pytest.fixture(scope="session")
def rows() -> pa.Table:
    """Rows of two numbers, a number with gaps, a category and a truth value."""
    random = np.random.default_rng(0)
    first = random.normal(size=N_ROWS)
    gaps = random.normal(50.0, 3.0, N_ROWS)
    return pa.table(
        {
            "size": first,
            "weight": 3.0 * first + random.normal(size=N_ROWS),
            "age": pa.array(gaps, mask=random.random(N_ROWS) < 0.1),
            "place": random.choice(["a", "b", "c"], N_ROWS, p=[0.6, 0.3, 0.1]),
            "is_new": random.random(N_ROWS) < 0.4,
        }
    )


@pytest.fixture(scope="session")
def parts(rows: pa.Table) -> list[pa.Table]:
    """The same rows in parts, the last of them shorter."""
    return [rows.slice(start, PART) for start in range(0, rows.num_rows, PART)]


@pytest.fixture(scope="session")
def untrained() -> Callable[..., Any]:
    """Makes a pipeline that is fitted in a moment."""

    def make(detector: str = "DAGMM", **settings: Any) -> Any:
        small = {"hidden": (4,), "steps": 10, "n_components": 2, "contamination": 0.05, "random_state": 0}
        return table_pipeline(detector, **(small | settings))

    return make


@pytest.fixture(scope="session")
def model(rows: pa.Table, untrained: Callable[..., Any]) -> Any:
    return untrained().fit(rows.slice(0, 500))


@pytest.fixture(scope="session")
def ray() -> Iterator[Any]:
    """Ray with one worker at a time; what it starts ends with the tests."""
    found = pytest.importorskip("ray", reason="Ray, of the extra 'ray', is not installed")
    data = pytest.importorskip("ray.data", reason="Ray has no ray.data here")
    for tries_left in (2, 1, 0):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found.init(
                    "local",
                    num_cpus=1,
                    object_store_memory=100 * 2**20,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level="ERROR",
                )
            break
        except (
            Exception
        ) as error:  # Ray's own, a plain one: it waits 30 seconds, which a busy machine may exceed
            found.shutdown()
            if not tries_left or "timed out during startup" not in str(error):
                raise
    data.DataContext.get_current().enable_progress_bars = False
    yield found
    found.shutdown()


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Spark in local mode with one worker; its Java process ends with the tests."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark, of the extra 'spark', is not installed")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = sql.SparkSession.builder.master("local[1]")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.driver.memory": "512m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }.items():
        builder = builder.config(name, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            session = builder.getOrCreate()
    except Exception as error:  # pyspark raises its own kind where there is no Java
        pytest.skip(f"Spark does not start here, as without Java: {error}")
    yield session
    session.stop()
