from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hinterland import score_frame
from hinterland.engines import fitting
from hinterland.engines import ray as engine
from hinterland.engines.shards import InTurn
from hinterland.errors import TableError

pytestmark = pytest.mark.slow


@pytest.fixture
def dataset(ray: Any, parts: list[pa.Table]) -> Any:
    return ray.data.from_arrow(parts)


def test_scores_are_those_of_one_machine(dataset: Any, rows: pa.Table, model: Any) -> None:
    scored = engine.score(dataset, model, keep=["size"], batch_rows=300)
    assert scored.schema().names == ["size", "energy", "label", "top_features"]
    found = scored.to_pandas().sort_values("size", ignore_index=True)
    expected = score_frame(model, rows, keep=["size"]).to_pandas().sort_values("size", ignore_index=True)
    np.testing.assert_allclose(found["energy"], expected["energy"], rtol=1e-9)
    assert found["label"].tolist() == expected["label"].tolist()
    assert found["top_features"].notna().tolist() == expected["top_features"].notna().tolist()


@pytest.mark.filterwarnings("ignore::hinterland.engines.fitting.SampledFitWarning")
def test_a_fit_is_that_of_the_same_batches_in_turn(
    dataset: Any, rows: pa.Table, parts: list[pa.Table], untrained: Callable[..., Any]
) -> None:
    found = engine.fit(dataset, untrained(), sample_rows=500)
    expected = fitting.fit(InTurn(parts), untrained(), sample_rows=500)
    one, other = found[-1].model_.density, expected[-1].model_.density
    for name in ("weights", "means", "factors"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-9)
    assert found[-1].offset_ == pytest.approx(expected[-1].offset_, rel=1e-3)


def test_what_is_no_data_set_or_lacks_columns_is_named(dataset: Any, rows: pa.Table, model: Any) -> None:
    with pytest.raises(TypeError, match=r"must be a ray\.data\.Dataset, got Table"):
        engine.score(rows, model)
    with pytest.raises(TableError, match="weight"):
        engine.score(dataset.drop_columns(["weight"]), model)
