import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from sklearn.pipeline import Pipeline

from hinterland.detectors.dagmm import DAGMM
from hinterland.pipeline import table_pipeline
from hinterland.report.drift import chance, drift, ks_distance, stability_index, verdict
from hinterland.report.scored import Scored, score_table
from hinterland.tables.source import as_table_file

NUMBERS = st.lists(st.integers(-5, 5), min_size=1, max_size=30)


@pytest.mark.filterwarnings("ignore:ks_2samp")  # of its p-value, which is not used
@given(NUMBERS, NUMBERS)
def test_the_distance_is_kolmogorov_and_smirnovs(before: list[int], after: list[int]) -> None:
    first, second = np.array(before, float), np.array(after, float)
    assert ks_distance(first, second) == pytest.approx(ks_2samp(first, second).statistic)


def test_chance_is_exceeded_once_in_a_hundred_times() -> None:
    generator = np.random.default_rng(0)
    limit = chance(200, 300)
    exceeded = [
        ks_distance(generator.normal(size=200), generator.normal(size=300)) > limit for _ in range(3000)
    ]
    assert (
        0.003 < np.mean(exceeded) < 0.015
    )  # the limit is of large samples, and a little cautious in small ones
    assert chance(1, 1) == 1


def test_stability_by_hand() -> None:
    before, after = np.arange(100.0), np.arange(100.0) + 1000
    p, q = np.full(10, 10.5 / 105), np.array([0.5] * 9 + [100.5]) / 105
    assert stability_index(before, after) == pytest.approx(((q - p) * np.log(q / p)).sum())
    assert stability_index(before, before) == 0
    assert stability_index(np.ones(5), np.ones(9)) < 0.02
    assert "much as in training" in verdict(0.05)
    assert "somewhat" in verdict(0.2)
    assert "quite" in verdict(1.0)


def test_energies_are_compared_as_a_whole(scored: Scored, model: Pipeline) -> None:
    found = drift(scored)["energy"]
    training = model[-1].training_energy_
    assert found["distance"] == pytest.approx(ks_2samp(training, scored.energy).statistic)
    assert found["n_training"] == 200
    assert found["above"] == [
        np.mean(training > scored.model.threshold),
        np.mean(scored.energy > scored.model.threshold),
    ]
    assert [0.5, pytest.approx(np.median(training)), pytest.approx(np.median(scored.energy))] in found[
        "quantiles"
    ]


def test_a_column_that_moved_comes_first(model: Pipeline, table: pd.DataFrame) -> None:
    rows = table[table.diagnosis == "benign"].drop(columns="diagnosis")
    moved = rows.assign(**{"mean symmetry": rows["mean symmetry"] + 0.05})
    found = drift(score_table(model, as_table_file(moved)))["columns"]
    first = found["found"][0]
    assert first["column"] == "mean symmetry"
    assert first["distance"] > 2 * found["chance"]
    assert first["usual"] == pytest.approx(model[0].typical_values_["mean symmetry"])
    assert first["here"] == pytest.approx(moved["mean symmetry"].median())
    assert first["feature"] is None
    distances = [entry["distance"] for entry in found["found"]]
    assert distances == sorted(distances, reverse=True)
    assert len(distances) == 15
    assert found["n_columns"] == 30


def test_rows_of_the_same_source_do_not_move(detector: DAGMM, benign: np.ndarray) -> None:
    found = drift(score_table(detector, as_table_file(benign[200:])))["columns"]
    assert found["n_moved"] <= 6  # columns are alike one another, so that chance moves several at once
    assert found["n_references"] == len(detector.references_)


def test_a_new_category_shows_with_its_feature() -> None:
    generator = np.random.default_rng(0)
    rows = pd.DataFrame({"service": generator.choice(["a", "b"], 300), "x": generator.normal(size=300)})
    model = table_pipeline("DAGMM", epochs=1, steps=5, hidden=(4,), random_state=0).fit(rows)
    found = drift(score_table(model, as_table_file(rows.assign(service="new"))))["columns"]
    first = found["found"][0]
    assert first["column"] == "service"
    assert first["feature"] in ("service=a", "service=b")  # a new value is apart from both
    assert first["distance"] == 1
    assert first["here"] == "new"


def test_without_references_columns_are_not_compared(benign: np.ndarray) -> None:
    detector = DAGMM(epochs=1, steps=5, n_references=0, random_state=0).fit(benign)
    assert drift(score_table(detector, as_table_file(benign)))["columns"] is None
