"""Every shelf's members are found there, so that a new file is tested without being named here."""

import inspect
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.utils.estimator_checks import estimator_checks_generator

from hinterland.densities import DENSITIES
from hinterland.detectors.base import DETECTORS
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
    "DROCC": {"hidden": (16,), "ascent_steps": 2, "learning_rate": 0.03},
    "DEUAD": {"n_clusters": 2, "r": 1},
    "PositiveUnlabelled": {
        "head_hidden": (8,),
        "detector_options": {
            "hidden": (8, 4),
            "latent_dim": 2,
            "epochs": 3,
            "steps": 30,
            "batch_size": 64,
            "label_loss": None,
        },
    },
    "Surprisal": {"steps": 10, "width": 8, "n_bins": 8, "n_neighbor_rows": 256},
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


def labelled(y: Any, n_rows: int) -> Any:
    """Label codes for a member that needs labels: of the rows that have none every third is known to be normal.

    What is no code, or marks a normal row already, is handed on as it is.
    """
    codes = np.zeros(n_rows) if y is None else np.asarray(y)
    if codes.shape != (n_rows,) or codes.dtype.kind not in "if" or not np.isin(codes, (-1, 0)).all():
        return y
    codes = codes.astype(int)
    codes[np.flatnonzero(codes == 0)[::3]] = 1
    return codes


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


@pytest.fixture(autouse=True)
def labels_where_they_are_needed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A detector that cannot do without labels is given some wherever a test gives it none."""
    member = request.node.callspec.params.get("detector_class") if hasattr(request.node, "callspec") else None
    if member is None or not member.needs_labels:
        return
    fit = member.fit

    def fit_with_labels(self: Any, X: Any, y: Any = None, **named: Any) -> Any:
        if named.get("is_normal") is None and hasattr(X, "__len__"):
            y = labelled(y, len(X)) if named.get("is_anomaly") is None else y
            if named.get("is_anomaly") is not None:
                known = np.nan_to_num(np.asarray(named["is_anomaly"], dtype=float)) == 1
                named["is_normal"] = labelled(np.where(known, -1, 0), len(X)) == 1
        return fit(self, X, y, **named)

    monkeypatch.setattr(member, "fit", fit_with_labels)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    shelves = {"detector_class": DETECTORS, "network_class": NETWORKS, "density_class": DENSITIES}
    for name, shelf in shelves.items():
        if name in metafunc.fixturenames:
            found = shelf.members()
            metafunc.parametrize(name, found.values(), ids=found.keys())
    if "scikit_learn_check" in metafunc.fixturenames:
        pairs = [
            (estimator, check)
            for member in DETECTORS.members().values()
            if not member.needs_labels
            for estimator, check in estimator_checks_generator(member())
        ]
        names = [f"{type(e).__name__}-{c.func.__name__}-{i}" for i, (e, c) in enumerate(pairs)]
        metafunc.parametrize("scikit_learn_check", pairs, ids=names)
