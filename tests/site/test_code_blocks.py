"""Every code block of the documentation runs: Python as it stands, commands where the page's Python left files."""

import re
import shlex
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from hinterland.cli.application import app

DOCS = Path(__file__).parents[2] / "docs"
FENCE = re.compile(r"^```([\w-]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ELSEWHERE = {
    "extending.md": "tests/test_extending.py",
    "engines.md": "tests/engines",
    "large-data.md": "tests/scoring/folder",
    "onnx.md": "tests/contracts/test_export.py",
    "serving.md": "tests/serve",
    "updates.md": "tests/detectors/test_update.py",
}
"""Pages whose blocks another test runs, or that take a cluster, a service or a folder of tables."""

NOT_RUN = {"math", "text", "json", "{include}", "{toctree}", "{eval-rst}"}
LANGUAGES = {"python", "console", ""}


def visits(folder: Path) -> None:
    """Files that the pages on the command line take for granted."""
    rng = np.random.default_rng(0)
    for name, n in (("visits.csv", 150), ("new.csv", 80), ("normal.csv", 240)):
        outcome = np.where(np.arange(n) % 10, "fine", "failed") if name != "normal.csv" else "fine"
        clinic = np.where(np.arange(n) % 2, "north", "south")
        table = pd.DataFrame(
            {
                "minutes": rng.normal(size=n),
                "cost": rng.normal(size=n),
                "clinic": clinic,
                "outcome": outcome,
            }
        )
        table.to_csv(folder / name, index=False)


def rows() -> dict:
    """Names that the page on decisions takes for granted."""
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=(120, 3)) for name in ("X", "normal_rows", "new")}


def pages() -> list[Path]:
    """Pages with code: not those of results, whose commands run for hours."""
    found = (
        page
        for page in sorted(DOCS.rglob("*.md"))
        if not {"generated", "_build", "results"} & set(page.parts)
    )
    return [page for page in found if page.name not in ELSEWHERE and blocks(page)]


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and code of a page's blocks that can be run."""
    found = [
        (language, code)
        for language, code in FENCE.findall(page.read_text("utf-8"))
        if language not in NOT_RUN
    ]
    return [(language, code) for language, code in found if language or is_short(code)]


def commands(code: str) -> list[list[str]]:
    """Arguments of each ``hinterland`` command in a block."""
    lines = [line.removeprefix("$ ") for line in code.splitlines() if line.strip()]
    return [shlex.split(line, comments=True)[1:] for line in lines if is_short(line)]


def is_short(line: str) -> bool:
    """Whether a line is a command that ends soon: the benchmark's take hours."""
    return line.startswith("hinterland ") and not line.startswith("hinterland benchmark")


@pytest.fixture
def _soon_trained(monkeypatch, tmp_path):
    """Detectors train for a shorter while than their reader's, in an empty folder."""
    for bound in ("FEWEST_STEPS", "MOST_STEPS"):
        monkeypatch.setattr(f"hinterland.detectors.surprisal.{bound}", 20)
    monkeypatch.chdir(tmp_path)


def run(page: Path, folder: Path) -> None:
    """Run a page from top to bottom."""
    visits_expected = page.name in {"command-line.md", "decisions.md"}
    if visits_expected:
        visits(folder)
    names = {"__name__": "page", **(rows() if page.name == "decisions.md" else {})}
    for language, code in blocks(page):
        if language == "python":
            exec(compile(code.replace("DAGMM()", "DAGMM(epochs=2, steps=20)"), page.name, "exec"), names)
            continue
        for arguments in commands(code):
            if page.name == "decisions.md" and arguments[0] in {"fit", "calibrate", "threshold"}:
                arguments = [*arguments, "--force"]
            result = CliRunner().invoke(app, arguments)
            assert result.exit_code == 0, f"{page.name}: hinterland {shlex.join(arguments)}\n{result.output}"


@pytest.mark.slow
@pytest.mark.usefixtures("_soon_trained")
@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(DOCS).as_posix())
def test_a_page_runs_from_top_to_bottom(page, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        run(page, tmp_path)


def test_every_block_is_of_a_language_that_is_run_or_known_not_to_be():
    for page in pages():
        for language, _ in FENCE.findall(page.read_text("utf-8")):
            assert language in LANGUAGES | NOT_RUN, f"{page.name} has a block of {language!r}"


def test_the_pages_of_start_and_the_guide_are_among_them():
    names = {page.relative_to(DOCS).as_posix() for page in pages()}
    assert {"start/index.md", "guide/thresholds.md", "signs.md", "command-line.md"} <= names
    assert len(names) >= 15


def test_commands_are_read_as_a_shell_reads_them():
    assert commands("$ hinterland fit 'a b.csv' --save m   # why\n\nother\n") == [
        ["fit", "a b.csv", "--save", "m"]
    ]


def test_a_page_whose_code_fails_fails(tmp_path):
    page = tmp_path / "wrong.md"
    page.write_text("```python\nassert 1 == 2\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError):
        run(page, tmp_path)
