import subprocess
import sys

import numpy as np
import pytest

import hinterland.datasets as datasets
from hinterland.datasets import load, load_pictures, names, picture_names
from hinterland.datasets.adbench import FOLDER

PICTURES = ["cats_vs_dogs", "cifar10", "mnist", "mnist_c"]
OWN = ["abalone", "arrhythmia", "kddcup99", "kddcup99_encoded", "satellite", "thyroid"]


def test_every_loader_is_found_and_exported(own_folder):
    assert names() == OWN
    assert picture_names() == PICTURES
    not_by_name = {"load_adbench", "load_oddbench", "load_resnet18", "load_pictures"}
    assert {f"load_{name}" for name in OWN + PICTURES} | not_by_name == {
        name for name in datasets.__all__ if name.startswith("load_")
    }


OWN_SET = """
from __future__ import annotations
import numpy as np, pandas as pd
from hinterland.datasets import TABLES, Dataset

@TABLES.member("toy")
def load_toy(*, n: int = 4) -> Dataset:
    return Dataset("toy", pd.DataFrame({"a": np.arange(n)}), np.arange(n) == 0, "numbers")
"""


def test_a_set_of_your_own_is_found_though_its_annotations_are_postponed(own_folder, monkeypatch):
    monkeypatch.setattr(datasets.TABLES, "_members", dict(datasets.TABLES.members()))
    exec(OWN_SET, {"__name__": "own"})
    assert "toy" in names()
    assert len(load("toy", n=7).X) == 7


def test_adbench_sets_are_listed_and_loaded(own_folder):
    np.savez(own_folder / FOLDER / "7_tiny.npz", X=[[1.0]], y=[1])
    assert names() == [*OWN, "adbench/7_tiny"]
    assert load("adbench/7_tiny").is_anomaly.tolist() == [True]


@pytest.mark.parametrize(("name", "nearest"), [("kdcup99", "kddcup99"), ("Satelite", "satellite")])
def test_unknown_name_gets_the_nearest_and_the_list(own_folder, name, nearest):
    with pytest.raises(ValueError, match=f"'{name}'; did you mean '{nearest}'\\? Known: abalone, arrhythmia"):
        load(name)


def test_unknown_pictures_get_the_nearest_and_the_list():
    with pytest.raises(
        ValueError, match="no set of pictures is called 'cifar'; did you mean 'cifar10'\\? Known: cats"
    ):
        load_pictures("cifar")
    with pytest.raises(ValueError, match="no data set is called 'mnist'"):
        load("mnist")


def test_options_reach_the_loader(own_folder):
    with pytest.raises(ValueError, match="source must be"):
        load("arrhythmia", source="kaggle")
    with pytest.raises(ValueError, match="form must be"):
        load_pictures("cifar10", form="png")


@pytest.mark.parametrize(
    ("name", "shape", "n_anomalies"), [("satellite", (6435, 36), 2036), ("thyroid", (3772, 6), 93)]
)
def test_public_sets(real_folder, name, shape, n_anomalies):
    data = load(name)
    assert (data.name, data.X.shape, data.is_anomaly.sum()) == (name, shape, n_anomalies)


def test_satellite_of_odds_is_satellite_of_adbench(real_folder):
    odds, adbench = load("satellite"), load("adbench/30_satellite")
    np.testing.assert_array_equal(odds.matrix(), adbench.matrix())
    np.testing.assert_array_equal(odds.is_anomaly, adbench.is_anomaly)


@pytest.mark.slow
def test_every_name_loads(real_folder):
    for name in names():
        if not name.startswith("kddcup99"):  # slow, and loaded by its own tests
            data = load(name)
            assert data.name == name
            assert 0 < data.is_anomaly.sum() < len(data.X)


@pytest.mark.slow
def test_import_is_light():
    code = (
        "import sys, hinterland.datasets; print(*{'torch', 'sklearn', 'scipy.io', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
