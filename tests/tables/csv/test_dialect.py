from __future__ import annotations

import pytest

from hinterland.errors import TableError
from hinterland.tables.csv.dialect import find_dialect, sniff_delimiter
from hinterland.tables.csv.format import CsvFormat


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        (b"a,b\n1,2", ","),
        (b"a;b\n1,5;2,5", ";"),
        (b"a\tb\tc\n1\t2,0\t3", "\t"),
        (b"a|b\nx,y|2", "|"),
        (b"a\n1", ","),
        (b"a;b;c\n1;2;3\n1;2", ";"),
        (b'a,b\n"x;y;z",2', ","),
        (b"1,5;2,5;3\n2,5;3,5;4", ";"),  # decimal commas, and no header
        (b"Report, of today\n\na;b\n1,5;2,5\n3;4,5", ";"),
        (b"# a;b\n# c;d\nx,y\n1,2\n", ","),
        (b"x\n1,5\n2,5\n", ";"),  # a single column of decimal commas
    ],
)
def test_delimiter_is_found_out(head: bytes, delimiter: str) -> None:
    assert sniff_delimiter(head) == delimiter


def test_decimal_commas_in_a_single_column_are_no_delimiter_to_speak_of() -> None:
    assert find_dialect(b"x\n1,5\n2,5\n", CsvFormat()).notes == ()


def test_a_plain_file_has_nothing_to_be_said() -> None:
    found = find_dialect(b"a,b\n1,2\n", CsvFormat())
    assert (found.delimiter, found.header, found.n_columns, found.notes) == (",", ["a", "b"], 2, ())
    assert (found.start, found.n_lines, found.doubtful) == (4, 1, ())


@pytest.mark.parametrize(
    ("head", "header", "first", "note"),
    [
        (b"sep=;\na;b\n1;2\n", ["a", "b"], b"1;2", "separated by semicolons"),
        (b'"sep=|"\r\na|b\r\n1|2\r\n', ["a", "b"], b"1|2", "separated by bars"),
        (b"# made\n# by, x\na,b,c\n1,2,3\n", ["a", "b", "c"], b"1,2,3", "2 lines above the table left out"),
        (b"Report\n\na,b,c\n1,2,3\n4,5,6\n", ["a", "b", "c"], b"1,2,3", "1 line above the table left out"),
        (b"Plant 5;;\n;;\nday;x;y\n1;2;3\n", ["day", "x", "y"], b"1;2;3", "2 lines above the table left out"),
        (
            b"Sales;;;;\nas of:;01.02.2024;;;\n;;;;\nday;a;b;c;d\n1.2.24;1;2;3;4\n",
            ["day", "a", "b", "c", "d"],
            b"1.2.24",
            "3 lines above the table left out",
        ),
        (b"# a,b\n1,2\n3,4\n", ["a", "b"], b"1,2", "those of the comment above"),
        (b'"x","y"\n"1",5,6\n"2",7,8\n', ["", "x", "y"], b'"1",5,6', ""),  # as R writes
        (b"a,b\n1,2,\n3,4,\n", ["a", "b", ""], b"1,2,", ""),
        (b"a,b,\n1,2\n3,4\n", ["a", "b"], b"1,2", ""),
        (b"a;b;;\n1;2;;\n", ["a", "b", "", ""], b"1;2", "semicolons"),
        (b"1,2.5\n3,4\n", None, b"1,2.5", "the first row is data"),
        (b"name,city\nann,rome\n", ["name", "city"], b"ann", "('name', 'city') is taken for column names"),
        (b'a,"b\nc"\n1,2\n', ["a", "b\nc"], b"1,2", ""),
    ],
)
def test_lines_above_the_rows_are_told_apart(
    head: bytes, header: list[str] | None, first: bytes, note: str
) -> None:
    found = find_dialect(head, CsvFormat())
    assert found.header == header
    assert head[found.start :].startswith(first)
    assert found.n_lines == head[: found.start].count(b"\n")
    assert note in "; ".join(found.notes)
    assert bool(note) == bool(found.notes)


def test_what_is_asked_for_is_not_found_out() -> None:
    assert find_dialect(b"1,2\n3,4\n", CsvFormat(header=True)).header == ["1", "2"]
    assert find_dialect(b"a,b\n3,4\n", CsvFormat(header=False)).header is None
    assert find_dialect(b"a,b\n3,4\n", CsvFormat(delimiter=";", header=True)).header == ["a,b"]
    assert find_dialect(b"1,2\n3,4\n", CsvFormat(header=True)).notes == ()


def test_a_first_row_with_one_value_is_no_title() -> None:
    assert find_dialect(b"5,,\n6,1,2\n7,3,4\n", CsvFormat()).start == 0


def test_columns_without_name_and_value_are_doubtful() -> None:
    assert find_dialect(b"a;;b;\n1;;2;\n3;x;4;\n", CsvFormat()).doubtful == (3,)
    assert find_dialect(b"1,,2,\n3,,4,\n", CsvFormat()).doubtful == (1, 3)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"\n \n", "nothing but blank lines"),
        (b"sep=;\n", "nothing but blank lines"),
        (b"a,b\n1,2,3,4\n5,6,7,8\n", "line 1 has 2 names, the rows below it have 4 values"),
    ],
)
def test_what_is_no_table_is_named(head: bytes, message: str) -> None:
    with pytest.raises(TableError, match=message):
        find_dialect(head, CsvFormat())
