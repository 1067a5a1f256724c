"""The contents of the pages of results: one line a table, none of them kinder than the table."""

import re
from pathlib import Path

import pytest

from hinterland.benchmark.experiments.index import suites
from hinterland.benchmark.experiments.reported import reported
from hinterland.benchmark.results import contents, page

DOCS = Path(__file__).parents[3] / "docs"


def _lines(results) -> list[str]:
    text = contents.text(page.pages(results), results, Path("docs/results.md"))
    return [line for line in text.splitlines() if line.startswith("| ") and "---" not in line.split("|")[1]]


def _line(results, title: str) -> list[str]:
    line = next(line for line in _lines(results) if line.startswith((f"| {title} ", f"| [{title}]")))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


@pytest.mark.slow
def test_the_kept_contents_are_what_the_command_makes_of_the_store(kept_results):
    made = contents.text(page.pages(kept_results), kept_results, Path("docs/results.md"))
    assert made == (DOCS / "results.md").read_text("utf-8")


def test_every_table_of_every_paper_has_a_line_with_its_numbers_counted(finished):
    counts = [int(line.split("|")[2]) for line in _lines([]) if line.split("|")[2].strip().isdigit()]
    assert len(counts) == len({row.table_key for row in reported()})
    assert sum(counts) == len(reported())


def test_a_line_counts_what_stands_beside_the_papers_numbers_and_how_far_off_it_is(finished):
    ours = [
        finished("DAGMM", "cadgmm-satellite-unscaled", s, precision=0.8, recall=0.7, f1=0.8) for s in range(2)
    ]
    assert _line(ours, "Table 3") == ["72", "3", "-1.2 (-11.6 to -0.8)", "2"]


def test_a_variant_below_the_method_that_it_varies_is_not_counted_again(finished):
    own = finished("CADGMM", "cadgmm-satellite-unscaled", precision=0.8, recall=0.7, f1=0.8)
    variant = finished("CADGMM (batch graph)", "cadgmm-satellite-unscaled", precision=0.1, recall=0.1, f1=0.1)
    assert _line([own, variant], "Table 3") == _line([own], "Table 3")


def test_a_number_beside_two_protocols_counts_once_and_both_differences_are_there(finished):
    both = [
        finished("DAGMM", "cance-thyroid", f1=0.9),
        finished("DAGMM", "cance-thyroid-natural", f1=0.4),
    ]
    (line,) = [line for line in _lines(both) if "[Table 7](results/cance.md" in line]
    assert line.split(" | ")[1:4] == ["10", "1", "+16.0 (-9.0 to +41.0)"]


def test_what_is_not_run_has_no_link_and_no_number():
    assert _line([], "Table 3") == ["72", "0", "–", "–"]


def test_every_link_leads_to_a_heading():
    for name, anchor in re.findall(
        r"\(results/([\w-]+)\.md#([^)]+)\)", (DOCS / "results.md").read_text("utf-8")
    ):
        headings = [suite.heading for suite in suites().values() if suite.page == name]
        written = re.findall(r"^## (.*)$", (DOCS / "results" / f"{name}.md").read_text("utf-8"), re.MULTILINE)
        made = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings if h in written}
        assert anchor in made
