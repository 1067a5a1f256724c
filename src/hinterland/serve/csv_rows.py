"""Rows as CSV, read as the command line reads a file: delimiter, header and encoding are found out."""

from __future__ import annotations

import io

from hinterland.serve.json_rows import too_many_columns, too_many_rows
from hinterland.serve.limits import Limits
from hinterland.serve.problems import Problem
from hinterland.tables import CsvFormat, TableFile, open_stream

LONGEST_LINE = 2**20
"""Most bytes of a line: a column of longer ones has no place in a table, and takes long to find the end of."""
_PACKED = {b"\x1f\x8b": "packed by gzip", b"PAR1": "a Parquet file"}
"""Beginnings of bodies that unpack to any size."""


def read_csv(body: bytes, csv_format: CsvFormat, limits: Limits) -> TableFile:
    """A body as a table of text.

    Raises
    ------
    Problem
        For more rows or columns than a request may have, or what is no plain text.
    TableError
        As of a CSV file.
    """
    for beginning, what in _PACKED.items():
        if body.startswith(beginning):
            raise Problem(415, "packed_body", f"the body is {what}; expected CSV as plain text")
    for line in body.splitlines():
        if len(line) > LONGEST_LINE:
            raise Problem(
                413, "body_too_large", f"the body has a line of {len(line):,} bytes; at most {LONGEST_LINE:,}"
            )
        if len(line) > limits.columns and any(
            line.count(mark) >= limits.columns for mark in (b",", b";", b"\t", b"|")
        ):
            raise too_many_columns(limits)
    table = open_stream(io.BytesIO(body), "the body", csv_format)
    n_rows = 0
    for batch in table.batches(limits.rows, table.names[:1]):
        n_rows += batch.num_rows
        if n_rows > limits.rows:
            raise too_many_rows(n_rows, limits, at_least=True)
    return table
