from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from hinterland.errors import TableError
from hinterland.tables.csv import bytes as csv_bytes
from hinterland.tables.csv.bytes import CsvBytes, EndlessRowError

TEXT = "a,b\n" + "".join(f'{i},"x\né{i}"\n' for i in range(40))


def written(tmp_path: Path, content: bytes, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("encoding", "asked", "found"),
    [
        ("utf-8", None, "utf-8"),
        ("utf-8-sig", None, "utf-8"),
        ("utf-16", None, "utf-16-le"),
        ("utf-32", None, "utf-32-le"),
        ("utf-16-be", "utf-16-be", "utf-16-be"),
        ("utf-16", "utf-16", "utf-16-le"),
        ("cp1252", None, "cp1252"),
        ("cp1252", "cp1252", "cp1252"),
        ("latin-1", "latin-1", "iso8859-1"),
        ("shift_jis", "shift_jis", "shift_jis"),
    ],
)
def test_every_encoding_gives_the_same_text(
    tmp_path: Path, encoding: str, asked: str | None, found: str
) -> None:
    text = (
        TEXT.replace("é", "ソ") if encoding == "shift_jis" else TEXT
    )  # of which a byte looks like a backslash
    path = written(tmp_path, text.encode(encoding))
    content = CsvBytes(path, asked)
    head = content.head()
    blocks = [content.as_utf8(block) for block in content.blocks(50, len(b"a,b\n"), ",")]
    assert content.encoding == found
    assert head.startswith(b"a,b\n")
    assert b"".join(blocks).decode() == text[4:]
    assert len(blocks) > 5
    assert all(block.count(b'"') % 2 == 0 for block in blocks)
    assert content.share_read() == 1


def test_gzip_is_known_by_its_name_or_its_first_bytes(tmp_path: Path) -> None:
    for name in ("t.csv.gz", "t.csv"):
        content = CsvBytes(written(tmp_path, gzip.compress(TEXT.encode()), name), None)
        assert b"".join(content.blocks(50, 0, ",")).decode() == TEXT


def test_what_is_no_utf_8_late_in_a_file_is_western(tmp_path: Path) -> None:
    path = written(tmp_path, b"a\n" + b"x\n" * 50 + b"caf\xe9\n")
    content = CsvBytes(path, None)
    assert content.encoding == "utf-8"
    blocks = b"".join(content.as_utf8(block) for block in content.blocks(20, 0, ","))
    assert blocks.decode().splitlines()[-1] == "café"
    assert content.encoding == "cp1252"


@pytest.mark.parametrize(
    ("content", "asked", "message"),
    [
        (b"a\n" + "é\n".encode() * 20 + b"caf\xe9\n", None, "not utf-8 text: line 22 holds the byte 0xe9"),
        (b"a\ncaf\xe9\n", "utf-8", "not utf-8 text: line 2 holds the byte 0xe9"),
        (b"a\nx\x81\n", None, "not utf-8 text: line 2 holds the byte 0x81"),
    ],
)
def test_what_is_no_text_is_named_with_its_line(
    tmp_path: Path, content: bytes, asked: str | None, message: str
) -> None:
    opened = CsvBytes(written(tmp_path, content), asked)
    with pytest.raises(TableError, match=message):
        opened.head()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04abc", "zip archive or an Excel workbook"),
        (b"<!DOCTYPE html>\n<html>", "a web page"),
        (b"<?xml version='1.0'?>\n", "XML"),
        (b'{"a": 1, "b": 2}\n', "JSON"),
        (b'[\n {"a": 1}\n]', "JSON"),
        (b"% about\n@RELATION x\n", "an ARFF file"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (b"a,b\n1,\x00\n", "binary file"),
        ("a,b\n1,2\n".encode("utf-16-le"), "without a byte order mark; name its encoding: utf-16-le"),
        ("a,b\n1,2\n".encode("utf-16-be"), "without a byte order mark; name its encoding: utf-16-be"),
    ],
)
def test_what_is_no_csv_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(TableError, match=message):
        CsvBytes(written(tmp_path, content), None)


def test_rows_without_an_end_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = CsvBytes(written(tmp_path, b'a,b\n1,"2\n' + b"3,4\n" * 50), None)
    with pytest.raises(EndlessRowError, match="a quote is never closed"):
        list(content.blocks(50, 0, ","))
    monkeypatch.setattr(csv_bytes, "LONGEST_ROW", 100)
    with pytest.raises(EndlessRowError, match="a row is longer than"):
        list(content.blocks(50, 0, ","))


def test_lines_may_end_in_carriage_returns_alone(tmp_path: Path) -> None:
    content = CsvBytes(written(tmp_path, b"a,b\r" + b"1,2\r" * 30), None)
    assert content.head().count(b"\r") == 31
    blocks = list(content.blocks(10, 4, ","))
    assert b"".join(blocks) == b"1,2\r" * 30
    assert all(len(block) <= 14 for block in blocks)
