from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from hinterland.tables.csv.whole import read_whole


class Blocks:
    """A column in blocks, as ``CsvBlocks.read`` gives it; counts how often they are read."""

    def __init__(self, *blocks: list[str | None]) -> None:
        self.blocks = blocks
        self.n_readings = 0

    def __call__(self, columns: Sequence[str], types: Mapping[str, Any]) -> Iterator[pa.Table]:
        self.n_readings += 1
        for block in self.blocks:
            text = pa.chunked_array([pa.array(block, pa.string())])
            try:
                yield pa.table({"x": pc.cast(text, types.get("x", pa.string()))})
            except pa.ArrowInvalid:
                yield pa.table({"x": text})


@pytest.mark.parametrize(
    ("blocks", "kind", "n_readings"),
    [
        ([["1.5"], ["2.5"]], pa.float64(), 1),
        ([["1.5"], ["2"], [None]], pa.float64(), 1),
        ([["1"], ["2.5"]], pa.float64(), 1),
        ([[None], ["2.5"]], pa.float64(), 1),
        ([["1"], ["007"]], pa.string(), 1),
        ([["80"], ["0x000b"]], pa.string(), 1),
        ([["1.5"], ["?"], ["2"]], pa.string(), 2),
        ([["1.5"], ["0x000b"]], pa.string(), 2),
        ([["1.5"], ["nan"]], pa.string(), 2),
        ([["2024-01-01"], ["2024-01-02T10:00:00"]], pa.timestamp("s"), 2),
        ([["2024-01-01T10:00:00"], ["2024-01-02T10:00:00+01:00"]], pa.string(), 2),
        ([["1.5"], [str(2**60)]], pa.float64(), 2),
        ([["a"], ["1"]], pa.string(), 1),
        ([], pa.null(), 1),
    ],
)
def test_the_whole_column_decides(blocks: list[list[str | None]], kind: pa.DataType, n_readings: int) -> None:
    read = Blocks(*blocks)
    column = read_whole(read, ["x"])["x"]
    assert column.type == kind
    assert read.n_readings == n_readings
    if kind == pa.string():
        assert column.to_pylist() == [value for block in blocks for value in block]


def test_columns_asked_for_as_text_are_text() -> None:
    assert read_whole(Blocks(["1"], ["2"]), ["x"], ["x"])["x"].to_pylist() == ["1", "2"]
