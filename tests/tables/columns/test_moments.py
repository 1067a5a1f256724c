from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from hinterland.tables.columns.moments import epoch_of, moments, sounds_like_a_time

DAYS = [int((dt.date(2024, 1, 25) + dt.timedelta(days=day)).strftime("%Y%m%d")) for day in range(40)]
HOURS = 1704067200 + 3600.0 * np.arange(50)


@pytest.mark.parametrize(
    ("numbers", "likely", "epoch"),
    [
        (DAYS, False, "yyyymmdd"),
        (DAYS[:3], False, None),
        (DAYS[:3], True, "yyyymmdd"),
        ([*DAYS, 20240230], False, None),
        ([20240105101500, 20241231235959], True, "yyyymmddhhmmss"),
        ([20240105101500, 20241231235959], False, None),
        ([20240105101500, 20241231256000], True, None),
        (HOURS, True, "s"),
        (HOURS, False, None),  # telephone numbers look so as well
        (HOURS * 10**3, False, "ms"),
        (HOURS * 10**6, False, "us"),
        (HOURS * 10**9, False, "ns"),
        (HOURS * 10**3 + 0.5, False, None),
        ([*HOURS * 10**3, 4_006_381_333_931], False, None),  # EAN
        ([*HOURS, 5_000_000_000], True, None),
        ([2019, 2020, 2021], True, None),
    ],
)
def test_numbers_that_are_times_are_told(numbers: list[float], likely: bool, epoch: str | None) -> None:
    assert epoch_of(np.array(numbers, float), likely=likely) == epoch


def test_times_written_as_one_number_are_read() -> None:
    numbers = np.array([20240105101507, np.nan, 20240105251507, 20240230101507])
    times, wrong = moments(numbers, "yyyymmddhhmmss")
    assert times.to_pylist() == [dt.datetime(2024, 1, 5, 10, 15, 7), None, None, None]
    assert wrong.tolist() == [False, False, True, True]


@pytest.mark.parametrize("name", ["ts", "last_seen", "createdDate", "occurred", "Zeitstempel_ts", "DOB"])
def test_names_speak_of_times(name: str) -> None:
    assert sounds_like_a_time(name)


@pytest.mark.parametrize("name", ["hats", "customer", "x", "absent"])
def test_names_do_not_speak_of_times(name: str) -> None:
    assert not sounds_like_a_time(name)
