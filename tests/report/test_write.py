from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline
from typer.testing import CliRunner

from hinterland import persistence
from hinterland.cli import app
from hinterland.detectors.dagmm import DAGMM
from hinterland.errors import TableError
from hinterland.report import report


@pytest.mark.slow
def test_writes_one_file_the_same_each_time(model: Pipeline, table: pd.DataFrame, tmp_path: Path) -> None:
    small = table.iloc[:60]
    first = report(model, small, tmp_path / "a.html", label="diagnosis", anomaly="malignant")
    report(model, small, tmp_path / "b.html", label="diagnosis", anomaly=["malignant"])
    assert first.path == tmp_path / "a.html"
    assert first.n_bytes == len((tmp_path / "a.html").read_bytes())
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]
    energy = -model.score_samples(small.drop(columns="diagnosis"))
    assert first.n_rows == first.n_rows_carried == 60
    assert first.n_flagged == (energy > -model[-1].offset_).sum()


@pytest.mark.slow
def test_two_models_side_by_side(model: Pipeline, table: pd.DataFrame, tmp_path: Path) -> None:
    rows = table.iloc[:80].drop(columns="diagnosis")
    other = Pipeline(model.steps[:-1] + [("detector", DAGMM(epochs=1, steps=5, random_state=3))]).fit(rows)
    report(model, rows, tmp_path / "a.html", comparison=other)
    text = (tmp_path / "a.html").read_text()
    assert 'id="map-1"' in text
    assert "DAGMM (this model)" in text
    assert "DAGMM (comparison)" in text


@pytest.mark.slow
@pytest.mark.parametrize("n_rows", [1, 2, 5])
def test_few_rows(model: Pipeline, table: pd.DataFrame, tmp_path: Path, n_rows: int) -> None:
    written = report(model, table.iloc[:n_rows].drop(columns="diagnosis"), tmp_path / "a.html")
    assert written.n_rows == n_rows
    assert f"{n_rows} row{'s' if n_rows > 1 else ''} scored" in (tmp_path / "a.html").read_text()


def test_rows_that_are_all_alike(detector: DAGMM, benign: np.ndarray, tmp_path: Path) -> None:
    assert report(detector, np.repeat(benign[:1], 50, axis=0), tmp_path / "a.html").n_rows == 50


def test_what_cannot_be_done_leaves_what_was_there(
    model: Pipeline, table: pd.DataFrame, tmp_path: Path
) -> None:
    page = tmp_path / "a.html"
    page.write_text("before")
    with pytest.raises(TableError, match="lacks 1 of the 30 columns"):
        report(model, table.drop(columns="mean area"), page)
    with pytest.raises(TableError, match="has no rows"):
        report(model, table.iloc[:0], page)
    with pytest.raises(TableError, match="none of these is known"):
        report(model, table, page, label="diagnosis")
    with pytest.raises(ValueError, match="top must be"):
        report(model, table, page, top=0)
    assert page.read_text() == "before"
    with pytest.raises(OSError, match="could not be written"):
        report(model, table.iloc[:3], tmp_path / "none" / "a.html")


@pytest.fixture
def files(model: Pipeline, table: pd.DataFrame, tmp_path: Path) -> tuple[str, str, Path]:
    persistence.save(model, tmp_path / "m.hinterland")
    table.iloc[::8].to_csv(tmp_path / "t.csv", index=False)
    return str(tmp_path / "m.hinterland"), str(tmp_path / "t.csv"), tmp_path / "r.html"


@pytest.mark.slow
def test_from_the_command_line(files: tuple[str, str, Path]) -> None:
    model, table, page = files
    options = ["--label", "diagnosis", "--anomaly", "malignant", "--time", "mean area", "--top", "5"]
    result = CliRunner().invoke(app, ["report", model, table, "-o", str(page), *options])
    assert result.exit_code == 0, result.output
    assert "72 rows, " in result.output
    text = page.read_text()
    assert "Anomalies in t.csv" in text
    assert "m.hinterland" in text
    assert "Energy over mean area" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--label", "diagnosys"], 2, "did you mean 'diagnosis'"),
        (["--anomaly", "malignant"], 2, "--label"),
        (["--label", "diagnosis"], 1, "none of these is known to mark an anomaly"),
        (["--label", "diagnosis", "--anomaly", "evil"], 1, "holds no 'evil'"),
        (["--time", "diagnosis"], 1, "expected a date or time"),
        (["--comparison", "nowhere"], 1, "nowhere"),
    ],
)
def test_wrong_options_are_named(
    files: tuple[str, str, Path], options: list[str], code: int, message: str
) -> None:
    model, table, page = files
    result = CliRunner(env={"COLUMNS": "300"}).invoke(
        app, ["report", model, table, "-o", str(page), *options]
    )
    assert result.exit_code == code, result.output
    assert message in " ".join(result.output.replace("│", " ").split())
    assert not page.exists()


def test_the_page_does_not_replace_its_inputs(files: tuple[str, str, Path]) -> None:
    model, table, _ = files
    result = CliRunner().invoke(app, ["report", model, table, "-o", table])
    assert result.exit_code == 2


def test_notebooks_show_estimators_as_html(model: Pipeline, detector: DAGMM) -> None:
    assert "DAGMM" in detector._repr_html_()
    assert "TabularEncoder" in model._repr_html_()
