from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinterland import persistence


def test_a_model_is_trained_on_the_rows_asked_for(
    run: Any, folder: Path, tmp_path: Path, quick: list[str]
) -> None:
    saved = tmp_path / "m.hinterland"
    arguments = [
        "--normal-only",
        "label=benign",
        "--drop",
        "bytes",
        "--category",
        "code",
        "--contamination",
        "0.1",
    ]
    result = run("fit", folder / "visits.csv", "--save", saved, *arguments, *quick, "--seed", "3", "--json")
    assert result.exit_code == 0
    shown = json.loads(result.stdout)
    assert shown["columns"] == {
        "id": "identifier", "age": "number", "code": "category", "service": "category", "vip": "boolean", "when": "time"
    }  # fmt: skip
    assert (shown["rows"], shown["detector"], shown["interrupted"]) == (220, "DAGMM", False)
    assert (shown["contamination"], shown["flagged_training_rows"], shown["epochs"]) == (0.1, 22, 30)
    _, detector = persistence.load(saved)
    assert (detector.hidden, detector.random_state, detector.n_threads) == ((8,), 3, 1)
    assert detector.scaling is None  # the encoder has scaled
    assert shown["threshold"] == -detector.offset_
    assert np.sum(detector.training_energy_ > shown["threshold"]) == 22
    assert "Training on 220 of 240 rows, those with label=benign" in result.stderr
    assert "tell rows apart or only count on: 'id' (220 different texts in 220 rows)" in result.stderr


def test_a_table_for_people_and_nothing_on_stderr_if_quiet(
    run: Any, folder: Path, tmp_path: Path, quick: list[str]
) -> None:
    result = run("fit", folder / "visits.csv", "--save", tmp_path / "m", *quick, "--quiet")
    assert result.stderr == ""
    assert "9 after encoding" not in result.stdout
    assert "training rows   240" in result.stdout


def test_csv_and_parquet_give_the_same_model(folder: Path) -> None:
    ours, theirs = (persistence.load(folder / f"{kind}.hinterland")[-1] for kind in ("csv", "parquet"))
    np.testing.assert_array_equal(ours.training_energy_, theirs.training_energy_)


def test_an_existing_model_is_kept_unless_forced(
    run: Any, folder: Path, tmp_path: Path, quick: list[str]
) -> None:
    saved = tmp_path / "m"
    saved.write_text("mine")
    result = run("fit", folder / "visits.csv", "--save", saved, *quick)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {saved} is there already; --force replaces it\n"
    assert saved.read_text() == "mine"
    assert run("fit", folder / "visits.csv", "--save", saved, *quick, "--force").exit_code == 0
    assert persistence.describe(saved)["kind"] == "pipeline"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["--set", "epoch=3"], 2, "did you mean 'epochs'"),
        (["--set", "epochs"], 2, "expected COLUMN=VALUE, got 'epochs'"),
        (["--set", "epochs=none"], 1, "epochs must be an integer of at least 1, got None"),
        (["--set", "activation=sine"], 1, "activation must be one of"),
        (["--contamination", "0.7"], 1, "contamination must be a number in (0, 0.5], got 0.7"),
        (["--detector", "dagm"], 2, "no detector is called 'dagm'"),
        (["--normal-only", "label"], 2, "expected COLUMN=VALUE, got 'label'"),
        (["--normal-only", "labels=benign"], 2, "did you mean 'label'"),
        (
            ["--normal-only", "label=bening"],
            1,
            "no row has label=bening; found 'benign' (220), 'attack' (20)",
        ),
        (["--drop", "Age"], 2, "no column 'Age'; did you mean 'age'"),
        (["--category", "codes"], 2, "did you mean 'code'"),
        (["--device", "gpu9"], 1, "device must name one that torch has here"),
        (["--delimiter", "ab"], 1, "delimiter must be one character, got 'ab'"),
        (["--encoding", "utf-9"], 1, "encoding must name one that Python knows for text"),
    ],
)
def test_what_is_wrong_is_named(
    run: Any,
    folder: Path,
    tmp_path: Path,
    quick: list[str],
    arguments: list[str],
    exit_code: int,
    message: str,
) -> None:
    result = run("fit", folder / "visits.csv", "--save", tmp_path / "m", *quick, *arguments)
    assert result.exit_code == exit_code
    assert result.stdout == ""
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_places_that_are_not_there_are_named(run: Any, folder: Path, tmp_path: Path) -> None:
    result = run("fit", tmp_path / "none.csv", "--save", tmp_path / "m")
    assert (result.exit_code, result.stderr) == (1, f"Error: there is no file {tmp_path / 'none.csv'}\n")
    result = run("fit", folder / "visits.csv", "--save", tmp_path / "none" / "m")
    assert result.exit_code == 1
    assert result.stderr == f"Error: the folder {tmp_path / 'none'} does not exist; make it first\n"


def test_a_table_without_header_has_numbered_columns(run: Any, tmp_path: Path, quick: list[str]) -> None:
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)).round(3))
    table.to_csv(tmp_path / "t.csv", index=False, header=False)
    result = run("fit", tmp_path / "t.csv", "--save", tmp_path / "m", *quick, "--json")
    assert "the first row is data, and columns are called f0, f1, ..." in result.stderr
    assert json.loads(result.stdout)["columns"] == {"f0": "number", "f1": "number", "f2": "number"}
    assert json.loads(result.stdout)["rows"] == 60
    scored = run("score", tmp_path / "m", tmp_path / "t.csv", "--no-header")
    assert scored.exit_code == 0
    assert "no line of column names" not in scored.stderr
    assert len(scored.stdout.splitlines()) == 61


@pytest.mark.skipif(os.name == "nt", reason="signals differ there")
def test_ctrl_c_saves_the_best_model_so_far(folder: Path, tmp_path: Path) -> None:
    saved = tmp_path / "m.hinterland"
    command = [sys.executable, "-m", "hinterland", "fit", str(folder / "visits.csv"), "--save", str(saved)]
    command += ["--detector", "dagmm", "--set", "epochs=1000000000", "--set", "patience=1.0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    stderr = ""
    assert process.stderr is not None
    while "identifier" not in stderr:  # the encoder's note: training is next
        assert time.monotonic() < deadline
        stderr += process.stderr.readline()
    time.sleep(5)  # a busy machine may take seconds to get there
    process.send_signal(signal.SIGINT)
    stdout, rest = process.communicate(timeout=60)
    assert process.returncode == 130, rest
    assert json.loads(stdout)["interrupted"] is True
    assert f"Interrupted: the best model so far is saved as {saved}" in rest
    assert np.isfinite(persistence.load(saved)[-1].training_energy_).all()
