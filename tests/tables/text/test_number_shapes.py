"""Texts that may be numbers fall into few shapes, each with its sign, unit and weight."""

import numpy as np
import pyarrow as pa
import pytest

from hinterland.tables.text.number_shapes import shapes_of


def shapes(*texts, weights=None):
    return shapes_of(pa.array(texts), np.ones(len(texts)) if weights is None else np.array(weights))


def test_texts_that_differ_by_digits_alone_share_a_shape_and_add_their_weights():
    parts, strange = shapes("-€ 1.234,50", "-€ 8.730,91", "12", weights=[2.0, 3.0, 1.0])
    assert strange == []
    first, second = parts
    assert (first.weight, first.text, first.digits) == (5.0, "-€ 1.234,50", "9.999,99")
    assert (first.unit, first.written, first.unit_first, first.negative) == ("EUR", "€", True, "-5")
    assert (second.weight, second.digits, second.unit, second.negative) == (1.0, "99", "", "")


@pytest.mark.parametrize(
    ("text", "negative"), [("(5)", "(5)"), ("5-", "5-"), ("-5", "-5"), ("+5", ""), ("5", "")]
)
def test_ways_to_write_a_negative_number(text, negative):
    (part,) = shapes(text)[0]
    assert part.negative == negative


@pytest.mark.parametrize("text", ["north", "007", "1-2", "(5", "-(5)", "€ 5 kg", "kg 5", "5 Feb"])
def test_texts_that_are_no_number_are_given_back(text):
    assert shapes(text) == ([], [text])


def test_zero_in_all_its_forms_is_zero_and_a_number_with_zeros_is_not():
    parts, _ = shapes("0", "0,00 kg", "10", "0.5")
    assert [part.is_zero for part in parts] == [True, True, False, False]
