import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from hinterland.detectors.dagmm import DAGMM
from hinterland.explain import explain
from hinterland.report import rows
from hinterland.report.rows import anomalous_rows, usual_values
from hinterland.report.scored import Scored, score_table
from hinterland.tables.source import as_table_file


@pytest.mark.slow
def test_rows_hold_the_tables_values_and_the_explanations_contributions(
    scored: Scored, model: Pipeline, table: pd.DataFrame
) -> None:
    found = anomalous_rows(scored)
    assert found["columns"] == list(table.columns[:-1])  # the label is no cell
    assert found["n_model"] == 30
    energy = -model.score_samples(table.drop(columns="diagnosis"))
    order = np.argsort(-energy, kind="stable")[:500]
    assert [row["row"] - 1 for row in found["rows"]] == order.tolist()
    first, index = found["rows"][0], order[0]
    assert first["energy"] == pytest.approx(energy[index])
    assert first["cells"] == table.iloc[index, :-1].tolist()
    assert first["truth"] == (table.diagnosis[index] == "malignant")
    explanation = explain(model, table.drop(columns="diagnosis").iloc[[index]])
    np.testing.assert_allclose(first["contributions"], explanation.contributions[0], rtol=1e-3)
    pull = np.sum([np.clip(row["contributions"], 0, None) for row in found["rows"]], axis=0)
    assert found["telling"] == np.argsort(-pull)[:5].tolist()


def test_without_an_encoder_the_row_compared_with_is_known(detector: DAGMM, benign: np.ndarray) -> None:
    found = anomalous_rows(score_table(detector, as_table_file(benign), top=3))
    assert len(found["rows"]) == found["asked"] == 3
    for row in found["rows"]:
        compared = np.array(row["compared"])
        assert (np.abs(detector.references_ - compared).max(1) == 0).any()
        assert row["reference"] == pytest.approx(detector.energy(compared[None])[0], rel=1e-4)
        assert "truth" not in row


def test_columns_the_model_does_not_use_come_last(model: Pipeline, table: pd.DataFrame) -> None:
    more = table.assign(note="n", when=np.arange(len(table)))
    scored = score_table(
        model, as_table_file(more), label="diagnosis", anomaly="malignant", time_column="when", top=2
    )
    found = anomalous_rows(scored)
    assert found["columns"][30:] == ["when", "note"]
    assert found["rows"][0]["cells"][30:] == [int(scored.top_index[0]), "n"]


def test_wide_rows_are_fewer(scored: Scored, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_BYTES", 10_000)
    found = anomalous_rows(scored)
    assert 1 < len(found["rows"]) < 30
    assert found["asked"] == 500
    monkeypatch.setattr(rows, "MOST_BYTES", 1)
    assert len(anomalous_rows(scored)["rows"]) == 1


def test_usual_values_are_those_of_the_less_anomalous_half(scored: Scored, table: pd.DataFrame) -> None:
    found = usual_values(scored)
    half = table[scored.energy <= np.median(scored.energy)]
    low, middle, high = np.quantile(half["mean area"], [0.05, 0.5, 0.95])
    assert found["mean area"]["low"] == pytest.approx(low, rel=1e-3)
    assert found["mean area"]["middle"] == pytest.approx(middle, rel=1e-3)
    assert found["mean area"]["high"] == pytest.approx(high, rel=1e-3)
    assert found["mean area"]["missing"] == 0


def test_usual_values_of_every_kind(mixed_model: Pipeline, mixed_table: pd.DataFrame) -> None:
    scored = score_table(mixed_model, as_table_file(mixed_table))
    found = usual_values(scored)
    half = mixed_table[scored.energy <= np.median(scored.energy)]
    counts = half["formula"].value_counts(normalize=True)
    value, share = found["formula"]["common"][0]
    assert counts[value] == pytest.approx(share, rel=1e-3)
    assert share == pytest.approx(counts.max(), rel=1e-3)
    assert len(found["formula"]["common"]) == 3
    assert found["nothing"] == found["no number"] == {"missing": 1.0}
    assert found["name"] == {"missing": 0.0}
    assert found["when"]["low"] < found["when"]["middle"] < found["when"]["high"]
    assert found["yes"]["common"][0][0] in (True, False)
    assert all(len(value) <= 61 for value, _ in found["long"]["common"])
