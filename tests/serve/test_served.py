from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hinterland import CADGMM, DAGMM
from hinterland.serve.json_rows import read_json
from hinterland.serve.limits import Deadline, Limits
from hinterland.serve.problems import Problem
from hinterland.serve.served import ServedModel
from hinterland.tables import as_table_file

QUICK: dict[str, Any] = {"hidden": (4,), "epochs": 1, "steps": 5, "random_state": 0}
MATRIX = np.random.default_rng(0).normal(size=(40, 3))


@pytest.fixture(scope="module")
def bare() -> DAGMM:
    return DAGMM(**QUICK).fit(MATRIX)


def test_a_model_without_names_takes_lists(bare: DAGMM) -> None:
    served = ServedModel(bare)
    assert served.columns == ["x0", "x1", "x2"]
    assert not served.about["columns_have_names"]
    assert not served.about["has_p_values"]
    assert "nothing of new rows" in served.about["threshold"]["promises"]
    table = as_table_file(read_json(json.dumps(MATRIX[:4].tolist()).encode(), served.columns, Limits()))
    scored = served.score(table, Deadline(60))
    np.testing.assert_allclose(scored.table["energy"].to_numpy(), bare.energy(MATRIX[:4]), rtol=1e-6)
    assert scored.table.column_names == ["energy", "label"]


def test_gaps_that_a_model_does_not_take_name_their_column(bare: DAGMM) -> None:
    named = DAGMM(**QUICK).fit(pd.DataFrame(MATRIX, columns=["a", "b", "c"]))
    gap = pa.table({"a": [1.0, 2.0], "b": [1.0, None], "c": [1.0, 2.0]})
    with pytest.raises(Problem, match=r"Input X contains NaN in column 'b' \(first rows: 1") as caught:
        ServedModel(named).score(as_table_file(gap), Deadline(60))
    assert (caught.value.status, caught.value.name) == (422, "bad_values")


def test_a_model_whose_rows_are_not_alone_is_refused() -> None:
    detector = CADGMM(epochs=1, steps=2, n_neighbors=3, graph="batch", random_state=0).fit(MATRIX)
    with pytest.raises(ValueError, match="serving a model needs a detector whose energy of a row depends on"):
        ServedModel(detector)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(TypeError):
        ServedModel(object())


def test_a_saved_model_is_described_without_its_place(model: Any, tmp_path: Path) -> None:
    from hinterland.persistence import save

    save(model, tmp_path / "m.hinterland")
    served = ServedModel.load(tmp_path / "m.hinterland")
    assert served.about["file"]["kind"] == "pipeline"
    assert str(tmp_path) not in json.dumps(served.about, allow_nan=False)
