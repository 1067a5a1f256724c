from pathlib import Path

import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from hinterland import persistence
from hinterland.pipeline import table_pipeline
from hinterland.report import run
from hinterland.report.scored import Scored, score_table
from hinterland.tables.source import as_table_file

SHORT = {"epochs": 3, "min_steps": 30, "hidden": (8,)}


def test_facts_say_what_was_run(scored: Scored) -> None:
    facts = run.facts(scored, {"Model file": "m.hinterland"})
    assert facts["Detector"] == "DAGMM, behind a TabularEncoder"
    assert facts["Model file"] == "m.hinterland"
    assert facts["Trained on"].startswith("200 rows, ")
    assert "epochs in" in facts["Trained on"]
    assert (
        facts["Threshold"]
        == f"energy above {scored.model.threshold:.6g} nats: the highest 5% of the training rows"
    )
    assert facts["Seed"] == "0"
    assert facts["Scored table"] == "table, 569 rows, 31 columns"
    assert facts["Columns used"] == "30: 30 number"
    assert facts["Truth"] == "column diagnosis, anomaly: 'malignant' (212); normal: 'benign' (357)"
    assert "Columns not used" not in facts
    assert "torch " in facts["Versions"]


@pytest.mark.slow
def test_a_threshold_from_rows_held_out_is_said_to_be_one(table: pd.DataFrame) -> None:
    rows = table.drop(columns="diagnosis")
    for novelty, told in ((True, "held-out training rows"), (False, "the training rows")):
        model = table_pipeline("DeepMixture", n_members=3, steps=5, novelty=novelty, random_state=0).fit(rows)
        shown = run.facts(score_table(model, as_table_file(rows)), {})["Threshold"]
        assert shown.endswith(f"nats: the highest 5% of {told}")


def test_a_detector_without_a_share_says_its_own_rule(table: pd.DataFrame) -> None:
    rows = table.drop(columns="diagnosis")
    model = table_pipeline("PositiveUnlabelled", detector_options=SHORT, steps=30, random_state=0)
    model.fit(rows, detector__is_normal=(table.diagnosis == "benign") & (table.index % 2 == 0))
    shown = run.facts(score_table(model, as_table_file(rows)), {})["Threshold"]
    assert shown == f"energy above 0 nats: {model[-1].threshold_rule()}"
    assert "more likely" in shown


def test_settings_mark_what_was_changed(scored: Scored) -> None:
    encoder, detector = run.settings(scored.model)
    assert [encoder["name"], detector["name"]] == ["TabularEncoder", "DAGMM"]
    changed = {entry["name"]: entry["value"] for entry in detector["parameters"] if entry["changed"]}
    assert changed["hidden"] == "(12, 6)"
    assert changed["epochs"] == "3"
    assert "n_components" not in changed
    assert "on_epoch" not in {entry["name"] for entry in detector["parameters"]}


def test_a_curve_each_loss_term(scored: Scored, model: Pipeline) -> None:
    curves = {curve["name"]: curve["lines"] for curve in run.training_curves(scored.model)}
    history = model[-1].history_
    assert {"loss", "reconstruction", "energy", "density_penalty", "validation_loss"} <= set(curves)
    assert "network_penalty" not in curves  # zero throughout
    [line] = curves["reconstruction"]
    assert line["epoch"] == [entry["epoch"] for entry in history]
    assert line["value"] == pytest.approx([entry["reconstruction"] for entry in history], rel=1e-4)


def test_long_histories_are_thinned(scored: Scored, monkeypatch: pytest.MonkeyPatch) -> None:
    history = [{"epoch": i, "seconds": 1.0, "loss": 1.0 + i} for i in range(5000)]
    monkeypatch.setattr(scored.model.detector, "history_", history)
    [curve] = run.training_curves(scored.model)
    epochs = curve["lines"][0]["epoch"]
    assert len(epochs) == run.MOST_POINTS
    assert [epochs[0], epochs[-1]] == [0, 4999]
    monkeypatch.setattr(scored.model.detector, "history_", [])
    assert run.training_curves(scored.model) == []


@pytest.mark.slow
def test_a_line_each_member(table: pd.DataFrame) -> None:
    rows = table.drop(columns="diagnosis")
    model = table_pipeline("DeepMixture", n_members=2, steps=20, random_state=0).fit(rows)
    scored = score_table(model, as_table_file(rows))
    assert all(len(curve["lines"]) == 2 for curve in run.training_curves(scored.model))
    assert "by each of 2 members" in run.facts(scored, {})["Trained on"]


def test_a_model_by_its_path(model: Pipeline, table: pd.DataFrame, tmp_path: Path) -> None:
    persistence.save(model, tmp_path / "m.hinterland")
    loaded, facts = run.load_model(str(tmp_path / "m.hinterland"), n_threads=2)
    assert facts["Model file"] == "m.hinterland"
    assert facts["Saved by"].startswith("hinterland ")
    assert loaded[-1].n_threads == 2
    rows = table.drop(columns="diagnosis")
    assert (loaded.score_samples(rows) == model.score_samples(rows)).all()
    assert run.load_model(model) == (model, {})
