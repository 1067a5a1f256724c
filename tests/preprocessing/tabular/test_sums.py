from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hinterland.preprocessing import TabularEncoder
from hinterland.preprocessing.tabular.sums import encoder_sums, with_sums
from hinterland.tables import UnreadableValuesError

N = 2_400


def table() -> pa.Table:
    """Numbers of many shapes, truth values and categories; all but ``heavy`` and ``when`` have sums."""
    random = np.random.default_rng(0)
    far = 1e8 + random.normal(size=N)
    return pa.table(
        {
            "usual": random.normal(7.0, 2.0, N),
            "far": far,
            "gaps": pa.array(random.exponential(size=N), mask=random.random(N) < 0.1),
            "few_gaps": pa.array(random.normal(size=N), mask=np.arange(N) % 600 == 5),
            "constant": np.full(N, 5.0),
            "two": random.choice([1.0, 3.0], N),
            "mostly": np.where(random.random(N) < 0.01, random.normal(size=N), 0.0),
            "flag": pa.array(random.random(N) < 0.3, mask=random.random(N) < 0.05),
            "place": random.choice(["a", "b", "c", "d"], N, p=[0.7, 0.2, 0.099, 0.001]),
            "heavy": random.lognormal(0, 3, N),
        }
    )


def summed(encoder: TabularEncoder, rows: pa.Table, size: int = 500) -> Any:
    parts = [rows.slice(start, size) for start in range(0, rows.num_rows, size)]
    return functools.reduce(operator.add, (encoder_sums(encoder, part) for part in parts))


@pytest.mark.parametrize("numbers", ["standard", "minmax"])
def test_an_encoder_of_a_part_with_the_sums_of_all_is_that_of_all(numbers: str) -> None:
    rows = table()
    encoder = TabularEncoder(numbers=numbers).fit(rows.slice(0, 600))
    assert with_sums(encoder, summed(encoder, rows)) == ["heavy"]
    whole = TabularEncoder(numbers=numbers).fit(rows)
    names = whole.get_feature_names_out().tolist()
    assert encoder.get_feature_names_out().tolist() == names
    there = [j for j, name in enumerate(names) if name != "heavy"]
    observed = rows.filter(rows["few_gaps"].is_valid())  # a missing value takes the median, which is no sum
    found, expected = encoder.transform(observed)[:, there], whole.transform(observed)[:, there]
    is_gap = rows["gaps"].is_null().filter(rows["few_gaps"].is_valid()).to_numpy()
    found[is_gap, names.index("gaps")] = expected[is_gap, names.index("gaps")]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    for one, other in zip(encoder.columns_[:-1], whole.columns_[:-1], strict=True):
        if one.kind == "number":
            assert one.scale == pytest.approx(other.scale, rel=1e-9)
            assert one.typical + one.center == pytest.approx(other.typical + other.center, rel=1e-9)
            assert (one.has_missing, one.limit) == (other.has_missing, other.limit)
        else:
            assert one == other


def test_sums_do_not_hang_on_the_parts() -> None:
    rows = table()
    encoder = TabularEncoder().fit(rows.slice(0, 600))
    one, other = summed(encoder, rows, 2_400).numbers["two"], summed(encoder, rows, 7).numbers["two"]
    assert (one.n_rows, one.n_typical, one.n_least, one.n_greatest) == (
        other.n_rows,
        other.n_typical,
        other.n_least,
        other.n_greatest,
    )
    assert one.n_least + one.n_greatest == N


def test_ranks_have_no_sums() -> None:
    rows = table().select(["usual", "flag"])
    encoder = TabularEncoder(numbers="robust").fit(rows.slice(0, 600))
    assert with_sums(encoder, summed(encoder, rows)) == ["usual"]


def test_sums_that_overflow_leave_a_column_as_it_is() -> None:
    values = np.random.default_rng(0).normal(size=100)
    rows = pa.table({"x": np.r_[values, 1e300, -1e300]})
    encoder = TabularEncoder(heavy_tail=None).fit(rows.slice(0, 100))
    before = encoder.columns_[0]
    with np.errstate(over="ignore"):
        assert with_sums(encoder, summed(encoder, rows)) == ["x"]
    assert encoder.columns_[0] is before


@pytest.mark.filterwarnings("ignore::hinterland.tables.columns.notes.ColumnsWarning")
def test_values_that_cannot_be_read_are_named() -> None:
    encoder = TabularEncoder().fit(pa.table({"x": ["1,5", "2,5", "3,5"] * 20}))
    with pytest.raises(UnreadableValuesError, match=r"'x'.*many"):
        encoder_sums(encoder, pa.table({"x": ["1,5", "many"]}))
