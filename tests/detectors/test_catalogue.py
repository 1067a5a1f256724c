from __future__ import annotations

import pytest

from hinterland import DAGMM, detectors
from hinterland.detectors import catalogue
from hinterland.detectors.base import Detector


def test_every_detector_is_found_described_and_documented() -> None:
    found = catalogue.detectors()
    assert {"DAGMM", catalogue.DEFAULT_DETECTOR} <= set(found)
    assert "Detector" not in found
    for detector in found.values():
        assert issubclass(detector, Detector)
        assert len(catalogue.summary(detector)) > 20
        undocumented = [
            name for name, about in catalogue.parameters(detector).items() if not about.description
        ]
        assert undocumented == []


@pytest.mark.parametrize("name", ["DAGMM", "dagmm", "da-gmm", "DA_GMM"])
def test_names_are_forgiving(name: str) -> None:
    assert catalogue.detector_class(name) is DAGMM


def test_unknown_names_are_named() -> None:
    with pytest.raises(
        ValueError, match=r"no detector is called 'GMM'; did you mean 'DAGMM'\? there are: .*DAGMM"
    ):
        catalogue.detector_class("GMM")
    with pytest.raises(
        ValueError, match=r"DAGMM has no parameter 'latent_dims'; did you mean 'latent_dim'\?"
    ):
        catalogue.check_parameter_names(DAGMM, {"epochs": 3, "latent_dims": 2})


def test_the_package_gives_members_that_it_does_not_name() -> None:
    assert detectors.DROCC is catalogue.detectors()["DROCC"]
    with pytest.raises(AttributeError, match="has no attribute 'GMM'"):
        _ = detectors.GMM
