"""Results on disk, in one SQLite file that several processes may write to and that survives being killed.

A finished result is never lost to a locked store or a full disk: what the store cannot take goes to a file of its
own in ``STORE.pending/``, written in whole or not at all, and is merged when the store is next opened. Where that
cannot be written either, the result is held in memory and tried again with every later one.
"""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np

from hinterland.benchmark.jobs import Job, Result
from hinterland.errors import FileFormatError, HinterlandError

FORMAT = 1
_COLUMNS = (
    "id", "method", "protocol", "subset", "seed", "settings", "metrics", "error", "trace", "fit_seconds",
    "score_seconds", "peak_memory_mb", "parameters", "warnings", "versions", "commit_id", "finished_at",
)  # fmt: skip
_CREATE = """
CREATE TABLE IF NOT EXISTS results (
    id TEXT PRIMARY KEY, method TEXT, protocol TEXT, subset TEXT, seed INTEGER, settings TEXT, metrics TEXT,
    error TEXT, trace TEXT, fit_seconds REAL, score_seconds REAL, peak_memory_mb REAL, parameters TEXT,
    warnings TEXT, versions TEXT, commit_id TEXT, finished_at TEXT
)
"""
_ROW = f"INTO results ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_INSERT, _INSERT_IF_NEW = f"INSERT OR REPLACE {_ROW}", f"INSERT OR IGNORE {_ROW}"


class StoreError(HinterlandError, OSError):
    """The result store cannot be read or written; the message says what to do."""


class Store:
    """Results by job.

    Args:
        path: the SQLite file; made where it does not exist.
        busy_seconds: how long to wait for another process that is writing.

    Raises:
        FileFormatError: the file is not a result store, or a newer version's.
        StoreError: it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], *, busy_seconds: float = 30.0) -> None:
        self.path = Path(path)
        self.busy_seconds = busy_seconds
        self.held: dict[str, dict[str, Any]] = {}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._connect() as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                found = connection.execute("PRAGMA user_version").fetchone()[0]
                if found > FORMAT:
                    raise FileFormatError(
                        f"{self.path}: result store of format {found}; this version reads up to {FORMAT}"
                    )
                connection.execute(_CREATE)
                connection.execute(f"PRAGMA user_version = {FORMAT}")
        except sqlite3.DatabaseError as error:
            raise self._unreadable(error) from error
        except OSError as error:
            if isinstance(error, HinterlandError):
                raise
            raise StoreError(f"{self.path}: cannot make the result store: {error}") from error
        self.merge_pending()

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
        row = _to_row(result)
        if result.scores:
            try:
                write_scores(self.scores_path(result.job), result.scores)
            except OSError as error:
                print(f"scores of {result.job} were not written: {error}", file=sys.stderr)
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
            print(error, file=sys.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def merge_pending(self) -> int:
        """Take in the results that wait beside the store; how many.

        A file that is not a result is reported and left where it is.
        """
        merged = 0
        for file in sorted(self.pending_folder.glob("*.json")):
            try:
                row = json.loads(file.read_text(encoding="utf-8"))
                values = [row[column] for column in _COLUMNS]
            except (OSError, ValueError, KeyError, TypeError) as error:
                print(f"{file}: not a result ({error}); left as it is", file=sys.stderr)
                continue
            try:
                with self._connect() as connection:
                    connection.execute(_INSERT, values)
            except sqlite3.Error as error:
                raise StoreError(f"{self.path}: cannot merge {file}: {error}; it waits there") from error
            file.unlink(missing_ok=True)
            merged += 1
        return merged

    def export(self, path: str | os.PathLike[str]) -> int:
        """Write all results, one a line, as gzipped JSON for ``read_in``; how many. Equal results, equal bytes."""
        with self._connect() as connection:
            rows = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM results ORDER BY id").fetchall()
        lines = "".join(json.dumps(dict(zip(_COLUMNS, row, strict=True))) + "\n" for row in rows)
        _write_whole(Path(path), gzip.compress(lines.encode(), mtime=0))
        return len(rows)

    def read_in(self, path: str | os.PathLike[str]) -> int:
        """Take in results that ``export`` wrote, but for those that are here already; how many were new.

        Raises:
            FileFormatError: the file is no such thing; nothing is taken in.
        """
        try:
            lines = gzip.decompress(Path(path).read_bytes()).decode().splitlines()
            rows = [[row[column] for column in _COLUMNS] for row in map(json.loads, lines)]
        except (ValueError, KeyError, TypeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileFormatError(f"{path}: not exported results: {error}") from error
        with self._connect() as connection:
            before = connection.total_changes
            connection.executemany(_INSERT_IF_NEW, rows)
            return connection.total_changes - before

    def finished(self, jobs: Iterable[Job], *, failures: bool = True) -> set[str]:
        """Ids of those jobs that have a result; with ``failures`` False, a result without an error."""
        kept = {result.job.id for result in self.results() if failures or not result.failed}
        return kept & {job.id for job in jobs}

    def results(self, protocols: Iterable[str] | None = None) -> list[Result]:
        """Stored results, in the order of protocol, subset, method and seed; of these protocols or of all."""
        wanted = None if protocols is None else list(protocols)
        where = "" if wanted is None else f" WHERE protocol IN ({', '.join('?' * len(wanted))})"
        try:
            with self._connect() as connection:
                rows = connection.execute(
                    f"SELECT {', '.join(_COLUMNS)} FROM results{where} ORDER BY protocol, subset, method, seed",
                    wanted or [],
                ).fetchall()
        except sqlite3.Error as error:
            raise self._unreadable(error) from error
        return [_from_row(dict(zip(_COLUMNS, row, strict=True))) for row in rows]

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
            with self._connect() as connection:
                connection.execute(_INSERT, [row[column] for column in _COLUMNS])
            return "store"
        except sqlite3.Error as refusal:
            reason = refusal
        try:
            _write_whole(self.pending_folder / f"{row['id']}.json", json.dumps(row).encode())
        except OSError as error:
            print(f"{self.path}: {reason}; {error}; the result is held in memory", file=sys.stderr)
            return "memory"
        print(f"{self.path}: {reason}; the result waits in {self.pending_folder}", file=sys.stderr)
        return "pending"

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction: committed on success, rolled back on any error, always closed."""
        connection = sqlite3.connect(self.path, timeout=self.busy_seconds)
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def _unreadable(self, error: sqlite3.Error) -> HinterlandError:
        if isinstance(error, sqlite3.OperationalError):
            hint = f" by another process for {self.busy_seconds:g} seconds" if "locked" in str(error) else ""
            return StoreError(f"{self.path}: cannot read the result store: {error}{hint}")
        return FileFormatError(f"{self.path}: not a result store: {error}")


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there in whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_scores(path: Path, arrays: Any) -> None:
    """Scores as .npz, in whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, **arrays)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_scores(path: Path) -> dict[str, np.ndarray]:
    """Arrays of a scores file; raises ``FileFormatError`` where it is none."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FileFormatError(f"{path}: not a scores file: {error}") from error


def _to_row(result: Result) -> dict[str, Any]:
    job = result.job
    return {
        "id": job.id, "method": job.method, "protocol": job.protocol, "subset": job.subset, "seed": job.seed,
        "settings": json.dumps(job.settings, sort_keys=True), "metrics": json.dumps(result.metrics),
        "error": result.error, "trace": result.trace, "fit_seconds": result.fit_seconds,
        "score_seconds": result.score_seconds, "peak_memory_mb": result.peak_memory_mb,
        "parameters": json.dumps(result.parameters), "warnings": json.dumps(result.warnings),
        "versions": json.dumps(result.versions), "commit_id": result.commit,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip


def _from_row(row: dict[str, Any]) -> Result:
    job = Job(row["method"], row["protocol"], row["subset"], row["seed"], json.loads(row["settings"]))
    return Result(
        job,
        metrics=json.loads(row["metrics"]),
        error=row["error"],
        trace=row["trace"],
        fit_seconds=row["fit_seconds"],
        score_seconds=row["score_seconds"],
        peak_memory_mb=row["peak_memory_mb"],
        parameters=json.loads(row["parameters"]),
        warnings=tuple(json.loads(row["warnings"])),
        versions=json.loads(row["versions"]),
        commit=row["commit_id"],
    )
