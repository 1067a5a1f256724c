from __future__ import annotations

import pyarrow as pa
import pytest

from hinterland.tables.columns.decide import decide_column
from hinterland.tables.columns.decisions import Asked, Column
from hinterland.tables.text.scaled_text import read_scaled, scale_of


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["€1.2M", "€500K", "€0"], [1.2e6, 5e5, 0]),
        (["$1.5B", "$340M", "-$2K"], [1.5e9, 3.4e8, -2e3]),
        (["1,5 Mio. €", "340 Tsd. €"], [1.5e6, 3.4e5]),
        (["1.2k", "900", "1,100"], [1200, 900, 1100]),
        (["19M", "201k"], [19e6, 201e3]),
        (["5 MB", "340 kB", "12 B", "1 GiB"], [5e6, 3.4e5, 12, 2**30]),
        (["USD 3 million", "USD 1 billion"], [3e6, 1e9]),
    ],
)
def test_numbers_with_factors_are_read(texts: list[str], values: list[float]) -> None:
    scale = scale_of(pa.array(texts))
    assert scale is not None
    read, unreadable = read_scaled(pa.array([*texts, None, "5 apples"]), *scale)
    assert read.to_pylist() == [pytest.approx(values[k]) for k in range(len(values))] + [None, None]
    assert unreadable.tolist() == [False] * (len(texts) + 1) + [True]


@pytest.mark.parametrize(
    "texts",
    [
        ["A", "B"], ["5", "6"], ["5 kg", "6 g"], ["€5", "$6K"], ["5%", "6K"], ["12D", "14K"], ["1 BHK", "2 BHK"],
        ["5M", "XL"],
    ],
)  # fmt: skip
def test_other_text_has_no_factors(texts: list[str]) -> None:
    assert scale_of(pa.array(texts)) is None


def test_a_column_of_thousands_and_millions_is_a_number() -> None:
    texts = pa.array([f"€{k}K" if k % 2 else f"€{k / 10}M" for k in range(1, 80)])
    found = decide_column(Column(texts, "value"), Asked())
    assert found.reading.kind == "number"
    assert found.read.values[:2].tolist() == [1e3, 2e5]
    assert type(found.reading).from_state(found.reading.to_state()) == found.reading
