from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from hinterland.tables.integer_time import find_integer_time, read_integer_times

DAYS = [int((dt.date(2024, 1, 25) + dt.timedelta(days=day)).strftime("%Y%m%d")) for day in range(40)]
HOURS = 1704067200 + 3600 * np.arange(50)


@pytest.mark.parametrize(
    ("values", "name", "form"),
    [
        (DAYS, "date", "yyyymmdd"),
        (DAYS[::-1], "x", "yyyymmdd"),
        (DAYS[:3], "date", "yyyymmdd"),
        (DAYS[:3], "x", None),
        ([*DAYS, 20240230], "date", None),
        ([*DAYS, 18991231], "date", None),
        (np.arange(20240101, 20240131), "x", None),
        ([20240105101500, 20241231235959], "timestamp", "yyyymmddhhmmss"),
        ([20240105101500, 20241231256000], "timestamp", None),
        (HOURS, "x", "s"),
        (HOURS * 10**3, "x", "ms"),
        (HOURS * 10**6, "x", "us"),
        (HOURS * 10**9, "x", "ns"),
        (HOURS + 0.25, "x", "s"),
        (HOURS[::-1], "x", None),
        (HOURS[::-1], "Stime", "s"),
        (HOURS[::-1], "createdAt", "s"),
        (HOURS[::-1], "ts", "s"),
        (HOURS[::-1], "seen_at", "s"),
        (HOURS[::-1], "hats", None),
        (HOURS, "customer_id", None),
        (HOURS, "phoneNumber", None),
        (1_700_000_000 + np.arange(50), "x", None),
        (1_700_000_000 + np.arange(50), "time", "s"),
        (np.repeat(HOURS, 4), "x", None),
        ([*HOURS, 5], "time", None),
        ([*HOURS, 5_000_000_000], "time", None),
        ([2019, 2020, 2021], "date", None),
        ([5, 6], "time", None),
        ([], "time", None),
        ([float("inf"), 1704067200.0], "time", None),
    ],
)
def test_numbers_that_are_times(values: list[float], name: str, form: str | None) -> None:
    assert find_integer_time(pa.array(values), name) == form
    assert (
        find_integer_time(pa.chunked_array([pa.array(values), pa.nulls(1, pa.array(values).type)]), name)
        == form
    )


def test_what_is_no_number_is_no_time() -> None:
    assert find_integer_time(pa.array([True, False]), "time") is None
    assert find_integer_time(pa.array(["1704067200"]), "time") is None


def test_they_are_read_as_dates_or_instants() -> None:
    noon = dt.datetime(2024, 1, 5, 12, 0, 0, 250_000)
    seconds = 1704456000
    for form, value in (
        ("s", seconds + 0.25),
        ("ms", seconds * 1000 + 250),
        ("us", seconds * 10**6 + 250_000),
    ):
        read = read_integer_times(pa.chunked_array([[value], [None]], pa.array([value]).type), form)
        assert read.to_pylist() == [noon, None]
        assert read.type == pa.timestamp("us")
    assert read_integer_times(pa.array([seconds * 10**9 + 1]), "ns").cast(pa.int64()).to_pylist() == [
        seconds * 10**9 + 1
    ]
    dates = read_integer_times(pa.array([20240105, 20240230, 5, -20240105, None]), "yyyymmdd")
    assert dates.to_pylist() == [dt.datetime(2024, 1, 5), None, None, None, None]
    long = read_integer_times(pa.array([20240105120000, 20240105256000]), "yyyymmddhhmmss")
    assert long.to_pylist() == [dt.datetime(2024, 1, 5, 12), None]


def test_absurd_numbers_are_no_dates() -> None:
    read = read_integer_times(pa.array([1e300, float("inf"), float("nan"), -1e18, 0.0]), "s")
    assert read.to_pylist() == [None, None, None, None, dt.datetime(1970, 1, 1)]
    assert read_integer_times(pa.array([2**62]), "ms").to_pylist() == [None]
    assert read_integer_times(pa.array([1e300, 20240105.5, 20240105.0]), "yyyymmdd").to_pylist() == [
        None,
        None,
        dt.datetime(2024, 1, 5),
    ]
