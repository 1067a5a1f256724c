from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline

from hinterland import DAGMM, TabularEncoder
from hinterland.pipeline import encoder_and_detector, table_pipeline


def test_scaling_is_left_to_the_encoder_unless_asked_for() -> None:
    model = table_pipeline("dagmm", epochs=7)
    assert isinstance(model[0], TabularEncoder)
    assert (model[1].epochs, model[1].scaling, model[1].clip) == (7, None, None)
    assert table_pipeline("dagmm", scaling="minmax")[1].scaling == "minmax"
    mine = DAGMM(latent_dim=2)
    assert table_pipeline(mine)[1] is mine


def test_unknown_settings_are_named() -> None:
    with pytest.raises(ValueError, match="no parameter 'epoch'"):
        table_pipeline("dagmm", epoch=7)
    with pytest.raises(ValueError, match=r"set them on the instance, got \['epochs'\]"):
        table_pipeline(DAGMM(), epochs=7)


def test_models_are_taken_apart() -> None:
    encoder, detector = TabularEncoder(), DAGMM()
    assert encoder_and_detector(detector) == (None, detector)
    assert encoder_and_detector(Pipeline([("a", encoder), ("b", detector)])) == (encoder, detector)
    for wrong in (np.zeros(2), Pipeline([("a", encoder), ("b", LinearRegression())])):
        with pytest.raises(TypeError, match="expected a detector, or a Pipeline"):
            encoder_and_detector(wrong)
