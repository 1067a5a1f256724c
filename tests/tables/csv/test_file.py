from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hinterland.errors import TableError
from hinterland.tables import CsvFormat, open_table
from hinterland.tables.csv import file as csv_file


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def opened(path: Path, **asked: Any) -> tuple[Any, list[str]]:
    """A table, and what is said of it when it is opened."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = open_table(path, CsvFormat(**asked))
    assert all(str(warning.message).startswith(f"{path}: ") for warning in caught)
    return table, [str(warning.message) for warning in caught]


@pytest.mark.parametrize(
    ("text", "rows", "said"),
    [
        ("a,b\n1,x\n2,y\n", {"a": [1, 2], "b": ["x", "y"]}, ""),
        (b"\xef\xbb\xbfa,b\r\n1,x\r\n", {"a": [1], "b": ["x"]}, ""),
        ("a,b\né,2\n".encode("utf-16"), {"a": ["é"], "b": [2]}, "read as utf-16-le"),
        (b"a,b\n\xe9,2\n", {"a": ["é"], "b": [2]}, "no UTF-8 text, read as cp1252"),
        (
            "a;b;;\n1,5;2;;\n2,5;3;;\n",
            {"a": ["1,5", "2,5"], "b": [2, 3]},
            "2 columns without name and values",
        ),
        ("a;b;;\n1;2;;\n2;3;x;\n", {"a": [1, 2], "b": [2, 3], "unnamed": [None, "x"]}, "called 'unnamed'"),
        (",x\n0,5\n1,7\n", {"unnamed": [0, 1], "x": [5, 7]}, "1 column without name, called 'unnamed'"),
        ("x,y,x\n1,2,3\n", {"x": [1], "y": [2], "x.2": [3]}, "the later are called 'x.2'"),
        ("0,tcp\n0,udp\n5,tcp\n", {"f0": [0, 0, 5], "f1": ["tcp", "udp", "tcp"]}, "the first row is data"),
        ("# x\na,b\n1,2\n# y\n3,4\n", {"a": [1, 3], "b": [2, 4]}, "1 line above the table"),
        ("a,b\n1,2\n\n   \n3,4\n\n", {"a": [1, 3], "b": [2, 4]}, ""),
        ("a,b\n1,2\n,\n3,4\n", {"a": [1, None, 3], "b": [2, None, 4]}, ""),
        ("a\n1\n\n2\n\n", {"a": [1, None, 2, None]}, ""),  # in a single column each line is a row
        ('a\n1\n""\n2\n', {"a": [1, None, 2]}, ""),
        ("a,b\r1,2\r3,4\r", {"a": [1, 3], "b": [2, 4]}, ""),
        ('a,b\n1,"x\ny"\n', {"a": [1], "b": ["x\ny"]}, ""),
        ("a,b\n", {"a": [], "b": []}, ""),
    ],
)
@pytest.mark.filterwarnings("ignore:.*begin with #")
def test_files_are_read_as_they_are_meant(
    tmp_path: Path, text: str | bytes, rows: dict[str, list[Any]], said: str
) -> None:
    table, notes = opened(written(tmp_path, text))
    assert said in " ".join(notes)
    assert bool(said) == bool(notes)
    assert table.read().to_pydict() == rows
    batches = list(table.batches(1, table.names))
    assert sum(batch.num_rows for batch in batches) == len(next(iter(rows.values())))
    assert all(batch.schema == table.types(table.names) for batch in batches)


@pytest.mark.filterwarnings("ignore:.*begin with #")
def test_the_rows_are_the_same_whatever_the_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "_COLUMN_BYTES", 1)
    lines = [f'{i},"x\n{i}"' if i % 7 == 0 else f"{i},x" if i % 5 else f"{i}" for i in range(100)]
    path = written(tmp_path, "a,b\n" + "\n".join(lines) + "\n\n# end\n")
    read = []
    for size in (8, 31, 2**20):
        monkeypatch.setattr(csv_file, "READ_BYTES", size)
        table, _ = opened(path, bad_rows="skip")
        with pytest.warns(UserWarning, match="17 rows of .* skipped: row 6 .*, row 11"):
            read.append(table.read())
    assert read[0] == read[1] == read[2]
    assert read[0]["a"].to_pylist() == [i for i in range(100) if i % 7 == 0 or i % 5]


def test_rows_are_numbered_as_the_file_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "_COLUMN_BYTES", 1)
    text = 'Report\na,b\n1,"x\ny"\n\n2\n# c\n3,4\n5,6\n7,8\n'
    path = written(tmp_path, text)
    for size in (4, 2**20):
        monkeypatch.setattr(csv_file, "READ_BYTES", size)
        table, _ = opened(path, bad_rows="skip")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert table.read()["a"].to_pylist() == [1, 3, 5, 7]
        assert [str(warning.message).split(": ", 1)[1] for warning in caught] == [
            "1 row of too few or too many values skipped: row 2 (line 6)",
            "1 line left out that begin with # and are no rows",
        ]
        assert table.row_names([0, 1, 3]) == ["row 1 (line 3)", "row 3 (line 8)", "row 5 (line 10)"]
    plain, _ = opened(written(tmp_path, "a,b\n1,2\n3,4\n"))
    plain.read()
    assert plain.row_names([0, 1]) == ["row 1", "row 2"]  # the line is one more, as everyone expects


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3\n", r"row 2 has 1 values, expected 2: '3'; .* --bad-rows skip"),
        ('a,b\n1,"x\ny"\n\n3,4,5\n', r"row 2 \(line 5\) has 3 values, expected 2: '3,4,5'"),
        ("a,b\n" + "x" * 5000 + "\n", r"row 1 has 1 values, expected 2: 'x{57}\.\.\.'"),
        (b"a,b\n1,2\n\xff\xfe\n", "row 2 has 1 values"),
        ('a,b\n1,2\n3,"4\n5,6\n', "a quote is never closed; that row begins in line 3"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*cp1252")
def test_bad_rows_are_errors_with_their_number(tmp_path: Path, text: str | bytes, message: str) -> None:
    path = written(tmp_path, text)
    for read in (lambda table: table.read(), lambda table: list(table.batches(10, table.names))):
        with pytest.raises(TableError, match=message) as caught:
            read(open_table(path))
        assert len(str(caught.value)) < 300 + len(str(path))


def test_bad_rows_are_skipped_alike_whole_and_in_batches(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n" + "".join(f"{i}\n" if i % 10 == 3 else f"{i},x\n" for i in range(100)))
    table, _ = opened(path, bad_rows="skip")
    with pytest.warns(UserWarning, match="10 rows of .* skipped: row 4, row 14, .*, row 44 and 5 more"):
        whole = table.read()
    texts = pa.concat_tables(table.batches(7, ["a"]))["a"].to_pylist()
    assert [int(text) for text in texts] == whole["a"].to_pylist() == [i for i in range(100) if i % 10 != 3]


def test_what_is_said_is_said_once(tmp_path: Path) -> None:
    path = written(tmp_path, b"n,a\n" + b"1,x\n" * 20 + b"2,caf\xe9\n")
    table, notes = opened(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table.read()
        list(table.batches(5, ["a"]))
    assert len(notes) + len(caught) == 1


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", "2.5"], pa.float64()),
        (["1.5", "2", "0x000b"], pa.string()),
        (["true", "false", "1"], pa.string()),
        (["2024-01-01T10:00:00", "2024-01-02T10:00:00Z"], pa.string()),
        (["2024-01-01", "2024-01-02T10:00:00"], pa.timestamp("s")),
        (["1.5", " 2.5 ", ""], pa.float64()),
    ],
)
def test_types_do_not_depend_on_the_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: list[str], kind: pa.DataType
) -> None:
    monkeypatch.setattr(csv_file, "_COLUMN_BYTES", 1)
    path = written(tmp_path, "n,x\n" + "".join(f"1,{value}\n" for value in values))
    for size in (4, 2**20):
        monkeypatch.setattr(csv_file, "READ_BYTES", size)
        column = open_table(path).read()["x"]
        assert column.type == kind
        if kind == pa.string():
            assert column.to_pylist() == values


def test_no_column_left_is_an_empty_table(tmp_path: Path) -> None:
    table, _ = opened(written(tmp_path, "a,b\n1,2\n"))
    assert table.read(without=["a", "b"]).num_columns == 0


@pytest.mark.slow
def test_tens_of_thousands_of_columns_are_opened_at_once(tmp_path: Path) -> None:
    width = 40_000
    path = written(tmp_path, ",".join(f"c{j}" for j in range(width)) + "\n" + ",".join(["1"] * width) + "\n")
    table, _ = opened(path)
    assert len(table.names) == width
