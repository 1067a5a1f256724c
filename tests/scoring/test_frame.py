from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from hinterland import DAGMM, score_frame
from hinterland.errors import TableError
from hinterland.pipeline import table_pipeline

SETTINGS: dict[str, Any] = {"hidden": (6,), "epochs": 2, "min_steps": 20, "random_state": 0}
N = 50


def visits() -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": random.normal(40, 8, N) + 90 * (np.arange(N) % 10 == 3),
            "service": random.choice(["http", "ftp"], N),
            "vip": random.random(N) < 0.5,
        },
        index=[f"v{i}" for i in range(N)],
    )


FRAME = visits()
RESULTS = ["energy", "label", "top_features"]


@pytest.fixture(scope="module")
def model() -> Any:
    return table_pipeline("dagmm", **SETTINGS, contamination=0.1).fit(FRAME)


def test_pandas_keeps_its_rows_index_and_types(model: Any) -> None:
    frame = FRAME.assign(note=[object()] * N, label=pd.Categorical(["x"] * N))  # of no use to the model
    scored = score_frame(model, frame)
    assert list(scored) == [*frame, "energy", "hinterland_label", "top_features"]
    pd.testing.assert_frame_equal(scored[list(frame)], frame)
    np.testing.assert_allclose(scored["energy"], -model.score_samples(FRAME), rtol=0, atol=1e-9)
    flagged = model.predict(FRAME) == -1
    assert (scored["hinterland_label"] == "anomaly").tolist() == flagged.tolist()
    assert scored["top_features"].notna().tolist() == flagged.tolist()
    assert scored["top_features"][flagged].str.match(r"(age|vip|service) \+").all()
    assert list(score_frame(model, frame, keep=["note"], explained="none")) == ["note", "energy", "label"]


def test_every_make_gives_the_same(model: Any) -> None:
    expected = score_frame(model, FRAME, keep=["age"]).reset_index(drop=True)
    arrow = pa.Table.from_pandas(FRAME, preserve_index=False)
    found = score_frame(model, arrow, keep=["age"])
    assert isinstance(found, pa.Table)
    assert found.column_names == ["age", *RESULTS]
    batch = score_frame(model, arrow.combine_chunks().to_batches()[0], keep=["age"])
    polars = score_frame(model, pl.from_arrow(arrow), keep=["age"])
    assert isinstance(polars, pl.DataFrame)
    for other in (found.to_pandas(), batch.to_pandas(), polars.to_pandas()):
        pd.testing.assert_frame_equal(other, expected, check_dtype=False)


def test_a_repeated_index_is_kept_as_it_is(model: Any) -> None:
    twice = pd.concat([FRAME, FRAME])
    scored = score_frame(model, twice)
    assert scored.index.equals(twice.index)
    np.testing.assert_allclose(scored["energy"][:N], scored["energy"][N:], rtol=0, atol=1e-9)


@pytest.mark.parametrize("columns", [["a", "b", "c"], [0, 1, 2], [7, 8, 9]], ids=str)
@pytest.mark.parametrize("encoded", [True, False])
def test_names_of_any_kind(columns: list[Any], encoded: bool) -> None:
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(N, 3)), columns=columns)
    model = (table_pipeline("dagmm", **SETTINGS) if encoded else DAGMM(**SETTINGS)).fit(rows)
    scored = score_frame(model, rows, explained="all")
    assert list(scored) == [*columns, *RESULTS]
    np.testing.assert_allclose(scored["energy"], -model.score_samples(rows), rtol=0, atol=1e-9)


def test_numbered_columns_may_hold_anything() -> None:
    frame = FRAME.set_axis(range(3), axis=1)
    model = table_pipeline("dagmm", **SETTINGS).fit(frame)
    np.testing.assert_allclose(
        score_frame(model, frame)["energy"], -model.score_samples(frame), rtol=0, atol=1e-9
    )


def test_bad_rows_are_named_and_left_out(model: Any) -> None:
    bad = FRAME.astype({"age": object})
    bad.iloc[[3, 40], 0] = ["forty", "old"]
    with pytest.raises(TableError, match=r"column 'age': row 3 \(from 0\) has 'forty', row 40 \(from 0\)"):
        score_frame(model, bad)
    for frame, named in ((bad, "row 3 (from 0), row 40 (from 0)"), (_as_arrow(bad), "row 4, row 41")):
        with pytest.warns(UserWarning, match="skipped 2 rows with values that cannot be read") as said:
            scored = score_frame(model, frame, bad_rows="skip")
        assert str(said[0].message).endswith(f": {named}")
        assert len(scored) == N - 2


def _as_arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame.astype({"age": str}), preserve_index=False)


def test_what_is_wrong_is_named(model: Any) -> None:
    with pytest.raises(TypeError, match=r"got ndarray; a matrix has the model's energy\(X\)"):
        score_frame(model, np.zeros((3, 3)))
    with pytest.raises(TypeError, match="LazyFrame"):
        score_frame(model, pl.LazyFrame({"age": [1.0]}))
    with pytest.raises(TableError, match=r"cannot keep column\(s\) \['z'\]: not in the frame"):
        score_frame(model, FRAME, keep=["z"])
    with pytest.raises(TableError, match=r"lacks 1 of the 3 columns .*: 'vip'"):
        score_frame(model, FRAME.drop(columns="vip"))
    with pytest.raises(TypeError, match="got int"):
        score_frame(3, FRAME)


def test_a_frame_without_rows_has_the_columns(model: Any) -> None:
    scored = score_frame(model, FRAME[:0])
    assert list(scored) == [*FRAME, *RESULTS]
    assert len(scored) == 0
