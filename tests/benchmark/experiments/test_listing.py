"""Listings of what can be run."""

import pytest

from hinterland.benchmark.experiments.index import suites
from hinterland.benchmark.experiments.listing import text
from hinterland.benchmark.experiments.methods import methods
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.names import UnknownNameError


def test_every_name_is_listed():
    listed = text().splitlines()
    for name in methods():
        assert any(line in (f"  {name}", f"  {name} (not installed)") for line in listed), name
    for name, titled in (suites() | protocols()).items():
        assert f"  {name}: {titled.title}" in listed


def test_one_listing_alone():
    assert text("methods").startswith("Methods:\n")
    assert "Protocols:" not in text("methods")
    assert text("tables") + "\n" + text("protocols") + "\n" + text("methods") == text()


def test_a_method_without_its_library_says_so(monkeypatch):
    from hinterland.benchmark.experiments import listing

    class Missing:
        footnote = "as printed"

        def is_installed(self) -> bool:
            return False

    monkeypatch.setattr(listing, "methods", lambda: {"Deep": Missing()})
    assert text("methods") == "Methods:\n  Deep (not installed)\n      as printed\n"


def test_an_unknown_listing():
    with pytest.raises(UnknownNameError, match="did you mean 'methods'"):
        text("method")
