"""Results as rows of plain values, and back: what a store holds, an export hands on and a pending file keeps.

A row is read strictly, wherever it comes from, so that what is in a store can be given back.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from hinterland.benchmark.runs.jobs import Job, Result
from hinterland.errors import FileFormatError
from hinterland.printable import printable, shown

COLUMNS = (
    "id", "method", "protocol", "subset", "seed", "settings", "metrics", "error", "trace", "fit_seconds",
    "score_seconds", "peak_memory_mb", "parameters", "warnings", "versions", "commit_id", "finished_at",
)  # fmt: skip
_NUMBERS = ("fit_seconds", "score_seconds", "peak_memory_mb")
_DOCUMENTS = ("settings", "metrics", "parameters", "warnings", "versions")
_LARGEST_INTEGER = 2**63 - 1  # that SQLite holds
_LONGEST_LINE = 2**26
"""Bytes of one exported result: a thousand times what one takes."""


def to_row(result: Result) -> dict[str, Any]:
    """Row of a result that is finished now."""
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


def from_row(row: Any) -> Result:
    """Result of a row.

    Raises
    ------
    ValueError
        For what is no row of a result; the message names the column, and what it holds.
    """
    if not isinstance(row, Mapping):
        raise ValueError(f"a result is {shown(row)}, expected its values by name")
    if absent := [column for column in COLUMNS if column not in row]:
        raise ValueError(f"a result lacks {', '.join(absent)}")
    documents = {column: _document(column, row[column]) for column in _DOCUMENTS}
    for column in COLUMNS:
        if column not in (*_NUMBERS, *_DOCUMENTS, "seed") and not _is_text(row[column]):
            raise ValueError(f"{column} is {shown(row[column])}, expected text")
    for column in _NUMBERS:
        if type(row[column]) not in (int, float) or not 0 <= row[column] <= _LARGEST_INTEGER:
            raise ValueError(f"{column} is {shown(row[column])}, expected a number of at least 0")
    if type(row["seed"]) is not int or not 0 <= row["seed"] <= _LARGEST_INTEGER:
        raise ValueError(f"seed is {shown(row['seed'])}, expected an integer of at least 0")
    job = Job(row["method"], row["protocol"], row["subset"], row["seed"], documents["settings"])
    if row["id"] != job.id:
        raise ValueError(f"id is {shown(row['id'])}, and that of its job is {job.id!r}")
    return Result(
        job,
        metrics=documents["metrics"],
        error=row["error"],
        trace=row["trace"],
        fit_seconds=row["fit_seconds"],
        score_seconds=row["score_seconds"],
        peak_memory_mb=row["peak_memory_mb"],
        parameters=documents["parameters"],
        warnings=tuple(documents["warnings"]),
        versions=documents["versions"],
        commit=row["commit_id"],
    )


def _document(column: str, text: Any) -> Any:
    """What a column's JSON holds, of the form that results have."""
    if not _is_text(text):
        raise ValueError(f"{column} is {shown(text)}, expected JSON as text")
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()  # what JSON can hold, a terminal and a file can
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{column} is {shown(text)}, which is no JSON: {error}") from error
    if not _FORMS[column](value):
        raise ValueError(f"{column} holds {shown(value)}, which is not of its form")
    return value


def _is_text(value: Any) -> bool:
    """Whether a value is text that UTF-8 can hold; what is left of half a character cannot be stored."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def _are_metrics(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(judgement, dict) and all(type(item) in (int, float, str) for item in judgement.values())
        for judgement in value.values()
    )


_FORMS: dict[str, Callable[[Any], bool]] = {
    "settings": lambda value: isinstance(value, dict),
    "metrics": _are_metrics,
    "parameters": lambda value: isinstance(value, dict),
    "warnings": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    "versions": lambda value: isinstance(value, dict) and all(isinstance(v, str) for v in value.values()),
}


def exported(path: str | os.PathLike[str]) -> Iterator[tuple[Result, list[Any]]]:
    """Exported results and the values of their rows, one after the other, each checked.

    Raises
    ------
    FileFormatError
        The file is no export.
    """
    try:
        with gzip.open(path) as stream:
            number = 0
            while line := stream.readline(_LONGEST_LINE):
                number += 1
                row = json.loads(line.decode())
                yield from_row(row), [row[column] for column in COLUMNS]
    except (ValueError, RecursionError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        reason = printable(
            f"{type(error).__name__}: {error}" if not isinstance(error, ValueError) else str(error)
        )
        where = f"line {number}: " if number else ""
        raise FileFormatError(
            f"{path}: not exported results: {where}{reason}; nothing is taken in"
        ) from error
