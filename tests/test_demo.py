from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from hinterland import persistence
from hinterland.demo import CASES, demonstrate, digits, drawn, tumours


def test_the_table_is_the_public_one() -> None:
    table = tumours()
    assert table.shape == (569, 31)
    assert table["diagnosis"].value_counts().to_dict() == {"benign": 357, "malignant": 212}


def test_the_pictures_are_all_zeros_and_some_other_digits() -> None:
    table = digits()
    assert table.shape == (238, 65)
    assert table["digit"].value_counts().to_dict() == {"zero": 178, "other": 60}
    pixels = table.drop(columns="digit")
    assert (pixels.min().min(), pixels.max().max()) == (0, 16)
    assert pixels.columns[8] == "row 2 column 1"


def test_a_picture_is_drawn_from_the_top_left() -> None:
    pixels = np.zeros((8, 8))
    pixels[0, 1], pixels[7, 7] = 16, 8
    lines = drawn(pixels.ravel()).split("\n")
    assert [len(line) for line in lines] == [16] * 8
    assert (lines[0].rstrip(), lines[7]) == ("  ██", 14 * " " + "▒▒")


@pytest.mark.slow
def test_odd_pictures_are_found_by_the_same_way(tmp_path: Path) -> None:
    found = demonstrate(
        tmp_path, "pictures", detector="DeepMixture", steps=20, n_members=2, random_state=0, n_findings=3
    )
    scores = pd.read_csv(found.scores)
    assert found.table.name == "pictures.csv"
    assert pd.read_csv(found.table).equals(digits())
    assert (found.metrics["rows"], found.metrics["anomalies"], found.n_training) == (149, 60, 89)
    assert found.metrics["auroc"] > 0.9
    for finding in found.findings:
        (line,) = scores[scores["row"] == finding.row].itertuples()
        assert (finding.energy, finding.p_value, finding.truth) == (line.energy, line.p_value, line.digit)
    assert "Pictures that look unlike a zero" in found.page.read_text("utf-8")


def test_a_case_that_there_is_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"case must be one of .*tumours.*pictures.*'sounds'"):
        demonstrate(tmp_path, "sounds")
    assert list(CASES) == ["tumours", "pictures"]


@pytest.mark.slow
def test_the_demonstration_trains_on_half_of_the_benign_rows_and_scores_all_others(tmp_path: Path) -> None:
    watched: list[Any] = []

    @contextmanager
    def watching(model: Any) -> Iterator[None]:
        watched.append(model)
        yield

    found = demonstrate(
        tmp_path / "deep" / "er", detector="DAGMM", epochs=5, steps=20, watching=watching, n_findings=4
    )
    scores = pd.read_csv(found.scores)
    table = pd.read_csv(found.table)
    model = persistence.load(found.model)
    assert len(watched) == 1
    assert found.selected is None  # it has judged no row that it was not fitted on
    assert found.n_training == len(model[-1].training_energy_) == 178
    assert len(scores) == found.metrics["rows"] == 391
    assert scores["diagnosis"].tolist() == table["diagnosis"].iloc[scores["row"] - 1].tolist()
    rows = table.drop(columns="diagnosis").iloc[scores["row"] - 1]
    np.testing.assert_array_equal(scores["energy"], -model.score_samples(rows))
    np.testing.assert_array_equal(scores["label"] == "anomaly", model.predict(rows) == -1)
    assert found.metrics["auroc"] == pytest.approx(
        roc_auc_score(scores["diagnosis"] == "malignant", scores["energy"])
    )
    most = scores.sort_values("energy", ascending=False, kind="stable").head(4)
    assert [finding.row for finding in found.findings] == most["row"].tolist()
    assert [finding.energy for finding in found.findings] == most["energy"].tolist()
    for finding in found.findings:
        assert len(finding.because) == 3
        for line in finding.because:
            assert line.value == table[line.column].iloc[finding.row - 1]


@pytest.mark.slow
def test_rows_are_selected_at_a_false_discovery_rate(tmp_path: Path) -> None:
    found = demonstrate(tmp_path, detector="DeepMixture", steps=10, random_state=0)
    selected, scores = found.selected, pd.read_csv(found.scores)
    assert selected is not None
    malignant = scores["diagnosis"] == "malignant"
    assert selected.flagged == scores["flagged"].sum()
    assert selected.false == (scores["flagged"] & ~malignant).sum()
    assert selected.recall == pytest.approx(scores["flagged"][malignant].mean())
    assert selected.recall > 0.4
    assert selected.false <= 0.2 * selected.flagged
    assert "178 calibration rows" in selected.by
    assert ((scores["p_value"] > 0) & (scores["p_value"] <= 1)).all()
