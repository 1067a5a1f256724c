"""Plain values as JSON, and what no value packs to."""

import math

import numpy as np
import pytest

from hinterland.persistence.values import check_finite, pack, plain, tagged, unpack


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ((1, 2.5), [1, 2.5]),
        ({1: "one", "a": (True, None)}, {"1": "one", "a": [True, None]}),
        (-math.inf, -math.inf),
        (np.float32(0.5), 0.5),
        (np.zeros((2, 3), np.float32), {"shape": [2, 3], "dtype": "float32"}),
        (np.array(["x", "y"], dtype=object), ["x", "y"]),
    ],
    ids=repr,
)
def test_a_node_is_shown_as_what_it_stands_for(value, shown):
    assert plain(pack(value, "x", {})) == shown


def test_one_key_that_starts_with_a_dollar_is_a_tag():
    assert tagged({"$tuple": [1]}) == ("$tuple", [1])
    assert tagged({"a": 1}) == (None, {"a": 1})
    assert tagged({"$tuple": [1], "a": 1})[0] is None


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"$float": "1e5"}, "a number that JSON lacks is '1e5'"),
        ({"$text": ["a", 1]}, r"an array of text is \['a', 1\]"),
        ({"$code": "boom"}, r"there is no kind of value called '\$code' here"),
    ],
)
def test_nodes_that_nothing_packs_to_are_refused(node, message):
    with pytest.raises(ValueError, match=message):
        unpack(node, {})


def test_an_array_of_another_form_is_refused():
    arrays: dict[str, np.ndarray] = {}
    node = pack(np.zeros(3), "x", arrays)
    with pytest.raises(ValueError, match=r"x has shape \(2,\) and dtype float64"):
        unpack(node, {"x": np.zeros(2)})


def test_what_is_neither_plain_nor_known_is_named_with_its_place():
    with pytest.raises(TypeError, match=r"x\.a\.1 is a set, which cannot be saved"):
        pack({"a": [1, {2}]}, "x", {})
    with pytest.raises(TypeError, match="x is an array of dtype complex128"):
        pack(np.zeros(2, complex), "x", {})
    assert pack({2}, "x", {}, lambda value, where, arrays: {"$set": sorted(value)}) == {"$set": [2]}


@pytest.mark.parametrize("value", [1, "nan", np.array([1, 2]), {"a": [0.5, (1.0,)]}])
def test_finite_values_pass(value):
    check_finite(value, "x")


@pytest.mark.parametrize(
    ("value", "where"),
    [(math.nan, "x"), (np.array([1.0, np.inf]), "x"), ({"a": {"b": [1.0, (math.inf,)]}}, r"x\['a'\]\['b'\]")],
)
def test_others_are_named_at_any_depth(value, where):
    with pytest.raises(ValueError, match=f"{where} holds NaN or infinity, expected finite numbers"):
        check_finite(value, "x")
