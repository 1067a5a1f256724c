from __future__ import annotations

import pytest

from hinterland.tables.csv.header import distinct_names, votes

NUMBERS = [["1", "2.5"], ["3", "4,5"], ["-1e3", "?"]]


@pytest.mark.parametrize(
    ("first", "below"),
    [
        (["a", "b"], NUMBERS),
        (["a", "b"], []),
        (["day", "at"], [["31/01/2024", "10:30"], ["01.02.2024", "11:00:05"]]),
        (["sport", "x"], [["0x000b", "1"], ["0x1f", "2"]]),
        (["name", "city"], [["ann", "rome"], ["bob", "oslo"]]),
        (["price", "x"], [["$1,234.50", "(5)"], ["€3", "12 %"]]),
        (["country", "2001", "2002"], [["France", "1", "2"], ["Spain", "3", "4"]]),  # years
        (["0", "1", "2"], [["0.5", "0.1", "7"], ["0.2", "0.3", "1"]]),  # of a frame without names
        (["", "x"], [["0", "1"], ["1", "5"]]),
        (
            ["state", "lat", "1/22/20", "1/23/20"],
            [["", "33.9", "0", "1"], ["Hubei", "41.1", "5", "7"]],
        ),  # days
        (["k", "x", "m"], [["a", "1", "b"], ["k", "x", "m"], *[["b", "2", "c"]] * 5]),  # joined files
        (["id", "class"], [["1", "a"], ["2", "class"]]),  # one column says so, one not
        (["400", "410", "420", "430"], [["0.5", "0.1", "7", "2"], ["0.2", "0.3", "1", "2"]]),  # wavelengths
    ],
)
def test_names_are_told_from_values(first: list[str], below: list[list[str]]) -> None:
    assert votes(first, below).is_header


@pytest.mark.parametrize(
    ("first", "below"),
    [
        (["7", "8.5"], NUMBERS),
        (["7"], []),
        (["1", "2"], [["3", "4"]]),
        (["0", "tcp", "SF"], [["0", "udp", "SF"], ["5", "tcp", "S0"]]),
        (["M", "0.4"], [["F", "0.5"], ["M", "0.1"]]),
        (["2024-01-01", "x"], [["2024-01-02", "y"]]),
        (["?", "0", "a"], [["56", "1", "b"], ["54", "0", "c"]]),  # a missing value is no name
        (["01.02.2024", "10:30"], [["02.02.2024", "11:30"]]),
        (["12.30", "5"], [["7.5", "6"], ["10.45", "7"]]),
        (["ann", "rome"], [["bob", "oslo"], ["ann", "rome"]]),
        (["10", "20", "30", "40"], [["20", "30", "40", "50"], ["5", "1", "2", "2"]]),  # rows count as well
    ],
)
def test_values_are_told_from_names(first: list[str], below: list[list[str]]) -> None:
    assert not votes(first, below).is_header


def test_doubt_is_told() -> None:
    assert votes(["a", "b"], NUMBERS).is_clear
    assert votes(["amount", "town"], [["CHF 1'234.50", "Bern"], ["-", "Chur"], ["CHF 2.-", "Biel"]]).is_clear
    assert not votes(["name", "city"], [["ann", "rome"]]).is_clear
    assert not votes(["0", "1", "2"], [["0.5", "0.1", "7"]]).is_clear


def test_names_are_made_distinct() -> None:
    assert distinct_names(["x", "y", "x", "x"]) == ["x", "y", "x.2", "x.3"]
    assert distinct_names(["x", "x.2", "x"]) == ["x", "x.2", "x.3"]
    assert distinct_names(["", "a", " ", "unnamed"]) == ["unnamed", "a", "unnamed.2", "unnamed.3"]


def test_many_equal_names_take_no_time() -> None:
    assert len(set(distinct_names(["x"] * 50_000 + [""] * 50_000))) == 100_000
