import numpy as np
import pytest

from hinterland.datasets import load, load_resnet18, resnet18_names
from hinterland.errors import DataNotFoundError, FileFormatError


@pytest.fixture
def folder(own_folder):
    (own_folder / "features").mkdir()
    return own_folder / "features"


def test_features_are_found_by_their_files(folder):
    assert resnet18_names() == []
    X = np.random.default_rng(0).random((3, 512)).astype(np.float32)
    np.savez(folder / "resnet18_own_7.npz", X=X, y=[0, 1, 0])
    assert resnet18_names() == ["own_7"]
    data = load("resnet18/own_7")
    np.testing.assert_array_equal(data.matrix(np.float32), X)
    assert (data.name, data.is_anomaly.tolist()) == ("resnet18/own_7", [False, True, False])


def test_another_width_is_refused(folder):
    np.savez(folder / "resnet18_own_7.npz", X=np.zeros((3, 10)), y=[0, 1, 0])
    with pytest.raises(FileFormatError, match="X must have 512 columns; got 10"):
        load_resnet18("own_7")


def test_names_that_are_unknown_or_elsewhere(folder):
    with pytest.raises(ValueError, match=r"is called 'SVHN'; did you mean 'SVHN_8'\? Known: CIFAR10_0, "):
        load_resnet18("SVHN")
    with pytest.raises(DataNotFoundError, match=r"CV_by_ResNet18/SVHN_0.npz: not tried"):
        load_resnet18("SVHN_0")


def test_public_features(real_folder):
    if "CIFAR10_0" not in resnet18_names():
        pytest.skip("HINTERLAND_DATA has no ResNet-18 features")
    data = load_resnet18("CIFAR10_0")
    assert data.X.shape == (5263, 512)
    assert data.is_anomaly.sum() == 263
    assert float(data.X.to_numpy().min()) >= 0  # after a rectifier and an average
