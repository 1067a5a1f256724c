from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hinterland.tables.columns.decide import decide_column
from hinterland.tables.columns.decisions import Asked, Column
from hinterland.tables.text.duration_text import are_durations, read_durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("61:05", 3665),
        ("1:30.215", 90.215),
        ("1:30,5", 90.5),
        ("38:12:05", 137525),
        ("1 days 02:03:04", 93784),
        ("1 day, 2:03:04", 93784),
        ("-0:30", -30),
        ("2h 15min", 8100),
        ("45 min", 2700),
        ("PT4M13S", 253),
        ("P1DT1H", 90000),
        ("1.5s", 1.5),
    ],
)
def test_durations_are_read_in_seconds(text: str, seconds: float) -> None:
    values, unreadable = read_durations(pa.array([text, None]))
    assert values.to_pylist() == [pytest.approx(seconds), None]
    assert not unreadable.any()


@pytest.mark.parametrize("text", ["1:75", "12:3", "P", "PT", "12M", "", "a:10", "1:20:75"])
def test_other_text_is_no_duration(text: str) -> None:
    values, unreadable = read_durations(pa.array([text]))
    assert unreadable.tolist() == [True]
    assert values.null_count == 1


@pytest.mark.parametrize(
    ("texts", "name", "found"),
    [
        (["10:05", "23:59"], "start", False),  # times of the day
        (["3:05", "4:59"], "length", True),
        (["3:05", "4:59"], "callDuration", True),
        (["3:05", "4:59"], "Dauer (min)", True),
        (["10:05", "25:59"], "x", True),
        (["0 days 00:10:00", "0 days 00:12:00"], "x", True),
        (["2h 15min", "50min"], "x", True),
        (["10:05", "noon", "26:00"], "x", False),
        (["12M", "14M"], "x", False),
    ],
)
def test_durations_are_told_from_times_of_the_day(texts: list[str], name: str, found: bool) -> None:
    assert are_durations(pa.array(texts), name) == found


def test_a_column_of_durations_is_a_number() -> None:
    texts = pa.array([*(f"{20 + k % 30}:{k % 60:02d}" for k in range(80)), "n/a"])
    found = decide_column(Column(texts, "took"), Asked())
    assert (found.reading.kind, found.reading.why) == ("number", "durations, in seconds")
    assert found.read.values[:2].tolist() == [1200.0, 1261.0]
    assert np.isnan(found.read.values[80])
    assert not found.read.bad.any()
    again = type(found.reading).from_state(found.reading.to_state())
    assert again == found.reading
