"""Parquet as pandas writes it, and models of CSV files on it."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow

N = 300


@pytest.fixture
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    seconds = pd.to_timedelta(rng.integers(0, 30 * 86_400, N), "s")
    table = {"x": rng.normal(size=N), "n": rng.integers(0, 50, N), "k": rng.choice([*"abc"], N)}
    table |= {"flag": rng.random(N) < 0.3, "when": pd.Timestamp("2024-01-01") + seconds}
    frame = pd.DataFrame(table)
    frame.loc[::50, "x"] = np.nan
    return frame


def test_the_stored_index_is_left_out(place: Any, rows: pd.DataFrame) -> None:
    rows[rows["x"] > -1].sort_values("x").to_parquet(place / "t.parquet")
    kinds, notes = place.kinds(place / "t.parquet")
    assert kinds["__index_level_0__"] == "identifier"
    assert "'__index_level_0__' (the stored index)" in notes
    rows.set_index("when").to_parquet(place / "t.parquet")
    assert place.kinds(place / "t.parquet")[0]["when"] == "time"


def test_a_model_of_a_csv_file_scores_parquet_of_wider_types_alike(place: Any, rows: pd.DataFrame) -> None:
    place.fit(place.table("t.csv", rows))
    expected = place.score(place / "t.csv")[0]["energy"]
    zone = {"nonexistent": "shift_forward", "ambiguous": "NaT"}
    for frame in (
        rows,
        rows.astype({"k": "category"}),
        rows.astype({"n": "Int64", "flag": "boolean"}),
        rows.astype({"n": "float64", "flag": "int8"}),
        rows.assign(when=rows["when"].dt.tz_localize("Europe/Berlin", **zone)),
        rows.set_index("when"),
    ):
        frame.to_parquet(place / "t.parquet")
        scored, _ = place.score(place / "t.parquet")
        np.testing.assert_array_equal(scored["energy"], expected)


def test_other_types_are_read_or_refused_by_name(place: Any, run: Any, rows: pd.DataFrame) -> None:
    table = pa.Table.from_pandas(rows, preserve_index=False)
    price = pa.array(
        [decimal.Decimal(int(100 + i)).scaleb(-2) for i in np.random.default_rng(1).permutation(N)]
    )
    read = {
        "price": (price, "number"),
        "t": (pa.array([dt.time(i % 24, 2) for i in range(N)]), "time_of_day"),
        "h": (pa.array(np.random.default_rng(1).normal(size=N).astype("f2")), "number"),
        "void": (pa.nulls(N), "empty"),
    }
    for name, (values, kind) in read.items():
        pq.write_table(table.append_column(name, values), place / "t.parquet")
        assert place.kinds(place / "t.parquet")[0][name] == kind
    for name, values in (("tags", pa.array([[1, 2]] * N)), ("blob", pa.array([b"\0\1"] * N))):
        pq.write_table(table.append_column(name, values), place / "t.parquet")
        refused = run("fit", place / "t.parquet", "--save", place / "m")
        assert refused.code == 1
        assert f"column '{name}' cannot be encoded" in refused.said


def test_infinite_numbers_are_an_error_unless_a_rule_is_asked_for(
    place: Any, run: Any, rows: pd.DataFrame
) -> None:
    rows["n"] = np.where(np.arange(N) % 40 == 3, np.inf, rows["n"])
    rows.to_parquet(place / "t.parquet")
    refused = run("fit", place / "t.parquet", "--save", place / "m")
    assert refused.code == 1
    assert "column 'n': row 4 has inf" in refused.said
    for rule in ("missing", "clip"):
        assert f"--infinite {rule}" in refused.said
        place.fit(place / "t.parquet", "--infinite", rule)
        scored, _ = place.score(place / "t.parquet")
        assert np.isfinite(scored["energy"]).all()
