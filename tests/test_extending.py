"""The worked examples of docs/extending.md run, and what they make keeps the contracts."""

import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import hinterland
from hinterland import DAGMM
from hinterland.baselines import BASELINES
from hinterland.benchmark.experiments.protocol import PROTOCOLS
from hinterland.datasets import TABLES
from hinterland.densities import DENSITIES
from hinterland.detectors.base import DETECTORS
from hinterland.detectors.catalogue import detector_class
from hinterland.explain import explain
from hinterland.model.base import MODELS
from hinterland.networks import NETWORKS

PAGE = Path(__file__).parents[1] / "docs" / "extending.md"


SHELVES = (BASELINES, DENSITIES, DETECTORS, MODELS, NETWORKS, PROTOCOLS, TABLES)


@pytest.fixture(scope="module")
def shelves():
    """The shelves are as before after it."""
    with pytest.MonkeyPatch.context() as patch:
        for shelf in SHELVES:
            patch.setattr(shelf, "_members", dict(shelf.members()))
        yield


@pytest.fixture(scope="module")
def example(tmp_path_factory, shelves):
    """Names that the page's code defines, run from top to bottom."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("extending"))
        names: dict = {"__name__": "extending"}
        for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
            exec(code, names)
        yield names


@pytest.mark.slow
def test_the_pages_detector_scores_and_its_copy_alike(example):
    X, y, detector = example["X"], example["y"], example["detector"]
    energy = detector.energy(X)
    assert np.isfinite(energy).all()
    assert energy[y == 0].mean() > energy[y == 1].mean()
    np.testing.assert_array_equal(example["same"].energy(X), energy)
    assert type(detector.models_[0].network).__name__ == "SmallLatent"
    assert type(detector.models_[0].density).__name__ == "DiagonalMixture"


@pytest.mark.slow
def test_the_pages_density_is_the_gaussian_one_where_features_do_not_correlate(example):
    rows = np.random.default_rng(0).normal(size=(400, 2))
    orthogonal = np.linalg.qr(rows - rows.mean(0))[0]
    z = torch.from_numpy(orthogonal * [20.0, 60.0])
    energies = []
    for name in ("diagonal", "gaussian"):
        density = DENSITIES.named(name)(2, 1, hidden=None)
        density.estimate(lambda: [(z, torch.ones(len(z), 1).double())])
        energies.append(density.energy(z))
    torch.testing.assert_close(*energies, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_the_pages_other_density_is_no_mixture_and_goes_into_the_same_detector(example):
    detector, X, y = example["independent"], example["X"], example["y"]
    assert type(detector.models_[0].density).__name__ == "Laplace"
    energy = detector.energy(X)
    assert energy[y == 0].mean() > energy[y == 1].mean()


def test_the_pages_detector_is_in_the_catalogue_and_is_explained_and_loaded(example):
    detector, X = example["from_the_mean"], example["X"]
    assert detector_class("from-the-mean") is example["FromTheMean"]
    usual = X[example["y"] == 1]
    deviations = (X - usual.mean(0)) / usual.std(0)
    np.testing.assert_allclose(detector.energy(X), 0.5 * (deviations**2).sum(1), rtol=1e-6)
    same = hinterland.load("from_the_mean.hinterland")
    np.testing.assert_array_equal(same.energy(X), detector.energy(X))
    found = explain(detector, X[:3])
    np.testing.assert_allclose(
        found.contributions.sum(1) + found.residual, found.energy - found.reference_energy
    )
    with pytest.raises(ValueError, match="power"):
        example["FromTheMean"](power=0).fit(X)


def test_the_pages_set_baseline_and_protocol_are_found_and_the_runs_judged(example):
    assert example["ring"].X.shape == (200, 2)
    assert BASELINES.named("Envelope") is example["Envelope"]
    assert example["run"].X_train.shape == (180, 2)
    assert example["judged"].keys() == {"FromTheMean", "Envelope"}
    for judged in example["judged"].values():
        assert judged["as many flagged as anomalous"]["f1"] <= 1


ONE_FILE = """
import torch
from hinterland.densities.base import Density


class Median(Density, name="{name}"):
    def __init__(self, n_features, *, generator=None):
        super().__init__()
        self.n_features, self.settings = n_features, {{"n_features": n_features}}
        self.register_buffer("center", torch.zeros(n_features, dtype=torch.float64))

    def estimate(self, parts):
        self.center = torch.cat([part.double() for part, _ in parts()]).median(0).values

    def energy(self, features):
        return (features.double() - self.center).abs().sum(1)
"""


def test_a_density_in_one_file_is_found_used_saved_and_loaded_where_the_file_is_imported(
    shelves, tmp_path, monkeypatch
):
    (tmp_path / "my_density.py").write_text(ONE_FILE.format(name="to-the-median"), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    rows = np.random.default_rng(0).normal(size=(100, 4))
    with pytest.raises(ValueError, match=r"density must be one of .*got 'to-the-median'"):
        DAGMM(density="to-the-median").fit(rows)
    importlib.import_module("my_density")
    detector = DAGMM(
        hidden=(4,), density="to-the-median", epochs=3, steps=20, scoring="energy", random_state=0
    ).fit(rows)
    detector.save(tmp_path / "own.hinterland")
    np.testing.assert_array_equal(
        hinterland.load(tmp_path / "own.hinterland").energy(rows), detector.energy(rows)
    )
    del sys.modules["my_density"], DENSITIES._members["to-the-median"]
    with pytest.raises(ValueError, match=r"cannot be read.*density must be one of .*got 'to-the-median'"):
        hinterland.load(tmp_path / "own.hinterland")
    importlib.import_module("my_density")
    np.testing.assert_array_equal(
        hinterland.load(tmp_path / "own.hinterland").energy(rows), detector.energy(rows)
    )
