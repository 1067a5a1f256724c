"""``CITATION.cff`` can be read, is of version 1.2 and has the paper of every detector that is after one."""

import re
from pathlib import Path

import pytest
import yaml

import hinterland

FILE = Path(__file__).parents[1] / "CITATION.cff"
README = FILE.with_name("README.md")


@pytest.fixture(scope="module")
def citation() -> dict:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def test_it_has_what_version_1_2_requires(citation):
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()
    for reference in citation["references"]:
        assert {"type", "title", "authors", "year", "notes"} <= reference.keys(), reference["title"]
        assert all("family-names" in author and "given-names" in author for author in reference["authors"])


def test_every_reference_can_be_found(citation):
    for reference in citation["references"]:
        assert {"doi", "url", "collection-title"} & reference.keys(), reference["title"]
        assert not str(reference.get("doi", "")).startswith("http")


def test_every_detector_that_the_readme_says_is_after_a_paper_has_it_here(citation):
    lines = re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|$", README.read_text("utf-8"), re.MULTILINE)
    after_papers = {name for name, source in lines if source != "this project"}
    assert len(after_papers) >= 6
    words = " ".join(reference["notes"] for reference in citation["references"]).replace(",", " ").split()
    assert after_papers <= set(words)


def test_the_version_is_the_packages(citation):
    assert citation["version"] == hinterland.__version__
