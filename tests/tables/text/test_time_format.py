from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinterland.tables.text.time_format import TimeFormat, read_times, read_times_of_day, seconds_of_day


def read(layout: str, *texts: str | None) -> list[dt.datetime | None]:
    times = read_times(pa.array(texts, pa.string()), TimeFormat(layout))
    assert times.unreadable.tolist() == [
        time is None and text is not None for time, text in zip(times.local.to_pylist(), texts, strict=True)
    ]
    return times.local.to_pylist()


FIFTH, CLOCK = dt.datetime(2024, 1, 5), dt.datetime(2024, 1, 5, 14, 5, 9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layout", "text", "time"),
    [
        ("%Y-%m-%d", "2024-01-05", FIFTH),
        ("%Y-%m-%d", "2024-1-5", FIFTH),
        ("%Y-%m-%d", " 2024-01-05 ", FIFTH),
        ("%Y-%m-%d", "2024-01-05T14:05:09", CLOCK),
        ("%Y-%m-%d", "2024-01-05 14:05:09,25", CLOCK.replace(microsecond=250_000)),
        ("%Y-%m-%d", "2024-01-05 2:05:09 PM", CLOCK),
        ("%Y-%m-%d", "2024-01-05 14", CLOCK.replace(minute=0, second=0)),
        ("%Y-%m-%d", "2024-01-05 24:00", FIFTH + dt.timedelta(days=1)),
        ("%Y-%m-%d", "2024-02-29", dt.datetime(2024, 2, 29)),
        ("%Y-%m-%d", "2016-12-31 23:59:60", dt.datetime(2017, 1, 1)),
        ("%d/%m/%Y", "5/1/2024", FIFTH),
        ("%m/%d/%Y", "1/5/2024", FIFTH),
        ("%m/%d/%Y", "01/05/2024 2:05:09 p.m.", CLOCK),
        ("%d.%m.%Y", "05.01.2024", FIFTH),
        ("%d.%m.%Y", "5. 1. 2024", FIFTH),
        ("%d.%m.%Y", "Fr, 05.01.2024, 14.05.09 Uhr", CLOCK),
        ("%d.%m.%Y", "05.01.2024 um 14:05:09", CLOCK),
        ("%d/%m/%y", "05/01/24", FIFTH),
        ("%d/%m/%y", "05/01/69", dt.datetime(1969, 1, 5)),
        ("%d/%m/%y", "05/01/68", dt.datetime(2068, 1, 5)),
        ("%d-%b-%Y", "05-Jan-2024", FIFTH),
        ("%d-%b-%Y", "5-JAN-2024 14:05:09", CLOCK),
        ("%d-%b-%y", "05-Jan-24", FIFTH),
        ("%d%b%Y", "05JAN2024", FIFTH),
        ("%d %b %Y", "5 January 2024", FIFTH),
        ("%d %b %Y", "5th Jan. 2024", FIFTH),
        ("%d %b %Y", "Fri, 05 Jan 2024 14:05:09 GMT", CLOCK),
        ("%d %b %Y", "5 janvier 2024", FIFTH),
        ("%d. %b %Y", "5. März 2024", dt.datetime(2024, 3, 5)),
        ("%d. %b %Y", "5. Dez. 2024", dt.datetime(2024, 12, 5)),
        ("%b %d, %Y", "Jan 5, 2024", FIFTH),
        ("%b %d, %Y", "January 5, 2024 at 2:05:09 PM", CLOCK),
        ("%b %d %Y", "Fri Jan 05 2024 14:05:09 GMT+0100 (Central European Standard Time)", CLOCK),
        ("%b %d %T %Y", "Fri Jan  5 14:05:09 2024", CLOCK),
        ("%d/%b/%Y", "[05/Jan/2024:14:05:09 +0100]", CLOCK),
        ("%Y%m%d", "20240105", FIFTH),
        ("%Y%m%d", "20240105T140509", CLOCK),
        ("%Y%m%d", "20240105140509", CLOCK),
        ("%Y-%m", "2024-01", dt.datetime(2024, 1, 1)),
        ("%b %Y", "Jan 2024", dt.datetime(2024, 1, 1)),
        ("%G-W%V", "2024-W01", dt.datetime(2024, 1, 1)),
        ("%G-W%V", "2021-W01", dt.datetime(2021, 1, 4)),
        ("%G-W%V", "2020-W53-7", dt.datetime(2021, 1, 3)),
        ("%GW%V", "2024W05", dt.datetime(2024, 1, 29)),
    ],
)
def test_dates_and_times(layout: str, text: str, time: dt.datetime) -> None:
    assert read(layout, text) == [time]
    assert read(layout, text, "in between", None, text) == [time, None, None, time]


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("%Y-%m-%d", "2024-02-30"),
        ("%Y-%m-%d", "2023-02-29"),
        ("%Y-%m-%d", "2024-13-01"),
        ("%Y-%m-%d", "2024-00-01"),
        ("%Y-%m-%d", "2024-01-00"),
        ("%Y-%m-%d", "0000-01-01"),
        ("%Y-%m-%d", "2024-01-05 25:00"),
        ("%Y-%m-%d", "2024-01-05 10:60"),
        ("%Y-%m-%d", "2024-01-05 24:01"),
        ("%Y-%m-%d", "2024-01-05 14:05 PM"),
        ("%Y-%m-%d", "2024-01-05 0:05 AM"),
        ("%Y-%m-%d", "05/01/2024"),
        ("%Y-%m-%d", "2024-01"),
        ("%d/%m/%Y", "31/02/2024"),
        ("%d/%m/%Y", "01/13/2024"),
        ("%m/%d/%Y", "13/01/2024"),
        ("%d.%m.%y", "1.2.13"),
        ("%d-%b-%Y", "05-Foo-2024"),
        ("%Y%m%d", "18991231"),
        ("%Y%m%d", "2024015"),
        ("%G-W%V", "2024-W54"),
        ("%G-W%V", "2024-W00"),
        ("%Y-%m-%d", "2024-01-05T10:00:00+25:00"),
    ],
)
def test_what_is_no_such_time(layout: str, text: str) -> None:
    assert read(layout, text) == [None]


@pytest.mark.parametrize("company", [[], ["2024-1-1 0:00 +01:00"]])  # with Arrow's cast, and by the pattern
def test_the_local_hour_and_the_instant_are_kept_in_winter_and_summer(company: list[str]) -> None:
    texts = [
        "2024-01-05T10:00:00+01:00",
        "2024-07-05T10:00:00+02:00",
        "2024-07-05 10:00:00.5-0330",
        "2024-07-05T10:00:00Z",
        None,
    ]
    times = read_times(pa.array([*texts, *company]), TimeFormat(zoned=True))
    summer = dt.datetime(2024, 7, 5, 10)
    local = [dt.datetime(2024, 1, 5, 10), summer, summer.replace(microsecond=500_000), summer, None]
    assert times.local.to_pylist()[:5] == local
    assert times.offset.to_pylist()[:5] == [3600, 7200, -12600, 0, None]
    assert [time and time.replace(tzinfo=None) for time in times.instant().to_pylist()[:5]] == [
        dt.datetime(2024, 1, 5, 9),
        dt.datetime(2024, 7, 5, 8),
        dt.datetime(2024, 7, 5, 13, 30, 0, 500_000),
        summer,
        None,
    ]
    assert times.instant().type == pa.timestamp("us", "UTC")


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        (" CET", 1),
        (" CEST", 2),
        (" UTC", 0),
        ("z", 0),
        ("+01", 1),
        (" GMT+1", 1),
        (" -0530", -5.5),
        (" PDT", -7),
    ],
)
def test_named_zones(zone: str, hours: float) -> None:
    times = read_times(pa.array([f"2024-07-05 10:00{zone}", "2024-07-05"]), TimeFormat(zoned=True))
    assert times.offset.to_pylist() == [hours * 3600, None]
    assert times.local.to_pylist() == [dt.datetime(2024, 7, 5, 10), dt.datetime(2024, 7, 5)]
    assert times.instant().to_pylist()[1] is None


def test_nanoseconds_are_kept_where_there_are_any() -> None:
    for layout, text in (
        ("%Y-%m-%d", "2024-01-05 14:05:09.123456789"),
        ("%d/%m/%Y", "05/01/2024 14:05:09.123456789"),
    ):
        times = read_times(pa.array([text, None]), TimeFormat(layout))
        assert times.local.type == pa.timestamp("ns")
        assert times.local.cast(pa.int64()).to_pylist() == [1704463509123456789, None]
    far = read_times(pa.array(["05/01/2024 14:05:09.1234567", "05/01/9999 00:00"]), TimeFormat("%d/%m/%Y"))
    assert far.unreadable.tolist() == [False, True]
    assert read("%d/%m/%Y", "05/01/9999", "05/01/0001") == [dt.datetime(9999, 1, 5), dt.datetime(1, 1, 5)]


@pytest.mark.slow
@settings(max_examples=40)
@given(
    st.lists(st.datetimes(min_value=dt.datetime(1, 1, 1)), min_size=1),
    st.sampled_from([" ", "T"]),
    st.sampled_from(["", "Z", "+01:00"]),
)
def test_the_quick_way_and_the_pattern_agree(times: list[dt.datetime], between: str, zone: str) -> None:
    texts = [time.isoformat(between) + zone for time in times]
    quick = read_times(pa.array(texts), TimeFormat())
    slow = read_times(pa.array([*texts, "2024-1-1"]), TimeFormat())
    assert quick.local.to_pylist() == slow.local.to_pylist()[:-1] == times
    assert quick.offset.to_pylist() == slow.offset.to_pylist()[:-1]
    assert quick.local.type == slow.local.type


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("14:05", 50700),
        ("14:05:09", 50709),
        ("4:05:09.25", 14709.25),
        ("18.00.00", 64800),
        ("2:05 PM", 50700),
        ("12:00 AM", 0),
        ("12:30 pm", 45000),
        ("2 p.m.", 50400),
        ("14:05 Uhr", 50700),
        ("14h05", 50700),
        ("24:00", 86400),
        ("90:00", None),
        ("25:00:00", None),
        ("14:60", None),
        ("14:05 PM", None),
        ("12.30", None),
        ("14", None),
        ("", None),
    ],
)
def test_times_of_day(text: str, seconds: float | None) -> None:
    values, unreadable = read_times_of_day(pa.chunked_array([[text, "06.30.00"], [None]], pa.string()))
    assert values.to_pylist() == [seconds, 23400, None]
    assert unreadable.tolist() == [seconds is None, False, False]


@pytest.mark.parametrize("type", [pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")])
def test_times_of_day_of_arrow(type: pa.DataType) -> None:
    assert seconds_of_day(pa.array([dt.time(14, 5, 9), None], type)).to_pylist() == [50709, None]


def test_nothing_and_chunks_are_read() -> None:
    for layout in ("%Y-%m-%d", "%d/%m/%Y"):
        assert read(layout) == []
        assert read(layout, None, None) == [None, None]
    assert read_times(
        pa.array(["5 Jan 2024 2 PM"], pa.large_string()), TimeFormat("%d %b %Y")
    ).local.to_pylist() == [FIFTH.replace(hour=14)]
    chunks = pa.chunked_array([["05/01/2024"], ["x", None]], pa.large_string())
    assert read_times(chunks, TimeFormat("%d/%m/%Y")).local.to_pylist() == [FIFTH, None, None]


@pytest.mark.parametrize(
    ("format", "described"),
    [
        (TimeFormat(), "dates as 2024-01-31"),
        (TimeFormat("%d/%m/%Y"), "dates, day first, as 31/01/2024"),
        (TimeFormat("%m/%d/%y", "%I:%M %p"), "times, month first, as 01/31/24 2:05 PM"),
        (TimeFormat("%d.%m.%Y", "%H:%M:%S", zoned=True), "times, day first, as 31.01.2024 14:05:09 +01:00"),
        (TimeFormat("%d-%b-%Y"), "dates as 31-Jan-2024"),
        (TimeFormat("", "%H.%M.%S"), "times of day as 14.05.09"),
        (TimeFormat("%b %d %T %Y", "%H:%M:%S"), "times as Jan 31 14:05:09 2024"),
    ],
)
def test_a_format_says_itself_and_is_json(format: TimeFormat, described: str) -> None:
    assert format.describe() == described
    assert TimeFormat(**json.loads(json.dumps(dataclasses.asdict(format)))) == format
    assert format.is_time_of_day == (not format.date)
    assert format.is_iso == (format.date == "%Y-%m-%d")
