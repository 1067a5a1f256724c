from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hinterland.errors import TableError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:PySpark does not yet:FutureWarning"),
    pytest.mark.filterwarnings("ignore::hinterland.engines.fitting.SampledFitWarning"),
]
SETTINGS = {"hidden": [4], "steps": 10, "n_components": 2, "contamination": 0.05, "random_state": 0}


def test_named_columns_are_fitted_saved_loaded_and_transformed(
    spark: Any, rows: pa.Table, tmp_path: Path
) -> None:
    from hinterland.engines.spark_estimator import AnomalyDetector, AnomalyModel

    frame = spark.createDataFrame(rows).coalesce(1)
    estimator = AnomalyDetector(inputCols=["size", "place"], detector="DAGMM", settings=SETTINGS)
    estimator.save(str(tmp_path / "estimator"))
    model = AnomalyDetector.load(str(tmp_path / "estimator")).fit(frame)
    model.save(str(tmp_path / "model"))
    loaded = AnomalyModel.load(str(tmp_path / "model"))
    assert loaded.uid == model.uid
    found = loaded.transform(frame)
    assert found.columns == [*rows.column_names, "energy", "prediction"]
    table = found.toArrow()
    expected = model.model[-1].energy(model.model[0].transform(rows.select(["size", "place"])))
    np.testing.assert_allclose(table["energy"].to_numpy(), expected, rtol=1e-9)
    assert table["prediction"].to_numpy().tolist() == (expected > -model.model[-1].offset_).tolist()


def test_a_column_of_vectors_is_one_of_features(spark: Any) -> None:
    from pyspark.ml.linalg import Vectors

    from hinterland.engines.spark_estimator import AnomalyDetector

    values = np.random.default_rng(0).normal(size=(200, 2))
    frame = spark.createDataFrame([(Vectors.dense(row.tolist()),) for row in values], ["features"]).coalesce(
        1
    )
    model = AnomalyDetector(detector="DAGMM", settings=SETTINGS, energyCol="nats").fit(frame)
    found = model.transform(frame)
    assert found.columns == ["features", "nats", "prediction"]
    rows = pa.table({"x0": values[:, 0], "x1": values[:, 1]})
    expected = model.model[-1].energy(model.model[0].transform(rows))
    np.testing.assert_allclose(found.select("nats").toArrow()["nats"].to_numpy(), expected, rtol=1e-9)
    with pytest.raises(TableError, match="no first row"):
        AnomalyDetector().fit(frame.limit(0))
