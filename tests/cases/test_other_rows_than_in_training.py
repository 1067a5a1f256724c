"""Gaps where training had none, and categories of hundreds of levels, a tenth of them new each day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow


def readings(n_rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    warmth = rng.normal(20, 1, n_rows)
    return pd.DataFrame(
        {
            "T": warmth,
            "P": 1000 - 3 * (warmth - 20) + rng.normal(0, 0.5, n_rows),
            "V": rng.gamma(5, 0.4, n_rows),
            "W": 2 * warmth + rng.normal(0, 0.3, n_rows),
            "site": rng.choice(["north", "south"], n_rows),
        }
    ).round(3)


def test_what_is_missing_is_odd_by_a_bounded_amount_and_counted(place: Any) -> None:
    place.fit(place.table("train.csv", readings(800, 0)))
    rows = readings(400, 1)
    rows.loc[2, "P"] = np.nan
    rows.loc[4, ["T", "P"]] = np.nan
    rows.loc[6, ["T", "P", "V", "W"]] = np.nan
    rows.loc[8] = np.nan
    scored, said = place.score(place.table("new.csv", rows))
    gappy = scored.iloc[[2, 4, 6, 8]]
    assert (gappy["label"] == "anomaly").all()
    assert gappy["energy"].max() < 100
    assert (scored["label"] == "anomaly").mean() < 0.12
    assert gappy["top_features"].iloc[0].startswith("P ")
    assert "2 rows lack more than half of the values that the model uses" in said


def day(n_rows: int, seed: int, n_odd: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    path = rng.zipf(1.3, n_rows) % 20_000
    size = rng.lognormal(8, 0.5, n_rows)
    truth = np.isin(np.arange(n_rows), rng.choice(n_rows, n_odd, replace=False))
    size[truth] *= 50
    status = rng.choice([200, 304, 404], n_rows, p=[0.9, 0.08, 0.02])
    columns = {"path": [f"/item/{p}" for p in path], "status": status, "bytes": size.round()}
    return pd.DataFrame(columns | {"truth": truth.astype(int)})


def test_a_new_day_of_a_web_log_is_as_the_last_one(place: Any) -> None:
    monday, tuesday = day(1500, 0, 0), day(1500, 1, 6)
    is_new = ~tuesday["path"].isin(set(monday["path"])).to_numpy()
    assert is_new.mean() > 0.1
    options = ["--drop", "truth", "--category", "status"]
    told = place.fit(place.table("monday.csv", monday), *options, settings=["--set", "steps=60"])
    assert told.code == 0
    path = place.table("tuesday.csv", tuesday)
    assert place.evaluate(path, "--label", "truth", "--anomaly", 1)["auroc"] > 0.99
    scored, _ = place.score(path)
    is_flagged = (scored["label"] == "anomaly").to_numpy()
    assert 0.015 < is_flagged.mean() < 0.09
    assert is_flagged[is_new].mean() < 0.12  # odd, but not for being new
    assert scored["energy"].max() < 200
    assert scored["top_features"][scored["truth"] == 1].str.startswith("bytes ").all()
