"""The worked example of docs/extending.md runs, and what it makes keeps the contracts."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from hinterland.densities import DENSITIES
from hinterland.networks import NETWORKS

PAGE = Path(__file__).parents[1] / "docs" / "extending.md"


@pytest.fixture
def example(tmp_path, monkeypatch):
    """Names that the page's code defines, run from top to bottom; the shelves are as before after it."""
    monkeypatch.chdir(tmp_path)
    for shelf in (NETWORKS, DENSITIES):
        monkeypatch.setattr(shelf, "_members", dict(shelf.members()))
    names: dict = {"__name__": "extending"}
    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(code, names)
    return names


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
