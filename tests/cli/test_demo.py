from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import hinterland.demo


@pytest.fixture(autouse=True)
def short_training(monkeypatch: pytest.MonkeyPatch) -> None:
    shorter = functools.partial(hinterland.demo.demonstrate, steps=10, n_members=2, width=16)
    monkeypatch.setattr(hinterland.demo, "demonstrate", shorter)


@pytest.mark.slow
def test_demo_shows_figures_and_findings(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("demo")
    assert result.exit_code == 0, result.stderr
    for shown in (
        "AUROC",
        "569 tumours by 30 columns: mean radius,",
        "at 10% expected false",
        "expected false alarms   about",
        "p-value",
        "The 10 most anomalous tumours",
        "demo-output/scores.csv",
        "usually",
    ):
        assert shown in result.stdout
    assert "Training Surprisal" in result.stderr
    assert "hinterland fit demo-output/tumours.csv" in result.stderr
    assert list(pd.read_csv("demo-output/scores.csv")) == [
        "row", "diagnosis", "energy", "label", "p_value", "flagged",
    ]  # fmt: skip
    scored = run(
        "score", "demo-output/model.hinterland", "demo-output/tumours.csv", "--explain", "none", "-q"
    )
    assert scored.exit_code == 0
    for told in ("hinterland inspect yours.csv", "hinterland demo pictures", "docs/start/index.md"):
        assert told in result.stderr


@pytest.mark.slow
def test_demo_of_pictures_draws_them(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("demo", "pictures")
    assert result.exit_code == 0, result.stderr
    for shown in ("The 4 most anomalous pictures", "60 of them other", "row 5 column", "██", "usually 0"):
        assert shown in result.stdout
    assert "fit demo-pictures/pictures.csv --normal-only digit=zero" in result.stderr
    assert "hinterland demo tumours" in result.stderr


def test_what_there_is_not_to_show_is_refused(run: Any) -> None:
    result = run("demo", "sounds")
    assert result.exit_code == 2
    assert "sounds" in result.stderr


@pytest.mark.slow
def test_demo_as_json(run: Any, tmp_path: Path) -> None:
    result = run("demo", "-o", tmp_path / "out", "--json", "--quiet")
    assert result.stderr == ""
    shown = json.loads(result.stdout)
    assert len(shown["findings"]) == 10
    assert {"column", "contribution", "value", "usual_value"} == set(shown["findings"][0]["because"][0])
    assert shown["metrics"]["rows"] == 391
    assert Path(shown["model"]).is_file()


def test_demo_into_a_file_is_refused(run: Any, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    result = run("demo", "-o", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is a file; expected the name of a folder" in result.stderr
