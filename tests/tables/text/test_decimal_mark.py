"""The decimal mark of numbers that can be read by either."""

import numpy as np
import pyarrow as pa
import pytest

from hinterland.tables.text.decimal_mark import decimal_mark
from hinterland.tables.text.number_shapes import shapes_of

MANY = [f"{whole}.{part}" for whole in range(1, 5) for part in (110, 235, 480, 770)]


def mark(texts, hint=None, delimiter=None):
    array = pa.array(texts)
    parts, strange = shapes_of(array, np.ones(len(texts)))
    assert not strange
    return decimal_mark(parts, array, hint, delimiter)


def test_a_hint_of_other_columns_decides():
    assert mark(["1,235"], hint=",") == (",", None, "")
    assert mark(["1,235"], hint=".") == (".", None, "")


def test_numbers_that_no_mark_leaves_open():
    assert mark(["12", "1234"]) == (".", None, "")


def test_a_comma_beside_whole_numbers_groups_thousands():
    assert mark(["403", "1,230"]) == (".", None, "")


def test_a_comma_alone_is_open_and_the_delimiter_tilts_it():
    assert mark(["1,235"], delimiter=";")[:2] == (",", ".")
    chosen, other, reason = mark(["1,235"], delimiter=",")
    assert (chosen, other) == (".", ",")
    assert reason == "',' is taken as a thousands mark in '1,235', which the column does not settle"


def test_a_point_is_a_decimal_mark_unless_all_speaks_against_it():
    assert mark(["1.235", "7.001"]) == (".", None, "")
    assert mark([*MANY, "403"], delimiter=";") == (",", None, "")


@pytest.mark.parametrize(("texts", "delimiter", "found"), [([*MANY, "403"], ",", ","), (MANY, ";", ".")])
def test_a_point_is_open_where_the_values_and_the_delimiter_disagree(texts, delimiter, found):
    chosen, other, reason = mark(texts, delimiter=delimiter)
    assert (chosen, other) == (found, "." if found == "," else ",")
    assert "'1.110'" in reason
