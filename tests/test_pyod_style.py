import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

from hinterland import DAGMM, DeepMixture, PyODStyle
from hinterland.pipeline import table_pipeline

SHORT = {"hidden": (6,), "epochs": 3, "steps": 60, "contamination": 0.1, "random_state": 0}


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    is_anomaly = np.arange(200) % 10 == 0
    return rng.normal(size=(200, 4)) + 8 * is_anomaly[:, None], is_anomaly


@pytest.mark.slow
def test_scores_rise_with_anomaly_and_ones_are_anomalies(planted):
    rows, is_anomaly = planted
    model = PyODStyle(DAGMM(**SHORT))
    assert model.fit(rows) is model
    detector = DAGMM(**SHORT).fit(rows)
    np.testing.assert_array_equal(model.decision_scores_, detector.energy(rows))
    np.testing.assert_array_equal(model.decision_function(rows[:3]), detector.energy(rows[:3]))
    np.testing.assert_array_equal(model.predict(rows), detector.predict(rows) == -1)
    np.testing.assert_array_equal(model.labels_, model.predict(rows))
    assert model.threshold_ == -detector.offset_
    assert model.labels_.sum() == 20
    np.testing.assert_array_equal(clone(model).fit_predict(rows), model.labels_)
    assert roc_auc_score(is_anomaly, model.decision_scores_) > 0.5


def test_a_detector_whose_training_has_steps_is_no_pipeline(planted):
    rows, is_anomaly = planted
    model = PyODStyle(DeepMixture(2, steps=20, n_components=4, random_state=0)).fit(rows, is_anomaly)
    assert model.labels_[is_anomaly].all()


@pytest.mark.slow
def test_ones_in_y_are_known_anomalies_in_a_pipeline_too(planted):
    rows, is_anomaly = planted
    frame = pd.DataFrame(rows, columns=list("abcd"))
    model = PyODStyle(table_pipeline("DAGMM", **SHORT)).fit(frame, is_anomaly.astype(int))
    named = table_pipeline("DAGMM", **SHORT).fit(frame, detector__is_anomaly=is_anomaly)
    np.testing.assert_array_equal(model.decision_scores_, -named.score_samples(frame))
    assert len(model.decision_scores_) == 200  # of the known anomalies too
    assert model.threshold_ == -named[-1].offset_


def test_an_unfitted_one_says_so(planted):
    with pytest.raises(NotFittedError):
        PyODStyle(DAGMM()).predict(planted[0])
