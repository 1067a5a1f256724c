"""``hinterland fit`` of a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hinterland.cli.fit_folder import show

QUICK = ["--detector", "dagmm", "--set", "steps=20", "--set", "hidden=(4,)"]


@pytest.fixture
def tables(table: pd.DataFrame, tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    table[:100].to_csv(folder / "a.csv", index=False)
    table[100:].to_csv(folder / "b.csv", index=False)
    return folder


def test_a_folder_is_fitted_and_its_model_scores(run: Any, tables: Path, tmp_path: Path) -> None:
    saved = tmp_path / "model"
    result = run("fit", tables, "--save", saved, *QUICK, "--sample-rows", "120", "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["detector"], told["rows"], told["sample"]) == ("DAGMM", 240, 120)
    assert "of 240 rows a uniform sample of 120" in result.stderr
    assert run("score", saved, tables, "-o", tmp_path / "out").exit_code == 0


def test_a_small_folder_is_fitted_on_all_rows(run: Any, tables: Path, tmp_path: Path) -> None:
    result = run("fit", tables, "--save", tmp_path / "model", *QUICK)
    assert result.exit_code == 0, result.stderr
    assert "all of them trained the model" in result.stderr


def test_what_a_folder_does_not_take_is_said(run: Any, tables: Path, tmp_path: Path) -> None:
    aside = run("fit", tables, "--save", tmp_path / "model", "--set-aside", "0.1")
    assert aside.exit_code == 2
    assert "sets no rows aside" in aside.stderr
    file = run("fit", tables / "a.csv", "--save", tmp_path / "model", "--engine", "ray")
    assert file.exit_code == 2
    assert "no folder" in file.stderr
    scored = run("score", tables / "a.csv", tables / "a.csv", "--engine", "ray")
    assert scored.exit_code == 2
    assert "an engine takes a folder" in scored.stderr


def test_values_are_shown_as_text() -> None:
    assert [show(value) for value in ({"a": "number"}, 1_000, 0.123456, None, "x")] == [
        "1 (a)",
        "1,000",
        "0.1235",
        "None",
        "x",
    ]
