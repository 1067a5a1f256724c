import builtins
import io
import threading

import numpy as np
import pytest

from hinterland.errors import FileFormatError, MissingExtraError
from hinterland.pictures.reading import decode, in_threads, require_pillow

PIL_Image = pytest.importorskip("PIL.Image", reason="pillow is not installed")

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)


def encoded(picture, form="PNG", **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("RGB", 3), ("L", 1), ("1", 1), ("LA", 1), ("P", 3), ("RGBA", 3)],
)
def test_every_mode_becomes_grey_or_three_channels(mode, channels):
    picture = PIL_Image.fromarray(PIXELS).convert(mode)
    expected = np.asarray(picture.convert("L" if channels == 1 else "RGB")).reshape(4, 6, channels)
    np.testing.assert_array_equal(decode(encoded(picture), "x"), expected)


def test_from_a_file_it_is_the_same(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(PIL_Image.fromarray(PIXELS)))
    np.testing.assert_array_equal(decode(tmp_path / "a.png", "a"), PIXELS)
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "b.png", "b")


def test_it_is_turned_as_its_exif_data_say():
    picture = PIL_Image.fromarray(PIXELS)
    exif = PIL_Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    np.testing.assert_array_equal(decode(encoded(picture, exif=exif), "x"), np.rot90(PIXELS, k=-1))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "x.png: not a readable picture: cannot identify"),
        (b"<html>", "x.png: not a readable picture: cannot identify"),
        (encoded(PIL_Image.fromarray(PIXELS))[:-25], "x.png: not a readable picture"),
        (
            encoded(PIL_Image.fromarray(PIXELS.astype(np.uint16)[..., 0])),
            "its mode is I;16, expected eight bits",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_named(content, message):
    with pytest.raises(FileFormatError, match=message):
        decode(content, "x.png")


def test_threads_keep_the_order_and_hold_no_more_than_a_chunk(monkeypatch):
    monkeypatch.setattr("hinterland.pictures.reading.usable_cores", lambda: 3)
    lock, done = threading.Lock(), []

    def square(i):
        with lock:
            done.append(i)
        return i * i

    parts = in_threads(square, range(100), chunk=32)
    first = next(parts)
    assert first == [i * i for i in range(32)]
    assert sorted(done) == list(range(32))
    assert [len(part) for part in parts] == [32, 32, 4]
    assert list(in_threads(square, [], chunk=5)) == []


def test_an_error_in_a_thread_comes_out():
    with pytest.raises(ZeroDivisionError):
        list(in_threads(lambda i: 1 / i, [1, 0], chunk=4))


def test_without_pillow_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("PIL"):
            raise ImportError(name)
        return real(name, *rest)

    require_pillow("this")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"this needs the package 'pillow'.*hinterland\[image\]"):
        require_pillow("this")
