"""Detectors whose threshold is one for new rows, or else for the training rows themselves."""

import numpy as np
import pytest

from hinterland import DETECTORS
from hinterland.detectors.novelty import NoveltyDetector

MEMBERS = {
    name: member for name, member in DETECTORS.members().items() if issubclass(member, NoveltyDetector)
}
ROWS = np.random.default_rng(0).normal(size=(60, 2))
SMALL = {"n_members": 2, "steps": 4, "batch_size": 32, "random_state": 0}


def test_the_default_is_one_of_them():
    assert {"Surprisal", "DeepMixture"} <= set(MEMBERS)


@pytest.fixture(params=MEMBERS.values(), ids=MEMBERS)
def member(request):
    return request.param


def test_training_rows_are_not_labelled_by_a_threshold_for_new_rows(member):
    detector = member(**SMALL)
    assert not hasattr(detector, "fit_predict")
    with pytest.raises(AttributeError, match=r"novelty=False for it, or use fit\(X\).predict\(X\)"):
        detector.fit_predict(ROWS)


@pytest.mark.slow
def test_the_share_is_of_rows_that_are_new_to_the_models(member):
    detector = member(contamination=0.2, **SMALL).fit(ROWS)
    assert np.mean(detector.calibration_energy_ > -detector.offset_) == pytest.approx(0.2, abs=0.01)
    assert not np.isin(detector.calibration_energy_, detector.energy(ROWS)).any()


@pytest.mark.slow
def test_or_of_the_training_rows_under_all_models(member):
    detector = member(contamination=0.2, novelty=False, **SMALL)
    assert np.mean(detector.fit_predict(ROWS) == -1) == pytest.approx(0.2, abs=0.01)
    np.testing.assert_array_equal(detector.training_energy_, detector.energy(ROWS))


def test_novelty_is_true_or_false(member):
    with pytest.raises(ValueError, match="novelty must be"):
        member(novelty="yes", **SMALL).fit(ROWS)
