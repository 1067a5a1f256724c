import numpy as np
import pytest
from scipy.io import savemat

from hinterland.datasets._arrays import read_labelled
from hinterland.errors import FileFormatError

X = np.arange(6, dtype=np.uint8).reshape(3, 2)


@pytest.mark.parametrize("suffix", [".npz", ".mat"])
def test_reads_matrix_and_labels(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    y = np.array([0, 1, 0])
    if suffix == ".npz":
        np.savez(path, X=X, y=y)
    else:
        savemat(path, {"X": X, "y": y[:, None]})
    data = read_labelled(path, name="a", source="made here")
    assert list(data.X.columns) == ["f0", "f1"]
    assert data.X["f1"].dtype == np.uint8
    np.testing.assert_array_equal(data.matrix(), X)
    np.testing.assert_array_equal(data.is_anomaly, [False, True, False])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": X}, r"no array \['y'\]; it has \['X'\]"),
        ({"X": X, "y": [0, 1]}, r"row for each of the 2 labels in y; got uint8 of shape \(3, 2\)"),
        ({"X": X.ravel(), "y": np.zeros(6)}, r"must be a numeric matrix .* shape \(6,\)"),
        ({"X": X, "y": [1, -1, 1]}, r"0 \(normal\) and 1 \(anomaly\); got \[-1, 1\]"),
        ({"X": X, "y": [0, 1, np.nan]}, r"0 \(normal\) and 1 \(anomaly\)"),
        ({"X": X.astype(str), "y": [0, 1, 0]}, "must be a numeric matrix"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(FileFormatError, match=message):
        read_labelled(tmp_path / "a.npz", name="a", source="made here")


def test_wrong_number_of_named_columns_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", X=X, y=[0, 1, 0])
    with pytest.raises(FileFormatError, match="X must have 3 columns; got 2"):
        read_labelled(tmp_path / "a.npz", name="a", source="made here", columns=["a", "b", "c"])


@pytest.mark.parametrize("suffix", [".npz", ".mat"])
@pytest.mark.parametrize("content", [b"", b"not an archive at all", b"PK\x03\x04 broken"])
def test_foreign_file_is_refused_by_name(tmp_path, suffix, content):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=rf"a\{suffix}: not a readable"):
        read_labelled(path, name="a", source="made here")


def test_truncated_archive_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, X=np.random.default_rng(0).random((200, 3)), y=np.zeros(200))
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(FileFormatError, match="not a readable"):
        read_labelled(path, name="a", source="made here")


def test_pickled_objects_are_not_loaded(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.array([[object()]], dtype=object), y=[0])
    with pytest.raises(FileFormatError, match="plain arrays"):
        read_labelled(tmp_path / "a.npz", name="a", source="made here")
