import numpy as np
import pytest
import torch

from hinterland.parameters import check_choice, check_device, check_integer, check_number, check_widths


@pytest.mark.parametrize("value", [1, 5, np.int64(2)])
def test_integers_pass(value):
    check_integer("epochs", value, least=1)


@pytest.mark.parametrize("value", [0, -3, 1.0, True, "2", None, np.float64(3), np.nan])
def test_what_is_no_integer_in_range_is_named(value):
    with pytest.raises(ValueError, match=r"^epochs must be an integer of at least 1, got "):
        check_integer("epochs", value, least=1)


def test_none_passes_only_where_it_is_allowed():
    check_integer("epochs", None, least=1, optional=True)
    check_number("clip", None, above=0, optional=True)
    check_widths("hidden", None, optional=True)
    with pytest.raises(ValueError, match="of at least 1 or None, got 0"):
        check_integer("epochs", 0, least=1, optional=True)
    with pytest.raises(ValueError, match=r"clip must be a number in \(0, inf\), got None"):
        check_number("clip", None, above=0)


@pytest.mark.parametrize("value", [1e-9, 0.5, np.float32(0.25), 1 / 2])
def test_numbers_within_the_bounds_pass(value):
    check_number("share", value, above=0, most=0.5)


@pytest.mark.parametrize("value", [0, 0.51, np.nan, np.inf, -np.inf, "0.1", True, [0.1], None])
def test_numbers_out_of_bounds_are_named_with_the_bounds(value):
    with pytest.raises(ValueError, match=r"^share must be a number in \(0, 0\.5\], got "):
        check_number("share", value, above=0, most=0.5)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"least": 0, "below": 1}, "[0, 1)"),
        ({"above": 0, "most": 1}, "(0, 1]"),
        ({}, "(-inf, inf)"),
        ({"least": 0, "optional": True}, "[0, inf) or None"),
    ],
)
def test_the_message_shows_the_interval(bounds, expected):
    with pytest.raises(ValueError, match="got") as caught:
        check_number("share", "x", **bounds)
    assert expected in str(caught.value)


def test_closed_and_open_ends_differ():
    check_number("dropout", 0, least=0, below=1)
    for value in (1, -0.1):
        with pytest.raises(ValueError, match="dropout"):
            check_number("dropout", value, least=0, below=1)


def test_choices():
    check_choice("scaling", "minmax", ("standard", "minmax", None))
    check_choice("scaling", None, ("standard", "minmax", None))
    for wrong in ("min", 0, ["minmax"], np.array(["minmax", "standard"])):
        with pytest.raises(ValueError, match=r"scaling must be one of \['standard', 'minmax', None\], got"):
            check_choice("scaling", wrong, ("standard", "minmax", None))


@pytest.mark.parametrize("value", [(), [4], (8, np.int64(4))])
def test_widths_pass(value):
    check_widths("hidden", value)


@pytest.mark.parametrize("value", [8, "88", None, {8}])
def test_what_is_no_sequence_of_widths_is_named(value):
    with pytest.raises(ValueError, match="hidden must be a sequence of layer widths, got"):
        check_widths("hidden", value)


@pytest.mark.parametrize("value", [(8, 0), [2.5], [True]])
def test_a_wrong_width_is_named(value):
    with pytest.raises(ValueError, match="each width in hidden must be an integer of at least 1, got"):
        check_widths("hidden", value)


def test_devices_are_those_that_torch_has_here():
    check_device("device", "cpu")
    for value in ("abacus", "cuda:99", 3.5):
        with pytest.raises(
            ValueError, match=f"device must name one that torch has here, such as 'cpu', got {value!r}"
        ):
            check_device("device", value)


def test_a_device_without_double_precision_is_refused_where_that_is_needed(monkeypatch):
    empty = torch.empty

    def single_alone(*shape, dtype=None, device=None):
        if dtype is torch.float64:
            raise TypeError("no float64 here")
        return empty(*shape, dtype=dtype, device=device)

    monkeypatch.setattr(torch, "empty", single_alone)
    check_device("device", "cpu")
    with pytest.raises(ValueError, match=r"device must be one of double precision.* 'cpu' has none"):
        check_device("device", "cpu", double=True)
