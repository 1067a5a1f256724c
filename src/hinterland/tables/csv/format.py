"""What a user may say of a CSV file; what is not said is found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

BadRows = Literal["error", "skip"]


@dataclass(frozen=True)
class CsvFormat:
    """How a CSV file is to be read; None finds it out from the file, and says so where it is not the plain case.

    Parameters
    ----------
    delimiter : one ASCII character between columns; found out among comma, semicolon, tab and bar.
    header : whether there is a line of column names; without one, columns are called f0, f1, ...
    encoding : a name that Python knows. Found out: UTF-8, UTF-16 or UTF-32 by its byte order mark, and cp1252 for what
        is no UTF-8.
    bad_rows : what to do with rows of too few or too many values: ``"error"`` or ``"skip"``.
    """

    delimiter: str | None = None
    header: bool | None = None
    encoding: str | None = None
    bad_rows: BadRows = "error"

    def __post_init__(self) -> None:
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise ValueError(f"delimiter must be one character, got {self.delimiter!r}")
        if self.delimiter is not None and (not self.delimiter.isascii() or self.delimiter in '"\r\n\0'):
            raise ValueError(
                f"delimiter must be an ASCII character, and no quote or line end, got {self.delimiter!r}"
            )
        if self.encoding is not None and not _is_text_encoding(self.encoding):
            raise ValueError(
                f"encoding must name one that Python knows for text, such as latin-1, got {self.encoding!r}"
            )
        if self.bad_rows not in get_args(BadRows):
            raise ValueError(f"bad_rows must be one of {get_args(BadRows)}, got {self.bad_rows!r}")


def _is_text_encoding(name: str) -> bool:
    """Whether a codec turns text into bytes and back: hex, base64, rot13 and zip do not."""
    try:
        return "a,1\n".encode(name).decode(name) == "a,1\n"
    except (LookupError, UnicodeError, ValueError, TypeError):
        return False
