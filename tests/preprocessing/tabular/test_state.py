"""Dataclasses to JSON and arrays and back, with every value checked."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from hinterland.preprocessing.tabular.columns import Floats
from hinterland.preprocessing.tabular.state import pack, unpack


@dataclass
class Inner:
    level: float
    curve: Floats | None = None


@dataclass
class Outer:
    inner: Inner
    words: list[str]
    zone: str | None
    flag: bool


OUTER = Outer(Inner(0.1, np.array([1.0, 2.5])), ["a", ""], None, True)


def packed():
    arrays = {}
    return json.loads(json.dumps(pack(OUTER, "p.", arrays))), arrays


def test_round_trip():
    state, arrays = packed()
    assert state == {"inner": {"level": 0.1}, "words": ["a", ""], "zone": None, "flag": True}
    assert list(arrays) == ["p.inner.curve"]
    back = unpack(Outer, state, "p.", arrays)
    np.testing.assert_array_equal(back.inner.curve, OUTER.inner.curve)
    assert (back.inner.level, back.words, back.zone, back.flag) == (0.1, ["a", ""], None, True)


@pytest.mark.parametrize(
    ("field", "value"), [("words", ["a", 1]), ("words", "a"), ("zone", 3), ("flag", 1), ("flag", None)]
)
def test_values_of_another_type_are_refused(field, value):
    state, arrays = packed()
    with pytest.raises(ValueError, match=rf"p\.{field} is .*, expected"):
        unpack(Outer, state | {field: value}, "p.", arrays)


@pytest.mark.parametrize("level", [float("nan"), float("inf"), "0.1", 1])
def test_numbers_must_be_finite_floats(level):
    with pytest.raises(ValueError, match=r"level is"):
        unpack(Inner, {"level": level}, "", {})


@pytest.mark.parametrize("curve", [np.zeros((2, 2)), np.zeros(2, np.float32), [1.0]])
def test_arrays_must_be_float64_vectors(curve):
    with pytest.raises(ValueError, match="curve is"):
        unpack(Inner, {"level": 1.0}, "", {"curve": curve})
