"""``hinterland update``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinterland import load


def test_a_saved_model_takes_new_rows_in(run: Any, model: Path, table: pd.DataFrame, tmp_path: Path) -> None:
    normal = table[table["label"] == "benign"].assign(age=lambda t: t["age"] + 15)
    normal.to_csv(tmp_path / "new.csv", index=False)
    result = run("update", model, tmp_path / "new.csv", "-o", tmp_path / "m2", "--forget", "0.5")
    assert result.exit_code == 0, result.stderr
    assert f"{len(normal)} rows added to its mixtures" in result.stderr
    assert "is an anomaly" in result.stderr
    before, after = load(model), load(tmp_path / "m2")
    counted = before[-1].counted_["mixtures"][0]
    assert after[-1].counted_["mixtures"] == [pytest.approx(0.5 * counted + len(normal))]
    rows = normal.drop(columns="label")
    assert np.mean(after.predict(rows) == -1) < np.mean(before.predict(rows) == -1)
    again = run("update", tmp_path / "m2", tmp_path / "new.csv", "-o", tmp_path / "m2", "-q")
    assert (again.exit_code, again.stderr) == (0, "")


def test_what_cannot_be_updated_is_named_and_nothing_is_written(
    run: Any, folder: Path, model: Path, table: pd.DataFrame, tmp_path: Path
) -> None:
    arguments = [
        "--set",
        "density=laplacian",
        "--set",
        "steps=5",
        "--set",
        "hidden=(4,)",
        "--detector",
        "dagmm",
    ]
    assert (
        run("fit", folder / "visits.csv", "--save", tmp_path / "m", *arguments, "--drop", "label").exit_code
        == 0
    )
    result = run("update", tmp_path / "m", folder / "visits.csv", "-o", tmp_path / "m2")
    assert result.exit_code == 1
    assert "cannot be updated: a LaplacianMixture has no sums" in result.stderr
    assert not (tmp_path / "m2").exists()
    assert run("update", model, folder / "visits.csv", "-o", tmp_path / "m2", "--forget", "2").exit_code == 1
    (tmp_path / "mine").write_text("mine")
    kept = run("update", model, folder / "visits.csv", "-o", tmp_path / "mine")
    assert kept.exit_code != 0
    assert (tmp_path / "mine").read_text() == "mine"
