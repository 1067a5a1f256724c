"""The default way from a table to energies: an encoder for its columns, and a detector behind it."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from hinterland.detectors.base import Detector
from hinterland.detectors.catalogue import (
    DEFAULT_DETECTOR,
    check_parameter_names,
    detector_class,
    parameters,
)
from hinterland.preprocessing import TabularEncoder


def table_pipeline(detector: str | Detector = DEFAULT_DETECTOR, **settings: Any) -> Pipeline:
    """Make an unfitted pipeline that takes a DataFrame or an Arrow table of mixed columns.

    Parameters
    ----------
    detector : name of one, or an instance, taken as it is.
    settings : parameters of the named detector. Those about the scale of columns are off unless given, as the
        encoder has scaled them.

    Raises
    ------
    ValueError
        For an unknown detector or parameter.

    Examples
    --------
    >>> from hinterland.pipeline import table_pipeline
    >>> table_pipeline("DAGMM", epochs=5).named_steps["detector"].scaling is None
    True
    """
    if isinstance(detector, str):
        make = detector_class(detector)
        check_parameter_names(make, settings)
        scale_off: dict[str, Any] = dict.fromkeys({"scaling", "clip"} & parameters(make).keys())
        detector = make(**(scale_off | settings))
    elif settings:
        raise ValueError(
            f"settings are for a detector by name; set them on the instance, got {sorted(settings)}"
        )
    return Pipeline([("encoder", TabularEncoder()), ("detector", detector)])


def encoder_and_detector(model: Any) -> tuple[TabularEncoder | None, Detector]:
    """Take a model apart: a pipeline as above, or a detector alone.

    This is what scoring, explanations, evaluation and the page take for a model.

    Raises
    ------
    TypeError
        For anything else.
    """
    match steps_of(model) if isinstance(model, Pipeline) else [model]:
        case [Detector() as detector]:
            return None, detector
        case [TabularEncoder() as encoder, Detector() as detector]:
            return encoder, detector
        case steps:
            names = ", ".join(type(step).__name__ for step in steps) or "nothing"
    found = f"a Pipeline of {names}" if isinstance(model, Pipeline) else names
    raise TypeError(
        f"estimator must be a hinterland detector, or a Pipeline of a TabularEncoder and one, got {found}; "
        "behind other steps take the detector itself, on the rows that it sees"
    )


def steps_of(pipeline: Pipeline) -> list[Any]:
    """Steps of a pipeline that do something: all but ``"passthrough"`` and None."""
    return [step for _, step in pipeline.steps if step is not None and step != "passthrough"]
