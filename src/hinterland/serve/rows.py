"""A request's body as a table, by its media type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from email.message import Message

from hinterland.serve.arrow_rows import read_arrow
from hinterland.serve.csv_rows import read_csv
from hinterland.serve.json_rows import read_json
from hinterland.serve.limits import Limits
from hinterland.serve.problems import Problem
from hinterland.tables import CsvFormat, TableFile, as_table_file

JSON, CSV, ARROW = "application/json", "text/csv", "application/vnd.apache.arrow.stream"
MEDIA_TYPES = (JSON, CSV, ARROW)
"""What rows are sent, and answered, as."""


def reader_of(content_type: str | None) -> Callable[[bytes, Sequence[str], Limits], TableFile]:
    """What reads bodies of a media type: a function of the body, the model's columns and the limits.

    ``text/csv`` may say ``charset=latin-1``, and ``header=absent`` or ``present``, as RFC 4180 has it.

    Raises
    ------
    Problem
        For another media type, or parameters of it that make no sense.
    """
    asked = Message()
    asked["content-type"] = content_type or ""
    kind = asked.get_content_type() if content_type else "no media type"
    if kind == JSON:
        return lambda body, columns, limits: as_table_file(read_json(body, columns, limits))
    if kind == ARROW:
        return lambda body, columns, limits: as_table_file(read_arrow(body, limits))
    if kind == CSV:
        csv_format = _csv_format(asked.get_param("charset"), asked.get_param("header"))
        return lambda body, columns, limits: read_csv(body, csv_format, limits)
    raise Problem(
        415,
        "unknown_media_type",
        f"the body has {kind!r}; expected a Content-Type of {', '.join(MEDIA_TYPES)}",
    )


_PYTHONS_OWN = ("idna", "punycode", "raw_unicode_escape", "unicode_escape")
"""Encodings that no file has, some of which take the square of a body's length to read."""


def _csv_format(charset: object, header: object) -> CsvFormat:
    if isinstance(charset, str) and charset.lower().replace("-", "_") in _PYTHONS_OWN:
        raise Problem(415, "unknown_media_type", f"charset must be an encoding of files, got {charset!r}")
    if header not in (None, "present", "absent"):
        raise Problem(415, "unknown_media_type", f"header must be present or absent, got {header!r}")
    try:
        return CsvFormat(
            encoding=None if charset is None else str(charset),
            header=None if header is None else header == "present",
        )
    except ValueError as error:
        raise Problem(415, "unknown_media_type", str(error)) from None
