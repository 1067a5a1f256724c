import numpy as np
import pyarrow as pa
import pytest

from hinterland.tables import second_labels


@pytest.fixture
def is_odd() -> np.ndarray:
    return np.arange(1000) % 10 == 3


@pytest.fixture
def table(is_odd: np.ndarray) -> pa.Table:
    rng = np.random.default_rng(0)
    n = len(is_odd)
    return pa.table(
        {
            "number": rng.normal(size=n),
            "text": rng.choice(list("abc"), n),
            "constant": ["k"] * n,
            "empty": pa.nulls(n),
            "row": np.arange(n),
            "attack": np.where(is_odd, rng.choice(["dos", "probe"], n), "normal"),
            "found by": [("guard" if odd else None) for odd in is_odd],
            "grade": np.where(is_odd, rng.choice(["A", "B"], n), rng.choice(["C", "D"], n)),
            "nearly": np.where(is_odd ^ (np.arange(n) == 7), 1, 2),
            "often wrong": np.where(is_odd ^ (rng.random(n) < 0.05), 1, 2),
            "code": pa.array(np.where(is_odd, 1.0, 0.0)).dictionary_encode(),
            "list": [[1]] * n,
        }
    )


def test_columns_that_say_the_same_are_named(table: pa.Table, is_odd: np.ndarray) -> None:
    assert second_labels(table, ~is_odd) == (["attack", "found by", "code"], ["grade", "nearly"])
    assert second_labels(table, is_odd) == (["found by", "nearly", "code"], ["attack", "grade"])


def test_without_a_choice_there_is_nothing_to_say(table: pa.Table, is_odd: np.ndarray) -> None:
    assert second_labels(table, np.ones(1000, bool)) == ([], [])
    assert second_labels(table, np.zeros(1000, bool)) == ([], [])


def test_values_that_are_rarely_seen_twice_say_nothing() -> None:
    codes = pa.table({"code": [f"c{i}" for i in range(30)]})
    assert second_labels(codes, np.arange(30) < 15) == ([], [])


def test_batches_and_strides_change_nothing(
    table: pa.Table, is_odd: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = pa.concat_tables([table.slice(0, 300), table.slice(300)])
    assert second_labels(parts, ~is_odd) == second_labels(table, ~is_odd)
    monkeypatch.setattr("hinterland.tables.columns.repeated_labels.MOST_ROWS", 300)
    single, telling = second_labels(table, ~is_odd)
    assert single == ["attack", "found by", "code"]
    assert "grade" in telling
