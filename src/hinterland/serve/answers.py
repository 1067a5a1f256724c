"""Scored rows in the form that a request asks for: JSON, CSV or an Arrow IPC stream."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pyarrow as pa

from hinterland.explain import Contribution
from hinterland.scoring.batch import in_words
from hinterland.scoring.columns import REASONS
from hinterland.serve.problems import Problem
from hinterland.serve.rows import ARROW, CSV, JSON, MEDIA_TYPES
from hinterland.serve.served import Scored
from hinterland.tables import open_writer


def form_of(accept: str | None) -> str:
    """The media type to answer in: of those that an ``Accept`` header allows, the one it likes best, else JSON.

    Raises
    ------
    Problem
        Where it allows none of ours.
    """
    wanted = [_weighed(part) for part in (accept or "*/*").split(",") if part.strip()]

    def liking(form: str) -> float:
        named = [
            (text, weight) for text, weight in wanted if text in (form, f"{form.split('/')[0]}/*", "*/*")
        ]
        return max(named, key=lambda entry: entry[0].count("*") * -1)[1] if named else 0.0

    best = max(MEDIA_TYPES, key=liking)
    if liking(best) <= 0:
        raise Problem(
            406, "not_acceptable", f"there is no answer as {accept!r}; there is {', '.join(MEDIA_TYPES)}"
        )
    return best


def answer(scored: Scored, form: str) -> bytes:
    """Scored rows in a form, one of ``MEDIA_TYPES``."""
    return _ANSWERS[form](scored)


def _as_json(scored: Scored) -> bytes:
    rows = scored.table.to_pylist()
    if scored.reasons is not None:
        for row, lines in zip(rows, scored.reasons, strict=True):
            row["reasons"] = None if lines is None else [_reason(line) for line in lines]
    document = {
        "rows": rows,
        "n_rows": len(rows),
        "n_anomalies": scored.n_anomalies,
        "unused_columns": scored.unused,
        "notes": scored.notes,
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def _reason(line: Contribution) -> dict[str, str | float]:
    return {"column": line.column, "contribution": line.contribution}


def _as_csv(scored: Scored) -> bytes:
    table, stream = _flat(scored), io.BytesIO()
    with open_writer(stream, table.schema, harmless=[REASONS]) as writer:
        writer.write(table)
    return stream.getvalue()


def _as_arrow(scored: Scored) -> bytes:
    table, sink = _flat(scored), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _flat(scored: Scored) -> pa.Table:
    """The table with its reasons as text, as the command line writes them."""
    if scored.reasons is None:
        return scored.table
    texts = [None if lines is None else in_words(lines) for lines in scored.reasons]
    return scored.table.append_column(REASONS, pa.array(texts, pa.string()))


def _weighed(part: str) -> tuple[str, float]:
    """A media range of an ``Accept`` header, and how much it is liked."""
    text, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return text, float(parameter[2:])
            except ValueError:
                return text, 0.0
    return text, 1.0


_ANSWERS: dict[str, Callable[[Scored], bytes]] = {JSON: _as_json, CSV: _as_csv, ARROW: _as_arrow}
