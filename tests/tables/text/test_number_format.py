from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinterland.tables.text.number_format import NumberFormat, plain_numbers, read_numbers


def read(format: NumberFormat, *texts: str | None) -> list[float | None]:
    values, unreadable = read_numbers(pa.array(texts, pa.string()), format)
    assert values.type == pa.float64()
    assert unreadable.tolist() == [
        value is None and text is not None and text != "nan"
        for value, text in zip(values.to_pylist(), texts, strict=True)
    ]
    return values.to_pylist()


def test_plain_numbers() -> None:
    assert read(NumberFormat(), "1", " 2.5 ", "-1e3", "+.5", "5.", None, "007") == [
        1,
        2.5,
        -1000,
        0.5,
        5,
        None,
        7,
    ]


def test_infinities_are_read_and_nan_is_missing() -> None:
    plain = read(NumberFormat(), "inf", "-Infinity", "1e999", "nan")
    assert plain == [math.inf, -math.inf, math.inf, None]
    assert read(NumberFormat(), "inf", "-INF", "∞", "nan", "x") == [math.inf, -math.inf, math.inf, None, None]
    assert read(NumberFormat(unit="kg"), "inf", "5 kg") == [math.inf, 5]


@pytest.mark.parametrize(
    "text",
    [
        "1_000",
        "１２",
        "1,23",
        "1.2.3",
        "1-5",
        "- -5",
        "--5",
        "5 kg",
        "(-5)",
        "(5",
        "0x1f",
        "1e",
        "12,34",
        "0,123",
        "1,2345",
        "five",
        "1 2",
        "1,234 567",
        "#",
        "e5",
        ".",
    ],
)
def test_what_is_no_plain_number(text: str) -> None:
    assert read(NumberFormat(), text, "1") == [None, 1]


COMMA, POINT = NumberFormat(decimal=","), NumberFormat()


@pytest.mark.parametrize(
    ("format", "text", "value"),
    [
        (POINT, "1,234.50", 1234.5),
        (POINT, "1,234", 1234),
        (POINT, "12,34,567.00", 1234567),
        (POINT, "1'234'567.5", 1234567.5),
        (POINT, "1’234.5", 1234.5),
        (POINT, "1 234", 1234),
        (POINT, "−5", -5),
        (POINT, "- 5", -5),
        (POINT, "(1,234.5)", -1234.5),
        (POINT, "5-", -5),
        (COMMA, "1.234,50", 1234.5),
        (COMMA, "1.234", 1234),
        (COMMA, "1234,5", 1234.5),
        (COMMA, ",5", 0.5),
        (COMMA, "1 234 567,5", 1234567.5),
        (COMMA, "1\u202f234,5", 1234.5),
        (COMMA, "1\u00a0234,5", 1234.5),
        (COMMA, "-1,5E-3", -0.0015),
        (COMMA, "5,0-", -5),
    ],
)
def test_marks_that_training_did_not_show_are_read_where_they_are_plain(
    format: NumberFormat, text: str, value: float
) -> None:
    assert read(format, text) == [value]


@pytest.mark.parametrize("text", ["1.5", "1.2345", "1.234.5", "1,234.5", "0.123"])
def test_a_decimal_point_is_none_where_the_comma_is(text: str) -> None:
    assert read(COMMA, text) == [None]


DOLLARS, PERCENT, KG = (
    NumberFormat(unit="$", unit_first=True),
    NumberFormat(unit="%"),
    NumberFormat(unit="kg", bare=True),
)


@pytest.mark.parametrize(
    ("format", "text", "value"),
    [
        (DOLLARS, "$5", 5),
        (DOLLARS, "-$5", -5),
        (DOLLARS, "$-5", -5),
        (DOLLARS, "$ -5", -5),
        (DOLLARS, "($1,200.50)", -1200.5),
        (DOLLARS, "$(5)", -5),
        (DOLLARS, "USD 5", 5),
        (DOLLARS, "5 USD", 5),
        (DOLLARS, "5$", 5),
        (DOLLARS, "0", 0),
        (DOLLARS, "0.00", 0),
        (DOLLARS, "5", None),
        (DOLLARS, "€5", None),
        (DOLLARS, "$5$", None),
        (DOLLARS, "$", None),
        (PERCENT, "5 %", 5),
        (PERCENT, "(5%)", -5),
        (PERCENT, "-5.5%", -5.5),
        (PERCENT, "%5", 5),
        (PERCENT, "0.05", None),
        (PERCENT, "5 percent", 5),
        (KG, "5 kg", 5),
        (KG, "5KG", 5),
        (KG, "5", 5),
        (KG, "5 g", None),
        (NumberFormat(unit="MW"), "5 mW", None),
        (NumberFormat(unit="rooms"), "1 room", 1),
        (NumberFormat(unit="room"), "3 rooms", 3),
        (NumberFormat(unit="m²"), "3 m2", 3),
        (NumberFormat(decimal=",", unit="€"), "1.234,5 €", 1234.5),
        (NumberFormat(decimal=",", unit="€"), "€ 1 234,50", 1234.5),
        (NumberFormat(decimal=",", unit="€"), "12,50 EUR", 12.5),
    ],
)
def test_units(format: NumberFormat, text: str, value: float | None) -> None:
    assert read(format, text) == [value]


def test_hexadecimal_is_read_where_the_column_has_it() -> None:
    ports = NumberFormat(hexadecimal=True)
    assert read(ports, "0x000b", "443", "-0xFF", "x", "0xg", None) == [11, 443, -255, None, None, None]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_the_same_text_has_the_same_bits_on_every_path(values: list[float]) -> None:
    texts = [str(value) for value in values]
    fast = read(NumberFormat(), *texts)
    assert [math.copysign(1, value) for value in fast if value is not None] == [
        math.copysign(1, value) for value in values
    ]
    assert fast == values == read(NumberFormat(), *texts, "1,000")[:-1]
    assert read(COMMA, *(text.replace(".", ",") for text in texts)) == values
    assert read(NumberFormat(unit="kg"), *(f"{text} kg" for text in texts)) == values


def test_chunks_and_large_strings_are_read_alike() -> None:
    texts = pa.chunked_array([["1.234,5", None], ["x"]], pa.large_string())
    values, unreadable = read_numbers(texts, COMMA)
    assert values.to_pylist() == [1234.5, None, None]
    assert unreadable.tolist() == [False, False, True]
    assert read_numbers(pa.array([], pa.string()), COMMA)[0].to_pylist() == []
    nothing, none = read_numbers(pa.array([None, None], pa.string()), DOLLARS)
    assert nothing.to_pylist() == [None, None]
    assert not np.any(none)


@pytest.mark.parametrize(
    ("format", "described"),
    [
        (NumberFormat(), "numbers written as 1234.50"),
        (NumberFormat(",", ".", "EUR"), "numbers written as 1.234,50 EUR"),
        (NumberFormat(",", " ", "€", unit_first=True), "numbers written as €1 234,50"),
        (NumberFormat(unit="%", negative="(5)"), "numbers written as 1234.50%, negative ones as (1234.50%)"),
        (
            NumberFormat(thousands=",", unit="$", unit_first=True, negative="(5)"),
            "numbers written as $1,234.50, negative ones as ($1,234.50)",
        ),
        (NumberFormat(negative="5-"), "numbers written as 1234.50, negative ones as 1234.50-"),
        (NumberFormat(unit="kg", bare=True), "numbers written as 1234.50 kg, some without kg"),
        (NumberFormat(hexadecimal=True), "numbers written as 1234.50, some hexadecimal as 0x1f"),
    ],
)
def test_a_format_says_itself_and_is_json(format: NumberFormat, described: str) -> None:
    assert format.describe() == described
    assert NumberFormat(**json.loads(json.dumps(dataclasses.asdict(format)))) == format
    assert format.is_plain == (format == NumberFormat())


@pytest.mark.parametrize(
    "texts",
    [["1.5", "-2", "1e3"], ["1.5", "", None, "inf"], [None, None], [""], []],
    ids=["all there", "some empty", "none there", "an empty one", "no rows"],
)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_texts_that_are_all_plain_numbers_are_those_that_the_long_way_reads(texts, kind) -> None:
    values = pa.array(texts, kind)
    found = plain_numbers(values)
    known = pc.if_else(pc.equal(values, ""), None, values)
    assert found.to_pylist() == read_numbers(known, NumberFormat())[0].to_pylist()


@pytest.mark.parametrize("odd", ["nan", "NA", " 5", "1,5", "?", "-", "0x1f", "1.234.5"])
def test_what_may_be_a_word_or_another_way_to_write_is_left_to_the_long_way(odd) -> None:
    assert plain_numbers(pa.array(["1.5", odd, ""])) is None
