import io
import tarfile
import zipfile

import numpy as np
import pytest

from hinterland.datasets import cifar10, load_cats_vs_dogs, load_cifar10, load_pictures
from hinterland.datasets.cifar10 import BATCHES, CLASSES
from hinterland.errors import DataNotFoundError, FileFormatError

PIL_Image = pytest.importorskip("PIL.Image", reason="pillow is not installed")


def jpeg(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    PIL_Image.fromarray(pixels).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def flat(value: int, size: int = 32, channels: tuple[int, ...] = (3,)) -> np.ndarray:
    return np.full((size, size, *channels), value, np.uint8)


@pytest.fixture
def folder(own_folder):
    (own_folder / "images").mkdir()
    return own_folder / "images"


def write_zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def cifar_members():
    return {
        f"{part}/{name}/{i:04}.jpg": jpeg(flat(20 * place + 5 * i + shift))
        for part, shift in (("test", 3), ("train", 0))
        for place, name in reversed(list(enumerate(CLASSES)))
        for i in (1, 0)
    }


def test_jpeg_pictures_come_by_part_class_and_name(folder):
    write_zip(folder / "cifar10_jpeg.zip", {**cifar_members(), "train/readme.txt": "text", "train/frog/": ""})
    data = load_cifar10()
    assert data.source == "CIFAR-10, jpeg"
    assert data.pictures.shape == (40, 32, 32, 3)
    assert data.labels.tolist() == 2 * [place for place in range(10) for _ in range(2)]
    assert data.is_test.tolist() == 20 * [False] + 20 * [True]
    expected = [20 * place + 5 * i + shift for shift in (0, 3) for place in range(10) for i in range(2)]
    np.testing.assert_allclose(data.pictures[:, 16, 16, 1], expected, atol=1)


def records(labels, seed):
    """CIFAR-10's binary form: a label, then the planes of red, green and blue, each by rows."""
    pictures = np.random.default_rng(seed).integers(0, 256, (len(labels), 32, 32, 3), dtype=np.uint8)
    planes = [
        bytes([label]) + b"".join(picture[:, :, channel].tobytes() for channel in range(3))
        for label, picture in zip(labels, pictures, strict=True)
    ]
    return pictures, b"".join(planes)


def write_original(path, contents):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def test_the_original_is_read_from_plain_bytes_and_preferred(folder):
    made = {name: records([i, 9 - i], seed=i) for i, name in enumerate(BATCHES)}
    contents = {name: content for name, (_, content) in made.items()}
    write_original(
        folder / "cifar-10-binary.tar.gz", {"readme.html": b"<html>", **dict(reversed(contents.items()))}
    )
    write_zip(folder / "cifar10_jpeg.zip", cifar_members())
    data = load_cifar10()
    assert data.source == "CIFAR-10, original"
    np.testing.assert_array_equal(data.pictures, np.concatenate([pictures for pictures, _ in made.values()]))
    assert data.labels.tolist() == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5, 5, 4]
    assert data.is_test.tolist() == 10 * [False] + 2 * [True]
    assert load_cifar10(form="jpeg").source == "CIFAR-10, jpeg"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"test_batch.bin": None}, "does not hold test_batch.bin"),
        (
            {"data_batch_3.bin": b"\0" * 3072},
            "data_batch_3.bin must hold records of 3073 bytes; it has 3072 bytes",
        ),
        ({"data_batch_3.bin": b""}, "it has 0 bytes"),
        ({"data_batch_1.bin": b"\x0a" * 3073}, "labels must be 0 to 9; got 10"),
    ],
)
def test_another_original_is_refused(folder, changed, message):
    contents = dict.fromkeys(BATCHES, bytes(3073)) | changed
    path = folder / "cifar-10-binary.tar.gz"
    write_original(path, {name: content for name, content in contents.items() if content is not None})
    with pytest.raises(FileFormatError, match=message):
        load_cifar10()


def test_archives_that_are_none_are_refused(folder):
    (folder / "cifar-10-binary.tar.gz").write_bytes(b"<html>moved</html>")
    with pytest.raises(FileFormatError, match="not a whole tar archive"):
        load_cifar10()
    (folder / "cifar10_jpeg.zip").write_bytes(b"<html>moved</html>")
    with pytest.raises(FileFormatError, match="not a whole zip file"):
        load_cifar10(form="jpeg")


def test_without_any_the_original_is_asked_for(folder):
    with pytest.raises(DataNotFoundError, match=cifar10.ORIGINAL.url):
        load_cifar10()
    with pytest.raises(DataNotFoundError, match="form='original' downloads the original"):
        load_cifar10(form="jpeg")
    with pytest.raises(ValueError, match="form must be 'original', 'jpeg' or None; got 'png'"):
        load_cifar10(form="png")


PAIR = {"cat/1.jpg": jpeg(flat(10, 128)), "dog/1.jpg": jpeg(flat(200, 128))}


def test_cats_and_dogs(folder, monkeypatch):
    monkeypatch.setattr("hinterland.datasets._archives._AT_ONCE", 2)
    grey = jpeg(flat(100, 128, ()))
    write_zip(
        folder / "cats_vs_dogs_128px.zip", {**PAIR, "dog/3.JPG": grey, "dog/2.jpg": jpeg(flat(50, 128))}
    )
    data = load_cats_vs_dogs()
    assert (data.classes, data.labels.tolist()) == (("cat", "dog"), [0, 1, 1, 1])
    assert not data.is_test.any()
    np.testing.assert_allclose(data.pictures[:, 60, 60], [[10] * 3, [200] * 3, [50] * 3, [100] * 3], atol=1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"dog/1.jpg": jpeg(flat(9, 64))}, r"dog/1.jpg must be \(128, 128, 3\); got \(64, 64, 3\)"),
        ({"dog/1.jpg": PAIR["dog/1.jpg"][:-90]}, "dog/1.jpg: not a readable picture"),
        ({"dog/1.jpg": b""}, "dog/1.jpg: not a readable picture"),
        ({"dog/1.jpg": None}, r"no JPEG pictures in its folder\(s\) dog"),
    ],
)
def test_broken_pictures_are_named(folder, changed, message):
    members = {name: content for name, content in (PAIR | changed).items() if content is not None}
    write_zip(folder / "cats_vs_dogs_128px.zip", members)
    with pytest.raises(FileFormatError, match=message):
        load_cats_vs_dogs()


@pytest.mark.slow
def test_public_cats_and_dogs(real_folder):
    if not (real_folder / "images" / "cats_vs_dogs_128px.zip").is_file():
        pytest.skip("HINTERLAND_DATA has no cats and dogs")
    data = load_pictures("cats_vs_dogs")
    assert np.bincount(data.labels).tolist() == [500, 2000]
    assert data.pictures.shape == (2500, 128, 128, 3)
    assert 100 < data.pictures.mean() < 140
