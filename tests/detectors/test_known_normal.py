"""The share of anomalies by rows known to be normal."""

import numpy as np
import pytest

from hinterland.detectors import DAGMM
from hinterland.detectors.known_normal import estimate_by_known_normal

RANDOM = np.random.default_rng(0)
NORMAL, ODD = RANDOM.normal(size=(800, 3)), RANDOM.normal(7.0, 1.0, (200, 3))
ROWS = np.concatenate([NORMAL, ODD])


@pytest.fixture(scope="module")
def detector() -> DAGMM:
    return DAGMM(epochs=2, steps=40, hidden=(6,), random_state=0).fit(NORMAL[:300])


def test_the_share_among_the_others_is_told(detector: DAGMM) -> None:
    found = estimate_by_known_normal(detector, ROWS, np.arange(1000) < 400)
    assert found.n_rows == 600
    assert found.estimate == pytest.approx(1 / 3, abs=0.1)
    assert found.low <= found.estimate <= found.high
    assert "a random part of the normal ones" in str(found)
    again = detector.estimate_contamination(ROWS, is_normal=np.arange(1000) < 400)
    assert again == found


def test_what_cannot_be_told_is_said(detector: DAGMM) -> None:
    few = estimate_by_known_normal(detector, ROWS, np.arange(1000) < 49)
    assert not few.told
    assert "cannot be told: it takes 50 rows known to be normal and as many others, got 49 and 951" in str(
        few
    )
    none_left = estimate_by_known_normal(detector, ROWS, np.arange(1000) < 951)
    assert "got 951 and 49" in none_left.reason


def test_bad_marks_are_named(detector: DAGMM) -> None:
    for marks in (np.ones(3, bool), np.ones(1000)):
        with pytest.raises(ValueError, match="is_normal must hold a truth value for each of the 1000 rows"):
            estimate_by_known_normal(detector, ROWS, marks)
