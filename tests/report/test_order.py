import numpy as np
import pandas as pd
import pytest

from hinterland.detectors.dagmm import DAGMM
from hinterland.report.order import along_order
from hinterland.report.scored import score_table
from hinterland.tables.source import as_table_file


def test_few_rows_are_shown_each(detector: DAGMM, benign: np.ndarray) -> None:
    found = along_order(score_table(detector, as_table_file(benign), label=np.arange(357) < 5))
    assert found["rows_a_stretch"] == 1
    assert found["x"] == list(range(1, 358))
    np.testing.assert_allclose(found["highest"], detector.energy(benign), rtol=1e-5)
    assert found["middle"] is None
    assert found["anomalies"] == [1] * 5 + [0] * 352


def test_many_rows_are_shown_in_stretches(detector: DAGMM, benign: np.ndarray) -> None:
    rows = np.tile(benign, (7, 1))
    scored = score_table(detector, as_table_file(rows), label=np.arange(len(rows)) % 2 == 0)
    found = along_order(scored)
    assert found["rows_a_stretch"] == 3
    parts = [scored.energy[i : i + 3] for i in range(0, len(rows), 3)]
    assert found["x"] == list(range(1, len(rows) + 1, 3))
    np.testing.assert_allclose(found["highest"], [part.max() for part in parts], rtol=1e-5)
    np.testing.assert_allclose(found["middle"], [np.median(part) for part in parts], rtol=1e-5)
    assert sum(found["anomalies"]) == (len(rows) + 1) // 2
    assert set(found["anomalies"]) == {1, 2}


def test_time_orders_rows_and_leaves_out_those_without(detector: DAGMM, benign: np.ndarray) -> None:
    frame = pd.DataFrame(benign, columns=[f"c{j}" for j in range(30)])
    named = DAGMM(epochs=1, steps=5, random_state=0).fit(frame)
    when = pd.Series(pd.date_range("2024-01-01", periods=357, freq="D")[::-1]).mask(np.arange(357) < 2)
    scored = score_table(named, as_table_file(frame.assign(when=when)), time_column="when")
    found = along_order(scored)
    assert found["by"] == "when"
    assert found["is_time"]
    assert found["left_out"] == 2
    assert found["x"][0] == pd.Timestamp("2024-01-01").timestamp()
    assert (np.diff(found["x"]) == 86400).all()
    np.testing.assert_allclose(found["highest"], scored.energy[2:][::-1], rtol=1e-5)
    assert "anomalies" not in found
    assert found["highest"][0] == pytest.approx(named.energy(frame.iloc[[356]])[0], rel=1e-5)
