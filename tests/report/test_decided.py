import json
import re

import numpy as np
import pandas as pd
import pytest

from hinterland.decide import calibrate, fit_calibrated, p_values
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
    assert set(carried["decided"]) == {
        "false_alarms", "expected_false", "normal_share", "p", "words", "unknown", "shift"
    }  # fmt: skip
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


def test_groups_that_no_column_names_are_not_told_apart_on_a_page(mixed) -> None:
    model = table_pipeline(DeepMixture(2, **SMALL)).fit(table(100, 0))
    calibrate(model, table(60, 1), groups=["a", "b"] * 30)
    scored = score_table(model, as_table_file(mixed), top=5)
    assert decided(scored, {"threshold": [0.0], "flagged": [1]}, 0) is None


def test_groups_by_a_column_and_one_that_the_calibration_does_not_know(mixed, tmp_path) -> None:
    model = table_pipeline(DeepMixture(2, **SMALL)).fit(table(100, 0))
    calibrate(model, table(90, 1).assign(shop=["a", "b", "b"] * 30), groups="shop")
    rows = mixed.assign(shop=["A", "b"] * 99 + ["c", "c"])
    scored = score_table(model, as_table_file(rows), top=30)
    assert scored.rows_of == {"a": 99, "b": 99, "c": 2}
    data = page_data(scored, saved={})
    found = data["decided"]
    expected = p_values(model, rows.iloc[scored.top_index], unseen="one")
    np.testing.assert_allclose(found["p"], expected, rtol=1e-3)
    assert found["false_alarms"][-1] == pytest.approx((1 / 31 + 1 / 61) / 2, rel=1e-3)
    assert found["unknown"] == 2
    report(model, rows, tmp_path / "p.html")
    assert "2 rows are of groups that the calibration does not know" in (tmp_path / "p.html").read_text(
        "utf-8"
    )
    with pytest.warns(
        UserWarning, match="no column 'shop', by which the model's calibration tells groups apart"
    ):
        assert score_table(model, as_table_file(mixed)).p is None


def test_a_cross_fitted_model_has_p_values_by_all_of_its_models(mixed) -> None:
    model = fit_calibrated(table_pipeline(DeepMixture(2, **SMALL)), table(100, 0), n_folds=4)
    data = page_data(score_table(model, as_table_file(mixed), top=30), saved={})
    found = data["decided"]
    assert found["p"][0] == pytest.approx(1 / 101, rel=1e-3)
    assert (np.diff(found["false_alarms"]) <= 0).all()
    assert found["expected_false"][-1] == 0


def test_few_of_many_anomalous_rows_are_expected_to_be_false(calibrated) -> None:
    rows = pd.concat([table(60, 2), table(140, 3, shift=8.0)], ignore_index=True)
    found = page_data(score_table(calibrated, as_table_file(rows)), saved={})["decided"]
    assert found["normal_share"] == pytest.approx(0.3, abs=0.1)
    share = found["false_alarms"][0] * found["normal_share"]
    assert found["expected_false"][0] == pytest.approx(200 * share, rel=1e-2)


def test_days_are_those_of_the_times(calibrated, mixed) -> None:
    timed = mixed.assign(when=pd.date_range("2024-01-01", periods=200, freq="12h"))
    scored = score_table(calibrated, as_table_file(timed), time_column="when")
    assert page_data(scored, saved={})["days"] == pytest.approx(99.5)
    hours = mixed.assign(when=pd.date_range("2024-01-01", periods=200, freq="1min"))
    assert (
        page_data(score_table(calibrated, as_table_file(hours), time_column="when"), saved={})["days"] is None
    )
    assert page_data(score_table(calibrated, as_table_file(mixed)), saved={})["days"] is None
