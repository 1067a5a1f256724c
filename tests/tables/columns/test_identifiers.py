from __future__ import annotations

import uuid

import numpy as np
import pyarrow as pa
import pytest

from hinterland.tables.columns.identifiers import (
    is_even,
    is_row_number,
    only_grows,
    sounds_like_an_identifier,
    sounds_like_an_index,
    why_identifier,
    why_identifying_text,
    words,
)

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("order_id", {"order", "id"}),
        ("orderID", {"order", "id"}),
        ("CO(GT)", {"co", "gt"}),
        ("f12", {"f", "12"}),
        ("", set()),
    ],
)
def test_words_of_a_name(name: str, found: set[str]) -> None:
    assert words(name) == found


def test_names_of_indexes_and_identifiers() -> None:
    assert all(
        map(sounds_like_an_index, ["", "Unnamed: 0", "unnamed", "unnamed.2", "__index_level_0__", "index"])
    )
    assert not any(map(sounds_like_an_index, ["index of refraction", "price", "unnamed thing"]))
    assert all(map(sounds_like_an_identifier, ["id", "patient_id", "InvoiceNo", "account number", "uuid"]))
    assert not any(map(sounds_like_an_identifier, ["width", "idle", "humid", "paid", "age"]))
    assert sounds_like_an_identifier("zip code")
    assert not sounds_like_an_identifier("zip code", strictly=True)


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("patient_id", np.arange(100.0, 300), "it only grows"),
        ("remaining", np.arange(300.0, 100, -1), "it only falls"),
        ("Time", np.repeat(np.cumsum(RANDOM.exponential(size=300)).round(), 2), "it only grows"),
        ("elapsed", np.cumsum(RANDOM.lognormal(0, 2, 400)), "it only grows"),
        ("ms", np.cumsum(RANDOM.exponential(size=400)), "it only grows"),
        ("shuffled", RANDOM.permutation(500) + 7.0, "whole numbers of which none repeats, as row numbers"),
        (
            "part",
            RANDOM.choice(2000, 1000, replace=False) + 0.0,
            "whole numbers of which none repeats, as row",
        ),
        ("customer_id", RANDOM.choice(10**9, 300, replace=False) + 0.0, "called so, and nearly all"),
        ("Unnamed: 0", RANDOM.choice(10**6, 40, replace=False) + 0.0, "a stored index"),
    ],
)
def test_what_tells_rows_apart_or_counts_them(name: str, values: np.ndarray, why: str) -> None:
    found = why_identifier(values, name)
    assert found is not None
    assert found.startswith(why)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("age", np.sort(RANDOM.integers(18, 90, 3000)) + 0.0),
        ("size", np.sort(RANDOM.normal(size=800))),
        ("income", np.sort(RANDOM.lognormal(sigma=1, size=800))),
        ("price", RANDOM.normal(size=1000)),
        ("bytes", RANDOM.lognormal(8, 2, 1000).round()),
        ("amount_cents", RANDOM.integers(0, 10**6, 1000) + 0.0),
        ("quarter", np.repeat([1.0, 2, 3, 4], 100)),
        ("user_id", RANDOM.integers(0, 300, 1000) + 0.0),
        ("class_no", RANDOM.integers(0, 5, 1000) + 0.0),
        ("few", np.arange(8.0)),
    ],
)
def test_what_is_measured_stays(name: str, values: np.ndarray) -> None:
    assert why_identifier(values, name) is None


def test_the_order_of_a_growing_column_counts_alone() -> None:
    steps = np.cumsum(RANDOM.exponential(size=500))
    assert only_grows(steps) == "grows"
    assert only_grows(-steps) == "falls"
    assert only_grows(np.append(steps, 0.0)) is None
    assert only_grows(np.ones(500)) is None
    assert is_even(steps)
    assert is_even(-steps)
    assert not is_even(np.sort(RANDOM.normal(size=500)))


@pytest.mark.parametrize(
    ("n", "size", "expected"), [(20, 20, True), (8, 8, False), (200, 2000, False), (1000, 20_000, True)]
)
def test_numbers_that_chance_would_have_repeated_are_row_numbers(n: int, size: int, expected: bool) -> None:
    drawn = np.random.default_rng(1).choice(size, n, replace=False).astype(float)
    drawn[:2] = 0, size - 1
    assert is_row_number(np.unique(drawn)) == expected


@pytest.mark.parametrize(
    ("texts", "n_values"),
    [
        ([f"ORD-{i:06}" for i in range(40)], 40),
        ([f"ORD-{i:06}" for i in range(40)], 70),
        ([str(uuid.UUID(int=i)) for i in range(20)], 20),
        ([f"{i:040x}" for i in range(20)], 20),
        ([f"{i:07}" for i in range(20)], 20),
        ([f"note number {'x' * i}" for i in range(60)], 60),
    ],
)
def test_texts_that_name_rows(texts: list[str], n_values: int) -> None:
    assert why_identifying_text(pa.array(texts), n_values, "column") is not None


@pytest.mark.parametrize(
    ("texts", "n_values"),
    [
        ([f"C{i:04}" for i in range(900)], 3000),
        (["DE", "FR", "NL"], 3),
        ([f"word{'x' * i}" for i in range(49)], 49),
        ([f"/item/{i}" for i in range(819)], 4000),
    ],
)
def test_texts_that_are_levels(texts: list[str], n_values: int) -> None:
    assert why_identifying_text(pa.array(texts), n_values, "column") is None
