"""`hinterland contamination`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from hinterland import persistence
from hinterland.cli import app
from hinterland.decide import calibrate, fit_calibrated
from hinterland.pipeline import table_pipeline

QUICK = {"epochs": 1, "steps": 20, "hidden": (6,), "random_state": 0}


def table(n: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame({name: generator.normal(shift, 1.0, n) for name in ("size", "weight")})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with a tenth of anomalies, and models that compare with nothing, rows set aside, and folds."""
    folder = tmp_path_factory.mktemp("share")
    known = np.where(np.arange(900) < 500, "checked", "")
    mixed = [table(900, 1).assign(state=known), table(100, 2, shift=9.0).assign(state="")]
    pd.concat(mixed).to_csv(folder / "mixed.csv", index=False)
    plain = table_pipeline("dagmm", **QUICK).fit(table(200, 0))
    persistence.save(plain, folder / "plain")
    persistence.save(calibrate(plain, table(500, 3)), folder / "split")
    persistence.save(fit_calibrated(table_pipeline("dagmm", **QUICK), table(300, 0)), folder / "folds")
    return folder


def said(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["contamination", *map(str, arguments), "--quiet"])
    assert result.exit_code == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("model", ["split", "folds"])
def test_normal_rows_tell_how_many_there_are_at_least(made: Path, model: str) -> None:
    found = json.loads(said(made / model, made / "mixed.csv", "--json"))
    assert found["told"]
    assert found["low"] <= 0.1 <= found["high"]
    assert found["estimate"] == pytest.approx(0.1, abs=0.04)
    narrow = json.loads(said(made / model, made / "mixed.csv", "--json", "--confidence", "0.5"))
    assert found["low"] <= narrow["low"] <= narrow["high"] <= found["high"]
    assert "provided that calibration rows are normal" in said(made / model, made / "mixed.csv")


def test_rows_known_to_be_normal_tell_it_of_the_others(made: Path) -> None:
    found = json.loads(said(made / "plain", made / "mixed.csv", "--known-normal", "state=checked", "--json"))
    assert found["n_rows"] == 500
    assert found["estimate"] is None or found["estimate"] == pytest.approx(0.2, abs=0.1)


def test_without_any_it_is_an_assumption_or_cannot_be_told(run: Any, made: Path, tmp_path: Path) -> None:
    found = json.loads(said(made / "plain", made / "mixed.csv", "--unlabelled", "--json"))
    assert "a shifted gamma" in found["assumption"]
    table(50, 5).to_csv(tmp_path / "few.csv", index=False)
    assert "cannot be told: it takes 200 rows" in said(made / "plain", tmp_path / "few.csv", "--unlabelled")
    nothing = run("contamination", made / "plain", made / "mixed.csv")
    assert nothing.exit_code == 1
    assert "has no normal rows to compare with: give some to hinterland calibrate" in nothing.stderr


def test_wrong_usage_is_said(run: Any, made: Path, tmp_path: Path) -> None:
    both = ("--unlabelled", "--known-normal", "state=checked")
    for arguments, message in (
        (both, "give one of --known-normal and --unlabelled"),
        (("--known-normal", "state"), "expected COLUMN=VALUE"),
        (("--known-normal", "stat=checked"), "has no column 'stat'"),
        (("--known-normal", "size=1"), "trained on and scores by"),
        (("--known-normal", "state=done"), "no row has state=done"),
        (("--confidence", "1"), "must be in (0, 1)"),
        ((*both[1:], "--confidence", "0.9"), "interval at 95 %"),
    ):
        result = run("contamination", made / "split", made / "mixed.csv", *arguments)
        assert result.exit_code != 0
        assert message in " ".join(result.stderr.replace("│", " ").split())
    table(0, 0).to_csv(tmp_path / "none.csv", index=False)
    assert "has no rows" in run("contamination", made / "split", tmp_path / "none.csv").stderr
