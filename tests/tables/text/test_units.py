"""Units by their spellings: one name each, and words that are no units."""

import re

import pytest

from hinterland.tables.text.units import unit_named, unit_pattern


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("€", "EUR"),
        ("Euros", "EUR"),
        ("KG", "kg"),
        ("kg", "kg"),
        ("Stück", "Stk"),
        ("percent", "%"),
        ("hrs", "h"),
    ],
)
def test_every_spelling_has_one_name(written, name):
    assert unit_named(written) == name


def test_case_that_tells_units_apart_is_kept():
    assert (unit_named("mW"), unit_named("MW")) == ("mW", "MW")


def test_before_a_number_stand_currencies_and_percent_alone():
    assert unit_named("$", before=True) == "USD"
    assert unit_named("%", before=True) == "%"
    assert unit_named("kg", before=True) is None
    assert unit_named("rooms", before=True) is None


def test_behind_a_blank_any_word_is_a_unit_in_the_singular():
    assert unit_named("rooms") == unit_named("room") == "room"
    assert unit_named("rooms", apart=False) is None
    assert unit_named("€/m²", apart=False) == "€/m²"


@pytest.mark.parametrize("written", ["Feb", "pm", "th", "nan", "q", "r" * 21, "a-b", "1st"])
def test_words_of_dates_and_codes_are_none(written):
    assert unit_named(written) is None


def test_the_pattern_of_a_unit_takes_all_its_spellings_and_no_other():
    pattern = re.compile(unit_pattern("€"))
    assert all(pattern.fullmatch(text) for text in ("€", "EUR", "Euro", "euros"))
    assert not pattern.fullmatch("USD")
    assert re.fullmatch(unit_pattern("rooms"), "rooms")
    assert re.fullmatch(unit_pattern("rooms"), "room")
