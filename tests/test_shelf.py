import re

import pytest

from hinterland.networks import NETWORKS, Autoencoder
from hinterland.shelf import Shelf


@pytest.fixture
def shelf() -> Shelf:
    return Shelf("network", "hinterland.networks")


def test_members_are_found_without_being_named():
    found = NETWORKS.members()
    assert found["autoencoder"] is Autoencoder
    assert {"vae", "vqvae"} <= found.keys()
    assert list(found) == sorted(found)


def test_a_name_is_given_once(shelf):
    class One:
        pass

    class Two:
        pass

    shelf.add("one", One)
    shelf.add("one", One)
    with pytest.raises(ValueError, match="two network classes are called 'one'"):
        shelf.add("one", Two)


@pytest.mark.parametrize("name", ["vea", 3, None])
def test_an_unknown_name_lists_the_known(name):
    with pytest.raises(ValueError, match=r"network must be one of \[.*'vae'.*got " + re.escape(repr(name))):
        NETWORKS.named(name)


def test_the_nearest_name_is_offered():
    with pytest.raises(ValueError, match=re.escape("(did you mean 'vae'?), got 'vaee'")):
        NETWORKS.named("vaee")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"n_code": 3},
            r"options of the network 'vqvae', which are .*'n_codes'.*did you mean 'n_codes'.*got 'n_code'",
        ),
        ({"hidden": (3,)}, "network_options must hold options .*got 'hidden'"),
        (["n_codes"], "network_options must be a dictionary or None, got"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        NETWORKS.check_options("vqvae", options, taken=("n_features", "hidden"))
