from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from hinterland import PositiveUnlabelled, metrics
from hinterland.scoring.truth import judge

SHORT = {"epochs": 2, "min_steps": 20, "hidden": (6,)}


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(90, 3))
    rows[:10] += 4
    return rows


IS_ANOMALY = np.arange(90) < 10


@pytest.fixture(scope="module")
def without_share(rows: np.ndarray) -> PositiveUnlabelled:
    """A detector whose threshold asks for no share of rows."""
    detector = PositiveUnlabelled("DAGMM", SHORT, steps=30, random_state=0)
    return detector.fit(rows, is_normal=np.arange(90) % 3 == 1)


def test_a_detector_without_contamination_is_judged_by_what_it_flags_in_training(
    without_share: PositiveUnlabelled, rows: np.ndarray
) -> None:
    energy = without_share.energy(rows)
    share = float(np.mean(without_share.calibration_energy_ > -without_share.offset_))
    assert 0 < share < 1
    result = judge(without_share, IS_ANOMALY, energy, rule="training")["rule"]
    assert result["share"] == pytest.approx(share)
    assert result["flagged"] == int(np.sum(energy > -without_share.offset_))
    asked = judge(without_share, IS_ANOMALY, energy, rule="training", share=0.2)["rule"]
    assert asked["share"] == 0.2


def test_where_it_flags_none_of_them_a_share_is_asked_for(
    without_share: PositiveUnlabelled, rows: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(without_share, "offset_", -1e9)
    with pytest.raises(
        ValueError, match=r"PositiveUnlabelled .* flags 0 of its 90 training rows.*name a share"
    ):
        judge(without_share, IS_ANOMALY, without_share.energy(rows), rule="training")


def test_one_class_has_what_can_be_told(without_share: PositiveUnlabelled, rows: np.ndarray) -> None:
    energy = without_share.energy(rows)
    with pytest.warns(UserWarning, match="none of the 90 rows is an anomaly"):
        own = judge(without_share, np.zeros(90, bool), energy)["own_threshold"]
    assert own == {
        "threshold": 0.0,
        "flagged": int((energy > 0).sum()),
        "precision": 0.0,
        "recall": None,
        "f1": None,
    }


def test_the_own_threshold_is_judged_as_everywhere(
    without_share: PositiveUnlabelled, rows: np.ndarray
) -> None:
    energy = without_share.energy(rows)
    own = judge(without_share, IS_ANOMALY, energy)["own_threshold"]
    expected = metrics.at_own_threshold(IS_ANOMALY, energy, 0.0)
    assert own == {name: getattr(expected, name) for name in own}
    precision, recall, f1, _ = precision_recall_fscore_support(IS_ANOMALY, energy > 0, average="binary")
    assert (own["precision"], own["recall"], own["f1"]) == pytest.approx((precision, recall, f1), rel=1e-15)
