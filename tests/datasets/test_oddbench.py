import numpy as np
import pytest

from hinterland.datasets import load, load_oddbench, names, oddbench_names
from hinterland.errors import DataNotFoundError, FileFormatError


@pytest.fixture
def folder(own_folder):
    folder = own_folder / "tabular" / "oddbench"
    folder.mkdir()
    return folder


def arrays(**others):
    return {
        "train": np.arange(6.0).reshape(3, 2),
        "test": np.full((2, 2), 9.0),
        "is_anomaly": np.array([False, True]),
        "feature_names": np.array(["age", "weight"]),
    } | others


def test_a_set_is_its_training_rows_and_then_its_test_rows(folder):
    np.savez(folder / "Scales.npz", **arrays())
    data = load("oddbench/Scales")
    assert data.name == "oddbench/Scales"
    assert data.X.columns.tolist() == ["age", "weight"]
    assert data.X["age"].tolist() == [0, 2, 4, 9, 9]
    assert data.is_anomaly.tolist() == [False, False, False, False, True]
    assert data.split.train.tolist() == [0, 1, 2]
    assert data.split.test.tolist() == [3, 4]
    assert data.split.y_train.tolist() == [0, 0, 0]


def test_sets_are_found_by_their_files(folder):
    assert oddbench_names() == []
    np.savez(folder / "Scales.npz", **arrays())
    np.savez(folder / "Air.npz", **arrays())
    assert oddbench_names() == ["Air", "Scales"]
    assert "oddbench/Air" in names()
    with pytest.raises(ValueError, match=r"is called 'scales'; did you mean 'Scales'\? Known: Air"):
        load_oddbench("scales")


def test_without_any_set_the_message_says_where_to_put_them(folder):
    with pytest.raises(DataNotFoundError, match="OddBench set"):
        load_oddbench("Scales")


@pytest.mark.parametrize(
    ("others", "named"),
    [
        ({"train": np.zeros((3, 1))}, r"train must be a numeric matrix of shape \(3, 2\)"),
        ({"test": np.zeros((3, 2))}, r"test must be a numeric matrix of shape \(2, 2\)"),
        ({"test": np.full((2, 2), "a")}, r"test must be a numeric matrix"),
        ({"is_anomaly": np.array([0, 2])}, "is_anomaly must be a list of true or false"),
    ],
)
def test_arrays_that_do_not_belong_together_are_named(folder, others, named):
    np.savez(folder / "Bad.npz", **arrays(**others))
    with pytest.raises(FileFormatError, match=named):
        load_oddbench("Bad")


def test_a_missing_array_is_named(folder):
    np.savez(folder / "Bad.npz", train=np.zeros((3, 2)))
    with pytest.raises(FileFormatError, match=r"no array .*is_anomaly"):
        load_oddbench("Bad")


def test_public_sets_train_on_normal_rows_alone(real_folder):
    known = oddbench_names()
    if not known:
        pytest.skip("HINTERLAND_DATA has no OddBench sets")
    data = load_oddbench(known[0])
    assert not data.is_anomaly[data.split.train].any()
    assert data.is_anomaly[data.split.test].any()
    assert np.isfinite(data.matrix()).all()
