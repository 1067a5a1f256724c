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
from hinterland.pipeline import table_pipeline


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
    assert (shown["contamination"], shown["flagged_training_rows"]) == (0.1, 22)
    _, detector = persistence.load(saved)
    assert shown["epochs"] == detector.history_[-1]["epoch"] <= 30
    assert (detector.hidden, detector.random_state, detector.n_threads) == ((8,), 3, 1)
    assert detector.scaling is None  # the encoder has scaled
    assert shown["threshold"] == -detector.offset_
    assert np.sum(detector.training_energy_ > shown["threshold"]) == 22
    assert "Training on 220 of 240 rows, those with label=benign" in result.stderr
    assert "left out as identifiers or counters: 'id' (220 different texts in 220 rows)" in result.stderr


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


@pytest.mark.slow
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
        (["--known-anomaly", "label"], 2, "expected COLUMN=VALUE, got 'label'"),
        (["--known-anomaly", "labels=attack"], 2, "did you mean 'label'"),
        (
            ["--known-anomaly", "label=atack"],
            1,
            "no row has label=atack; found 'benign' (220), 'attack' (20)",
        ),
        (
            ["--known-normal", "label=benign"],
            2,
            "DAGMM learns nothing from rows known to be normal among others",
        ),
        (
            ["--normal-only", "label=benign", "--known-anomaly", "label=attack"],
            1,
            "none of the rows to train on is left of those of --known-anomaly label=attack",
        ),
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


@pytest.mark.slow
def test_known_anomalies_are_marked_by_a_column_that_is_no_feature(
    run: Any, folder: Path, tmp_path: Path, table: pd.DataFrame, quick: list[str]
) -> None:
    arguments = [
        "--save",
        tmp_path / "m",
        *quick,
        "--known-anomaly",
        "label=Attack",
        "--drop",
        "id",
        "--json",
    ]
    for kind in ("csv", "parquet"):
        result = run("fit", folder / f"visits.{kind}", *arguments, "--force")
        assert result.exit_code == 0, result.stderr
        assert "20 rows are known anomalies: DAGMM learns from them" in result.stderr
        shown = json.loads(result.stdout)
        assert shown["rows"] == 220
        assert "label" not in shown["columns"]
    rows = table.drop(columns=["label", "id"])
    expected = table_pipeline("DAGMM", epochs=3, steps=30, hidden=(8,), random_state=0)
    expected.fit(rows, detector__is_anomaly=table["label"] == "attack")
    np.testing.assert_array_equal(
        persistence.load(tmp_path / "m")[-1].training_energy_, expected[-1].training_energy_
    )
    result = run("fit", folder / "visits.csv", *arguments, "--force", "--set", "label_loss=none")
    assert "20 rows are known anomalies: DAGMM leaves them out of training" in result.stderr
    assert json.loads(result.stdout)["rows"] == 220


def test_known_normal_rows_are_for_a_detector_that_learns_from_them(
    run: Any, tmp_path: Path, table: pd.DataFrame
) -> None:
    table = table.assign(checked=np.where((table.label == "benign") & (np.arange(240) % 3 == 0), "Yes", ""))
    table[["age", "bytes", "checked"]].to_csv(tmp_path / "t.csv", index=False)
    options = "{'epochs': 2, 'steps': 20, 'hidden': (8,)}"
    arguments = [
        "--detector",
        "positive-unlabelled",
        "--set",
        f"detector_options={options}",
        "--set",
        "steps=20",
    ]
    result = run(
        "fit",
        tmp_path / "t.csv",
        "--save",
        tmp_path / "m",
        *arguments,
        "--known-normal",
        "checked=yes",
        "--json",
    )
    assert result.exit_code == 0, result.stderr
    assert "read as known normal" not in result.stderr
    without = run("fit", tmp_path / "t.csv", "--save", tmp_path / "n", *arguments)
    assert without.exit_code == 2
    assert "say which with --known-normal COLUMN=VALUE" in " ".join(without.stderr.replace("│", " ").split())
    assert json.loads(result.stdout)["columns"] == {"age": "number", "bytes": "number"}
    assert set(persistence.load(tmp_path / "m")[-1].labelling_rate_) == {"value", "low", "high"}


@pytest.mark.slow
def test_a_second_label_is_named(run: Any, tmp_path: Path, table: pd.DataFrame, quick: list[str]) -> None:
    odd = table["label"] == "attack"
    table["found by"] = np.where(odd, "guard", "")
    table["grade"] = np.where(odd, "A", np.where(np.arange(240) % 2, "B", "C"))
    table.to_csv(tmp_path / "t.csv", index=False)
    arguments = ["fit", tmp_path / "t.csv", "--save", tmp_path / "m", *quick, "--force"]
    result = run(*arguments, "--normal-only", "label=benign")
    assert "column 'found by' is left with a single value by --normal-only label=benign" in result.stderr
    assert (
        "column 'grade' is able to tell the rows of --normal-only label=benign from the others"
        in result.stderr
    )
    assert "--drop grade" in result.stderr
    result = run(*arguments, "--known-anomaly", "label=attack")
    assert "columns 'found by', 'grade' are able to tell the rows of --known-anomaly" in result.stderr
    result = run(*arguments, "--normal-only", "label=benign", "--drop", "grade", "--drop", "found by")
    assert "able to tell" not in result.stderr
    assert "single value" not in result.stderr


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


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals differ there")
def test_ctrl_c_saves_the_best_model_so_far(folder: Path, tmp_path: Path) -> None:
    saved = tmp_path / "m.hinterland"
    command = [sys.executable, "-m", "hinterland", "fit", str(folder / "visits.csv"), "--save", str(saved)]
    command += ["--detector", "dagmm", "--set", "epochs=1000000000", "--set", "patience=1.0", "--json"]
    told = tmp_path / "stderr.txt"
    with told.open("w") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        deadline = time.monotonic() + 60
        while "Note:" not in told.read_text():  # the encoder's: training is next
            assert process.poll() is None, told.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(5)  # a busy machine may take seconds to get there
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    rest = told.read_text()
    assert process.returncode == 130, rest
    assert json.loads(stdout)["interrupted"] is True
    assert f"Interrupted: the best model so far is saved as {saved}" in rest
    assert np.isfinite(persistence.load(saved)[-1].training_energy_).all()


def test_a_place_that_cannot_be_written_is_told_before_training(
    run: Any, folder: Path, tmp_path: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    def trained(*_: object) -> None:
        raise AssertionError("it was trained first")

    monkeypatch.setattr("hinterland.detectors.dagmm.DAGMM.fit", trained)
    for target, forced in ((tmp_path, []), (tmp_path, ["--force"])):
        result = run("fit", folder / "visits.csv", "--save", target, *forced, *quick)
        assert result.exit_code == 1
        assert "is a folder; --save takes the name of a file" in " ".join(result.stderr.split())
    monkeypatch.setattr("hinterland.whole_files.os.fsync", full)
    monkeypatch.setattr("hinterland.whole_files.TRIAL_BYTES", 10)
    monkeypatch.setattr("hinterland.whole_files._opened", full)
    result = run("fit", folder / "visits.csv", "--save", tmp_path / "m", *quick)
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_cannot_be_saved_after_all_is_kept_elsewhere(
    run: Any, folder: Path, tmp_path: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "m.hinterland"
    real = persistence.save

    def full(obj: Any, path: Any) -> None:
        if Path(path) == target:
            raise OSError(28, "the file could not be written: No space left on device", str(path))
        real(obj, path)

    monkeypatch.setattr(persistence, "save", full)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = run("fit", folder / "visits.csv", "--save", target, *quick)
    assert result.exit_code == 1
    message = " ".join(result.stderr.split())
    assert "No space left on device; the model is kept as" in message
    (kept,) = tmp_path.glob("hinterland-*/m.hinterland")
    assert str(kept) in message.replace(" ", "") or kept.name in message
    assert len(persistence.load(kept).steps) == 2
    assert not target.exists()


@pytest.mark.slow
def test_a_threshold_for_new_rows_that_flags_no_training_row_is_said_to_be_one(
    run: Any, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(120, 12)), columns=list("abcdefghijkl"))
    table.assign(kind=rng.choice(list("uvwxyz"), 120)).to_csv(tmp_path / "t.csv", index=False)
    short = ["--set", "steps=5", "--set", "n_members=3", "--json"]
    result = run("fit", tmp_path / "t.csv", "--save", tmp_path / "m", *short)
    n_flagged = json.loads(result.stdout)["flagged_training_rows"]
    assert n_flagged < 3
    assert f"it flags {n_flagged} where 6 were asked for" in " ".join(result.stderr.split())
    assert "--set novelty=false" in result.stderr
    exact = run("fit", tmp_path / "t.csv", "--save", tmp_path / "n", *short, "--set", "novelty=false")
    assert json.loads(exact.stdout)["flagged_training_rows"] == 6
    assert "novelty" not in exact.stderr


def test_a_former_name_of_a_parameter_works_and_is_noted_once(
    run: Any, folder: Path, tmp_path: Path, quick: list[str]
) -> None:
    saved = tmp_path / "m"
    former = [text.replace("steps=30", "min_steps=30") for text in quick]
    assert former != quick
    result = run("fit", folder / "visits.csv", "--save", saved, *former, "--drop", "id")
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("the parameter min_steps of DAGMM is now called steps") == 1
    assert persistence.load(saved)[-1].steps == 30
