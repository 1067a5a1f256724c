"""A CSV file's bytes: unpacked, as UTF-8, in blocks of whole rows."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from hinterland.errors import TableError
from hinterland.tables.csv.blanks import squeezed
from hinterland.tables.csv.rows import count_lines, has_open_quote, last_row_end

LONGEST_ROW = 64 * 2**20
"""Bytes; a longer row is an error, as a quote that is never closed makes one of the rest of the file."""
_HEAD_BYTES, _HEAD_LINES = 2**16, 10
_BYTE_ORDER_MARKS = {  # the longer ones first, as one begins with another
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_GZIP = b"\x1f\x8b"
_MAGIC = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"ARROW1": "an Arrow file",
    b"%PDF": "a PDF",
}
_OTHER_TEXT = {
    rb"<!doctype|<html|<head": "a web page",
    rb"<\?xml|<\w+[ >]": "XML",
    rb'\{\s*"[^"]*"\s*:|\[\s*[\[{]|\[\s*$': "JSON",
    rb"(%[^\n]*\n|\s)*@relation\b": "an ARFF file",
    rb"version https://git-lfs": "what Git keeps in the place of a large file, and `git lfs pull` fetches",
    rb"\{\\rtf": "a document of a word processor",
}
"""Beginnings, in lower case, of text that is no table."""
_WESTERN = "cp1252"


class EndlessRowError(TableError):
    """The next row has no end within reason."""


class CsvBytes:
    """The bytes of a CSV file, plain or packed by gzip.

    Parameters
    ----------
    path : a regular file.
    encoding : its encoding; found out if None.

    Attributes
    ----------
    encoding : as asked for or found out. What is no UTF-8 turns it into cp1252, if need be in the midst of the file,
        unless there was a UTF-8 sequence before.
    is_marked : whether the encoding was told by a byte order mark.
    has_blanks : whether columns are set apart by blanks; then one stands for many in all that is given.
    """

    def __init__(self, path: Path, encoding: str | None) -> None:
        self._path = path
        self._file: Any = None
        with path.open("rb") as stream:
            first = stream.read(2)
        self._is_packed = path.suffix.lower() == ".gz" or first == _GZIP
        start = self._opened().read(_HEAD_BYTES)
        found = next((name for mark, name in _BYTE_ORDER_MARKS.items() if start.startswith(mark)), None)
        self.is_marked = found is not None
        self._may_be_western = encoding is None and found is None
        self._mark = next((mark for mark in _BYTE_ORDER_MARKS if start.startswith(mark)), b"")
        asked = None if encoding is None else codecs.lookup(encoding).name
        if asked in ("utf-16", "utf-32"):  # which of two, the mark says, and the codec is not shown it
            asked = found or asked
        self.encoding = asked or found or "utf-8"
        if self.encoding == "utf-8":
            self._refuse_others(start)
        self.line_end = b"\n"
        self.has_blanks = False

    @property
    def cell_encoding(self) -> str:
        """Encoding of what ``head`` and ``blocks`` give."""
        return self.encoding if self._is_raw() else "utf-8"

    def head(self) -> bytes:
        """Give the first lines, ten at least if there are so many, or all of the file.

        Raises
        ------
        TableError
            Where the first line is too long, or the file is no text in its encoding.
        """
        chunks, n_lines, n_bytes, is_all = [], 0, 0, True
        for chunk in self._chunks(_HEAD_BYTES):
            chunks.append(chunk)
            n_lines, n_bytes = n_lines + count_lines(chunk), n_bytes + len(chunk)
            if n_lines >= _HEAD_LINES or n_bytes > LONGEST_ROW:
                is_all = False
                break
        head = b"".join(chunks)
        self.line_end = b"\r" if b"\n" not in head and b"\r" in head else b"\n"
        if not is_all:
            head = head[: head.rfind(self.line_end) + 1]
            if not head:
                raise _too_long()
        self.as_utf8(head)
        return head

    def blocks(self, size: int, start: int, delimiter: str) -> Iterator[bytes]:
        """Give whole rows in stretches of about ``size`` bytes, from byte ``start`` of the decoded file on.

        Raises
        ------
        EndlessRowError
            Where the next row is too long, or a quote in it is never closed.
        """
        rest, n_left = b"", start
        for chunk in self._chunks(size):
            if n_left:
                chunk, n_left = chunk[n_left:], max(0, n_left - len(chunk))
            if b'"' in rest or b'"' in chunk:
                rest, chunk = b"", rest + chunk
                end = last_row_end(chunk, delimiter, self.line_end)
            else:
                end = chunk.rfind(self.line_end) + 1
            if end:
                yield b"".join((rest, memoryview(chunk)[:end]))
                rest = chunk[end:]
            else:
                rest += chunk
                if len(rest) > LONGEST_ROW:
                    raise _too_long()
        if has_open_quote(rest, delimiter):
            raise EndlessRowError("a quote is never closed")
        if rest:
            yield rest

    def as_utf8(self, block: bytes, first_line: int = 1) -> bytes:
        """Give a block, or the head, as UTF-8; what comes from here was decoded, or is in an ASCII-based encoding.

        Raises
        ------
        TableError
            Where it is no text in the encoding; with the line, of which the block's first is ``first_line``.
        """
        if not self._is_raw() or block.isascii():
            return block
        if self.encoding == _WESTERN:
            return self._from_western(block, first_line)
        try:
            block.decode()
        except UnicodeDecodeError as error:
            n_valid = sum(ord(char) > 127 for char in block.decode(errors="ignore"))
            n_other = block.decode(errors="replace").count("\ufffd")
            if not self._may_be_western or n_valid >= n_other:
                raise self._wrong(block, error, first_line) from error
            text = self._from_western(block, first_line)
            self.encoding = _WESTERN
            return text
        self._may_be_western = False
        return block

    def share_read(self) -> float:
        """How much of the file has been read, in [0, 1]."""
        share: float = self._file.tell() / max(1, self._file.size())
        return share

    def _is_raw(self) -> bool:
        return self.encoding in ("utf-8", _WESTERN)

    def _from_western(self, block: bytes, first_line: int) -> bytes:
        try:
            return block.decode(_WESTERN).encode()
        except UnicodeDecodeError as error:
            raise self._wrong(block, error, first_line) from error

    def _wrong(self, block: bytes, error: UnicodeDecodeError, first_line: int) -> TableError:
        line = first_line + count_lines(block[: error.start])
        return TableError(
            f"the file is not {self.encoding} text: line {line} holds the byte 0x{block[error.start]:02x}; "
            "name its encoding, such as latin-1"
        )

    def _chunks(self, size: int) -> Iterator[bytes]:
        return squeezed(self._decoded(size)) if self.has_blanks else self._decoded(size)

    def _decoded(self, size: int) -> Iterator[bytes]:
        """Bytes in UTF-8 or cp1252 as they are, others decoded and encoded, without a byte order mark."""
        stream = self._opened()
        stream.read(len(self._mark))
        decoder = None if self._is_raw() else codecs.getincrementaldecoder(self.encoding)()
        while True:
            chunk = stream.read(size)
            if decoder is not None:
                text = decoder.decode(chunk, final=not chunk)
                if text:
                    yield text.encode()
            if not chunk:
                return
            if decoder is None:
                yield chunk

    def _opened(self) -> Any:
        self._file = pa.OSFile(str(self._path))
        return pa.CompressedInputStream(self._file, "gzip") if self._is_packed else self._file

    def _refuse_others(self, start: bytes) -> None:
        for magic, what in _MAGIC.items():
            if start.startswith(magic):
                raise TableError(f"it is {what}; expected a CSV or Parquet file")
        head = start.removeprefix(self._mark).lstrip().lower()
        for beginning, what in _OTHER_TEXT.items():
            if re.match(beginning, head):
                raise TableError(f"it is {what}; expected a CSV or Parquet file")
        if b"\0" in start:
            for name, zeros, others in (
                ("utf-16-le", start[1::2], start[::2]),
                ("utf-16-be", start[::2], start[1::2]),
            ):
                if zeros.count(0) > len(zeros) / 2 and not others.count(0):
                    raise TableError(
                        f"it looks like UTF-16 text without a byte order mark; name its encoding: {name}"
                    )
            raise TableError("it is a binary file; expected a CSV or Parquet file")


def _too_long() -> EndlessRowError:
    return EndlessRowError(f"a row is longer than {LONGEST_ROW // 2**20} MB, as if a quote were never closed")
