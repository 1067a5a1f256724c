"""The pyfunc flavour, as MLflow loads it: by the function of its name in the module, and a path."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hinterland.decide import p_values
from hinterland.persistence import save
from hinterland.serve import mlflow


@pytest.fixture(scope="module")
def loaded(model: Any, tmp_path_factory: pytest.TempPathFactory) -> mlflow.PyfuncModel:
    path = tmp_path_factory.mktemp("mlflow") / "model.hinterland"
    save(model, path)
    return mlflow._load_pyfunc(str(path))


def test_a_frame_gets_energies_labels_and_p_values(loaded: Any, model: Any, table: pa.Table) -> None:
    frame = table.to_pandas()
    found = loaded.predict(frame)
    assert list(found.columns) == ["energy", "label", "p_value"]
    np.testing.assert_allclose(found["energy"], -model.score_samples(table), rtol=1e-6)
    np.testing.assert_allclose(found["p_value"], p_values(model, table))
    reasons = loaded.predict(frame, params={"reasons": 1})["top_features"]
    assert reasons.notna().tolist() == (found["label"] == "anomaly").tolist()


def test_mlflow_is_not_needed() -> None:
    assert "mlflow" not in sys.modules
