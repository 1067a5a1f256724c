"""Names are looked up; an unknown one is told with the nearest."""

import pytest

from hinterland.benchmark.names import UnknownNameError, look_up

KNOWN = {"DAGMM": 1, "CADGMM": 2, "IF": 3}


def test_a_known_name():
    assert look_up("method", "IF", KNOWN) == 3


def test_an_unknown_one_is_told_with_the_nearest_whatever_its_case():
    with pytest.raises(
        UnknownNameError, match=r"no method is called 'dagm'; did you mean 'DAGMM'\? Known: DAGMM, CADGMM, IF"
    ):
        look_up("method", "dagm", KNOWN)


def test_one_that_is_like_none():
    with pytest.raises(UnknownNameError, match="no method is called 'xyz'; Known: DAGMM"):
        look_up("method", "xyz", KNOWN)
    with pytest.raises(UnknownNameError, match="Known: none"):
        look_up("method", "xyz", {})
