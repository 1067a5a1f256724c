"""The README: short, its example runs, and its lines of results are what the store has."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from hinterland.detectors.catalogue import detectors

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def first_page():
    """The script that makes the generated parts of the page."""
    pytest.importorskip("matplotlib")
    path = ROOT / "docs" / "generate" / "first_page.py"
    spec = importlib.util.spec_from_file_location("first_page", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


@pytest.fixture(scope="module")
def example(first_page) -> dict:
    """What the example defines, trained for a shorter while than its reader's."""
    shorter = PAGE.replace("Surprisal(random_state=0)", "Surprisal(steps=20, random_state=0)")
    assert shorter != PAGE
    return first_page.example(shorter)


def test_it_is_short():
    assert len(PAGE.splitlines()) <= 110


def test_its_lines_of_results_are_what_the_store_has(first_page, kept_results):
    assert first_page.renewed(PAGE, kept_results) == PAGE
    assert (
        len(re.findall(r"^\| ", PAGE.split(first_page.BEGIN)[1].split(first_page.END)[0], re.MULTILINE)) == 10
    )


@pytest.mark.slow
def test_its_example_says_what_its_comments_say(example):
    energy, X, y = example["energy"], example["X"], example["y"]
    assert energy[y == 0].mean() > energy[y == 1].mean()
    np.testing.assert_array_equal(example["labels"] == -1, example["detector"].decision_function(X) < 0)
    np.testing.assert_array_equal(example["same"].energy(X), energy)
    assert example["reasons"].contributions.shape == (5, X.shape[1])


@pytest.mark.slow
def test_its_picture_can_be_drawn_again_and_is_small(first_page, example, tmp_path):
    first_page.draw(example, tmp_path / "picture.svg")
    drawn, kept = (tmp_path / "picture.svg").stat().st_size, first_page.PICTURE.stat().st_size
    assert 10_000 < drawn < 150_000
    assert 10_000 < kept < 150_000
    assert f"({first_page.PICTURE.relative_to(ROOT).as_posix()})" in PAGE


def test_its_table_names_detectors_that_there_are():
    named = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert len(named) >= 8
    assert set(named) <= set(detectors())


def test_it_leads_to_the_first_page_of_the_documents():
    # From there tables of contents lead to every page: tests/site/test_site.py.
    assert "](docs/index.md)" in PAGE


def test_its_two_commands_are_targets_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\S+)", PAGE, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
