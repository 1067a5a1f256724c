"""One file of named members: atomic, checked, the same bytes each time."""

import errno
import hashlib
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinterland.errors import FileFormatError
from hinterland.persistence.archive import DIGESTS, open_archive, write_archive

MEMBERS = {"a.json": b'{"x": 1}', "b.bin": bytes(range(256)) * 4}


def read_all(path, names=tuple(MEMBERS)):
    with open_archive(path, names) as opened:
        return {name: opened.read(name) for name in names}


def rezip(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)


def sums(members):
    return "".join(f"{hashlib.sha256(c).hexdigest()}  {n}\n" for n, c in members.items()).encode()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "x.hinterland"
    write_archive(path, MEMBERS)
    return path


def test_round_trip_and_same_bytes(path, tmp_path):
    assert read_all(path) == MEMBERS
    write_archive(tmp_path / "again", MEMBERS)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
    with zipfile.ZipFile(path) as file:
        assert file.namelist() == ["a.json", "b.bin", DIGESTS]
        assert file.read(DIGESTS) == sums(MEMBERS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "whole"
    write_archive(path, MEMBERS)
    return path


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_damage_is_an_error_or_harmless(whole, data):
    content = bytearray(whole.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    match data.draw(st.sampled_from(["flip", "cut", "drop", "insert"])):
        case "flip":
            content[place] ^= data.draw(st.integers(1, 255))
        case "cut":
            del content[place:]
        case "drop":
            del content[place]
        case "insert":
            content.insert(place, data.draw(st.integers(0, 255)))
    damaged = whole.with_name("damaged")
    damaged.write_bytes(content)
    try:
        found = read_all(damaged)
    except FileFormatError:
        return
    assert found == MEMBERS


@pytest.mark.parametrize("cut", [1, 30, 500, -1, -30])
def test_a_file_cut_short_says_so(path, cut):
    content = path.read_bytes()[:cut]
    path.write_bytes(content)
    with pytest.raises(
        FileFormatError, match=r"x\.hinterland' cannot be read: .*(cut short|no hinterland file)"
    ):
        read_all(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"\x80\x04K\x01.", r"starts with b'\\x80"),
        (b"a,b\n1,2\n", "no hinterland file"),
    ],
)
def test_foreign_files(path, content, message):
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=message):
        read_all(path)


def test_a_foreign_zip_archive_is_told_by_its_members(path):
    rezip(path, {"word/document.xml": b"<w/>"})
    with pytest.raises(
        FileFormatError, match=r"holds word/document.xml, where a hinterland file holds SHA256SUMS, a"
    ):
        read_all(path)


def test_an_edited_member_is_named(path):
    rezip(path, {**MEMBERS, "a.json": b'{"x": 2}', DIGESTS: sums(MEMBERS)})
    with pytest.raises(FileFormatError, match=r"content of a\.json does not match its SHA-256"):
        read_all(path)


def test_compressed_members_are_refused(path):
    members = {"a.json": b"0" * 10_000_000, "b.bin": b""}
    rezip(path, {**members, DIGESTS: sums(members)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(FileFormatError, match=r"a\.json is compressed"):
        read_all(path)


def test_overlapping_members_are_refused(path):
    """Members of a zip bomb share their bytes: each is as large as the file."""
    members = {"a.json": b"0" * 1000, "b.bin": b"0" * 1000}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.json", members["a.json"])
        file.writestr(DIGESTS, sums(members))
        twin = zipfile.ZipInfo("b.bin")
        for name in ("CRC", "compress_size", "file_size", "header_offset"):
            setattr(twin, name, getattr(file.getinfo("a.json"), name))
        file.filelist.append(twin)
    path.write_bytes(buffer.getvalue())
    with pytest.raises(FileFormatError, match="larger than the file"):
        read_all(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_all(tmp_path / "nowhere")


def test_trouble_of_the_machine_is_not_blamed_on_the_file(path):
    for trouble in (OSError(errno.EIO, "input/output error"), MemoryError()):
        with pytest.raises(type(trouble)) as caught, open_archive(path, MEMBERS):
            raise trouble
        assert caught.value is trouble
