from __future__ import annotations

import csv
import datetime as dt
import io
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hinterland.errors import TableError
from hinterland.tables import open_writer, output_format

TABLE = pa.table(
    {
        "id, of row": ["plain", 'say "hi", twice', "two\nlines", None, ""],
        "x": [1.0, 0.1, -2.5e-300, None, 123456789.125],
        "n": [1, 2, None, 4, 5],
        "b": [True, False, None, True, True],
        "when": [dt.datetime(2024, 5, 31, 14, 30)] * 5,
        "c": pa.array(["u", "v", None, "u", "a,b"]).dictionary_encode(),
    }
)


def test_csv_reads_back_as_it_was() -> None:
    stream = io.BytesIO()
    with open_writer(stream, TABLE.schema) as writer:
        writer.write(TABLE.slice(0, 2))
        writer.write(TABLE.slice(2, 0))
        writer.write(TABLE.slice(2))
    header, *rows = csv.reader(io.StringIO(stream.getvalue().decode(), newline=""))
    assert header == TABLE.column_names
    assert [row[0] for row in rows] == ["plain", 'say "hi", twice', "two\nlines", "", ""]
    assert [float(row[1]) for row in rows if row[1]] == [1.0, 0.1, -2.5e-300, 123456789.125]
    assert [row[2] for row in rows] == ["1", "2", "", "4", "5"]
    assert [row[3] for row in rows] == ["true", "false", "", "true", "true"]
    assert rows[0][4].startswith("2024-05-31 14:30:00")
    assert [row[5] for row in rows] == ["u", "v", "", "u", "a,b"]
    assert stream.getvalue().splitlines()[1].startswith(b"plain,1")  # nothing is quoted without need


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.parquet"])
def test_files_hold_all_rows(tmp_path: Path, name: str) -> None:
    with open_writer(tmp_path / name, TABLE.schema) as writer:
        writer.write(TABLE)
    if name.endswith("parquet"):
        assert pq.read_table(tmp_path / name).equals(TABLE)
    else:
        delimiter = "\t" if name.endswith("tsv") else ","
        with open(tmp_path / name, newline="") as stream:
            rows = list(csv.reader(stream, delimiter=delimiter))
        assert [len(row) for row in rows] == [6] * 6
    assert os.listdir(tmp_path) == [name]
    mode = (tmp_path / name).stat().st_mode & 0o777
    (tmp_path / "other").touch()
    assert mode == (tmp_path / "other").stat().st_mode & 0o777


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_an_error_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("before")
    with pytest.raises(KeyboardInterrupt), open_writer(tmp_path / name, TABLE.schema) as writer:  # noqa: PT012
        writer.write(TABLE)
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "before"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").symlink_to("/dev/full")
    with (
        pytest.raises(OSError, match=r"No space left.*t\.csv"),
        open_writer(tmp_path / "t.csv", TABLE.schema) as writer,
    ):
        writer.write(TABLE)


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(TableError, match=r"folder .*none does not exist"),
        open_writer(tmp_path / "none" / "t.csv", TABLE.schema),
    ):
        pass
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(TableError, match="is a folder"), open_writer(tmp_path / "d.csv", TABLE.schema):
        pass
    nested = pa.schema([("a", pa.list_(pa.int64()))])
    with (
        pytest.raises(TableError, match="CSV cannot hold column 'a'"),
        open_writer(tmp_path / "t.csv", nested),
    ):
        pass
    assert os.listdir(tmp_path) == ["d.csv"]


def test_formats_go_by_the_ending() -> None:
    assert [output_format(name) for name in ("a.csv", "a.CSV", "b.pq", "c.tsv")] == [
        "csv",
        "csv",
        "parquet",
        "tsv",
    ]
    with pytest.raises(ValueError, match=r"must end in one of .csv.* got 'a.xlsx'"):
        output_format("a.xlsx")


def test_text_that_a_spreadsheet_would_run_is_made_harmless_where_it_is_asked_for(tmp_path: Path) -> None:
    texts = ['=HYPERLINK("http://x") +3.2', "+1", "-1", "@x", "\tx", "＝1", "a =1", "'=1", None]
    table = pa.table({"ours": texts, "theirs": texts})
    with open_writer(tmp_path / "t.csv", table.schema, harmless=["ours"]) as writer:
        writer.write(table)
    with open(tmp_path / "t.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["theirs"] for row in rows] == [text or "" for text in texts]
    assert [row["ours"] for row in rows] == [
        *("'" + text for text in texts[:6] if text),
        "a =1",
        "'=1",
        "",
    ]
    with open_writer(tmp_path / "t.parquet", table.schema, harmless=["ours"]) as writer:
        writer.write(table)
    assert pq.read_table(tmp_path / "t.parquet").equals(table)


def test_moments_that_python_has_no_date_for_are_written(tmp_path: Path) -> None:
    table = pa.table({"when": pa.array([0, 2**40, None], pa.timestamp("s"))})
    with open_writer(tmp_path / "t.csv", table.schema) as writer:
        writer.write(table)
    assert (tmp_path / "t.csv").read_text().split("\n")[1:4] == [
        "1970-01-01 00:00:00",
        "36812-02-20T00:36:16",
        "",
    ]


def test_durations_and_times_of_day_are_written(tmp_path: Path) -> None:
    table = pa.table(
        {
            "took": pa.array([90, 2**62, None], pa.duration("s")),
            "at": pa.array([3_600, 0, None], pa.time32("s")),
        }
    )
    path = tmp_path / "t.csv"
    with open_writer(path, table.schema) as writer:
        writer.write(table)
    assert path.read_text() == "took,at\n90,01:00:00\n4611686018427387904,00:00:00\n,\n"


def test_of_a_parquet_files_columns_those_of_floats_have_no_dictionary(tmp_path: Path) -> None:
    table = pa.table({"energy": [0.5 * i for i in range(9)], "label": ["normal"] * 9, "tags": [["a"]] * 9})
    with open_writer(tmp_path / "t.parquet", table.schema) as writer:
        writer.write(table)
    group = pq.ParquetFile(tmp_path / "t.parquet").metadata.row_group(0)
    assert [group.column(j).has_dictionary_page for j in range(2)] == [False, True]
    assert pq.read_table(tmp_path / "t.parquet").equals(table)
