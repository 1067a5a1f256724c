"""What only grows, and dates in many forms: the next month is as the last one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow

HOURS = 744


def month(start: dt.datetime, first: int, seed: int) -> dict[str, Any]:
    """A month of hourly readings, in which nothing changes but the calendar and the number of the row."""
    rng = np.random.default_rng(seed)
    warmth = 20 + 3 * np.sin(np.arange(HOURS) * 2 * np.pi / 24) + rng.normal(0, 0.5, HOURS)
    return {
        "": first + np.arange(HOURS),
        "time": [(start + dt.timedelta(hours=hour)).isoformat(" ") for hour in range(HOURS)],
        "transaction_id": 100_000 + first + np.arange(HOURS),
        "warmth": warmth.round(2),
        "pressure": (1020 + rng.normal(0, 5, HOURS) - warmth).round(1),
    }


def test_later_months_are_flagged_no_more_than_the_first(place: Any) -> None:
    january = place.table("january.csv", month(dt.datetime(2024, 1, 1), 0, 0))
    told = place.fit(january)
    assert "left out as identifiers or counters" in told.said
    assert "'transaction_id' (it only grows)" in told.said
    assert "--kind COLUMN=number" in told.said
    assert "of times only what recurs is used: 'time' (hour of the day and day of the week)" in told.said
    for name, start, first in (
        ("february.csv", dt.datetime(2024, 2, 1), HOURS),
        ("december.csv", dt.datetime(2024, 12, 1), 12 * HOURS),
    ):
        scored, _ = place.score(place.table(name, month(start, first, 1)))
        assert len(scored) == HOURS
        assert 0.01 < (scored["label"] == "anomaly").mean() < 0.1
        assert not scored["top_features"].dropna().str.match("(transaction_id)? [+]").any()


def test_a_growing_column_is_kept_on_request(place: Any) -> None:
    kinds, _ = place.kinds(
        place.table("t.csv", month(dt.datetime(2024, 1, 1), 0, 0)), "--kind", "transaction_id=number"
    )
    assert kinds["transaction_id"] == "number"


DATES: dict[str, Callable[[dt.datetime], object]] = {
    "day first": lambda day: f"{day:%d/%m/%Y}",
    "month first": lambda day: f"{day:%m/%d/%Y}",
    "names": lambda day: f"{day:%d-%b-%Y}",
    "digits": lambda day: f"{day:%Y%m%d}",
    "minutes": lambda day: f"{day + dt.timedelta(minutes=day.day * 37 + 480):%d.%m.%Y %H:%M}",
    "ISO": lambda day: f"{day:%Y-%m-%d}",
    "epoch": lambda day: int(day.replace(tzinfo=dt.UTC).timestamp()),
}


@pytest.mark.parametrize("written", DATES)
def test_dates_are_dates_however_they_are_written(place: Any, written: str) -> None:
    tables = []
    for start, n_days, seed in ((dt.datetime(2024, 1, 1), 90, 0), (dt.datetime(2024, 4, 1), 30, 1)):
        rng = np.random.default_rng(seed)
        days = [start + dt.timedelta(days=day) for day in range(n_days) for _ in range(8)]
        visitors = rng.poisson([150 if day.weekday() > 4 else 100 for day in days])
        takings = (visitors * rng.normal(12, 1, len(days))).round(2)
        columns = {"date": [DATES[written](day) for day in days], "takings": takings, "visitors": visitors}
        tables.append(place.table(f"{n_days}.csv", pd.DataFrame(columns)))
    kinds, _ = place.kinds(tables[0])
    assert kinds == {"date": "time", "takings": "number", "visitors": "number"}
    place.fit(tables[0])
    scored, _ = place.score(tables[1])
    assert (scored["label"] == "anomaly").mean() < 0.12
    assert scored["energy"].max() < 100
