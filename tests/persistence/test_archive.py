"""One file of named members: atomic, checked, the same bytes each time."""

import errno
import hashlib
import io
import os
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinterland.errors import FileFormatError
from hinterland.persistence import archive
from hinterland.persistence.archive import DIGESTS, open_archive, write_archive, write_atomically

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


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file_and_nothing_else(path, monkeypatch, step):
    before = path.read_bytes()

    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(archive.os, step, full)
    with pytest.raises(OSError, match=r"could not be written: No space left.*x\.hinterland") as caught:
        write_atomically(path, b"new")
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_an_interrupt_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    before = path.read_bytes()

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(archive.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert (path.read_bytes(), os.listdir(path.parent)) == (before, [path.name])


LIMITED = """
import importlib.util, resource, signal, sys
spec = importlib.util.spec_from_file_location("archive", sys.argv[2])  # without the package, which needs torch
archive = importlib.util.module_from_spec(spec)
spec.loader.exec_module(archive)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    archive.write_atomically(sys.argv[1], bytes(1_000_000))
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX")
def test_a_write_that_the_system_stops_half_way(path):
    before = path.read_bytes()
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), archive.__file__],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"the file could not be written: File too large: '{path}'" in run.stdout
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_missing_folder_and_a_folder_in_the_way(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere/x"):
        write_atomically(tmp_path / "nowhere" / "x", b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError, match="folder"):
        write_atomically(tmp_path / "folder", b"")
    assert os.listdir(tmp_path) == ["folder"]


def test_a_folder_without_permission(path, monkeypatch):
    def refuse(name, mode):  # by hand: permissions do not bind the root of a container
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), name)

    monkeypatch.setattr(archive, "open", refuse, raising=False)
    with pytest.raises(PermissionError, match=r"could not be written: Permission denied: .*x\.hinterland'$"):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert read_all(path) == MEMBERS


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links are POSIX")
def test_modes_and_links_stay(tmp_path):
    mask = os.umask(0o027)
    try:
        write_atomically(tmp_path / "new", b"1")
    finally:
        os.umask(mask)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640
    (tmp_path / "new").chmod(0o604)
    (tmp_path / "link").symlink_to("new")
    write_atomically(tmp_path / "link", b"2")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "new").read_bytes() == b"2"
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o604


def test_the_longest_file_name_can_be_written(tmp_path):
    write_atomically(tmp_path / ("n" * 255), b"1")
    assert (tmp_path / ("n" * 255)).read_bytes() == b"1"
