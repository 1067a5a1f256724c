"""Arrow streams of which nothing is believed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hinterland.serve.arrow_rows import is_packed, read_arrow
from hinterland.serve.limits import Limits
from hinterland.serve.problems import Problem

LIMITS = Limits(body_bytes=50_000, rows=200)
N = 100


def written(table: pa.Table, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch in table.to_batches(max_chunksize=40):
            writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


TABLE = pa.table(
    {
        "number": np.arange(N) / 7,
        "text": [f"text {i}" for i in range(N)],
        "view": pa.array([None if i == 3 else "much longer than twelve bytes" for i in range(N)], pa.string_view()),
        "category": pa.array(["a", "b", None, "d"] * 25).dictionary_encode(),
        "list": pa.array([[i] for i in range(N)]),
    }
)  # fmt: skip


def problem_of(body: bytes, limits: Limits = LIMITS) -> Problem:
    with pytest.raises(Problem) as caught:
        read_arrow(body, limits)
    return caught.value


def test_a_stream_is_read_with_its_views_as_text() -> None:
    found = read_arrow(written(TABLE), LIMITS)
    assert found["view"].type == pa.large_string()
    assert found["view"].to_pylist() == TABLE["view"].to_pylist()
    assert found.drop_columns("view").equals(TABLE.drop_columns("view"))


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
@pytest.mark.parametrize("column", ["number", "category"])
def test_a_packed_stream_is_refused_before_it_is_unpacked(codec: str, column: str) -> None:
    body = written(TABLE.select([column]), compression=codec)
    assert (problem_of(body).status, problem_of(body).name) == (415, "packed_body")
    # A packed table may be any number of times as long.
    assert problem_of(written(pa.table({"x": np.zeros(10**5)}), compression=codec)).name == "packed_body"


def test_packed_and_plain_messages_are_told_apart() -> None:
    for options, expected in (({}, False), ({"compression": "zstd"}, True)):
        messages = list(pa.ipc.MessageReader.open_stream(written(TABLE, **options)))
        kinds = [message.type for message in messages]
        assert {"dictionary", "record batch"} < set(kinds)
        found = {
            is_packed(message.metadata.to_pybytes(), is_dictionary=message.type == "dictionary")
            for message in messages
            if message.type != "schema"
        }
        assert found == {expected}


def test_references_to_one_long_text_are_not_written_out() -> None:
    long = "x" * 1_000
    categories = pa.DictionaryArray.from_arrays(pa.array([0] * N, pa.int8()), pa.array([long]))
    for values in (categories, pa.array([long] * N, pa.string_view())):
        body = written(pa.table({"c": values}))
        if isinstance(values, pa.DictionaryArray):
            assert len(body) < 5_000
        problem = problem_of(body)
        assert (problem.status, problem.name) == (413, "body_too_large")
        assert "column 'c' has 100,000 bytes of text" in str(problem)


def test_too_many_dictionaries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hinterland.serve.arrow_rows.MOST_DICTIONARIES", 0)
    assert problem_of(written(TABLE)).name == "too_many_dictionaries"


@pytest.mark.parametrize("rows", [10, 150])
def test_rows_are_counted_before_they_are_kept(rows: int) -> None:
    problem = problem_of(written(TABLE), Limits(rows=9))
    assert (problem.status, problem.name) == (413, "too_many_rows")
    assert problem_of(written(TABLE), Limits(columns=4)).name == "too_many_columns"


def test_what_is_broken_is_a_problem_and_no_crash() -> None:
    body = written(TABLE)
    random = np.random.default_rng(0)
    names = set()
    for _ in range(300):
        broken = bytearray(body)
        for place in random.integers(len(broken), size=random.integers(1, 5)):
            broken[place] = random.integers(256)
        broken = broken[: random.integers(len(broken))] if random.random() < 0.2 else broken
        try:
            read_arrow(bytes(broken), LIMITS)
        except Problem as problem:
            names.add(problem.name)
    assert "bad_arrow" in names


def test_texts_that_are_none_and_categories_that_are_not_there_are_found() -> None:
    offsets = pa.array([0, 4], pa.int32()).buffers()[1]
    no_text = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(b"\xff\xfe\xfd\xfc")])
    assert "UTF8" in str(problem_of(written(pa.table({"c": no_text}))))
    beyond = pa.DictionaryArray.from_arrays(pa.array([7], pa.int8()), pa.array(["a"]), safe=False)
    assert problem_of(written(pa.table({"c": beyond}))).name == "bad_arrow"
