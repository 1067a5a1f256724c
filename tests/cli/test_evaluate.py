from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score, roc_auc_score

from hinterland import metrics, persistence
from hinterland.cli.evaluate import Rule


@pytest.fixture
def truth(table: pd.DataFrame) -> np.ndarray:
    return (table["label"] == "attack").to_numpy()


@pytest.fixture
def energy(table: pd.DataFrame, model: Path) -> np.ndarray:
    return -persistence.load(model).score_samples(table.drop(columns="label").astype({"code": "str"}))


@pytest.mark.slow
def test_figures_are_scikit_learns(
    run: Any, folder: Path, model: Path, truth: np.ndarray, energy: np.ndarray
) -> None:
    arguments = ["--label", "label", "--anomaly", "attack", "--json"]
    result = run("evaluate", model, folder / "visits.csv", *arguments)
    shown = json.loads(result.stdout)
    flagged = energy > shown["own_threshold"]["threshold"]
    assert (shown["rows"], shown["anomalies"]) == (240, 20)
    assert shown["auroc"] == pytest.approx(roc_auc_score(truth, energy), abs=1e-12)
    assert shown["average_precision"] == pytest.approx(average_precision_score(truth, energy), abs=1e-12)
    assert shown["own_threshold"] == {
        "threshold": -persistence.load(model)[-1].offset_,
        "flagged": flagged.sum(),
        "precision": pytest.approx(precision_score(truth, flagged)),
        "recall": pytest.approx(recall_score(truth, flagged)),
        "f1": pytest.approx(f1_score(truth, flagged)),
    }
    assert "rule" not in shown
    assert json.loads(run("evaluate", model, folder / "visits.parquet", *arguments).stdout) == shown


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "share", "expected_share"),
    [
        ("training", None, 0.05),
        ("natural_half", None, 20 / 240),
        ("pooled", None, 20 / 460),
        ("pooled", 0.2, 0.2),
    ],
)
def test_named_rules(
    run: Any,
    folder: Path,
    model: Path,
    truth: np.ndarray,
    energy: np.ndarray,
    rule: str,
    share: float | None,
    expected_share: float,
) -> None:
    arguments = ["--label", "label", "--normal", "benign", "--rule", rule, "--json"]
    arguments += [] if share is None else ["--share", str(share)]
    shown = json.loads(run("evaluate", model, folder / "visits.csv", *arguments).stdout)["rule"]
    training_energy = persistence.load(model)[-1].training_energy_
    expected = metrics.threshold_metrics(
        truth, energy, rule=rule, share=expected_share, training_energy=training_energy
    )
    assert shown["rule"] == rule
    assert shown["share"] == pytest.approx(expected_share)
    assert shown["f1"] == pytest.approx(expected.f1)
    assert shown["flagged"] == expected.flagged


def test_rules_are_those_of_the_metrics() -> None:
    assert {rule.value for rule in Rule} == set(metrics.RULES)


@pytest.mark.slow
def test_a_table_for_people(run: Any, folder: Path, model: Path) -> None:
    arguments = ["--label", "label", "--anomaly", "attack", "--rule", "natural_half", "--quiet"]
    result = run("evaluate", model, folder / "visits.csv", *arguments)
    assert result.stderr == ""
    for shown in ("AUROC", "average precision", "20 (8.3%)", "model's own", "natural_half, share 0.08333"):
        assert shown in result.stdout


WAYS = {
    "1.0": ("1", "0"), "True": ("1", "0"), "TRUE": ("true", "false"), "Yes": ("yes", "no"), "1": ("True", "no"),
    " Attack": ("attack", "Normal"), "-1": ("-1.0", "1"),
}  # fmt: skip
"""Of the ways to write an anomaly, those to ask for it, and for a normal row."""
NORMAL = {
    "1.0": "0.0",
    "True": "False",
    "TRUE": "False",
    "Yes": "No",
    "1": "0",
    " Attack": "NORMAL",
    "-1": "1",
}


@pytest.mark.slow
@pytest.mark.parametrize("written", WAYS)
def test_truths_match_as_values(
    run: Any, tmp_path: Path, table: pd.DataFrame, model: Path, truth: np.ndarray, written: str
) -> None:
    table["label"] = np.where(truth, written, NORMAL[written])
    table.to_csv(tmp_path / "t.csv", index=False)
    anomaly, normal = WAYS[written]
    results = [
        run("evaluate", model, tmp_path / "t.csv", "--label", "label", option, value, "--json", "--quiet")
        for option, value in (("--anomaly", anomaly), ("--normal", normal))
    ]
    for result in results:
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["anomalies"] == 20
    assert results[0].stdout == results[1].stdout


@pytest.mark.slow
@pytest.mark.parametrize("blank", ["", " ", "nan", "NA", "None"])
@pytest.mark.parametrize("option", [["--anomaly", "1"], ["--normal", "0"]])
def test_rows_without_a_truth_are_left_out_and_counted(
    run: Any,
    tmp_path: Path,
    table: pd.DataFrame,
    model: Path,
    truth: np.ndarray,
    energy: np.ndarray,
    blank: str,
    option: list[str],
) -> None:
    known = np.arange(len(table)) % 3 > 0
    table["label"] = np.where(known, np.where(truth, "1", "0"), blank)
    table.to_csv(tmp_path / "t.csv", index=False)
    arguments = ["--label", "label", *option]
    shown = json.loads(run("evaluate", model, tmp_path / "t.csv", *arguments, "--json", "--quiet").stdout)
    assert (shown["rows"], shown["unlabelled"], shown["anomalies"]) == (160, 80, truth[known].sum())
    assert shown["auroc"] == pytest.approx(roc_auc_score(truth[known], energy[known]), abs=1e-12)
    assert "80 of 240 rows have no label in column 'label'" in shown["notes"][0]
    result = run("evaluate", model, tmp_path / "t.csv", *arguments)
    assert "Note: 80 of 240 rows have no label" in result.stderr
    assert "80 rows without a truth" in result.stdout


def test_gaps_in_a_typed_truth_are_no_truth(
    run: Any, tmp_path: Path, table: pd.DataFrame, model: Path, truth: np.ndarray
) -> None:
    known = np.arange(len(table)) % 2 > 0
    for values in (
        pd.Series(np.where(known, truth, np.nan)),
        pd.Series(truth, dtype="boolean").where(known),
        pd.Series(truth.astype(int), dtype="Int64").where(known).astype("category"),
    ):
        table.assign(label=values).to_parquet(tmp_path / "t.parquet", index=False)
        arguments = ["--label", "label", "--normal", "0", "--json", "--quiet"]
        result = run("evaluate", model, tmp_path / "t.parquet", *arguments)
        assert result.exit_code == 0, result.stderr
        shown = json.loads(result.stdout)
        assert (shown["rows"], shown["unlabelled"], shown["anomalies"]) == (120, 120, truth[known].sum())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("value", "options", "n_anomalies", "undefined", "note"),
    [
        (
            "benign",
            ["--normal", "benign"],
            0,
            {"auroc", "average_precision", "recall", "f1", "rule"},
            "none of the 240",
        ),
        (
            "benign",
            ["--anomaly", "attack"],
            0,
            {"auroc", "average_precision", "recall", "f1", "rule"},
            "all false alarms",
        ),
        (
            "attack",
            ["--anomaly", "attack"],
            240,
            {"auroc", "average_precision", "rule"},
            "every one of the 240 rows",
        ),
    ],
)
def test_what_one_class_cannot_tell_is_said(
    run: Any,
    tmp_path: Path,
    table: pd.DataFrame,
    model: Path,
    value: str,
    options: list[str],
    n_anomalies: int,
    undefined: set[str],
    note: str,
) -> None:
    table.assign(label=value).to_csv(tmp_path / "t.csv", index=False)
    arguments = ["evaluate", model, tmp_path / "t.csv", "--label", "label", *options, "--rule", "training"]
    shown = json.loads(run(*arguments, "--json", "--quiet").stdout)
    assert (shown["rows"], shown["anomalies"]) == (240, n_anomalies)
    flat = shown | shown["own_threshold"]
    assert {name for name, figure in flat.items() if figure is None} == undefined
    assert note in shown["notes"][0]
    result = run(*arguments)
    assert result.exit_code == 0
    assert "cannot be told" in result.stdout
    assert f"Note: {shown['notes'][0]}" in result.stderr


def test_a_table_without_rows_or_truths_is_named(
    run: Any, tmp_path: Path, table: pd.DataFrame, model: Path
) -> None:
    arguments = ["--label", "label", "--anomaly", "attack"]
    for kind in ("csv", "parquet"):
        path = tmp_path / f"t.{kind}"
        getattr(table.iloc[:0], f"to_{kind}")(path, index=False)
        result = run("evaluate", model, path, *arguments)
        assert result.exit_code == 1
        assert f"Error: {path} has no rows" in result.stderr
    table.assign(label="").to_csv(tmp_path / "t.csv", index=False)
    result = run("evaluate", model, tmp_path / "t.csv", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "holds no 'attack'" in result.stderr or "no row has a label" in result.stderr


def test_a_column_that_only_named_rows_in_training_may_be_the_truth(
    run: Any, tmp_path: Path, table: pd.DataFrame, model: Path, truth: np.ndarray
) -> None:
    table["id"] = np.where(truth, "bad", "fine")
    table.to_csv(tmp_path / "t.csv", index=False)
    result = run("evaluate", model, tmp_path / "t.csv", "--label", "id", "--anomaly", "bad", "--json")
    assert json.loads(result.stdout)["anomalies"] == 20


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["--label", "label", "--anomaly", "atack"], 1, "no 'atack'; found 'benign' (220), 'attack' (20)"),
        (["--label", "labl", "--anomaly", "attack"], 2, "did you mean 'label'"),
        (["--label", "label"], 2, "--anomaly or --normal"),
        (["--label", "label", "--anomaly", "attack", "--normal", "benign"], 2, "--anomaly or --normal"),
        (["--label", "label", "--anomaly", "attack", "--share", "0.1"], 2, "a share needs a --rule"),
        (["--label", "label", "--anomaly", "a1"], 1, "no 'a1'; found 'benign' (220), 'attack' (20)"),
        (
            ["--label", "age", "--anomaly", "100"],
            1,
            "column 'age' is one of those that the model was trained on",
        ),
        (["--label", "vip", "--anomaly", "true"], 1, "fit the model again without it (--drop vip)"),
        (
            ["--label", "label", "--anomaly", "attack", "--rule", "pooled", "--share", "2"],
            1,
            "share must be in (0, 1)",
        ),
    ],
)
def test_what_is_wrong_is_named(
    run: Any, folder: Path, model: Path, arguments: list[str], exit_code: int, message: str
) -> None:
    result = run("evaluate", model, folder / "visits.csv", *arguments)
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert message in " ".join(result.stderr.replace("│", " ").split())
