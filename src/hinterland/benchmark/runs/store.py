"""Results on disk, in one SQLite file that several processes may write to and that survives being killed.

A finished result is never lost to a locked store or a full disk: what the store cannot take goes to a file of its
own in ``STORE.pending/``, written in whole or not at all, and is merged when the store is next opened. Where that
cannot be written either, the result is held in memory and tried again with every later one.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np

from hinterland.benchmark.runs.jobs import Job, Result
from hinterland.benchmark.runs.stored_rows import COLUMNS, exported, from_row, to_row
from hinterland.datasets._arrays import read_arrays
from hinterland.errors import FileFormatError, HinterlandError
from hinterland.printable import printable, shown
from hinterland.whole_files import replacing, write_atomically

LOG = logging.getLogger(__name__)

FORMAT = 1
_CREATE = """
CREATE TABLE IF NOT EXISTS results (
    id TEXT PRIMARY KEY, method TEXT, protocol TEXT, subset TEXT, seed INTEGER, settings TEXT, metrics TEXT,
    error TEXT, trace TEXT, fit_seconds REAL, score_seconds REAL, peak_memory_mb REAL, parameters TEXT,
    warnings TEXT, versions TEXT, commit_id TEXT, finished_at TEXT
)
"""
_ROW = f"INTO results ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
_INSERT, _INSERT_IF_NEW = f"INSERT OR REPLACE {_ROW}", f"INSERT OR IGNORE {_ROW}"


T = TypeVar("T")
_DAMAGED = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite, and what reads its own messages, raises for a damaged file."""


class StoreError(HinterlandError, OSError):
    """The result store cannot be read or written; the message says what to do."""


class Store:
    """Results by job.

    Parameters
    ----------
    path : the SQLite file; made where it does not exist.
    busy_seconds : how long to wait for another process that is writing.

    Raises
    ------
    FileFormatError
        The file is not a result store, or a newer version's.
    StoreError
        It cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], *, busy_seconds: float = 30.0) -> None:
        self.path = Path(path)
        self.busy_seconds = busy_seconds
        self.held: dict[str, dict[str, Any]] = {}
        self.read_only = self.path.is_file() and not all(
            os.access(place, os.W_OK) for place in (self.path, self.path.absolute().parent)
        )
        self._waited = 0.0
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._patiently(self._make)
        except _DAMAGED as error:
            raise self._unreadable(error) from error
        except OSError as error:
            if isinstance(error, HinterlandError):
                raise
            raise StoreError(f"{self.path}: cannot make the result store: {error}") from error
        self.merge_pending()

    def _make(self) -> None:
        """Make the table, where there is none; nothing is written to a store that is as it should be."""
        with self._connect() as connection:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found > FORMAT:
                raise FileFormatError(
                    f"{self.path}: result store of format {found}; this version reads up to {FORMAT}"
                )
            if found == FORMAT:
                connection.execute("SELECT id FROM results LIMIT 1").fetchone()
                return
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_CREATE)
            connection.execute(f"PRAGMA user_version = {FORMAT}")

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do what SQLite may refuse at once, and not only after its own patience, while another process writes."""
        started = time.monotonic()
        while True:
            try:
                return work()
            except sqlite3.OperationalError as error:
                self._waited = time.monotonic() - started
                if not _is_locked(error) or self._waited >= self.busy_seconds:
                    raise
                time.sleep(0.01)

    @property
    def pending_folder(self) -> Path:
        """Where results wait that the store could not take."""
        return self.path.with_name(self.path.name + ".pending")

    @property
    def scores_folder(self) -> Path:
        """Where scores files lie."""
        return self.path.with_name(self.path.name + ".scores")

    def save(self, result: Result) -> str:
        """Keep a result, and tell where: ``"store"``, ``"pending"`` or ``"memory"``; never raises for a full disk.

        Results held in memory from before are tried again first.
        """
        row = to_row(result)
        if result.scores:
            try:
                write_scores(self.scores_path(result.job), result.scores)
            except OSError as error:
                LOG.warning("scores of %s were not written: %s", result.job, error)
        self.held[row["id"]] = row
        return self._flush()[row["id"]]

    def flush(self) -> bool:
        """Try again what is held in memory; whether nothing is left there."""
        self._flush()
        return not self.held

    def close(self) -> None:
        """Merge what waits beside the store, and raise ``StoreError`` for what is held in memory still.

        The message is the results themselves, as JSON, one a line, so that even then nothing is lost.
        """
        if not self.flush():
            rows = "\n".join(json.dumps(row) for row in self.held.values())
            raise StoreError(
                f"{self.path}: {len(self.held)} finished results could not be written anywhere (is the disk full?). "
                f"Save each line below as a file ID.json in {self.pending_folder}; they are merged when the store is "
                f"next opened.\n{rows}"
            )
        try:
            self.merge_pending()
        except StoreError as error:
            LOG.warning("%s", error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def merge_pending(self) -> int:
        """Take in the results that wait beside the store; how many.

        A file that is not a result is reported and left where it is.
        """
        if self.read_only:
            return 0
        merged = 0
        for file in sorted(self.pending_folder.glob("*.json")):
            try:
                row = json.loads(file.read_text(encoding="utf-8"))
                from_row(row)
                values = [row[column] for column in COLUMNS]
            except (OSError, ValueError, RecursionError) as error:
                reason = printable(f"{type(error).__name__}: {error}")
                LOG.warning("%s: not a result (%s); left as it is", file, reason)
                continue
            try:
                self._patiently(lambda values=values: self._insert(values))  # type: ignore[misc]
            except sqlite3.Error as error:
                raise StoreError(f"{self.path}: cannot merge {file}: {error}; it waits there") from error
            file.unlink(missing_ok=True)
            merged += 1
        return merged

    def export(self, path: str | os.PathLike[str]) -> int:
        """Write all results, one a line, as gzipped JSON for ``read_in``; how many. Equal results, equal bytes."""
        rows = self._selected("ORDER BY id")
        lines = "".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows)
        _write_whole(Path(path), gzip.compress(lines.encode(), mtime=0))
        return len(rows)

    def read_in(self, path: str | os.PathLike[str]) -> int:
        """Take in results that ``export`` wrote, but for those that are here, in whatever words; how many were new.

        Raises
        ------
        FileFormatError
            The file is no such thing; nothing is taken in.
        """
        here = {job.identity: job.id for job in (result.job for result in self.results())}
        new = (
            row
            for result, row in exported(path)
            if here.get(result.job.identity, result.job.id) == result.job.id
        )
        try:
            with self._connect() as connection:
                before = connection.total_changes
                connection.executemany(_INSERT_IF_NEW, new)
                return connection.total_changes - before
        except _DAMAGED as error:
            raise self._unreadable(error) from error

    def finished(self, jobs: Iterable[Job], *, failures: bool = True) -> set[str]:
        """Ids of those jobs that have a result, in whatever words; with ``failures`` False, one without an error."""
        kept = {result.job.identity for result in self.results() if failures or not result.failed}
        return {job.id for job in jobs if job.identity in kept}

    def in_kept_words(self, jobs: Iterable[Job]) -> list[Job]:
        """The jobs, each as the store has it where it is there in other words, so that its result has one place."""
        kept = {result.job.identity: result.job for result in self.results()}
        return [kept.get(job.identity, job) for job in jobs]

    def results(self, protocols: Iterable[str] | None = None) -> list[Result]:
        """Stored results, in the order of protocol, subset, method and seed; of these protocols or of all."""
        wanted = None if protocols is None else list(protocols)
        where = "" if wanted is None else f"WHERE protocol IN ({', '.join('?' * len(wanted))}) "
        results = []
        for row in self._selected(f"{where}ORDER BY protocol, subset, method, seed", wanted or []):
            try:
                results.append(from_row(dict(zip(COLUMNS, row, strict=True))))
            except ValueError as error:
                raise FileFormatError(
                    f"{self.path}: the result {shown(row[0])} cannot be read: {printable(str(error))}"
                ) from error
        return results

    def _selected(self, clauses: str, values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """Rows of the results, in the order of ``COLUMNS``."""

        def select() -> list[tuple[Any, ...]]:
            with self._connect() as connection:
                return connection.execute(
                    f"SELECT {', '.join(COLUMNS)} FROM results {clauses}", values
                ).fetchall()

        try:
            return self._patiently(select)
        except _DAMAGED as error:
            raise self._unreadable(error) from error

    def scores_path(self, job: Job) -> Path:
        """Where the scores file of a job lies, if it was asked for."""
        return self.scores_folder / f"{job.id}.npz"

    def _flush(self) -> dict[str, str]:
        """Where each held result ended up."""
        places = {}
        for key, row in list(self.held.items()):
            places[key] = self._write(row)
            if places[key] != "memory":
                del self.held[key]
        return places

    def _write(self, row: dict[str, Any]) -> str:
        try:
            self._patiently(lambda: self._insert([row[column] for column in COLUMNS]))
            return "store"
        except sqlite3.Error as refusal:
            reason = refusal
        try:
            _write_whole(self.pending_folder / f"{row['id']}.json", json.dumps(row).encode())
        except OSError as error:
            LOG.warning("%s: %s; %s; the result is held in memory", self.path, reason, error)
            return "memory"
        LOG.warning("%s: %s; the result waits in %s", self.path, reason, self.pending_folder)
        return "pending"

    def _insert(self, values: list[Any]) -> None:
        with self._connect() as connection:
            connection.execute(_INSERT, values)

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction: committed on success, rolled back on any error, always closed."""
        if self.read_only:
            # SQLite would make files beside the store, which may lie where nothing can be written.
            log = self.path.with_name(f"{self.path.name}-wal")
            mode = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
            connection = sqlite3.connect(f"{self.path.absolute().as_uri()}?{mode}", uri=True)
        else:
            connection = sqlite3.connect(self.path, timeout=self.busy_seconds)
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def _unreadable(self, error: Exception) -> HinterlandError:
        if isinstance(error, sqlite3.OperationalError):
            hint = f" by another process for {self._waited:.1f} seconds" if _is_locked(error) else ""
            return StoreError(f"{self.path}: cannot read the result store: {printable(str(error))}{hint}")
        return FileFormatError(f"{self.path}: not a result store: {printable(str(error))}")


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file, and the folder above it, so that it is there in whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content)


def write_scores(path: Path, arrays: Any) -> None:
    """Scores as .npz, in whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.savez_compressed(file, **arrays)


def read_scores(path: Path) -> dict[str, np.ndarray]:
    """Arrays of a scores file; raises ``FileFormatError`` where it is none."""
    return read_arrays(path, "a scores file")


def _is_locked(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and ("locked" in str(error) or "busy" in str(error))
