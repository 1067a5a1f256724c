"""The pages of results: where tables stand, and that the pages in ``docs`` are what the command makes of the store."""

from dataclasses import replace
from pathlib import Path

import pytest

from hinterland.benchmark.results import page

DOCS = Path(__file__).parents[3] / "docs"


def test_the_kept_page_of_a_paper_is_what_the_command_makes_of_the_store(kept_results, tmp_path):
    output = tmp_path / "results.md"
    assert page.write(kept_results, output, only=["deuad"]) == [tmp_path / "results" / "deuad.md"]
    made, kept = ((folder / "results" / "deuad.md").read_text("utf-8") for folder in (tmp_path, DOCS))
    assert made == kept


def test_every_page_there_is_a_page_of_and_no_other(kept_results):
    kept = {path.stem for path in (DOCS / "results").iterdir()}
    assert kept - {"index"} == set(page.pages(kept_results))


def test_a_suite_of_a_papers_stands_on_the_papers_page(finished):
    results = [
        finished("CADGMM (one head)", "cadgmm-satellite"),
        finished("IF", "quick-one-class", subset="wine"),
    ]
    found = {name: [suite.name for suite in suites] for name, suites in page.pages(results).items()}
    assert found == {"cadgmm": ["cadgmm/Table-3", "cadgmm-readings"], "quick": ["quick"]}


def test_a_page_names_the_commits_of_its_own_results_alone(finished, tmp_path):
    results = [
        replace(finished("DAGMM", "cadgmm-satellite"), commit="aaaa"),
        replace(finished("IF", "deuad-kddcup", subset="train_anomaly=5%"), commit="bbbb"),
    ]
    page.write(results, tmp_path / "results.md")
    texts = {path.stem: path.read_text("utf-8") for path in (tmp_path / "results").iterdir()}
    assert "commit aaaa, 1 results" in texts["cadgmm"]
    assert "bbbb" not in texts["cadgmm"]
    assert "commit bbbb, 1 results" in texts["deuad"]


def test_what_is_no_page_is_named(finished, tmp_path):
    results = [finished("DAGMM", "cadgmm-satellite")]
    with pytest.raises(ValueError, match=r"must end in \.md, got .*results$"):
        page.write(results, tmp_path / "results")
    with pytest.raises(ValueError, match="no page of results is called cadgm; there are: cadgmm"):
        page.write(results, tmp_path / "results.md", only=["cadgm"])
    assert list(tmp_path.iterdir()) == []
