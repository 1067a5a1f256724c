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


def test_a_table_for_people(run: Any, folder: Path, model: Path) -> None:
    arguments = ["--label", "label", "--anomaly", "attack", "--rule", "natural_half", "--quiet"]
    result = run("evaluate", model, folder / "visits.csv", *arguments)
    assert result.stderr == ""
    for shown in ("AUROC", "average precision", "20 (8.3%)", "model's own", "natural_half, share 0.08333"):
        assert shown in result.stdout


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["--label", "label", "--anomaly", "atack"], 1, "no 'atack'; found 'benign' (220), 'attack' (20)"),
        (["--label", "labl", "--anomaly", "attack"], 2, "did you mean 'label'"),
        (["--label", "label"], 2, "--anomaly or --normal"),
        (["--label", "label", "--anomaly", "attack", "--normal", "benign"], 2, "--anomaly or --normal"),
        (["--label", "label", "--anomaly", "attack", "--share", "0.1"], 2, "a share needs a --rule"),
        (["--label", "label", "--anomaly", "attack", "--anomaly", "benign"], 1, "must hold both classes"),
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
