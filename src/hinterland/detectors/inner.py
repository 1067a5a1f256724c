"""Detectors inside of detectors: by name with options, or as an instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sklearn.base import clone

from hinterland.detectors import catalogue
from hinterland.detectors.base import Detector
from hinterland.parameters import instance_of

name_or_detector = instance_of(str, Detector, called="the name of a detector or one itself")
"""Check for what ``check_inner`` takes."""


def check_inner(detector: str | Detector, options: Mapping[str, Any] | None) -> None:
    """Raise ValueError unless ``detector`` names one that takes the options, or is one itself and there are none."""
    if isinstance(detector, str):
        catalogue.check_parameter_names(catalogue.detector_class(detector), options or {})
        unfitted_inner(detector, options, 0).check_parameters()
    elif options:
        raise ValueError(
            f"detector_options are for a detector by name; set them on the instance, got {sorted(options)}"
        )
    else:
        detector.check_parameters()


def unfitted_inner(
    detector: str | Detector,
    options: Mapping[str, Any] | None,
    seed: int,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
    **unless_given: Any,
) -> Detector:
    """The detector to fit: of that name, with the options and what they leave unsaid, or a clone of the instance.

    It has this seed where it has no ``random_state`` of its own, and reports to ``on_epoch`` where it can.
    """
    if isinstance(detector, str):
        inner: Detector = catalogue.detector_class(detector)(**{**unless_given, **(options or {})})
    else:
        inner = clone(detector)
    if on_epoch is not None and "on_epoch" in inner.get_params(deep=False):
        inner.set_params(on_epoch=on_epoch)
    return inner if inner.random_state is not None else inner.set_params(random_state=seed)
