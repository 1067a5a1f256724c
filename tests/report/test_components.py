import copy

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.pipeline import Pipeline

from hinterland.pipeline import table_pipeline
from hinterland.report.components import MOST_COLUMNS, mixtures
from hinterland.report.scored import Scored, score_table
from hinterland.tables.source import as_table_file


def test_describes_each_component_by_its_members(
    scored: Scored, model: Pipeline, table: pd.DataFrame
) -> None:
    [found] = mixtures(scored)
    density = model[-1].models_[0].density
    order = torch.argsort(density.weights, descending=True)
    assert found["n_components"] == 4
    weights = [component["weight"] for component in found["components"]]
    np.testing.assert_allclose(weights, density.weights[order], rtol=1e-3)
    with torch.no_grad():
        features = torch.from_numpy(model.transform(table.drop(columns="diagnosis")))
        belongs = density.memberships(features).argmax(1).numpy()
    for component, k in zip(found["components"], order.tolist(), strict=True):
        here = belongs == k
        assert component["members"] == pytest.approx(here.mean(), rel=1e-3)
        if not here.any():
            assert component["typical"] is None
            continue
        assert component["energy"] == pytest.approx(np.median(scored.energy[here]), rel=1e-3)
        assert component["flagged"] == pytest.approx(
            (scored.energy[here] > scored.model.threshold).mean(), rel=1e-3
        )
        row = component["typical"]["row"] - 1
        assert here[row]
        values = component["typical"]["values"]
        assert len(values) == MOST_COLUMNS
        assert all(table[name][row] == value for name, value in values)
        names = [name for name, _ in values]
        numbers = table.drop(columns="diagnosis")
        spread = numbers.std().clip(lower=1e-12)
        deviation = ((numbers.loc[row] - numbers.mean()) / spread).abs()
        assert deviation[names].mean() > deviation.drop(names).mean()


def test_one_description_for_each_member(table: pd.DataFrame) -> None:
    rows = table.drop(columns="diagnosis")
    model = table_pipeline("DeepMixture", n_members=2, steps=20, random_state=0).fit(rows)
    found = mixtures(score_table(model, as_table_file(rows)))
    assert [mixture["member"] for mixture in found] == [1, 2]
    for mixture in found:
        assert len(mixture["components"]) == min(10, mixture["n_components"])
        weights = [component["weight"] for component in mixture["components"]]
        assert weights == sorted(weights, reverse=True)


@pytest.fixture
def altered(scored: Scored) -> Scored:
    """A copy to change."""
    return copy.deepcopy(scored)


def test_nothing_for_a_density_that_is_no_mixture(altered: Scored) -> None:
    altered.model.detector.models_[0].density = None
    assert mixtures(altered) == []


def test_the_share_flagged_follows_the_detectors_threshold(altered: Scored) -> None:
    altered.model.detector.offset_ = 1e9
    shares = [part["flagged"] for part in mixtures(altered)[0]["components"] if part["typical"]]
    assert shares == [1.0] * len(shares)
