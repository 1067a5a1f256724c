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


@pytest.mark.parametrize("nothing", ["passthrough", None])
def test_steps_that_do_nothing_are_none(nothing: str | None) -> None:
    encoder, detector = TabularEncoder(), DAGMM()
    between = Pipeline([("a", encoder), ("b", nothing), ("c", detector), ("d", nothing)])
    assert encoder_and_detector(between) == (encoder, detector)
    assert encoder_and_detector(Pipeline([("a", nothing), ("b", detector)])) == (None, detector)


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (np.zeros(2), "ndarray"),
        (
            Pipeline([("a", TabularEncoder()), ("b", LinearRegression())]),
            "a Pipeline of TabularEncoder, Linear",
        ),
        (Pipeline([("a", LinearRegression()), ("b", DAGMM())]), "a Pipeline of LinearRegression, DAGMM"),
        (Pipeline([("a", "passthrough")]), "a Pipeline of nothing"),
    ],
)
def test_what_is_no_model_is_named(wrong: object, found: str) -> None:
    with pytest.raises(TypeError, match=f"a hinterland detector, or a Pipeline.*got {found}"):
        encoder_and_detector(wrong)
