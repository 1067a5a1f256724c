"""``docs/methods.md``: what the source cites of it is there, and what it says of files and parameters is so."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
SECTIONS = set(re.findall(r"^#{2,3} (\d+(?:\.\d+)?)\.? ", PAGE, re.MULTILINE))


def cited(text: str) -> list[str]:
    """Numbers of the sections that a text cites, as in "methods.md section 4" or "methods.md sections 3.1 to 3.5"."""
    flat = " ".join(text.split())
    found = re.findall(r"methods\.md`*,? sections? (\d+(?:\.\d+)?)(?: (?:to|and) (\d+(?:\.\d+)?))?", flat)
    return [number for pair in found for number in pair if number]


def test_every_section_that_the_source_cites_is_there():
    citing = {
        path: path.read_text("utf-8")
        for folder in ("src", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    numbers = {path: cited(text) for path, text in citing.items() if "methods.md" in text}
    assert len(numbers) > 15
    for path, sections in numbers.items():
        assert sections, f"{path} names methods.md, but no section of it"
        assert set(sections) <= SECTIONS, f"{path} cites a section that docs/methods.md does not have"


def test_sections_are_numbered_in_turn_and_none_twice():
    numbers = [
        tuple(map(int, n.split("."))) for n in re.findall(r"^#{2,3} (\d+(?:\.\d+)?)\.? ", PAGE, re.MULTILINE)
    ]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("(methods.md section\n    6)", ["6"]),
        ("methods.md sections 3.1 to 3.5", ["3.1", "3.5"]),
        ("``docs/methods.md``, section 4", ["4"]),
        ("methods.md says", []),
    ],
)
def test_citations_are_found_as_they_are_written(text, sections):
    assert cited(text) == sections


def test_files_and_folders_that_the_page_names_are_there():
    named = set(re.findall(r"`([a-z_/]+(?:\.py|/))`", PAGE))
    assert named
    missing = [name for name in named if not (ROOT / "src" / "hinterland" / name).exists()]
    assert not missing


def test_links_of_all_pages_lead_to_files():
    written = [
        page for page in (ROOT / "docs").rglob("*.md") if not {"generated", "_build"} & set(page.parts)
    ]
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *written]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if "generated/" in target:  # made when the site is built, which then looks for it
                continue
            assert (page.parent / target).exists(), f"{page.name} links {target}"


def test_every_package_says_what_is_in_it():
    for path in sorted((ROOT / "src").rglob("__init__.py")):
        text = ast.get_docstring(ast.parse(path.read_text("utf-8")))
        assert text, f"{path} has no docstring"
        assert len(text) >= 40, f"{path} says little: {text!r}"


def test_table_of_short_names_matches_the_papers_that_are_cited():
    import yaml

    references = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["references"]
    titles = {reference["title"].lower() for reference in references}
    named = re.findall(r"^\| \w+ \|[^|]*?\*([^*]+)\*", PAGE, re.MULTILINE)
    assert len(named) == 6
    assert {title.lower() for title in named} <= titles
