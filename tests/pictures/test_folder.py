import warnings

import numpy as np
import pytest

from hinterland.errors import FileFormatError
from hinterland.preprocessing import PictureFolder, PicturesSkippedWarning

PIL_Image = pytest.importorskip("PIL.Image", reason="pillow is not installed")


def write(path, value, size=(3, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL_Image.fromarray(np.full((*size, 3), value, np.uint8)).save(path)


def values(folder, chunk=2):
    """One value a picture, in the order in which the folder is read."""
    return [
        value for part in folder.read(lambda pixels, _: int(pixels[0, 0, 0]), chunk=chunk) for value in part
    ]


@pytest.fixture
def root(tmp_path):
    write(tmp_path / "b.png", 2)
    write(tmp_path / "a" / "2.PNG", 1)
    write(tmp_path / "a" / "1.bmp", 0)
    write(tmp_path / "c" / "d" / "1.tiff", 3)
    write(tmp_path / "a" / ".hidden.png", 99)
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def test_pictures_below_a_folder_come_by_their_paths(root):
    folder = PictureFolder(root)
    assert [str(file.relative_to(root)) for file in folder.files] == [
        "a/1.bmp",
        "a/2.PNG",
        "b.png",
        "c/d/1.tiff",
    ]
    assert values(folder) == [0, 1, 2, 3]
    assert values(folder, chunk=100) == [0, 1, 2, 3]
    assert len(folder) == 4


def test_the_function_gets_pixels_and_path(root):
    parts = PictureFolder(str(root)).read(lambda pixels, file: (pixels.shape, file.name), chunk=3)
    assert [len(part) for part in parts] == [3, 1]
    assert next(PictureFolder(root).read(lambda pixels, file: (pixels.shape, file.name), chunk=1)) == [
        ((3, 4, 3), "1.bmp")
    ]


def test_a_broken_file_is_named(root):
    (root / "a" / "2.PNG").write_bytes(b"not a picture")
    with pytest.raises(FileFormatError, match=r"a/2\.PNG: not a readable picture"):
        values(PictureFolder(root))


def test_broken_files_are_skipped_once_and_told(root):
    (root / "a" / "2.PNG").write_bytes(b"not a picture")
    (root / "c" / "d" / "1.tiff").write_bytes(b"")
    folder = PictureFolder(root, on_error="skip")
    with pytest.warns(PicturesSkippedWarning, match=r"2 file\(s\) in .*2\.PNG: not .*1\.tiff: not") as caught:
        assert values(folder, chunk=10) == [0, 2]
    assert len(caught) == 1
    assert [file.name for file in folder.files] == ["1.bmp", "b.png"]
    assert {file.name: "not a readable picture" in why for file, why in folder.skipped.items()} == {
        "2.PNG": True,
        "1.tiff": True,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert values(folder) == [0, 2]


def test_chunks_that_are_broken_throughout_give_nothing(root):
    (root / "a" / "1.bmp").write_bytes(b"")
    folder = PictureFolder(root, on_error="skip")
    with pytest.warns(PicturesSkippedWarning):
        assert [len(part) for part in folder.read(lambda pixels, _: pixels, chunk=1)] == [1, 1, 1]


def test_a_folder_of_broken_files_is_an_error(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(FileFormatError, match=r"has no picture that can be read: .*a\.png"):
        values(PictureFolder(tmp_path, on_error="skip"))


def test_an_error_of_the_function_is_no_broken_file(root):
    def fail(pixels, file):
        raise ValueError("of another size")

    with pytest.raises(ValueError, match="of another size"):
        list(PictureFolder(root, on_error="skip").read(fail, chunk=2))


def test_folders_without_pictures_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*gone"):
        PictureFolder(tmp_path / "gone")
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(
        ValueError, match=r"holds no pictures: no file below it has one of the suffixes .*\.jpg"
    ):
        PictureFolder(tmp_path)
    with pytest.raises(ValueError, match=r"on_error must be one of \['raise', 'skip'\], got 'ignore'"):
        PictureFolder(tmp_path, on_error="ignore")
