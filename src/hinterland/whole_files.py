"""Files that are written whole or not at all: what was there stays there until all of the new one is on disk.

A file is written without a name where the system can (Linux, most file systems), so that a process that is killed
leaves nothing. Elsewhere it has a hidden name beside the target until it is whole; what a killed process left under
such a name goes when the same target is written again.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

Path = str | os.PathLike[str]

TRIAL_BYTES = 2**20
"""Written and dropped to see whether a file can be written: as much as a usual model takes."""
_LOCKS: Any = importlib.import_module("fcntl") if os.name == "posix" else None
_STALE_SECONDS = 2.0
"""A hidden file may be this young, and not yet held by whoever made it."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a stream; once the block has ended without an error, what was written takes the place of the file.

    The mode of a file that was there stays, and so does a link to it. A device or a pipe is written to as it is.

    Raises
    ------
    OSError
        Where that fails; it names the path. What was there is still there, and nothing is left beside it.
    """
    target = os.path.realpath(path)  # through a link, so that the link stays
    with _named(path):
        mode = _mode(target)
        if mode is not None and not stat.S_ISREG(mode):
            if stat.S_ISDIR(mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            with open(target, "wb") as device:
                yield device
            return
        _remove_stale(target)
        hidden = _hidden_name(target)
        stream, named = _opened(hidden)
        with stream:
            try:
                if mode is not None:
                    os.chmod(stream.fileno(), stat.S_IMODE(mode))
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
                if not named:
                    # With a folder's descriptor, which a whole path ignores, Python follows the link as it says.
                    place, any_folder = f"/proc/self/fd/{stream.fileno()}", stream.fileno()
                    os.link(place, hidden, src_dir_fd=any_folder, follow_symlinks=True)
                    named = True
                os.replace(hidden, target)
            except BaseException:
                if named:
                    with contextlib.suppress(OSError):
                        os.unlink(hidden)
                raise
    _sync_folder(os.path.dirname(target))


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Write a file in one go; see ``replacing``."""
    with replacing(path) as stream:
        stream.write(content)


def check_writable(path: Path) -> None:
    """Raise OSError, as ``replacing`` would, where a file cannot be written now; nothing changes."""
    mode = _mode(os.path.realpath(path))
    if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        return  # a device or a pipe takes what it is given
    with contextlib.suppress(_Enough), replacing(path) as stream:
        stream.write(bytes(TRIAL_BYTES))
        stream.flush()
        raise _Enough


class _Enough(Exception):  # noqa: N818 - no error: it ends the trial
    pass


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the file that was asked for in an error about it, and not the one beside it."""
    try:
        yield
    except OSError as error:
        if error.errno is None or _elsewhere(error, path):
            raise
        reason = f"the file could not be written: {error.strerror or error}"
        raise OSError(error.errno, reason, os.fspath(path)) from error


def _elsewhere(error: OSError, path: Path) -> bool:
    """Whether an error names another file: whoever writes may read as well."""
    if error.filename is None or _is_hidden(error.filename):
        return False
    target = os.path.realpath(path)
    return error.filename not in (os.fspath(path), target, os.path.dirname(target))


def _mode(target: str) -> int | None:
    try:
        return os.stat(target).st_mode
    except FileNotFoundError:
        return None


def _opened(hidden: str) -> tuple[BinaryIO, bool]:
    """A stream to a new file, held by this process, and whether it has a name yet."""
    descriptor, named = -1, False
    if hasattr(os, "O_TMPFILE") and os.path.exists("/proc/self/fd"):
        with contextlib.suppress(OSError):  # a file system that has no files without a name
            descriptor = os.open(os.path.dirname(hidden), os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o666)
    if descriptor < 0:
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor, named = os.open(hidden, flags, 0o666), True
    if _LOCKS is not None:
        with contextlib.suppress(OSError):
            _LOCKS.flock(descriptor, _LOCKS.LOCK_EX | _LOCKS.LOCK_NB)
    return open(descriptor, "w+b"), named


def _prefix(target: str) -> str:
    """How hidden names for a target start: short, as the target's own name may be as long as a name can be."""
    return (
        f".hinterland-{hashlib.sha256(os.path.basename(target).encode(errors='replace')).hexdigest()[:12]}-"
    )


def _hidden_name(target: str) -> str:
    return os.path.join(os.path.dirname(target), f"{_prefix(target)}{secrets.token_hex(8)}.tmp")


def _is_hidden(name: object) -> bool:
    return isinstance(name, str) and os.path.basename(name).startswith(".hinterland-")


def _remove_stale(target: str) -> None:
    """Remove what killed processes left of the same target: hidden files that nobody holds any more."""
    if _LOCKS is None:
        return
    folder, prefix = os.path.dirname(target), _prefix(target)
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            if name.startswith(prefix) and name.endswith(".tmp"):
                _remove_unheld(os.path.join(folder, name))


def _remove_unheld(path: str) -> None:
    with contextlib.suppress(OSError), open(path, "rb") as stream:
        if time.time() - os.fstat(stream.fileno()).st_mtime > _STALE_SECONDS:
            _LOCKS.flock(stream.fileno(), _LOCKS.LOCK_EX | _LOCKS.LOCK_NB)
            os.unlink(path)


def _sync_folder(folder: str) -> None:
    """Make a rename outlive a power cut, where the system can; it has happened either way."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
