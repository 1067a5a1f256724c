"""Write a table batch by batch, under a temporary name until it is whole."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from hinterland.errors import TableError
from hinterland.tables.python_values import python_value
from hinterland.whole_files import replacing

OUTPUT_FORMATS = {".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".pq": "parquet"}
"""Format by a file name's ending."""
_FORMULA = r"^([=+\-@\t\r\n＝＋－＠])"
"""How text starts that a spreadsheet runs; the page's download has the same."""
_DELIMITERS = {"csv": ",", "tsv": "\t"}


class Writer(Protocol):
    """Takes batches of a table, all of the same schema."""

    def write(self, batch: pa.Table) -> None:
        """Append rows."""
        ...

    def close(self) -> None:
        """Write what is still to be written; the stream stays open."""
        ...


def output_format(path: str | os.PathLike[str]) -> str:
    """Give the format that a file name's ending stands for.

    Raises
    ------
    ValueError
        For another ending.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in OUTPUT_FORMATS:
        raise ValueError(
            f"the output's name must end in one of {', '.join(OUTPUT_FORMATS)}, got {str(path)!r}"
        )
    return OUTPUT_FORMATS[suffix]


@contextmanager
def open_writer(
    destination: str | os.PathLike[str] | BinaryIO,
    schema: pa.Schema,
    *,
    harmless: Collection[str] = (),
    called: str = "stream.csv",
) -> Iterator[Writer]:
    """Write to a path, in the format of its ending, or to a binary stream in that of the name it is ``called``.

    A path holds nothing, or what it held before, until the block ends without an error. In CSV, text of the columns
    ``harmless`` that a spreadsheet would run as a formula gets an apostrophe before it; others are written as they are.

    Raises
    ------
    TableError
        Where the folder does not exist, or CSV cannot hold a column's type.
    OSError
        Where the file cannot be written, as on a full disk.
    """
    if not isinstance(destination, str | os.PathLike):
        yield from _written(destination, schema, output_format(called), harmless)
        return
    made = output_format(destination)
    path = Path(os.path.realpath(destination))
    if path.is_dir():
        raise TableError(f"{destination} is a folder; expected the name of a file to write")
    if not path.parent.is_dir():
        raise TableError(f"the folder {path.parent} does not exist; make it first")
    with replacing(destination) as stream:
        yield from _written(stream, schema, made, harmless)


def _written(stream: BinaryIO, schema: pa.Schema, made: str, harmless: Collection[str]) -> Iterator[Writer]:
    writer: Writer = (
        _ParquetWriter(stream, schema)
        if made == "parquet"
        else _CsvWriter(stream, schema, _DELIMITERS[made], harmless)
    )
    try:
        yield writer
    finally:
        writer.close()


class _ParquetWriter:
    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        self._schema = schema
        # Of floats hardly two are equal: a dictionary of them takes several times as long, and more room.
        coded = [field.name for field in schema if not pa.types.is_floating(field.type)]
        self._writer = pa.parquet.ParquetWriter(stream, schema, use_dictionary=coded)

    def write(self, batch: pa.Table) -> None:
        self._writer.write_table(batch.cast(self._schema))

    def close(self) -> None:
        self._writer.close()


class _CsvWriter:
    """Quotes only what needs it; pyarrow's writer would quote every text, numbers kept as text among them."""

    def __init__(
        self, stream: BinaryIO, schema: pa.Schema, delimiter: str, harmless: Collection[str]
    ) -> None:
        for field in schema:
            if pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
                raise TableError(
                    f"CSV cannot hold column {field.name!r} of type {field.type}; write Parquet or leave it out"
                )
        self._stream = stream
        self._harmless = harmless
        self._delimiter = pa.scalar(delimiter, pa.large_string())
        self._special = f'["\r\n{delimiter}]'
        header = io.StringIO()
        csv.writer(header, delimiter=delimiter, lineterminator="\n").writerow(schema.names)
        stream.write(header.getvalue().encode())

    def write(self, batch: pa.Table) -> None:
        if not batch.num_rows:
            return
        columns = [
            self._quoted(batch.column(j).combine_chunks(), harmless=name in self._harmless)
            for j, name in enumerate(batch.column_names)
        ]
        lines = pc.binary_join_element_wise(*columns, self._delimiter)
        whole = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
        self._stream.write(pc.binary_join(whole, pa.scalar("\n", pa.large_string()))[0].as_buffer())
        self._stream.write(b"\n")

    def close(self) -> None:
        self._stream.flush()

    def _quoted(self, values: Any, *, harmless: bool) -> Any:
        is_text = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
        text = pc.fill_null(_as_text(values), "")
        if not is_text and not pa.types.is_dictionary(values.type):
            return text
        if harmless:
            text = pc.replace_substring_regex(text, _FORMULA, r"'\1")
        special = pc.match_substring_regex(text, self._special)
        if not pc.any(special, min_count=0).as_py():
            return text
        quote, nothing = pa.scalar('"', pa.large_string()), pa.scalar("", pa.large_string())
        doubled = pc.replace_substring(text, '"', '""')
        return pc.if_else(special, pc.binary_join_element_wise(quote, doubled, quote, nothing), text)


def _as_text(values: Any) -> Any:
    """Arrow's text of values; a moment out of the years 1 to 9999, for which it has none, in ISO 8601."""
    text = values.cast(pa.large_string())
    if not pa.types.is_timestamp(values.type) and not pa.types.is_date(values.type):
        return text
    try:
        pc.min_max(values).as_py()
    except (OverflowError, ValueError):
        found = [python_value(value) for value in values]
        texts = zip(found, text.to_pylist(), strict=True)
        return pa.array([ours if isinstance(ours, str) else arrows for ours, arrows in texts], text.type)
    return text
