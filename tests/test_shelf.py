"""Shelves find their members, and a member that is broken or not installed is said by name."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from hinterland.errors import BrokenMemberError
from hinterland.networks import NETWORKS, Autoencoder
from hinterland.persistence import classes
from hinterland.shelf import EXTRAS, Shelf


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
    with pytest.raises(ValueError, match="two network members are called 'one'"):
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


# --- members of a package ---------------------------------------------------------------------------

ON_THE_SHELF = """
from __future__ import annotations
from tests_of_shelves import SHELF

@SHELF.member("{name}")
def {name}() -> int:
    return 3
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A shelf over an own package, and a function that writes one of its modules."""
    folder = tmp_path / "tests_of_shelves"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "__init__.py").touch()
    (folder / "__init__.py").write_text(
        "from hinterland.shelf import Shelf\nSHELF = Shelf('thing', 'tests_of_shelves')\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(module: str, text: str) -> None:
        (folder / f"{module}.py").write_text(text, encoding="utf-8")

    yield write
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests_of_shelves"]:
        del sys.modules[name]


def shelf_of_the_package() -> Shelf:
    import tests_of_shelves

    return tests_of_shelves.SHELF


def test_a_new_file_is_a_new_member_at_any_depth_and_with_postponed_annotations(package):
    package("second", ON_THE_SHELF.format(name="two"))
    package("inner/third", ON_THE_SHELF.format(name="three"))
    package("first", ON_THE_SHELF.format(name="one"))
    shelf = shelf_of_the_package()
    assert list(shelf.members()) == ["one", "three", "two"]
    assert shelf.named("three")() == 3


def test_members_may_be_in_the_order_of_modules_whichever_is_imported_first(package):
    package("second", ON_THE_SHELF.format(name="a"))
    package("first", ON_THE_SHELF.format(name="z"))
    shelf = shelf_of_the_package()
    shelf.by_name = False
    __import__("tests_of_shelves.second")
    assert list(shelf.members()) == ["z", "a"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("def", "SyntaxError"),
        ("from hinterland.errors import NoSuchName", "ImportError"),
        ("import hinterland.no_such_module", "ModuleNotFoundError"),
        ("import a_package_nobody_named", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_broken_member_is_an_error_that_names_its_module_each_time(package, text, error):
    package("good", ON_THE_SHELF.format(name="good"))
    package("inner/wrong", text)
    shelf = shelf_of_the_package()
    for _ in range(2):
        with pytest.raises(BrokenMemberError, match=rf"tests_of_shelves\.inner\.wrong cannot .*{error}"):
            shelf.named("good")


def test_a_member_whose_optional_package_is_missing_is_passed_over_and_said_with_its_extra(
    package, monkeypatch
):
    monkeypatch.setitem(EXTRAS, "a_package_nobody_has", "flows")
    package("good", ON_THE_SHELF.format(name="good"))
    package("flow", ON_THE_SHELF.format(name="flow").replace("@", "import a_package_nobody_has.inner\n@"))
    shelf = shelf_of_the_package()
    assert list(shelf.members()) == ["good"]
    message = (
        r"thing must be one of \['good'\], got 'flow'; not here: the module tests_of_shelves\.flow needs the "
    )
    with pytest.raises(ValueError, match=message + r".*pip install 'hinterland\[flows\]'"):
        shelf.named("flow")


def test_a_file_of_a_class_that_is_not_installed_says_how_to_get_it(package, monkeypatch):
    monkeypatch.setitem(EXTRAS, "a_package_nobody_has", "flows")
    package("flow", "import a_package_nobody_has")
    monkeypatch.setitem(classes._SHELVES, "density", shelf_of_the_package())
    with pytest.raises(ValueError, match=r"no density here is called 'Flow'.*hinterland\[flows\]"):
        classes.class_named("density", "Flow")
    package("wrong", "1 / 0")
    monkeypatch.setattr(shelf_of_the_package(), "_passed_over", None)
    with pytest.raises(BrokenMemberError, match=r"tests_of_shelves\.wrong"):
        classes.class_named("density", "Flow")


def test_every_extra_is_one_of_the_project():
    project = Path(__file__).parents[1] / "pyproject.toml"
    known = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(EXTRAS.values()) <= known.keys()
