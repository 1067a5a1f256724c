import json
import re

import numpy as np
import pandas as pd
import pytest

from hinterland.decide import calibrate, p_values
from hinterland.detectors import DeepMixture
from hinterland.pipeline import table_pipeline
from hinterland.report import report
from hinterland.report.data import page_data
from hinterland.report.decided import decided, shift
from hinterland.report.scored import score_table
from hinterland.tables.source import as_table_file

pytestmark = pytest.mark.slow

SMALL = {"steps": 5, "hidden": (4,), "validation_share": 0, "random_state": 0, "scaling": None}


def table(n: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame({name: generator.normal(shift, 1.0, n) for name in ("size", "weight")})


@pytest.fixture(scope="module")
def calibrated():
    return calibrate(table_pipeline(DeepMixture(2, **SMALL)).fit(table(100, 0)), table(200, 1))


@pytest.fixture(scope="module")
def mixed() -> pd.DataFrame:
    return pd.concat([table(180, 2), table(20, 3, shift=8.0)], ignore_index=True)


def test_false_alarms_fall_with_the_threshold_and_p_values_are_the_rows_own(calibrated, mixed) -> None:
    scored = score_table(calibrated, as_table_file(mixed), top=30)
    data = page_data(scored, saved={})
    found = data["decided"]
    assert len(found["false_alarms"]) == len(found["expected_false"]) == len(data["stops"]["threshold"])
    assert (np.diff(found["false_alarms"]) <= 0).all()
    assert found["false_alarms"][-1] == pytest.approx(1 / 201, rel=1e-3)
    assert (np.array(found["expected_false"]) <= data["stops"]["flagged"]).all()
    expected = p_values(calibrated, mixed.iloc[scored.top_index])
    np.testing.assert_allclose(found["p"], expected, rtol=1e-3)
    assert found["shift"] is None
    assert "200 calibration rows" in found["words"]


def test_a_page_says_since_when_the_calibration_no_longer_holds(calibrated, tmp_path) -> None:
    rows = pd.concat([table(300, 5), table(400, 6, shift=3.0)], ignore_index=True)
    written = report(calibrated, rows, tmp_path / "p.html")
    assert written.shift is not None
    assert written.shift in (tmp_path / "p.html").read_text(encoding="utf-8")
    since = int(re.search(r"since about row ([\d,]+)", written.shift)[1].replace(",", ""))
    assert 250 <= since <= 350


def test_a_page_carries_what_its_script_shows(calibrated, mixed, tmp_path) -> None:
    report(calibrated, mixed, tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    carried = json.loads(re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.S)[1])
    assert set(carried["decided"]) == {"false_alarms", "expected_false", "p", "words", "shift"}
    assert 'id="expected-false"' in page
    assert 'id="alarms"' in page


def test_without_a_calibration_a_page_says_nothing_of_it(mixed, tmp_path) -> None:
    model = table_pipeline(DeepMixture(2, **SMALL)).fit(table(100, 0))
    scored = score_table(model, as_table_file(mixed), top=5)
    assert "decided" not in page_data(scored, saved={})
    assert shift(scored) is None
    report(model, mixed, tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert 'id="alarms"' not in page
    assert 'id="budget"' in page


def test_groups_are_not_told_apart_on_a_page(mixed) -> None:
    model = table_pipeline(DeepMixture(2, **SMALL)).fit(table(100, 0))
    calibrate(model, table(60, 1), groups=["a", "b"] * 30)
    scored = score_table(model, as_table_file(mixed), top=5)
    assert decided(scored, {"threshold": [0.0], "flagged": [1]}, {"rows": []}) is None
