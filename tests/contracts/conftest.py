"""Every shelf's members are found by walking its package, so that a new file is tested without being named here."""

import importlib
import inspect
import pkgutil
from typing import Any

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

import hinterland.densities
import hinterland.detectors
import hinterland.networks
from hinterland.densities import Density
from hinterland.detectors import Detector
from hinterland.networks import Network

# Enough training to pass for a detector, and no more; those of these that a detector has are set.
SMALL = {
    "hidden": (8, 4),
    "latent_dim": 2,
    "n_components": 2,
    "epochs": 3,
    "min_steps": 30,
    "batch_size": 64,
    "n_members": 2,
    "steps": 30,
    "random_state": 0,
}
SMALL_BY_NAME: dict[str, dict[str, Any]] = {}
"""What a detector needs beyond ``SMALL``, by the name of its class."""


def members(package: Any, base: type) -> list[type]:
    """Public concrete subclasses of ``base`` that the modules of a package define."""
    found = {
        member
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
        if issubclass(member, base) and member is not base and member.__module__ == module.name
    }
    return sorted((m for m in found if not m.__name__.startswith("_")), key=lambda m: m.__name__)


def small(detector_class: type, **settings: Any) -> Any:
    known = set(inspect.signature(detector_class).parameters)
    own = {**SMALL, **SMALL_BY_NAME.get(detector_class.__name__, {}), **settings}
    return detector_class(**{name: value for name, value in own.items() if name in known})


@pytest.fixture
def make(detector_class: type) -> Any:
    """Make a small detector of the class under test: ``make(contamination=0.1)``."""
    return lambda **settings: small(detector_class, **settings)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    shelves = {
        "detector_class": (hinterland.detectors, Detector),
        "network_class": (hinterland.networks, Network),
        "density_class": (hinterland.densities, Density),
    }
    for name, shelf in shelves.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, members(*shelf), ids=lambda member: member.__name__)
    if "scikit_learn_check" in metafunc.fixturenames:
        pairs = [
            (estimator, check)
            for member in members(*shelves["detector_class"])
            for estimator, check in estimator_checks_generator(small(member))
        ]
        names = [f"{type(e).__name__}-{c.func.__name__}-{i}" for i, (e, c) in enumerate(pairs)]
        metafunc.parametrize("scikit_learn_check", pairs, ids=names)
