"""What the site is made of: generated pages, equations, links; and that every page and public name stands on it."""

import ast
import importlib
import re
import sys
import tomllib
from pathlib import Path

import pytest

import hinterland
from hinterland.detectors.catalogue import detectors, parameters

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GALLERY = sorted((ROOT / "examples" / "gallery").glob("plot_*.py"))
INTERNAL = {
    "as_html": "",
    "benchmark": "its commands are documented, and its pages of results",
    "cli": "generated/command-line.md",
    "cores": "",
    "demo": "hinterland demo",
    "download": "",
    "engines": "docs/engines.md; each takes a package of its own",
    "model": "docs/design.md and docs/extending.md",
    "moved": "",
    "nearest": "",
    "offline": "",
    "own_draws": "",
    "parameters": "",
    "pictures": "read by PictureFolder",
    "serve": "docs/serving.md",
    "printable": "",
    "ranking": "stands in hinterland.metrics",
    "threads": "",
    "training": "docs/design.md and docs/extending.md",
    "warning_filters": "",
    "whole_files": "",
}
"""Packages and modules that the reference leaves out."""


@pytest.fixture
def site(monkeypatch):
    """Modules of ``docs/site`` by name."""
    monkeypatch.syspath_prepend(str(DOCS / "site"))
    names = [path.stem for path in (DOCS / "site").glob("*.py")]
    yield importlib.import_module
    for name in names:
        sys.modules.pop(name, None)


def hand_written() -> list[Path]:
    """Pages that stand in the repository."""
    return [page for page in DOCS.rglob("*.md") if not {"generated", "_build"} & set(page.parts)]


def toctree(page: Path) -> set[str]:
    """Pages that a page's tables of contents list, from the root of the documents."""
    listed = re.findall(r"```\{toctree\}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    names = [line for block in listed for line in block.splitlines() if line and not line.startswith(":")]
    folder = page.parent
    return {
        Path((DOCS / name[1:]) if name[0] == "/" else folder / name).resolve().relative_to(DOCS).as_posix()
        for name in names
    }


def test_every_hand_written_page_is_in_a_table_of_contents(site):
    listed = set().union(*(toctree(page) for page in hand_written()))
    generated = "\n".join(site("generated_pages").pages().values())
    listed |= {name.removeprefix("/") for name in re.findall(r"^/(?:\w|-|/)+$", generated, re.MULTILINE)}
    pages = {page.relative_to(DOCS).with_suffix("").as_posix() for page in hand_written()}
    assert pages - listed == {"index"}


def test_every_public_name_has_a_page(site):
    documented = {name for names in site("reference_pages").addresses().values() for name in names}
    missing = {f"hinterland.{name}" for name in hinterland.__all__ if name != "__version__"} - documented
    assert not missing
    assert len(documented) > 100
    assert {f"hinterland.{name}" for name in ("Surprisal", "load", "fit_calibrated")} <= documented


def test_every_package_is_in_the_reference_or_said_not_to_be(site):
    named = {name.split(".")[1] for _, modules in site("reference_pages").ROLES.values() for name in modules}
    source = ROOT / "src" / "hinterland"
    there = {path.stem for path in source.glob("[a-z]*.py")} | {
        path.parent.name for path in source.glob("*/__init__.py")
    }
    assert there - named == set(INTERNAL)


def test_every_method_has_a_page_with_all_its_settings(site):
    pages = site("method_pages").pages()
    for name, detector in detectors().items():
        if detector.__module__.startswith("hinterland."):
            page = pages[site("method_pages").page_name(name)]
            assert all(f"| `{parameter}` |" in page for parameter in parameters(detector))


def test_every_method_has_a_page_with_idea_equations_figure_settings_cost_and_results(site):
    pages = site("method_pages")
    for name, page in pages.pages().items():
        if name == "index":
            continue
        headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
        assert headings == [
            "The idea",
            "Use it",
            "Equations, and our readings",
            "On toy shapes",
            "Settings",
            "Cost",
            "Results and choices",
        ], name
        (figure,) = re.findall(r"]\(/(images/methods/\w+\.png)\)", page)
        assert 10_000 < (DOCS / figure).stat().st_size < 150_000


def test_a_methods_page_holds_its_results_beside_the_papers(site):
    page = site("method_pages").pages()["cadgmm"]
    assert re.search(r"^\| KDD Cup 1999, .* \| `CADGMM` \| [\d.]+ ± [\d.]+ \| 96\.7 \|", page, re.MULTILINE)
    assert "[Table 3](/results/cadgmm.md#table-3)" in page
    with pytest.raises(LookupError, match="no section 'Another'"):
        site("method_pages").beside_the_paper("CADGMM", "Another")


@pytest.mark.slow
def test_a_methods_figure_can_be_drawn_again(tmp_path):
    import numpy as np

    from hinterland import DAGMM, PositiveUnlabelled

    spec = importlib.util.spec_from_file_location("figures", DOCS / "generate" / "method_figures.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    tables = [np.random.default_rng(seed).normal(size=(80, 2)) for seed in range(2)]
    script.draw(DAGMM, tables, tmp_path / "a" / "DAGMM.png", epochs=2, steps=20)
    assert (tmp_path / "a" / "DAGMM.png").read_bytes()[:4] == b"\x89PNG"
    assert {f"{name}.png" for name in script.methods()} == {
        path.name for path in (DOCS / "images" / "methods").iterdir()
    }
    assert script.fitted(PositiveUnlabelled, tables[0]).threshold_rule()


def test_a_methods_page_holds_its_section_of_the_equations(site):
    page = site("method_pages").pages()["dagmm"]
    assert r"\gamma_i = \mathrm{softmax}" in page
    assert "](known-anomalies.md)" not in page
    with pytest.raises(LookupError, match="no section 99"):
        site("method_pages").section("99", "## 1. One\n\ntext\n")


def test_all_equations_can_be_written_as_mathml(site):
    page = (DOCS / "methods.md").read_text("utf-8")
    displayed = re.findall(r"```math\n(.*?)```", page, re.DOTALL)
    inline = re.findall(r"(?<![\\$])\$([^$\n]+)\$", page)
    assert len(displayed) > 15
    for equation in (*displayed, *inline):
        assert "<math" in site("mathml").as_mathml(equation, block=equation in displayed)


@pytest.mark.parametrize(
    ("short", "braced"),
    [
        (r"\frac12(z)", r"\frac{1}{2}(z)"),
        (r"\frac\alpha2", r"\frac{\alpha}{2}"),
        (r"\frac1n\sum_i", r"\frac{1}{n}\sum_i"),
    ],
)
def test_a_fraction_without_braces_is_of_its_next_two_tokens(site, short, braced):
    as_mathml = site("mathml").as_mathml
    assert as_mathml(short, block=True) == as_mathml(braced, block=True)
    assert "<mn>12</mn>" not in as_mathml(short, block=True)


@pytest.mark.parametrize(
    ("text", "on_the_site"),
    [
        ("[x](../CONTRIBUTING.md)", "[x](/developing/contributing.md)"),
        ("[`a/`](../src/hinterland/a/)", "`a/`"),
        ("[x](../images/a.svg) [y](b.md#c)", "[x](../images/a.svg) [y](b.md#c)"),
    ],
)
def test_links_out_of_the_documents_are_mended(site, text, on_the_site):
    assert site("links_to_source").for_the_site(text) == on_the_site


def test_every_command_is_on_the_page_of_the_command_line(site):
    page = site("command_line_page").page()
    for command in (
        "fit",
        "score",
        "evaluate",
        "inspect",
        "calibrate",
        "threshold",
        "report",
        "benchmark run",
    ):
        assert f"## hinterland {command}\n" in page
    assert "| `--contamination` | float |" in page


def test_the_guides_table_is_what_the_store_has(kept_results):
    path = DOCS / "generate" / "decision_table.py"
    spec = importlib.util.spec_from_file_location("decision_table", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.PAGE.read_text("utf-8")
    assert script.renewed(page, kept_results) == page, "run make pages"


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_an_example_of_the_gallery_imports_what_there_is_and_says_what_it_shows(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert re.match(r"[^\n]+\n=+\n", ast.get_docstring(tree) or "")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module)
            assert all(hasattr(module, name.name) for name in node.names)


def test_there_are_examples():
    assert len(GALLERY) >= 10


def test_the_version_is_the_same_wherever_it_stands():
    import yaml

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert hinterland.__version__ == citation["version"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]


def test_the_changelog_has_the_version_with_its_day_below_what_is_not_released():
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    first, second, *_ = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert first == "Unreleased"
    assert re.fullmatch(rf"{re.escape(hinterland.__version__)} \(\d{{4}}-\d\d-\d\d\)", second)
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f'date-released: "{second.split("(")[1][:-1]}"' in citation


def test_what_was_to_go_with_a_version_goes_with_it():
    from hinterland.moved import GOES_WITH

    reached = [int(part) for part in hinterland.__version__.split(".")[:2]]
    assert reached < [int(part) for part in GOES_WITH.split(".")], f"remove what goes with {GOES_WITH}"
    for page in ("CHANGELOG.md", "docs/design.md"):
        assert f"with {GOES_WITH}" in (ROOT / page).read_text("utf-8")


def test_what_machines_read_first_leads_to_pages_that_there_are():
    text = (ROOT / "llms.txt").read_text("utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert text.startswith("# hinterland\n\n> ")
    assert len(links) > 10
    assert all((ROOT / link).exists() for link in links)


def test_forms_for_issues_are_whole():
    import yaml

    forms = [path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"]
    assert len(forms) == 3
    for path in forms:
        form = yaml.safe_load(path.read_text("utf-8"))
        assert {"name", "description", "body"} <= form.keys()
        identifiers = [field["id"] for field in form["body"]]
        assert len(set(identifiers)) == len(identifiers)
        assert all(field["attributes"]["label"] for field in form["body"])
