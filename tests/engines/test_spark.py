from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hinterland import score_frame
from hinterland.engines import fitting
from hinterland.engines import spark as engine
from hinterland.engines.shards import InTurn

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:PySpark does not yet:FutureWarning")]


@pytest.fixture
def frame(spark: Any, rows: pa.Table) -> Any:
    return spark.createDataFrame(rows).coalesce(1)


def test_scores_are_those_of_one_machine(frame: Any, rows: pa.Table, model: Any) -> None:
    scored = engine.score(frame, model, keep=["size"])
    assert scored.columns == ["size", "energy", "label", "top_features"]
    found = scored.toArrow().to_pandas()
    expected = score_frame(model, rows, keep=["size"]).to_pandas()
    np.testing.assert_allclose(found["energy"], expected["energy"], rtol=1e-9)
    assert found["label"].tolist() == expected["label"].tolist()


@pytest.mark.filterwarnings("ignore::hinterland.engines.fitting.SampledFitWarning")
def test_a_fit_is_that_of_the_same_rows_in_turn(
    frame: Any, rows: pa.Table, untrained: Callable[..., Any]
) -> None:
    found = engine.fit(frame, untrained(), sample_rows=500)
    expected = fitting.fit(InTurn([rows]), untrained(), sample_rows=500)
    np.testing.assert_allclose(
        found[-1].model_.density.means, expected[-1].model_.density.means, rtol=1e-9, atol=1e-9
    )


def test_what_is_no_frame_is_named(spark: Any, rows: pa.Table, model: Any) -> None:
    with pytest.raises(TypeError, match=r"must be a pyspark\.sql\.DataFrame, got Table"):
        engine.score(rows, model)
