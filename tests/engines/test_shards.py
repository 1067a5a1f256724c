from __future__ import annotations

import pyarrow as pa
import pytest

from hinterland.engines.shards import InTurn, as_results, required, results_in, summed
from hinterland.errors import MissingExtraError


def test_results_are_added_in_the_order_of_the_batches(parts: list[pa.Table]) -> None:
    shards = InTurn(parts)
    assert shards.n_rows() == 3_000
    assert summed(shards, lambda batch: [batch.num_rows]) == [700, 700, 700, 700, 200]


def test_a_data_set_without_batches_is_an_error(parts: list[pa.Table]) -> None:
    shards = InTurn(parts)
    shards._tables = []
    with pytest.raises(ValueError, match="no batch of rows"):
        summed(shards, lambda batch: batch.num_rows)


def test_results_go_through_tables() -> None:
    assert list(results_in(pa.concat_tables([as_results({"a": 1}), as_results((2,))]))) == [{"a": 1}, (2,)]


def test_a_package_that_is_missing_is_named_with_its_extra() -> None:
    with pytest.raises(
        MissingExtraError, match=r"hinterland\.engines\.ray needs the package 'no_such'.*hinterland\[ray\]"
    ):
        required("no_such", "ray")
