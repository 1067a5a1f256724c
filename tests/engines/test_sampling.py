from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hinterland.engines.sampling import Draw, sample
from hinterland.engines.shards import InTurn

NUMBERS = pa.table({"x": np.arange(10_000)})
PARTS = [NUMBERS.slice(start, 1_500) for start in range(0, 10_000, 1_500)]


def drawn(seed: int, most: int = 1_000) -> np.ndarray:
    return sample(InTurn(PARTS), 10_000, most, seed)[0]["x"].to_numpy()


def test_as_many_rows_as_asked_for_in_their_order_and_none_twice() -> None:
    found = drawn(0)
    assert len(found) == 1_000
    assert (np.diff(found) > 0).all()


def test_every_row_is_as_likely() -> None:
    counts = np.zeros(10_000)
    for seed in range(60):
        counts[drawn(seed)] += 1
    by_part = counts.reshape(10, 1_000).sum(1)  # 6,000 expected in each
    assert abs(by_part - 6_000).max() < 4 * np.sqrt(6_000 * 0.9)
    assert counts.var() == pytest.approx(60 * 0.1 * 0.9, rel=0.1)


def test_a_seed_draws_the_same_rows_again_and_another_draws_others() -> None:
    assert np.array_equal(drawn(3), drawn(3))
    assert not np.array_equal(drawn(3), drawn(4))


def test_the_draw_knows_its_rows_in_a_later_pass() -> None:
    rows, draw = sample(InTurn(PARTS), 10_000, 1_000, seed=0)
    again = pa.concat_tables([part.filter(pa.array(draw.drawn(part))) for part in PARTS])
    assert again.equals(rows)


def test_of_no_more_rows_than_asked_for_all_are_given_as_they_are() -> None:
    rows, draw = sample(InTurn(PARTS), 10_000, 10_000, seed=0)
    assert rows.equals(NUMBERS)
    assert all(draw.drawn(part).all() for part in PARTS)


def test_batches_of_other_rows_have_other_keys() -> None:
    draw = Draw(0, 0.5)
    keys = [draw.keys(part)[:1_000] for part in PARTS]
    assert abs(np.corrcoef(keys)[0, 1:]).max() < 0.15
