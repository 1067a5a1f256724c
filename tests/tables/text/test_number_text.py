from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinterland.tables.text.number_text import (
    FoundNumbers,
    NumberFormat,
    find_number_format,
    read_numbers,
)


def values(texts: list[str], found: FoundNumbers) -> list[float | None]:
    assert found.format is not None
    return read_numbers(pa.array(texts), found.format)[0].to_pylist()


@pytest.mark.parametrize(
    ("texts", "format", "read"),
    [
        (["1", "2.5", "-1e3"], NumberFormat(), [1, 2.5, -1000]),
        (["12.30"], NumberFormat(), [12.3]),
        (["1.234"], NumberFormat(), [1.234]),
        (["−5", "+3", "- 4"], NumberFormat(), [-5, 3, -4]),
        (["inf", "-Infinity", "1"], NumberFormat(), [math.inf, -math.inf, 1]),
        (["1.234", "0,5"], NumberFormat(",", "."), [1234, 0.5]),
        (["12,5", "1,234"], NumberFormat(","), [12.5, 1.234]),
        (["0,123", "1,234"], NumberFormat(","), [0.123, 1.234]),
        (["1,23", "4"], NumberFormat(","), [1.23, 4]),
        (["1,234,567", "1,235"], NumberFormat(thousands=","), [1234567, 1235]),
        (["1,234.5", "1,235"], NumberFormat(thousands=","), [1234.5, 1235]),
        (["1.234.567", "1.000"], NumberFormat(",", "."), [1234567, 1000]),
        (["403", "1,230", "987", "1,235"], NumberFormat(thousands=","), [403, 1230, 987, 1235]),
        (["12,34,567.00", "1,000.50"], NumberFormat(thousands=","), [1234567, 1000.5]),
        (["1'234.50", "5"], NumberFormat(thousands="'"), [1234.5, 5]),
        (["1’234", "12"], NumberFormat(thousands="'"), [1234, 12]),
        (["1 234", "12", "1 234 567"], NumberFormat(thousands=" "), [1234, 12, 1234567]),
        (["1\u202f234,5", "12"], NumberFormat(",", " "), [1234.5, 12]),
        (["1.234,50 EUR", "12,00 EUR", "0"], NumberFormat(",", ".", "EUR"), [1234.5, 12, 0]),
        (["1.234,5 €", "7,25 €"], NumberFormat(",", ".", "€"), [1234.5, 7.25]),
        (["€ 1 234,50", "-€ 5,00"], NumberFormat(",", " ", "€", unit_first=True), [1234.5, -5]),
        (["$-5", "-$5", "$1,200.00"], NumberFormat(".", ",", "$", unit_first=True), [-5, -5, 1200]),
        (["($7.50)", "$8"], NumberFormat(unit="$", unit_first=True, negative="(5)"), [-7.5, 8]),
        (["(123.40)", "300"], NumberFormat(negative="(5)"), [-123.4, 300]),
        (["5-", "1.000,5-", "7"], NumberFormat(",", ".", negative="5-"), [-5, -1000.5, 7]),
        (["USD 12", "USD 1,200.5"], NumberFormat(".", ",", "USD", unit_first=True), [12, 1200.5]),
        (["5 USD", "$6", "7 USD"], NumberFormat(unit="USD"), [5, 6, 7]),
        (["R$ 1.234,50", "R$ 2,00"], NumberFormat(",", ".", "R$", unit_first=True), [1234.5, 2]),
        (["Rs. 1,23,456", "Rs. 5"], NumberFormat(".", ",", "Rs.", unit_first=True), [123456, 5]),
        (["12.3%", "(5%)", "7 %", "0"], NumberFormat(unit="%", negative="(5)"), [12.3, -5, 7, 0]),
        (["12kg", "13.5 KG"], NumberFormat(unit="kg"), [12, 13.5]),
        (["12k", "3.5k"], NumberFormat(unit="k"), [12, 3.5]),
        (["20 °C", "21.5°C"], NumberFormat(unit="°C"), [20, 21.5]),
        (["12 km/h", "1"], NumberFormat(unit="km/h", bare=True), [12, 1]),
        (["12 m2", "13 m²"], NumberFormat(unit="m²"), [12, 13]),
        (["1 room", "2 rooms", "3 rooms"], NumberFormat(unit="rooms"), [1, 2, 3]),
        (["3,50 €/m²", "4 €/m²"], NumberFormat(",", unit="€/m²"), [3.5, 4]),
        (["0x000b", "443", "80"], NumberFormat(hexadecimal=True), [11, 443, 80]),
        (["007.5", "1"], NumberFormat(), [7.5, 1]),
        (["0", "10", "0.0"], NumberFormat(), [0, 10, 0]),
    ],
)
def test_formats_that_a_column_settles(texts: list[str], format: NumberFormat, read: list[float]) -> None:
    found = find_number_format(texts)
    assert (found.format, found.other, found.reason, found.share) == (format, None, "", 1.0)
    assert values(texts, found) == read


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["-"], "cannot be read as numbers: '-'"),
        (["1-2", "3-4"], "cannot be read as numbers"),
        (["10/11/12"], "cannot be read as numbers"),
        (["05.01.2024", "06.01.2024"], "cannot be read as numbers"),
        (["2024-01-05"], "cannot be read as numbers"),
        (["14:05"], "cannot be read as numbers"),
        (["3 AM", "4 PM"], "cannot be read as numbers"),
        (["5 January"], "cannot be read as numbers"),
        (["00123", "12345"], "cannot be read as numbers: '00123'"),
        (["01067", "99423", "80331"], "cannot be read as numbers: '01067'"),
        (["030 1234567"], "cannot be read as numbers"),
        (["+49 30 1234"], "cannot be read as numbers"),
        (["555 123 456", "612 345 678"], "same shape"),
        (["192.168.100.101", "192.168.100.102"], "same shape"),
        (["192.168.1.1", "10.0.0.1"], "cannot be read as numbers"),
        (["1.2.3", "1.10.0"], "cannot be read as numbers"),
        (["1,234.5", "1.234,5"], "decimal marks differ: '1.234,5' and '1,234.5'"),
        (["12 kg", "900 g"], "units differ: kg, g"),
        (["$5", "€6"], "units differ: USD, EUR"),
        (["5%", "0.05"], "some values have '%' and others nothing"),
        (["12k", "300"], "some values have 'k' and others nothing"),
        (["5 MW", "6 mW"], "units differ"),
        (["12A", "12B"], "units differ: A, B"),
        (["P001", "P002"], "cannot be read as numbers"),
        (["1st", "2nd"], "cannot be read as numbers"),
        (["12 X"], "cannot be read as numbers"),
        (["1_000", "2"], "cannot be read as numbers: '1_000'"),
        (["１２", "3"], "cannot be read as numbers"),
        (["<5", "6"], "cannot be read as numbers: '<5'"),
        (["(1)", "(2)"], "every value stands in parentheses"),
        (["5-", "6-"], "every value ends in a minus"),
        (["0x" + "f" * 32], "cannot be read as numbers"),
        (["nan", "a"], "cannot be read as numbers"),
        (["$"], "cannot be read as numbers"),
        ([], "there are no values"),
        ([None], "there are no values"),
    ],
)
def test_what_is_no_number_and_why(texts: list[str], reason: str) -> None:
    found = find_number_format(texts)
    assert found.format is None
    assert reason in found.reason


ENGLISH, GERMAN = NumberFormat(thousands=","), NumberFormat(",", ".")


@pytest.mark.parametrize(
    ("texts", "decimal", "delimiter", "format", "other"),
    [
        (["1,235", "4,567"], None, None, ENGLISH, NumberFormat(",")),
        (["1,235", "4,567"], None, ",", ENGLISH, NumberFormat(",")),
        (["1,235", "4,567"], None, ";", NumberFormat(","), ENGLISH),
        (["1,235", "4,567"], ",", ";", NumberFormat(","), None),
        (["1,235", "4,567"], ".", ";", ENGLISH, None),
        (["1.235", "4.567"], None, None, NumberFormat(), None),
        (["1.235", "4.567"], None, ",", NumberFormat(), None),
        (["1.235", "4.567"], None, ";", NumberFormat(), GERMAN),
        (["1.235", "4.567"], ",", ";", GERMAN, None),
        (["1.235", "4.567"], ".", ";", NumberFormat(), None),
        (["1,235 €", "403 €"], None, ";", NumberFormat(",", unit="€"), NumberFormat(thousands=",", unit="€")),
        (["1", "20"], ",", ";", NumberFormat(","), None),
        (["1", "20"], None, ";", NumberFormat(), None),
        (["1.235", "4.5"], ",", ";", NumberFormat(), None),
    ],
)
def test_what_a_column_leaves_open_is_decided_by_hints_or_said(
    texts: list[str],
    decimal: str | None,
    delimiter: str | None,
    format: NumberFormat,
    other: NumberFormat | None,
) -> None:
    found = find_number_format(texts, decimal=decimal, delimiter=delimiter)
    assert (found.format, found.other) == (format, other)
    assert found.is_ambiguous == (other is not None)
    assert bool(found.reason) == found.is_ambiguous


def test_whole_numbers_below_a_thousand_tell_points_between_thousands_too() -> None:
    texts = [f"{number:,}".replace(",", ".") for number in range(410, 3000, 70)]
    found = find_number_format(texts, delimiter=",")
    assert (found.format, found.other) == (GERMAN, NumberFormat())
    assert "'.' is taken as a thousands mark" in found.reason
    assert find_number_format(texts, delimiter=";") == FoundNumbers(GERMAN, share=1.0)
    assert find_number_format(texts, decimal=".").format == NumberFormat()
    assert find_number_format([*texts, "0.5"]).format == NumberFormat()
    assert find_number_format([*texts, "3000"]) == FoundNumbers(NumberFormat(), share=1.0)


def test_the_reason_for_an_ambiguity_has_an_example() -> None:
    assert find_number_format(["1,235", "4,567"]).reason == (
        "',' is taken as a thousands mark in '1,235', which the column does not settle"
    )


@pytest.mark.parametrize(
    ("texts", "settles"),
    [(["1"], False), (["1.235"], False), (["1.5"], True), (["1,235"], False), (["1,5"], True)],
)
def test_a_column_says_whether_it_settles_the_decimal_mark(texts: list[str], settles: bool) -> None:
    assert find_number_format(texts).settles_decimal is settles


def test_a_share_of_numbers_will_do_on_request() -> None:
    texts, counts = ["1,5", "2,5", "oops", None], [5, 4, 1, 100]
    assert find_number_format(texts, counts).format is None
    found = find_number_format(texts, counts, least=0.9)
    assert found.format == NumberFormat(",")
    assert found.share == pytest.approx(0.9)
    assert find_number_format(texts, counts, least=0.91).format is None


def test_long_columns_are_told_as_short_ones() -> None:
    rng = np.random.default_rng(0)
    amounts = rng.lognormal(6, 2, 5000)
    texts = pa.array([f"{amount:,.2f} €" for amount in amounts]).unique()
    assert find_number_format(texts).format == NumberFormat(thousands=",", unit="€")
    late = pa.concat_arrays([texts, pa.array(["n/k"])])
    assert find_number_format(late).reason == "cannot be read as numbers: 'n/k'"
    assert find_number_format(late, least=0.99).format == NumberFormat(thousands=",", unit="€")
    whole = pa.array([str(number) for number in range(5000)])
    assert find_number_format(pa.concat_arrays([whole, pa.array(["0x000b"])])).format == NumberFormat(
        hexadecimal=True
    )
    assert find_number_format(pa.concat_arrays([whole, pa.array(["007"])])).format is None
    assert find_number_format(pa.concat_arrays([whole.slice(0, 999), pa.array(["1,234"] * 99)])).is_ambiguous


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[str], NumberFormat, list[float]]:
    """Numbers with two decimals, one of them above a thousand, as a drawn format writes them."""
    decimal = draw(st.sampled_from(".,"))
    thousands = draw(st.sampled_from(["", " ", "'", ",."[decimal == ","]]))
    unit = draw(st.sampled_from(["", "%", "€", "kg", "EUR", "Stück", "USD"]))
    first = unit in ("€", "EUR", "USD") and draw(st.booleans())
    negative = draw(st.sampled_from(["-5", "(5)", "5-"]))
    cents = draw(st.lists(st.integers(-(10**11), 10**11), min_size=1, max_size=9))
    cents += [123456789, -150]
    texts = []
    for number in cents:
        digits = (
            f"{abs(number) // 100:,}.{abs(number) % 100:02d}".replace(",", "#")
            .replace(".", decimal)
            .replace("#", thousands)
        )
        digits = f"{unit} {digits}".strip() if first else f"{digits} {unit}".strip()
        texts.append(negative.replace("5", digits) if number < 0 else digits)
    values = [float(f"{'-' * (number < 0)}{abs(number) // 100}.{abs(number) % 100:02d}") for number in cents]
    return texts, NumberFormat(decimal, thousands, unit, first, negative=negative), values


@settings(max_examples=50)
@given(columns())
def test_what_was_written_is_found_and_read_back(column: tuple[list[str], NumberFormat, list[float]]) -> None:
    texts, format, written = column
    found = find_number_format(texts)
    assert found.format == format
    assert values(texts, found) == written


@pytest.mark.slow
@settings(max_examples=50)
@given(st.lists(st.text("0123459.,'-+()% €kgeEx$ ", min_size=1, max_size=9), min_size=1, max_size=6))
def test_what_is_found_can_be_read(texts: list[str]) -> None:
    found = find_number_format(texts)
    if found.format:
        assert not read_numbers(pa.array(texts), found.format)[1].any()
        assert found.share == 1.0
    else:
        assert found.reason
