"""The examples of docs/signs.md run, and say what is so."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from hinterland.metrics import anomaly_scorer, precision_at_k

PAGE = Path(__file__).parents[1] / "docs" / "signs.md"


@pytest.fixture(scope="module")
def page() -> dict:
    names: dict = {"__name__": "signs"}
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
            exec(code, names)
    return names


@pytest.mark.slow
def test_the_table_of_signs_is_so(page):
    detector, X, is_anomaly = page["detector"], page["X"], page["is_anomaly"]
    energy = detector.energy(X)
    np.testing.assert_array_equal(detector.score_samples(X), -energy)
    np.testing.assert_array_equal(detector.decision_function(X), -energy - detector.offset_)
    np.testing.assert_array_equal(detector.predict(X) == -1, detector.decision_function(X) < 0)
    assert set(detector.predict(X)) == {-1, 1}
    assert energy[is_anomaly].mean() > energy[~is_anomaly].mean()
    assert len(detector.training_energy_) == len(page["pipeline"][-1].training_energy_) == 360


@pytest.mark.slow
def test_searches_pick_by_what_they_are_given(page):
    assert page["by_likelihood"].best_score_ == max(page["by_likelihood"].cv_results_["mean_test_score"])
    assert page["by_roc"].best_score_ > 0.9
    assert page["by_precision"].best_score_ > 0.9
    energy = page["by_roc"].best_estimator_.energy(page["X"])
    assert roc_auc_score(page["is_anomaly"], energy) > 0.9
    assert f1_score(page["is_anomaly"], page["detector"].predict(page["X"]) == -1) > 0.5


@pytest.mark.slow
def test_the_scorer_judges_anomalies_by_any_metric(page):
    detector, X, is_anomaly = page["detector"], page["X"], page["is_anomaly"]
    for codes in (np.where(is_anomaly, -1, 0), np.where(is_anomaly, -1, 1)):
        expected = average_precision_score(is_anomaly, detector.energy(X))
        assert anomaly_scorer()(detector, X, codes) == pytest.approx(expected, abs=1e-12)

    def first_places(is_anomaly, energy):
        return precision_at_k(is_anomaly, energy, k=5)

    assert anomaly_scorer(first_places)(detector, X, page["codes"]) == 1.0
    with pytest.raises(ValueError, match=r"mark anomalies with -1 .*got \[0, 1\]; .*from_is_anomaly"):
        anomaly_scorer()(detector, X, is_anomaly.astype(int))
