from __future__ import annotations

import random

import pytest

from hinterland.tables.csv.rows import count_lines, has_open_quote, last_row_end, rows_of


def test_rows_have_cells_bytes_and_lines() -> None:
    data = b'a,"b ""x"", c"\r\n\n1,"two\nlines",\n#c\nlast,5" pipe'
    rows = list(rows_of(data, ","))
    assert [row.cells for row in rows] == [
        [b"a", b'b "x", c'],
        [b""],
        [b"1", b"two\nlines", b""],
        [b"#c"],
        [b"last", b'5" pipe'],
    ]
    assert b"".join(data[row.start : row.stop] for row in rows) == data
    assert [row.line for row in rows] == [0, 1, 2, 4, 5]
    assert [row.is_blank for row in rows] == [False, True, False, False, False]
    assert [row.is_comment for row in rows] == [False, False, False, True, False]


@pytest.mark.parametrize("data", [b"", b"a", b"a\n", b"a,", b"a,\n", b"\n", b"\r\r\n"])
def test_short_rows(data: bytes) -> None:
    widths = {b"": [], b"a": [1], b"a\n": [1], b"a,": [2], b"a,\n": [2], b"\n": [1], b"\r\r\n": [1, 1]}
    assert [len(row.cells) for row in rows_of(data, ",")] == widths[data]


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"1,2\n3", 4),
        (b"1,2", 0),
        (b'1,"a\nb', 0),
        (b'1,2\n1,"a\nb', 4),
        (b'1,2\n1,"a\nb"\n', 12),
        (b'5" pipe,1\n6,2\n7', 14),  # a quote in the midst of a cell opens nothing
        (b'5" pipe,1\n"x\ny', 10),
    ],
)
def test_a_line_end_within_quotes_ends_no_row(data: bytes, end: int) -> None:
    assert last_row_end(data, ",", b"\n") == end


def test_whole_rows_of_any_beginning_are_rows_of_all() -> None:
    draw = random.Random(0)
    cells = [b"1", b"", b'"a,b"', b'"x\ny"', b'"q""q"', b'"\n\n"', b'3" x']
    data = b"".join(b";".join(draw.choices(cells, k=3)) + b"\n" for _ in range(60))
    stops = {row.stop for row in rows_of(data, ";")}
    ends = [last_row_end(data[:size], ";", b"\n") for size in range(len(data))]
    assert set(ends) - {0} <= stops
    # No row is held back for long: behind the last row there is never another whole one.
    assert all(
        end >= max({stop for stop in stops if stop <= size}, default=0) for size, end in enumerate(ends)
    )


def test_open_quotes() -> None:
    assert has_open_quote(b'1,"2\n3,4\n', ",")
    assert not has_open_quote(b'1,"2"\n3,4" pipe\n', ",")
    assert not has_open_quote(b'1,"2""3"\n', ",")


def test_lines_are_counted_whatever_ends_them() -> None:
    assert [
        count_lines(data) for data in (b"", b"a", b"a\n\n", b"a\r\nb\r\n", b"a\rb\r", b"a\r\nb\nc\r")
    ] == [
        0,
        0,
        2,
        2,
        2,
        3,
    ]
