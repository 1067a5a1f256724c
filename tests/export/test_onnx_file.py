"""Models in, files out. The files of every detector are in ``tests/contracts/test_export.py``."""

import importlib.util
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hinterland import DROCC, TabularEncoder
from hinterland.decisions.calibration import Calibration
from hinterland.errors import ExportError, MissingExtraError
from hinterland.export import export, onnx_file

onnxruntime = pytest.importorskip("onnxruntime", reason="needs hinterland[onnx]")
pytest.importorskip("onnxscript", reason="needs hinterland[onnx]")


def table(n_rows: int, seed: int) -> pd.DataFrame:
    """Numbers with a long tail, constant, missing; texts with rare ones; truth values; moments; a column `energy`."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "bytes": np.exp(draw.normal(5, 3, n_rows)),
            "age": draw.normal(50, 9, n_rows),
            "always": 7.0,
            "service": draw.choice(["http", "ftp", "a b", "rare"], n_rows, p=[0.6, 0.3, 0.095, 0.005]).astype(
                object
            ),
            "ok": pd.array(draw.random(n_rows) < 0.3, dtype="boolean"),
            "when": pd.Timestamp("2024-03-01")
            + pd.to_timedelta(draw.integers(0, 86_400 * 60, n_rows), unit="s"),
            "energy": draw.integers(0, 9, n_rows).astype(float),
        }
    )
    for column, share in (("age", 0.1), ("service", 0.1), ("ok", 0.01)):
        frame.loc[draw.random(n_rows) < share, column] = None
    return frame


def inputs(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """What a file takes for such a table."""
    seconds = (frame["when"] - pd.Timestamp(0)).dt.total_seconds()
    numbers = {name: frame[name].to_numpy(float) for name in ("bytes", "age", "always", "energy")}
    return {
        **numbers,
        "service": frame["service"].fillna("").to_numpy(object),
        "ok": frame["ok"].to_numpy(float, na_value=np.nan),
        "when": seconds.to_numpy(float),
    }


@pytest.fixture(scope="module")
def pipeline() -> Any:
    detector = DROCC(hidden=(8,), steps=30, scaling=None, clip=None, random_state=0)
    return make_pipeline(TabularEncoder(), detector).fit(table(300, 0))


@pytest.mark.slow
def test_a_table_with_columns_of_all_kinds(pipeline, tmp_path):
    detector = pipeline[-1]
    frame = table(1000, 1)
    rows = frame.copy()
    rows.loc[:5, "service"], rows.loc[6:9, "always"], rows.loc[10, "bytes"] = "never seen", 8.0, 1e300
    rows.loc[11, "bytes"], rows.loc[12, "when"], rows.loc[13, "energy"] = np.nan, pd.NaT, np.nan
    rows.loc[14, "age"] = -1e308
    detector.set_calibration(Calibration.split(-pipeline.score_samples(frame)))
    with pytest.warns(UserWarning, match=r"it takes 'when' \(seconds since 1970\)"):
        exported = export(pipeline, tmp_path / "t.onnx")
    assert exported.outputs == ["energy_", "label", "p_value"]
    assert exported.largest_difference < 1e-9
    assert exported.n_bytes == (tmp_path / "t.onnx").stat().st_size
    session = onnxruntime.InferenceSession(tmp_path / "t.onnx")
    assert {value.name: value.type for value in session.get_inputs()} == {
        **dict.fromkeys(["bytes", "age", "always", "ok", "when", "energy"], "tensor(double)"),
        "service": "tensor(string)",
    }
    energy, label, p_value = session.run(None, inputs(rows))
    expected = -pipeline.score_samples(rows)
    np.testing.assert_allclose(energy, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(label, pipeline.predict(rows))
    near = detector.calibration().p_values(expected - 1e-6), detector.calibration().p_values(expected + 1e-6)
    assert ((near[1] <= p_value) & (p_value <= near[0])).all()
    alone = session.run(None, {name: values[:1] for name, values in inputs(rows).items()})
    np.testing.assert_allclose(alone[0], energy[:1], rtol=1e-9)
    infinite = inputs(rows[:3]) | {"bytes": np.array([1.0, np.inf, 2.0])}
    assert session.run(None, infinite)[1][1] == 0
    said = session.get_modelmeta().custom_metadata_map
    assert json.loads(said["inputs"])["service"]["kind"] == "category"
    assert said["promise"] == detector.promise()


@pytest.fixture
def never_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors come before the work."""

    def traced(*_: Any) -> None:
        raise AssertionError("a model that cannot be exported was traced")

    monkeypatch.setattr(onnx_file, "traced", traced)


@pytest.mark.usefixtures("never_traced")
@pytest.mark.parametrize(
    ("model", "what"),
    [
        (
            make_pipeline(StandardScaler(), DROCC(hidden=(4,), steps=2)),
            "the step StandardScaler cannot be exported",
        ),
        (StandardScaler(), "only a hinterland detector can be exported.*got StandardScaler"),
        (make_pipeline(TabularEncoder()), "only a hinterland detector.*got TabularEncoder"),
        (
            make_pipeline(TabularEncoder(numbers="quantile"), DROCC(hidden=(4,), steps=2)),
            "column 'a' cannot be exported: numbers='quantile'",
        ),
    ],
)
def test_a_step_or_column_that_cannot_be_exported_is_named(model, what, tmp_path):
    model.fit(pd.DataFrame({"a": np.random.default_rng(0).normal(size=60)}))
    with pytest.raises(ExportError, match=what):
        export(model, tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("never_traced")
def test_what_is_not_fitted_or_not_installed_is_told(monkeypatch, pipeline, tmp_path):
    with pytest.raises(NotFittedError):
        export(DROCC(), tmp_path / "a.onnx")
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "onnxscript" else find(name)
    )
    with pytest.raises(MissingExtraError, match=r"export to ONNX needs.*'onnxscript'.*hinterland\[onnx\]"):
        export(pipeline, tmp_path / "a.onnx")


def test_p_values_by_groups_are_left_out_and_it_says_so(tmp_path):
    detector = DROCC(hidden=(4,), steps=2, random_state=0).fit(np.random.default_rng(0).normal(size=(60, 2)))
    detector.set_calibration(Calibration.split(np.arange(60.0), ["a", "b"] * 30))
    with pytest.warns(UserWarning, match="no p-values, as the calibration has 2 groups"):
        export(detector, tmp_path / "a.onnx")
    outputs = onnxruntime.InferenceSession(tmp_path / "a.onnx").get_outputs()
    assert [output.name for output in outputs] == ["energy", "label"]


def test_a_file_whose_energies_are_others_is_not_written(monkeypatch, tmp_path):
    detector = DROCC(hidden=(4,), steps=2, random_state=0).fit(np.random.default_rng(0).normal(size=(60, 2)))
    monkeypatch.setattr(onnx_file, "TOLERANCE", -1.0)
    with pytest.raises(
        ExportError, match=r"DROCC cannot be exported: energies would differ by .* from the library's"
    ):
        detector.export(tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())
