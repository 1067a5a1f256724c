"""Every shelf's members are found by walking its package, so that a new file is tested without being named here."""

import importlib
import inspect
import pkgutil
from typing import Any

import pytest
import torch
from sklearn.utils.estimator_checks import estimator_checks_generator

import hinterland.detectors
from hinterland.densities import DENSITIES
from hinterland.detectors import Detector
from hinterland.networks import NETWORKS
from hinterland.training.settings import LoopSettings

# Enough training to pass for a detector, and no more; those of these that a detector has are set.
SMALL = {
    "n_threads": torch.get_num_threads(),
    "hidden": (8, 4),
    "latent_dim": 2,
    "n_components": 2,
    "epochs": 3,
    "batch_size": 64,
    "n_members": 2,
    "steps": 30,
    "random_state": 0,
}
SMALL_BY_NAME: dict[str, dict[str, Any]] = {
    "CADGMM": {"n_neighbors": 5, "estimation_hidden": (10,)},
    "CANCE": {"decoder_steps": 10, "contrastive_steps": 30, "score_hidden": (8,)},
    "ContrastiveScorer": {
        "contrastive_steps": 30,
        "score_hidden": (8,),
        "detector_options": {
            "hidden": (8, 4),
            "epochs": 3,
            "steps": 30,
            "batch_size": 64,
            "reconstruction_features": ("squared_error", "cosine_dissimilarity"),
            "label_loss": None,
        },
    },
    "DEUAD": {"n_clusters": 2, "r": 1},
    "ClusterAndRetrain": {
        "n_clusters": 2,
        "fits": 1,
        "detector_options": {
            "hidden": (8, 4),
            "latent_dim": 2,
            "epochs": 3,
            "steps": 60,
            "batch_size": 64,
        },
    },
}
"""What a detector needs beyond ``SMALL``, by the name of its class."""


def members(package: Any, base: type) -> list[type]:
    """Public concrete subclasses of ``base`` that the modules of a package define, and that need no labels."""
    found = {
        member
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
        if issubclass(member, base) and member is not base and member.__module__ == module.name
    }
    found = {m for m in found if not m.__name__.startswith("_") and not getattr(m, "needs_labels", False)}
    found = {m for m in found if not inspect.isabstract(m)}
    return sorted(found, key=lambda m: m.__name__)


def small(detector_class: type, **settings: Any) -> Any:
    known = set(inspect.signature(detector_class).parameters)
    own = {**SMALL, **SMALL_BY_NAME.get(detector_class.__name__, {}), **settings}
    return detector_class(**{name: value for name, value in own.items() if name in known})


@pytest.fixture
def make(detector_class: type) -> Any:
    """Make a small detector of the class under test: ``make(contamination=0.1)``."""
    return lambda **settings: small(detector_class, **settings)


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut trainings short, whatever they are asked for: each is of a few gradient steps.

    ``benchmarks/estimator_checks.py`` has scikit-learn's checks with the whole trainings.
    """
    initialise = LoopSettings.__init__

    def cut_short(self: LoopSettings, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        for name, most in {"epochs": 30, "max_steps": 3}.items():
            object.__setattr__(self, name, min(getattr(self, name) or most, most))

    monkeypatch.setattr(LoopSettings, "__init__", cut_short)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    shelves = {
        "detector_class": (hinterland.detectors, Detector),
    }
    for name, shelf in shelves.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, members(*shelf), ids=lambda member: member.__name__)
    for name, registry in (("network_class", NETWORKS), ("density_class", DENSITIES)):
        if name in metafunc.fixturenames:
            found = {n: m for n, m in registry.members().items() if not getattr(m, "needs_labels", False)}
            metafunc.parametrize(name, found.values(), ids=found.keys())
    if "scikit_learn_check" in metafunc.fixturenames:
        pairs = [
            (estimator, check)
            for member in members(*shelves["detector_class"])
            for estimator, check in estimator_checks_generator(member())
        ]
        names = [f"{type(e).__name__}-{c.func.__name__}-{i}" for i, (e, c) in enumerate(pairs)]
        metafunc.parametrize("scikit_learn_check", pairs, ids=names)
