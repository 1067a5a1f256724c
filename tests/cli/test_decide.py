"""`calibrate`, `threshold`, and what other commands say and do by a calibration."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from hinterland import persistence
from hinterland.cli import app
from hinterland.decide import detector_of, p_values, select

MIXTURE = ["--detector", "DeepMixture", "--set", "steps=3", "--set", "hidden=(8,)", "--set", "n_members=2"]


def table(n: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame({name: generator.normal(shift, 1.0, n) for name in ("size", "weight")})


def rows_of(result: Any) -> pd.DataFrame:
    assert result.exit_code == 0, result.stderr
    return pd.read_csv(io.StringIO(result.stdout))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables, and a model that was fitted with half of its rows set aside; to be read only."""
    folder = tmp_path_factory.mktemp("decide")
    table(400, 0).to_csv(folder / "training.csv", index=False)
    table(150, 1).to_csv(folder / "normal.csv", index=False)
    mixed = pd.concat([table(80, 2).assign(truth="ok"), table(20, 3, shift=8.0).assign(truth="odd")])
    mixed.to_csv(folder / "mixed.csv", index=False)
    arguments = ["fit", folder / "training.csv", "--save", folder / "m", *MIXTURE]
    result = CliRunner().invoke(app, [*map(str, arguments), "--false-alarms", "0.05", "--set-aside", "0.5"])
    assert result.exit_code == 0, result.stderr
    assert "200 calibration rows (rows set aside)" in result.stderr
    return folder


def test_a_fit_by_false_alarms_sets_rows_aside_and_promises(made: Path) -> None:
    detector = detector_of(persistence.load(made / "m"))
    assert detector.calibration_.n_rows() == len(detector.training_energy_) == 200
    assert detector.threshold_by_ == {"false_alarms": 0.05}
    assert np.mean(detector.predict(table(1000, 9).to_numpy()) == -1) == pytest.approx(0.05, abs=0.04)


def test_a_selection_adds_columns(run: Any, made: Path) -> None:
    result = run("score", made / "m", made / "mixed.csv", "--fdr", "0.1", "--batch-rows", "9")
    found = rows_of(result)
    model, mixed = persistence.load(made / "m"), pd.read_csv(made / "mixed.csv").drop(columns="truth")
    np.testing.assert_allclose(found["p_value"], p_values(model, mixed))
    np.testing.assert_array_equal(found["flagged"], select(model, mixed, 0.1).flagged)
    assert found["flagged"][80:].all()
    assert "rows flagged, those of p-values up to" in result.stderr
    assert "p_value" not in rows_of(run("score", made / "m", made / "mixed.csv"))
    by_storey = run("score", made / "m", made / "mixed.csv", "--fdr", "0.1", "--method", "storey")
    assert rows_of(by_storey)["flagged"][80:].all()


def test_a_table_can_come_from_standard_input_for_both_passes(made: Path) -> None:
    content = (made / "mixed.csv").read_bytes()
    result = CliRunner().invoke(app, ["score", str(made / "m"), "-", "--fdr", "0.1"], input=content)
    assert rows_of(result)["flagged"][80:].all()


def test_a_calibration_that_no_longer_holds_is_said(run: Any, made: Path, tmp_path: Path) -> None:
    shifted = tmp_path / "t.csv"
    pd.concat([table(300, 5), table(400, 6, shift=3.0)]).to_csv(shifted, index=False)
    result = run("score", made / "m", shifted, "-o", tmp_path / "o.csv")
    assert "the calibration no longer holds since about row" in result.stderr
    pd.concat([table(700, 5)]).to_csv(shifted, index=False)
    assert "no longer holds" not in run("score", made / "m", shifted).stderr


def test_normal_rows_calibrate_a_saved_model(run: Any, made: Path, tmp_path: Path) -> None:
    result = run("calibrate", made / "m", made / "normal.csv", "-o", tmp_path / "n")
    assert result.exit_code == 0, result.stderr
    assert "150 calibration rows (rows set aside)" in result.stderr
    before, after = persistence.load(made / "m"), persistence.load(tmp_path / "n")
    rows = table(30, 7)
    expected = before[-1].calibrate(before[:-1].transform(pd.read_csv(made / "normal.csv")))
    np.testing.assert_allclose(p_values(after, rows), p_values(before, rows))
    assert after[-1].offset_ == pytest.approx(expected.offset_)  # false alarms are those of the new rows
    assert run("calibrate", made / "m", made / "normal.csv", "-o", tmp_path / "n").exit_code == 1
    in_place = run("calibrate", tmp_path / "n", made / "normal.csv", "-o", tmp_path / "n")
    assert in_place.exit_code == 0, in_place.stderr


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--false-alarms", 0.1, "at most 10% of new normal rows, by 200 calibration rows"),
        ("--contamination", 0.2, "the highest 20% of"),
        ("--energy", 1.5, "set by hand"),
    ],
)
def test_another_threshold_without_a_fit(
    run: Any, made: Path, tmp_path: Path, option: str, value: float, words: str
) -> None:
    result = run("threshold", made / "m", option, value, "-o", tmp_path / "n")
    assert result.exit_code == 0, result.stderr
    assert words in result.stderr
    assert words in persistence.load(tmp_path / "n")[-1].threshold_rule()
    told = json.loads(run("inspect", tmp_path / "n", "--json").stdout)["decisions"]
    assert words in told["threshold is"]
    assert "of normal rows are flagged" in told["threshold promises"]


def test_inspect_says_where_nothing_is_promised(run: Any, model: Path, made: Path) -> None:
    assert "no normal rows were set aside" in " ".join(run("inspect", model).stdout.split())
    assert "200 calibration rows" in " ".join(run("inspect", made / "m").stdout.split())


def test_labels_and_costs_give_the_threshold_of_least_cost(run: Any, made: Path) -> None:
    costs = ["--cost-miss", 10, "--cost-false-alarm", 1, "--json"]
    result = run("evaluate", made / "m", made / "mixed.csv", "--label", "truth", "--anomaly", "odd", *costs)
    assert result.exit_code == 0, result.stderr
    best = json.loads(result.stdout)["least_cost"]
    assert (best["cost_a_row"], best["misses"], best["false_alarms"]) == (0, 0, 0)
    assert "hinterland threshold" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--false-alarms", "0.05", "--contamination", "0.1"], "one of --false-alarms and --contamination"),
        (["--false-alarms", "0.001"], "takes 999 calibration rows, and there are"),
        (["--false-alarms", "1.5"], "false_alarms"),
        (["--set-aside", "1.0"], "share"),
        (["--false-alarms", "0.1", "--set-aside", "0", "--set", "novelty=false"], "it takes rows set aside"),
    ],
)
def test_a_fit_that_cannot_promise_is_wrong_usage(
    run: Any, made: Path, tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    result = run("fit", made / "training.csv", "--save", tmp_path / "n", *MIXTURE, *arguments)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.replace("│", " ").split())
    assert not (tmp_path / "n").exists()


def test_wrong_usage_is_said(run: Any, made: Path, model: Path, folder: Path, tmp_path: Path) -> None:
    assert run("threshold", made / "m", "-o", tmp_path / "n").exit_code == 2
    assert (
        run("threshold", made / "m", "--energy", 1, "--contamination", 0.1, "-o", tmp_path / "n").exit_code
        == 2
    )
    result = run("threshold", made / "m", "--false-alarms", 0.001, "-o", tmp_path / "n")
    assert (result.exit_code, "999 calibration rows" in result.stderr) == (1, True)
    result = run("score", model, folder / "visits.csv", "--fdr", 0.1)
    assert (result.exit_code, "not calibrated" in result.stderr) == (1, True)
    result = run("score", made / "m", made / "mixed.csv", "--fdr", 2)
    assert (result.exit_code, "fdr" in result.stderr) == (1, True)
    (tmp_path / "empty.csv").write_text("size,weight\n")
    result = run("calibrate", made / "m", tmp_path / "empty.csv", "-o", tmp_path / "n")
    assert (result.exit_code, "no rows" in result.stderr) == (1, True)
    (tmp_path / "other.csv").write_text("size\n1\n2\n")
    result = run("calibrate", made / "m", tmp_path / "other.csv", "-o", tmp_path / "n")
    assert (result.exit_code, "weight" in result.stderr) == (1, True)
    assert not (tmp_path / "n").exists()
    costs = ["--label", "truth", "--anomaly", "odd", "--cost-miss", 1]
    assert run("evaluate", made / "m", made / "mixed.csv", *costs).exit_code == 2


def words(result: Any) -> str:
    """What was said, without the frame around it."""
    return " ".join(result.stderr.replace("│", " ").split())


def shops(n: int, seed: int) -> pd.DataFrame:
    """Two shops, of which one has much larger sizes."""
    shop = np.array(["North", "south"])[np.arange(n) % 2]
    return table(n, seed).assign(size=lambda t: t["size"] + 6 * (shop == "south"), shop=shop)


QUICK = ["--detector", "dagmm", "--set", "epochs=1", "--set", "steps=20", "--set", "hidden=(6,)"]


def test_groups_by_a_column_from_a_fit_to_a_selection(run: Any, tmp_path: Path) -> None:
    for name, seed in (("training", 0), ("new", 1), ("normal", 2)):
        shops(200, seed).to_csv(tmp_path / f"{name}.csv", index=False)
    m, new = tmp_path / "m", tmp_path / "new.csv"
    result = run("fit", tmp_path / "training.csv", "--save", m, "--group", "shop", "--drop", "shop", *QUICK)
    assert result.exit_code == 0, result.stderr
    assert "5 models" in result.stderr
    assert "of its own of 2 groups of 'shop'" in result.stderr
    found = rows_of(run("score", m, new, "--fdr", "0.1", "--batch-rows", "33", "--keep", "size"))
    model = persistence.load(m)
    assert detector_of(model).calibration_.n_rows("south") == 100
    np.testing.assert_allclose(found["p_value"], p_values(model, shops(200, 1)))
    result = run("calibrate", m, tmp_path / "normal.csv", "--group", "shop", "-o", m)
    assert result.exit_code == 0, result.stderr
    assert detector_of(persistence.load(m)).calibration_.rule == "split"
    shops(20, 3).assign(shop=["north"] * 19 + ["West"]).to_csv(new, index=False)
    unknown = run("score", m, new, "--fdr", "0.1")
    assert "no calibration row is of the group 'west'; known are ['north', 'south']" in unknown.stderr
    assert rows_of(run("score", m, new, "--fdr", "0.1", "--unseen", "one"))["p_value"].iloc[-1] == 1
    shops(20, 3).drop(columns="shop").to_csv(new, index=False)
    assert (
        "lacks column(s) ['shop'], by which rows are told apart"
        in run("score", m, new, "--fdr", "0.1").stderr
    )
    assert run("score", m, new).exit_code == 0  # energies take no group
    assert "has no column 'shap'" in words(run("calibrate", m, new, "--group", "shap", "-o", m))
    assert "2 groups, each of which has a share" in run("contamination", m, tmp_path / "normal.csv").stderr


OWN = ["--set", "steps=2", "--set", "width=8", "--set", "n_members=2"]


def test_groups_of_training_rows_that_are_judged_as_new(run: Any, tmp_path: Path) -> None:
    shops(120, 0).to_csv(tmp_path / "t.csv", index=False)
    result = run("fit", tmp_path / "t.csv", "--save", tmp_path / "m", "--group", "shop", *OWN)
    assert result.exit_code == 0, result.stderr
    calibration = detector_of(persistence.load(tmp_path / "m")).calibration_
    assert (calibration.rule, calibration.n_rows("north"), calibration.column) == ("as_new", 60, "shop")


def test_folds_judge_rows_of_a_detector_that_sets_none_aside(run: Any, made: Path, tmp_path: Path) -> None:
    fit = ["fit", made / "training.csv", "--save", tmp_path / "m", *QUICK]
    result = run(*fit, "--folds", "3", "--json")
    assert result.exit_code == 0, result.stderr
    detector = detector_of(persistence.load(tmp_path / "m"))
    assert (len(detector.models_), detector.calibration_.n_rows()) == (3, 400)
    assert "behind steps that have seen all" in result.stderr
    found = rows_of(run("score", tmp_path / "m", made / "mixed.csv", "--fdr", "0.1"))
    assert found["flagged"][80:].all()
    np.testing.assert_array_equal(
        found["energy"], rows_of(run("score", tmp_path / "m", made / "mixed.csv"))["energy"]
    )
    assert "cross" in detector.calibration_.rule
    assert "give one of --folds and --set-aside" in words(
        run(*fit, "-f", "--folds", "3", "--set-aside", "0.1")
    )
    too_few = run(*fit, "-f", "--false-alarms", "0.01")
    assert "0.01 takes 99 calibration rows for each of 5 models, and there are 80" in words(too_few)
    assert too_few.exit_code == 2
