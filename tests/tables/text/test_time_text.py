from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinterland.tables.text.time_text import TimeFormat, find_time_format, read_times, read_times_of_day


@pytest.mark.parametrize(
    ("texts", "format"),
    [
        (["2024-01-05", "2024-12-31"], TimeFormat()),
        (["2024-01-05 10:00", "2024-01-05T10:00:05.123"], TimeFormat(clock="%H:%M:%S")),
        (["2024-01-05T10:00:00Z"], TimeFormat(clock="%H:%M:%S", zoned=True)),
        (["2024-01-05 10:00 CET", "2024-07-05 10:00 CEST"], TimeFormat(clock="%H:%M", zoned=True)),
        (["2024/01/05", "2024/01/13"], TimeFormat("%Y/%m/%d")),
        (["16/12/2006", "1/1/2007"], TimeFormat("%d/%m/%Y")),
        (["12/16/2006", "1/1/2007"], TimeFormat("%m/%d/%Y")),
        (["16-12-2006", "01-01-2007"], TimeFormat("%d-%m-%Y")),
        (["10.11.2012", "01.02.2013"], TimeFormat("%d.%m.%Y")),
        (["10.16.2012", "01.02.2013"], TimeFormat("%m.%d.%Y")),
        (["05.01.2024 10:15", "31.12.2024 23:59"], TimeFormat("%d.%m.%Y", "%H:%M")),
        (["05.01.24 10.15.30"], TimeFormat("%d.%m.%y", "%H.%M.%S")),
        (["1/13/24 3:04 PM", "1/1/24 3:04 AM"], TimeFormat("%m/%d/%y", "%I:%M %p")),
        (["99/01/05", "98/12/31"], TimeFormat("%y/%m/%d")),
        (["01-Jan-2024", "31-Dec-2024"], TimeFormat("%d-%b-%Y")),
        (["5-Jan-24", "31-Dec-24"], TimeFormat("%d-%b-%y")),
        (["Jan-24", "Dec-23"], TimeFormat("%b-%y")),
        (["2024-01-05 10:00:00.5 +0100 CET"], TimeFormat(clock="%H:%M:%S", zoned=True)),
        (["Jan 5, 2024", "December 24, 2024"], TimeFormat("%b %d, %Y")),
        (["Mon, 05 Jan 2024 10:00:00 GMT"], TimeFormat("%d %b %Y", "%H:%M:%S", zoned=True)),
        (["05/Jan/2024:10:00:00 +0100"], TimeFormat("%d/%b/%Y", "%H:%M:%S", zoned=True)),
        (["20240105", "20241231"], TimeFormat("%Y%m%d")),
        (["2024-01", "2024-12"], TimeFormat("%Y-%m")),
        (["2024-W01", "2024-W52"], TimeFormat("%G-W%V")),
        (["14:05", "23:59", "0:00"], TimeFormat("", "%H:%M")),
        (["14:05:09", "07:00"], TimeFormat("", "%H:%M:%S")),
        (["18.00.00", "06.30.15"], TimeFormat("", "%H.%M.%S")),
        (["2:05 PM", "12:00 AM"], TimeFormat("", "%I:%M %p")),
    ],
)
def test_formats_that_a_column_settles(texts: list[str], format: TimeFormat) -> None:
    found = find_time_format([*texts, None])
    assert (found.format, found.other, found.reason, found.share) == (format, None, "", 1.0)
    if format.is_time_of_day:
        assert not read_times_of_day(pa.array(texts))[1].any()
    else:
        assert not read_times(pa.array(texts), format).unreadable.any()


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["13/12/2006", "12/13/2006"], "not all are dates as 31/01/2024: '12/13/2006'"),
        (["31/02/2024"], "'31/02/2024'"),
        (["2024-02-30", "2024-02-28"], "not all are dates as 2024-01-31: '2024-02-30'"),
        (["2024-01-05", "hello"], "cannot be read as dates or times: 'hello'"),
        (["2024-01-05", "05.01.2024"], "cannot be read"),
        (["90:00", "05:00"], "'90:00' is no time of day; durations are not read"),
        (["1:23:45.6", "25:00:00"], "'25:00:00' is no time of day"),
        (["1:23:45.6", "125:00:00"], "'125:00:00' is no time of day"),
        (["12.30"], "cannot be read"),
        (["1.234", "5"], "cannot be read"),
        (["2024", "2023"], "cannot be read"),
        (["1.2.3", "1.10.0"], "cannot be read"),
        (["1.2.13", "1.10.14"], "cannot be read"),
        (["192.168.1.1"], "cannot be read"),
        (["1-2", "3-4"], "cannot be read"),
        (["2019-20"], "'2019-20'"),
        (["3/4", "1/2"], "cannot be read"),
        (["01067", "99423"], "cannot be read"),
        (["12345678"], "'12345678'"),
        (["030-1234567"], "cannot be read"),
        (["555-12-3456"], "cannot be read"),
        (["5 kg"], "cannot be read"),
        (["may", "june"], "cannot be read"),
        (["Monday"], "cannot be read"),
        ([""], "cannot be read"),
        ([], "there are no values"),
        ([None], "there are no values"),
    ],
)
def test_what_is_no_time_and_why(texts: list[str], reason: str) -> None:
    found = find_time_format(texts)
    assert found.format is None
    assert reason in found.reason
    assert found.share < 1.0


@pytest.mark.parametrize(
    ("texts", "day_first"),
    [
        (["16/12/2006"], True),
        (["12/16/2006"], False),
        (["10/11/2012"], None),
        (["2024-01-05"], None),
        (["01-Jan-2024"], None),
    ],
)
def test_a_column_says_whether_it_settles_which_is_first(texts: list[str], day_first: bool | None) -> None:
    assert find_time_format(texts).day_first is day_first


DAY, MONTH = TimeFormat("%d/%m/%Y"), TimeFormat("%m/%d/%Y")


def test_what_a_column_leaves_open_is_said() -> None:
    texts = ["10/11/2012", "03/04/2012"]
    found = find_time_format(texts)
    assert (found.format, found.other, found.is_ambiguous) == (DAY, MONTH, True)
    assert found.reason == (
        "the day is taken to be first in '10/11/2012', not the month: the column does not settle it"
    )
    for day_first, format in ((True, DAY), (False, MONTH)):
        asked = find_time_format(texts, day_first=day_first)
        assert (asked.format, asked.other, asked.reason) == (format, None, "")
    assert find_time_format(["13/11/2012"], day_first=False).format == DAY
    short = find_time_format(["10/11/12"])
    assert short.format == TimeFormat("%d/%m/%y")
    assert short.is_ambiguous


def test_a_column_that_only_grows_settles_which_is_first() -> None:
    days = [dt.date(2024, month, day) for month in range(1, 4) for day in range(1, 13)]
    for layout in ("%d/%m/%Y", "%m/%d/%Y"):
        texts = [day.strftime(layout) for day in days]
        for ordered in (texts, texts[::-1]):
            found = find_time_format(ordered)
            assert (found.format, found.is_ambiguous) == (TimeFormat(layout), False)
        assert find_time_format(texts, in_order=False).is_ambiguous
        assert find_time_format(texts[:4] + texts[12:14]).is_ambiguous
    shuffled = [day.strftime("%m/%d/%Y") for day in days[::5] + days[1::5]]
    assert find_time_format(shuffled).is_ambiguous


def test_a_share_of_times_will_do_on_request() -> None:
    texts, counts = ["16/12/2006", "1/1/2007", "oops", None], [50, 45, 5, 100]
    assert find_time_format(texts, counts).format is None
    found = find_time_format(texts, counts, least=0.95)
    assert found.format == DAY
    assert found.share == pytest.approx(0.95)
    assert find_time_format(texts, counts, least=0.96).format is None
    assert find_time_format(["14:05", "?", "15:05"], [5, 1, 4], least=0.9).format == TimeFormat("", "%H:%M")


def test_long_columns_are_told_as_short_ones() -> None:
    start = dt.datetime(2024, 1, 1)
    times = [start + dt.timedelta(minutes=17 * step) for step in range(3000)]
    texts = [time.strftime("%m/%d/%Y %H:%M:%S") for time in times]
    assert find_time_format(texts).format == TimeFormat("%m/%d/%Y", "%H:%M:%S")
    assert find_time_format([*texts, "late"]).reason == "cannot be read as dates or times: 'late'"
    assert find_time_format([*texts[:2000], "01/01/2024 25:00:00", *texts[2000:]]).format is None
    assert find_time_format([*texts, "01/02/2024 13:05 PM"]).format is None
    assert find_time_format([f"{text} AM" for text in texts]).format is None


LAYOUTS = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%b-%Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%Y%m%d",
    "%a, %d %b %Y",
]
CLOCKS = ["", " %H:%M", " %H:%M:%S", "T%H:%M:%S.%f", " %I:%M:%S %p"]


@settings(max_examples=25)
@given(
    st.lists(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2099, 12, 31)), min_size=1, max_size=9),
    st.sampled_from(LAYOUTS),
    st.sampled_from(CLOCKS),
)
def test_what_was_written_is_found_and_read_back(times: list[dt.datetime], layout: str, clock: str) -> None:
    times = [*times, dt.datetime(2024, 1, 31, 14, 5, 9)]
    texts = [time.strftime(layout + clock) for time in times]
    found = find_time_format(texts)
    assert found.format is not None
    assert not found.is_ambiguous
    assert found.format.date == layout.replace("%B", "%b").replace("%a, ", "")
    written = [dt.datetime.strptime(text, layout + clock) for text in texts]
    assert read_times(pa.array(texts), found.format).local.to_pylist() == written


@settings(max_examples=25)
@given(st.lists(st.text("0123459:/.- TZ+PMJan,", min_size=1, max_size=12), min_size=1, max_size=4))
def test_what_is_found_can_be_read(texts: list[str]) -> None:
    found = find_time_format(texts)
    if found.format is None:
        assert found.reason
    elif found.format.is_time_of_day:
        assert not read_times_of_day(pa.array(texts))[1].any()
    else:
        assert not read_times(pa.array(texts), found.format).unreadable.any()
