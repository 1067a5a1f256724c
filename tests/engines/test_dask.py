from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hinterland import score_frame
from hinterland.engines import dask as engine
from hinterland.engines import fitting
from hinterland.engines.shards import InTurn

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Any:
    distributed = pytest.importorskip("distributed", reason="Dask, of the extra 'dask', is not installed")
    with distributed.Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None
    ) as client:
        yield client


@pytest.fixture
def table(rows: pa.Table) -> pd.DataFrame:
    return rows.to_pandas()


@pytest.fixture
def frame(cluster: Any, table: pd.DataFrame) -> Any:
    data = pytest.importorskip("dask.dataframe", reason="Dask, of the extra 'dask', is not installed")
    return data.from_pandas(table, npartitions=4)


def test_scores_are_those_of_one_machine(frame: Any, table: pd.DataFrame, model: Any) -> None:
    scored = engine.score(frame, model, keep=["size"])
    assert scored.npartitions == frame.npartitions
    found, expected = scored.compute(), score_frame(model, table, keep=["size"])
    assert scored.columns.tolist() == found.columns.tolist() == expected.columns.tolist()
    assert found.index.equals(expected.index)
    np.testing.assert_allclose(found["energy"], expected["energy"], rtol=1e-9)
    assert found["label"].tolist() == expected["label"].tolist()


@pytest.mark.filterwarnings("ignore::hinterland.engines.fitting.SampledFitWarning")
def test_a_fit_is_that_of_the_same_partitions_in_turn(frame: Any, untrained: Callable[..., Any]) -> None:
    found = engine.fit(frame, untrained(), sample_rows=500)
    parts = [engine._as_table(frame.partitions[j].compute()) for j in range(frame.npartitions)]
    expected = fitting.fit(InTurn(parts), untrained(), sample_rows=500)
    np.testing.assert_allclose(
        found[-1].model_.density.means, expected[-1].model_.density.means, rtol=1e-9, atol=1e-9
    )


def test_what_is_no_frame_is_named(cluster: Any, table: pd.DataFrame, model: Any) -> None:
    with pytest.raises(TypeError, match=r"must be a dask\.dataframe\.DataFrame, got DataFrame"):
        engine.score(table, model)
