"""Progress: every round of a training is shown, and the detector is afterwards as it was."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hinterland import DAGMM, DeepMixture
from hinterland.progress import training_progress

X = np.random.default_rng(0).normal(size=(60, 3))


def test_a_bar_says_what_is_trained_and_its_last_loss(capfd):
    detector = DAGMM(epochs=2, steps=20, random_state=0)
    with training_progress(detector):
        detector.fit(X)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "Training DAGMM" in shown.err
    assert (
        f"epoch {detector.history_[-1]['epoch']:.0f}, loss {detector.history_[-1]['loss']:.4g}" in shown.err
    )


def test_a_pipeline_is_shown_by_its_detector_and_models_are_counted(capfd):
    model = make_pipeline(StandardScaler(), DeepMixture(n_members=2, steps=10, random_state=0))
    with training_progress(model, "Learning"):
        model.fit(X)
    shown = capfd.readouterr().err
    assert "Learning" in shown
    assert "model 2 of 2" in shown


def test_one_that_is_not_shown_prints_nothing_and_changes_no_bit(capfd):
    seen = []
    detector = DAGMM(epochs=2, steps=20, random_state=0, on_epoch=seen.append)
    with training_progress(detector, shown=False):
        detector.fit(X)
    assert capfd.readouterr() == ("", "")
    assert seen == detector.history_
    np.testing.assert_array_equal(
        detector.energy(X), DAGMM(epochs=2, steps=20, random_state=0).fit(X).energy(X)
    )


def test_what_was_called_before_is_called_again_even_after_an_error():
    detector = DAGMM(on_epoch=print)
    with pytest.raises(ZeroDivisionError), training_progress(detector, shown=False):
        raise ZeroDivisionError
    assert detector.on_epoch is print
