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
from hinterland.demo import demonstrate, tumours


def test_the_table_is_the_public_one() -> None:
    table = tumours()
    assert table.shape == (569, 31)
    assert table["diagnosis"].value_counts().to_dict() == {"benign": 357, "malignant": 212}


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
