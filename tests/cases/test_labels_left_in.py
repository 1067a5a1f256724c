"""A label among the columns, and labels of 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hinterland import DeepMixture, PositiveUnlabelled, PyODStyle

pytestmark = pytest.mark.slow


def test_a_label_among_the_columns_is_named_and_no_truth(place: Any, run: Any) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(500, 3)).round(4), columns=["V1", "V2", "V3"])
    table.insert(0, "Time", np.arange(500) * 20)
    table["Class"] = (rng.random(500) < 0.03).astype(int)
    path = place.table("cards.csv", table)
    told = place.fit(path)
    assert "called and filled like labels, but used as any column: 'Class' (2 values)" in told.said
    assert "(--drop COLUMN)" in told.said
    for arguments in (["evaluate"], ["report", "-o", place / "page.html"]):
        refused = run(*arguments, place / "m.hinterland", path, "--label", "Class", "--anomaly", 1)
        assert refused.code == 1
        assert "column 'Class' is one of those that the model was trained on" in refused.said
    told = place.fit(path, "--drop", "Class")
    assert "labels" not in told.said
    assert 0.2 < place.evaluate(path, "--label", "Class", "--anomaly", 1)["auroc"] < 0.8


def detector() -> DeepMixture:
    return DeepMixture(random_state=0, steps=40, n_members=1, n_components=8)


def planted() -> tuple[np.ndarray, np.ndarray]:
    rows = np.random.default_rng(0).normal(size=(400, 4))
    is_odd = np.arange(400) % 10 == 3
    return rows + 4 * is_odd[:, None], is_odd


def test_ones_are_warned_of_and_can_be_handed_over_as_anomalies() -> None:
    rows, is_odd = planted()
    with pytest.warns(
        UserWarning, match=r"1 was read as known normal .* call fit\(X, is_anomaly=y\) instead"
    ):
        detector().fit(rows, is_odd.astype(int))
    fitted = detector().fit(rows, is_anomaly=is_odd.astype(int))
    assert (fitted.predict(rows)[is_odd] == -1).all()
    adapted = PyODStyle(detector()).fit(rows)
    np.testing.assert_array_equal(adapted.decision_scores_, detector().fit(rows).energy(rows))
    assert set(adapted.labels_) == {0, 1}


def test_anomalies_as_known_normal_rows_are_warned_of_by_what_they_lead_to() -> None:
    rows, is_odd = planted()
    with (
        pytest.warns(UserWarning, match="1 was read as known normal"),
        pytest.warns(UserWarning, match="unlabelled rows are anomalies"),
    ):
        PositiveUnlabelled(detector(), steps=30).fit(rows, is_odd.astype(int))
