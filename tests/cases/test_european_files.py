"""Files of European meters: semicolons, decimal commas, day first, words and numbers for missing values."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

HOURS = 600
START = dt.datetime(2004, 3, 10, 18)


def air() -> tuple[list[str], list[str], np.ndarray]:
    """Lines as a meter writes them, lines that say the same plainly, and which rows are odd."""
    rng = np.random.default_rng(0)
    co = 2 + 0.8 * np.sin(np.arange(HOURS) * 2 * np.pi / 24) + rng.gamma(2, 0.3, HOURS)
    benzene = 4 * co + rng.normal(0, 0.6, HOURS)
    warmth = 14 + rng.normal(0, 3, HOURS)
    is_odd = np.isin(np.arange(HOURS), rng.choice(HOURS, 12, replace=False))
    benzene[is_odd] = 4 * benzene[is_odd] + 20
    is_missing = rng.random(HOURS) < 0.17
    raw, plain = [], ["when,co,benzene,warmth"]
    for hour in range(HOURS):
        when = START + dt.timedelta(hours=hour)
        values = [f"{value:.1f}" for value in (co[hour], benzene[hour], warmth[hour])]
        written = [*("-200" if is_missing[hour] else values[0].replace(".", ",") for _ in "1"), *values[1:]]
        written = [value.replace(".", ",") for value in written]
        raw.append(f"{when:%d/%m/%Y};{when:%H.%M.%S};" + ";".join(written))
        plain.append(f"{when.isoformat()},{'' if is_missing[hour] else values[0]},{values[1]},{values[2]}")
    return raw, plain, is_odd


def test_a_file_of_a_meter_is_read_as_it_was_meant(place: Any) -> None:
    raw, plain, is_odd = air()
    head = "Date;Time;CO(GT);C6H6(GT);T"
    path = place.write("air.csv", [head + ";;", *(line + ";;" for line in raw)])
    kinds, notes = place.kinds(path)
    numbers = ("CO(GT)", "C6H6(GT)", "T")
    assert kinds == {"Date": "time", "Time": "time_of_day", **dict.fromkeys(numbers, "number")}
    assert "-200 in 'CO(GT)'" in notes
    assert "(--missing -200)" in notes
    assert "2 columns without name and values left out" in place.fit(path, "--missing", "-200").said
    scored, _ = place.score(path)
    place.fit(place.write("plain.csv", plain), model="plain.hinterland")
    meant, _ = place.score(place / "plain.csv", model="plain.hinterland")
    for rows in (scored, meant):
        assert len(rows) == HOURS
        assert rows["energy"].rank(pct=True)[is_odd].median() > 0.95
    assert np.corrcoef(scored["energy"].rank(), meant["energy"].rank())[0, 1] > 0.7


def power(share: float, n_rows: int = 400) -> list[str]:
    """A meter that is off in a share of the rows: a question mark in each column of numbers."""
    rng = np.random.default_rng(1)
    lines = ["Date;Time;Power;Voltage;Sub_metering"]
    for i in range(n_rows):
        when = dt.datetime(2006, 12, 16, 17, 24) + dt.timedelta(minutes=61 * i)
        values = [f"{rng.gamma(2, 0.7):.3f}", f"{240 + rng.normal(0, 2):.3f}", f"{rng.integers(0, 3)}.000"]
        written = ["?"] * 3 if rng.random() < share else values
        lines.append(f"{when.day}/{when.month}/{when.year};{when:%H:%M:%S};" + ";".join(written))
    return lines


def test_question_marks_are_missing_however_many_and_times_of_day_are_read(place: Any) -> None:
    for share in (0.02, 0.2):
        path = place.write("power.txt", power(share))
        kinds, notes = place.kinds(path)
        assert list(kinds.values()) == ["time", "time_of_day", "number", "number", "number"]
        assert "'?'" in notes
    told = place.fit(path)
    assert "dates, day first, as 31/01/2024" in told.said
    scored, _ = place.score(path)
    assert len(scored) == 400
    assert scored["energy"].abs().max() < 1000
