"""Rows as an Arrow IPC stream, of which nothing is believed before it is checked, and nothing unpacked."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.serve.json_rows import too_many_columns, too_many_rows
from hinterland.serve.limits import Limits
from hinterland.serve.problems import Problem
from hinterland.tables.messages import one_line
from hinterland.tables.values import kind_of

MOST_DICTIONARIES = 10_000
"""Messages that hold categories; each may replace or lengthen what others held."""
_HEADER, _DICTIONARYS_DATA, _COMPRESSION = 2, 1, 3
"""Fields of the tables ``Message``, ``DictionaryBatch`` and ``RecordBatch`` in Arrow's ``Message.fbs``, from 0."""


def read_arrow(body: bytes, limits: Limits) -> pa.Table:
    """A body as a table.

    Raises
    ------
    Problem
        For what is no such stream, or a broken or packed one, for more rows or columns than a request may have, and
        categories that would take more memory, written out, than a body may have.
    """
    with _errors_named():
        _check_messages(body, limits)
        with pa.ipc.open_stream(body) as stream:
            if len(stream.schema) > limits.columns:
                raise too_many_columns(limits)
            batches, n_rows = [], 0
            for batch in stream:
                n_rows += batch.num_rows
                if n_rows > limits.rows:
                    raise too_many_rows(n_rows, limits, at_least=True)
                batch.validate(full=True)
                batches.append(batch)
            table = pa.Table.from_batches(batches, stream.schema)
        columns = [
            _written_out(name, column, limits)
            for name, column in zip(table.column_names, table.columns, strict=True)
        ]
        return pa.table(columns, table.column_names) if columns else table


def _check_messages(body: bytes, limits: Limits) -> None:
    """Raise for a stream with packed messages, which may hold any size, or very many dictionaries."""
    n_dictionaries = 0
    for message in pa.ipc.MessageReader.open_stream(body):
        if message.type == "schema":
            continue
        n_dictionaries += message.type == "dictionary"
        if n_dictionaries > MOST_DICTIONARIES:
            raise Problem(
                413, "too_many_dictionaries", f"the stream has more than {MOST_DICTIONARIES:,} dictionaries"
            )
        if is_packed(message.metadata.to_pybytes(), is_dictionary=message.type == "dictionary"):
            raise Problem(415, "packed_body", "the Arrow stream has compressed buffers; send it uncompressed")


def is_packed(metadata: bytes, *, is_dictionary: bool) -> bool:
    """Whether a message's buffers are compressed, by its flatbuffer, which Arrow has found to be sound."""
    batch = _field(metadata, struct.unpack_from("<I", metadata)[0], _HEADER)
    if is_dictionary and batch is not None:
        batch = _field(metadata, batch, _DICTIONARYS_DATA)
    return batch is not None and _field(metadata, batch, _COMPRESSION) is not None


def _field(metadata: bytes, table: int, number: int) -> int | None:
    """Place of the table that field ``number`` of the table at place ``table`` refers to; None where it has none."""
    names = table - struct.unpack_from("<i", metadata, table)[0]
    place = 4 + 2 * number
    if place >= struct.unpack_from("<H", metadata, names)[0]:
        return None
    offset = struct.unpack_from("<H", metadata, names + place)[0]
    return None if not offset else table + offset + struct.unpack_from("<I", metadata, table + offset)[0]


def _written_out(name: str, column: pa.ChunkedArray, limits: Limits) -> pa.ChunkedArray:
    """A column without views of text, which few functions read.

    Raises where a column of views or categories, many of which may refer to one long text, would be longer than a body
    may be. A column of another kind that a model can read is no longer than what was sent of it.
    """
    kind = column.type
    if pa.types.is_string_view(kind):
        n_bytes = sum(_view_bytes(chunk) for chunk in column.chunks)
    elif pa.types.is_dictionary(kind) and kind_of(column) == "category":
        n_bytes = sum(
            pc.sum(pc.binary_length(chunk.dictionary.cast(pa.large_string())).take(chunk.indices)).as_py()
            or 0
            for chunk in column.chunks
        )
    else:
        return column
    if n_bytes > limits.body_bytes:
        raise Problem(
            413, "body_too_large", f"column {name!r} has {n_bytes:,} bytes of text, written out; too many"
        )
    return column.cast(pa.large_string()) if pa.types.is_string_view(kind) else column


def _view_bytes(views: pa.Array) -> int:
    """Bytes of the texts of an array of views, each of which begins with its length."""
    fields = np.frombuffer(views.buffers()[1], np.int32).reshape(-1, 4)
    lengths = fields[views.offset : views.offset + len(views), 0].astype(np.int64)
    return int(lengths[np.asarray(views.is_valid())].sum())


@contextmanager
def _errors_named() -> Iterator[None]:
    """Turn what Arrow says of a broken stream into a problem."""
    try:
        yield
    except Problem:
        raise
    except (pa.ArrowException, OSError, ValueError, struct.error, IndexError) as error:
        raise Problem(
            400, "bad_arrow", f"the body cannot be read as an Arrow IPC stream: {one_line(error)}"
        ) from error
