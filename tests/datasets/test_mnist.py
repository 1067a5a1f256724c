import gzip

import numpy as np
import pytest

from hinterland.datasets import load_mnist, load_mnist_c, load_pictures, splits
from hinterland.datasets.mnist import read_idx
from hinterland.datasets.mnist_c import CORRUPTIONS
from hinterland.errors import DataNotFoundError, FileFormatError


def idx(array: np.ndarray, kind: int = 0x08) -> bytes:
    """IDX as its description has it."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.tobytes()


@pytest.fixture
def folder(own_folder):
    """Six training and four test pictures; a picture's bytes tell which it is."""
    (own_folder / "images" / "mnist").mkdir(parents=True)
    for part, n, first in (("train", 6, 0), ("t10k", 4, 100)):
        pictures = np.full((n, 28, 28), np.arange(first, first + n)[:, None, None], dtype=np.uint8)
        labels = np.arange(n, dtype=np.uint8) % 3
        for name, array in (("images-idx3", pictures), ("labels-idx1", labels)):
            path = own_folder / "images" / "mnist" / f"{part}-{name}-ubyte.gz"
            path.write_bytes(gzip.compress(idx(array)))
    return own_folder


def test_training_part_and_test_part_follow_one_another(folder):
    data = load_mnist()
    assert (data.name, data.pictures.dtype, data.pictures.shape) == ("mnist", np.uint8, (10, 28, 28))
    np.testing.assert_array_equal(data.pictures[:, 3, 5], [0, 1, 2, 3, 4, 5, 100, 101, 102, 103])
    assert data.labels.tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]
    assert data.is_test.tolist() == [False] * 6 + [True] * 4
    assert data.classes == tuple("0123456789")


def test_any_shape_of_bytes_is_read(tmp_path):
    array = np.random.default_rng(0).integers(0, 256, (3, 2, 5), dtype=np.uint8)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(idx(array)))
    np.testing.assert_array_equal(read_idx(path), array)


ARRAY = np.zeros((3, 4), np.uint8)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not gzip", "not a whole gzipped IDX file"),
        (gzip.compress(idx(ARRAY))[:-9], "not a whole gzipped IDX file"),
        (gzip.compress(b"\0\0\x08"), "not a whole gzipped IDX file"),
        (gzip.compress(idx(ARRAY, kind=0x0D)), "not an IDX file of unsigned bytes: it starts 0, 0x0d"),
        (gzip.compress(idx(ARRAY)[:-1]), r"declares the shape \[3, 4\] and holds 11 entries"),
        (gzip.compress(b"PK" + idx(ARRAY)[2:]), "not an IDX file"),
        (gzip.compress(idx(ARRAY)[:7]), "IDX file"),
    ],
)
def test_other_files_are_refused_by_name(tmp_path, content, message):
    path = tmp_path / "a.gz"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("train-labels-idx1", np.zeros(5, np.uint8)),
        ("train-labels-idx1", np.full(6, 10, np.uint8)),
        ("train-images-idx3", np.zeros((6, 28, 27), np.uint8)),
    ],
)
def test_files_that_do_not_belong_together_are_refused(folder, name, array):
    (folder / "images" / "mnist" / f"{name}-ubyte.gz").write_bytes(gzip.compress(idx(array)))
    with pytest.raises(
        FileFormatError, match=r"train-images.*expected pictures of 28 x 28 and a digit for each"
    ):
        load_mnist()


@pytest.fixture
def corrupted(folder):
    arrays = {name: np.full((2, 28, 28), 200 + i, np.uint8) for i, name in enumerate(CORRUPTIONS)}
    np.savez(folder / "images" / "mnist_c_2000.npz", **arrays)
    return folder / "images" / "mnist_c_2000.npz", arrays


def test_corruptions_join_mnist_as_classes_of_the_test_part(corrupted):
    data = load_mnist_c()
    assert data.pictures.shape == (10 + 15 * 2, 28, 28)
    assert data.classes[0] == "identity"
    np.testing.assert_array_equal(data.pictures[:10], load_mnist().pictures)
    for name, array in corrupted[1].items():
        part = data.take(data.labels == data.classes.index(name))
        np.testing.assert_array_equal(part.pictures, array)
        assert part.is_test.all()
    split = splits.public_parts(data.is_anomaly(["identity"]), data.is_test)
    assert (len(split.train), len(split.test)) == (6, 4 + 30)


def test_other_arrays_are_refused(corrupted):
    path, arrays = corrupted
    np.savez(path, **{**arrays, "fog": arrays["fog"].astype(float)})
    with pytest.raises(FileFormatError, match=r"fog must be a uint8 array \(n, 28, 28\); got float64"):
        load_mnist_c()
    np.savez(path, fog=arrays["fog"])
    with pytest.raises(FileFormatError, match=r"must have the arrays .*got \['fog'\]"):
        load_mnist_c()


def test_what_nobody_offers_is_described(folder):
    with pytest.raises(
        DataNotFoundError, match=r"mnist_c_2000.npz was not found[\s\S]*holds it: an .npz file"
    ):
        load_mnist_c()


@pytest.mark.slow
def test_public_mnist(real_folder):
    if not (real_folder / "images" / "mnist_c_2000.npz").is_file():
        pytest.skip("HINTERLAND_DATA has no MNIST-C")
    data = load_pictures("mnist_c")
    clean = data.take(data.labels == 0)
    assert len(clean.pictures) == 70_000
    assert (~clean.is_test).sum() == 60_000
    assert len(data.pictures) == 100_000
    mnist = load_pictures("mnist")
    assert np.bincount(mnist.labels[mnist.is_test]).tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]
    # a corruption keeps the digit: the first test picture's bright pixels stay bright under most noise
    first = mnist.pictures[60_000] > 200
    noisy = data.take(data.labels == data.classes.index("shot_noise")).pictures[0]
    assert noisy[first].mean() > 2 * noisy[~first].mean()
