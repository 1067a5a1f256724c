"""One table without labels, scored itself: small and large ones, rare columns, degenerate ones."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinterland import Surprisal
from hinterland.pipeline import table_pipeline

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("n", "d"), [(200, 4), (200, 10), (1000, 6)])
def test_about_as_many_rows_are_flagged_as_asked_for_and_the_odd_ones_rank_on_top(
    place: Any, n: int, d: int
) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
    odd = rng.choice(n, n // 20, replace=False)
    rows[odd] += rng.normal(size=(len(odd), d)) * 3 * rows.std(0)
    table = pd.DataFrame(rows.round(4), columns=[f"v{j}" for j in range(d)])
    path = place.table("t.csv", table.assign(truth=np.isin(np.arange(n), odd).astype(int)))
    told = place.fit(path, "--drop", "truth", "--contamination", 0.1, settings=["--set", "steps=60"])
    assert 0.03 * n <= told.json["flagged_training_rows"] <= 0.13 * n
    assert place.evaluate(path, "--label", "truth", "--anomaly", 1)["auroc"] > 0.93


@pytest.mark.parametrize("seed", [0, 1])
def test_a_gap_or_an_alarm_in_single_rows_does_not_move_the_threshold(place: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    gaps = pd.DataFrame(rng.normal(size=(1000, 3)).round(4), columns=[*"abc"])
    alarms = gaps.copy()
    for j, name in enumerate("abc"):
        gaps.loc[rng.integers(1000), name] = np.nan
        alarms[f"alarm{j}"] = (np.arange(1000) == rng.integers(1000)).astype(int)
    for table in (gaps, alarms):
        path = place.table("t.csv", table)
        told = place.fit(path, "--seed", seed, settings=["--set", "steps=40"])
        assert told.json["flagged_training_rows"] <= 70
        table[[*"abc"]] = np.random.default_rng(9).normal(size=(1000, 3))
        scored, _ = place.score(place.table("new.csv", table))
        assert 0.015 < (scored["label"] == "anomaly").mean() < 0.1
        assert scored["energy"].max() < 1000


def six() -> np.ndarray:
    return np.array([[43.3], [62.9], [55.2], [48.6], [67.1], [421.5]])


@pytest.mark.parametrize(
    ("rows", "odd"),
    [
        (
            np.r_[np.full(10, 0.1), np.linspace(0.1, 0.2, 30), 26.98, 81.3, 63.7, 95][:, None],
            [40, 41, 42, 43],
        ),
        (np.r_[np.ones((9, 2)), [[2, 2]], np.ones((190, 2))], [9]),
        (six(), [5]),
    ],
    ids=["duplicates", "all but one the same", "six numbers"],
)
def test_of_little_tables_the_odd_rows_are_flagged(rows: np.ndarray, odd: list[int]) -> None:
    share = 0.2 if len(rows) == 6 else 0.1
    detector = Surprisal(random_state=0, steps=60, contamination=share)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "nothing can be told from so few rows")
        labels = detector.fit(rows).predict(rows)
    assert np.flatnonzero(labels == -1).tolist() == odd


@pytest.mark.parametrize("as_table", [True, False])
def test_huge_values_have_the_highest_energies_without_a_warning(as_table: bool) -> None:
    rows = np.random.default_rng(0).normal(size=(300, 3))
    rows[7, 1], rows[8, 1] = 1e300, -1e308
    detector = Surprisal(random_state=0, steps=20)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        model = table_pipeline(detector) if as_table else detector
        given = pd.DataFrame(rows, columns=[*"abc"]) if as_table else rows
        energy = -model.fit(given).score_samples(given)
    assert set(np.argsort(energy)[-2:]) == {7, 8}
    assert np.isfinite(energy).all()
