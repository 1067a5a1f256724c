"""Files that are written whole or not at all."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from hinterland import whole_files
from hinterland.whole_files import check_writable, replacing, write_atomically

BEFORE = b"what was there"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "x.hinterland"
    path.write_bytes(BEFORE)
    return path


@pytest.fixture(params=["without a name", "with a hidden name"])
def way(request, monkeypatch):
    """Both ways of writing: file systems differ in what they can."""
    if request.param == "with a hidden name":
        monkeypatch.delattr(whole_files.os, "O_TMPFILE", raising=False)
    return request.param


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file_and_nothing_else(path, monkeypatch, step, way):
    before = path.read_bytes()

    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(whole_files.os, step, full)
    with pytest.raises(OSError, match=r"could not be written: No space left.*x\.hinterland") as caught:
        write_atomically(path, b"new")
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_an_interrupt_leaves_the_old_file_and_nothing_else(path, monkeypatch, way):
    before = path.read_bytes()

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(whole_files.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert (path.read_bytes(), os.listdir(path.parent)) == (before, [path.name])


LIMITED = """
import importlib.util, resource, signal, sys
spec = importlib.util.spec_from_file_location("whole_files", sys.argv[2])  # without the package, which needs torch
whole_files = importlib.util.module_from_spec(spec)
spec.loader.exec_module(whole_files)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    whole_files.write_atomically(sys.argv[1], bytes(1_000_000))
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX")
def test_a_write_that_the_system_stops_half_way(path):
    before = path.read_bytes()
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), whole_files.__file__],
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
    def refuse(name, *_):  # by hand: permissions do not bind the root of a container
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), name)

    monkeypatch.setattr(whole_files.os, "open", refuse)
    with pytest.raises(PermissionError, match=r"could not be written: Permission denied: .*x\.hinterland'$"):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == BEFORE


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links are POSIX")
def test_modes_and_links_stay(tmp_path, way):
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


def test_the_longest_file_name_can_be_written(tmp_path, way):
    write_atomically(tmp_path / ("n" * 255), b"1")
    assert (tmp_path / ("n" * 255)).read_bytes() == b"1"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_a_private_file_is_private_while_it_is_written(path, way):
    path.chmod(0o600)
    with replacing(path) as stream:
        assert os.fstat(stream.fileno()).st_mode & 0o777 == 0o600
        stream.write(b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)


def test_file_and_folder_are_on_disk_before_it_is_said(path, monkeypatch, way):
    synced = []
    real = os.fsync

    def noted(descriptor):
        synced.append(
            os.path.isdir(f"/proc/self/fd/{descriptor}") if os.path.exists("/proc/self/fd") else None
        )
        real(descriptor)

    monkeypatch.setattr(whole_files.os, "fsync", noted)
    write_atomically(path, b"new")
    assert len(synced) == 2
    assert synced in ([False, True], [None, None])


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="there are no devices here")
def test_a_device_is_written_to_and_stays_one(tmp_path):
    (tmp_path / "link").symlink_to("/dev/null")
    write_atomically(tmp_path / "link", b"gone")
    check_writable(tmp_path / "link")
    assert not os.path.isfile("/dev/null")


def test_an_error_about_another_file_is_passed_on(path):
    for error in (FileNotFoundError(errno.ENOENT, "no such table", "table.csv"), OSError("not Parquet")):
        with pytest.raises(type(error)) as caught, replacing(path):
            raise error
        assert caught.value is error
    assert path.read_bytes() == BEFORE


KILLED = """
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("whole_files", sys.argv[2])
whole_files = importlib.util.module_from_spec(spec)
spec.loader.exec_module(whole_files)
if sys.argv[3] == "with a hidden name" and hasattr(os, "O_TMPFILE"):
    del os.O_TMPFILE
with whole_files.replacing(sys.argv[1]) as stream:
    stream.write(bytes(1000))
    stream.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed so on POSIX")
def test_what_a_killed_process_leaves_goes_at_the_next_write(path, monkeypatch, way):
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path), whole_files.__file__, way],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout.readline() == "writing\n"
    monkeypatch.setattr(time, "time", lambda: os.stat(path).st_mtime + 3600)
    write_atomically(path, b"meanwhile")  # what is being written stays
    run.send_signal(signal.SIGKILL)
    run.communicate()
    left = [name for name in os.listdir(path.parent) if name != path.name]
    assert len(left) <= (way == "with a hidden name")
    write_atomically(path.with_name("another"), b"another")
    assert {*left, path.name, "another"} == set(os.listdir(path.parent))
    write_atomically(path, b"new")
    assert sorted(os.listdir(path.parent)) == ["another", path.name]
    assert path.read_bytes() == b"new"


def test_a_trial_changes_nothing(path, way):
    check_writable(path)
    check_writable(path.with_name("new"))
    assert (path.read_bytes(), os.listdir(path.parent)) == (BEFORE, [path.name])


def test_a_trial_tells_what_a_write_would(path, tmp_path, monkeypatch):
    with pytest.raises(IsADirectoryError, match="could not be written"):
        check_writable(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere/x"):
        check_writable(tmp_path / "nowhere" / "x")

    class Full:
        def write(self, _):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    real = whole_files.replacing

    @whole_files.contextlib.contextmanager
    def full(target):
        with real(target):
            yield Full()

    monkeypatch.setattr(whole_files, "replacing", full)
    with pytest.raises(OSError, match="No space left"):
        check_writable(path)
