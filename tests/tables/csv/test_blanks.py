from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from hinterland.tables.csv.blanks import are_set_apart_by_blanks, squeezed
from hinterland.tables.csv.file import CsvFile
from hinterland.tables.csv.format import CsvFormat


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        ("1 2 0.5\n1 3 0.7\n2 1 0.1\n", ","),
        ("  1.5   20  a\n 12.5    3  b\n  2.5  100  a\n", ","),
        ('18.0  8  130. 7\t"fox a"\n15.0  8  165. 8\t"vw"\n9  ?  9. 6\t"b c"\n', "\t"),
        ("x y group\n0.1 0.2 a\n0.3 0.1 b\n1.2 0.3 a\n", ","),
        ("# x y\n0.1 0.2\n0.3 0.1\n1.2 0.3\n", ","),
        ("day at load n\n2024-01-01 10:00 5.2 7\n2024-01-01 11:00 5.0 8\n2024-01-01 12:00 5.1 7\n", ","),
    ],
)
def test_columns_set_apart_by_blanks_are_told(head: str, delimiter: str) -> None:
    assert are_set_apart_by_blanks(head, delimiter)


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        ("a,b\n1,2\n3,4\n5,6\n", ","),
        ("name\tv\nJohn Smith\t5\nAnn Lee\t6\nBob Ray\t7\n", "\t"),
        ("at\tv\n2024-01-01 10:00\t5\n2024-01-01 11:00\t6\n2024-01-01 12:00\t7\n", "\t"),
        ("sum\n1 234 567\n12 345 678\n1 500 000\n", ","),  # grouped digits
        ("sum\n1 234 kg\n2 345 kg\n1 500 kg\n", ","),
        ("at\n2024-01-01 10:00:00\n2024-01-01 11:00:00\n2024-01-02 10:00:00\n", ","),
        ("text\nwe had 5 of them\nwe had 6 of them\nwe had 7 of them\n", ","),
        ("weight\n5 kg\n6 kg\n7 kg\n", ","),
        ("x\n1\n2\n3\n", ","),
        ("a;b\n1 2 3;x\n", ";"),
        ("tel,n\n+49 150 12345,5\n+49 151 98765,6\n+49 157 45454,7\n", ","),
        ("tel\tn\n+49 150 12345\t5\n+49 151 98765\t6\n+49 157 45454\t7\n", "\t"),  # telephone numbers
    ],
)
def test_blanks_within_cells_set_no_columns_apart(head: str, delimiter: str) -> None:
    assert not are_set_apart_by_blanks(head, delimiter)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_blanks_are_squeezed_wherever_a_chunk_ends(size: int) -> None:
    text = b"  # x \t y\n 1  2 \r\n\n3\t\t4  "
    chunks = iter([text[k : k + size] for k in range(0, len(text), size)])
    assert b"".join(squeezed(chunks)) == b"#x y\n1 2\r\n\n3 4"


def test_a_file_of_columns_set_apart_by_blanks(tmp_path: Path) -> None:
    path = tmp_path / "t.data"
    path.write_text("# unit  load   kind\n" + '  1   0.50  "a b" \n 10  12.25  c\n\n  3   ?  c  \n')
    with pytest.warns(UserWarning, match="separated by blanks; the column names are those of the comment"):
        file = CsvFile(path, CsvFormat())
    assert file.read().to_pydict() == {
        "unit": [1, 10, 3],
        "load": ["0.50", "12.25", "?"],
        "kind": ["a b", "c", "c"],
    }
    assert file.row_names([2]) == ["row 3 (line 5)"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path.write_text("a b\n1 2\n")
        assert CsvFile(path, CsvFormat(delimiter=" ")).names == ["a", "b"]
