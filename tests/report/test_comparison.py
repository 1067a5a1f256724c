"""A second model beside the first: who flags what, and how alike the ranks are."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import spearmanr

from hinterland import CADGMM
from hinterland.report.comparison import compared, names


def test_a_model_beside_itself_agrees_with_itself(scored):
    found = compared(scored, scored.model, scored.energy)
    n_flagged = int((scored.energy > scored.model.threshold).sum())
    assert found["flagged"] == [n_flagged] * 3
    assert found["rank_correlation"] == pytest.approx(1)
    assert found["names"] == ["DAGMM (this model)", "DAGMM (comparison)"]


def test_each_flags_by_its_own_threshold(scored):
    other = SimpleNamespace(detector=scored.model.detector, threshold=0.5)
    energy = np.arange(scored.n_rows) % 2.0
    found = compared(scored, other, energy)
    first, second = scored.energy > scored.model.threshold, energy == 1
    assert found["flagged"] == [first.sum(), second.sum(), (first & second).sum()]
    assert found["threshold"] == 0.5
    assert found["rank_correlation"] == pytest.approx(spearmanr(scored.energy, energy).statistic)


def test_curves_of_the_second_are_there_with_labels_alone(scored):
    assert "curves" in compared(scored, scored.model, scored.energy)
    assert "curves" not in compared(replace(scored, truth=None), scored.model, scored.energy)


def test_equal_energies_have_no_rank_correlation(scored):
    assert compared(scored, scored.model, np.zeros(scored.n_rows))["rank_correlation"] is None


def test_detectors_of_two_classes_go_by_their_names(scored):
    assert names(scored.model, SimpleNamespace(detector=CADGMM())) == ["DAGMM", "CADGMM"]
