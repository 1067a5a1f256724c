"""What a column is: a table of ways to write it, and what each is taken for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hinterland.errors import TableError
from hinterland.tables.columns.decide import decide_column, decide_columns
from hinterland.tables.columns.decisions import Asked, Column, Decided

RANDOM = np.random.default_rng(0)
N = 300
AMOUNTS = RANDOM.lognormal(6, 0.8, N).round(2)
START = dt.datetime(2024, 1, 1, 6)


def decide(values: Any, name: str = "column", **asked: Any) -> Decided:
    if isinstance(values, list):
        values = pa.array(values)
    return decide_column(Column(values, name), Asked(**asked))


def topics(found: Decided) -> list[str]:
    return [note.topic for note in found.notes]


@pytest.mark.parametrize(
    "write",
    [
        lambda v: f"{v:,.2f}",
        lambda v: f"{v:.2f}".replace(".", ","),
        lambda v: f"{v:,.2f}".replace(",", "#").replace(".", ",").replace("#", "."),
        lambda v: f"${v:,.2f}",
        lambda v: f"{v:.2f} EUR",
        lambda v: f"({v:.2f})" if v < 300 else f"{v:.2f}",
        lambda v: f"{v:.2f} kg",
        lambda v: f" {v:.2f} ",
    ],
)
def test_numbers_as_people_write_them(write: Callable[[float], str]) -> None:
    found = decide([write(v) for v in AMOUNTS], "amount")
    assert found.reading.kind == "number"
    signs = np.where([write(v).startswith("(") for v in AMOUNTS], -1, 1)
    np.testing.assert_allclose(found.read.values, AMOUNTS * signs)


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        (lambda t: t.strftime("%d/%m/%Y"), "time"),
        (lambda t: t.strftime("%m/%d/%Y"), "time"),
        (lambda t: t.strftime("%d-%b-%Y"), "time"),
        (lambda t: t.strftime("%d.%m.%Y %H:%M"), "time"),
        (lambda t: t.isoformat(), "time"),
        (lambda t: f"{t.isoformat()}+01:00", "time"),
        (lambda t: f"{t.isoformat()}Z", "zoned_time"),
        (lambda t: t.strftime("%H:%M:%S"), "time_of_day"),
        (lambda t: t.strftime("%H.%M.%S"), "time_of_day"),
    ],
)
def test_times_as_people_write_them(write: Callable[[dt.datetime], str], kind: str) -> None:
    moments = [START + dt.timedelta(hours=7 * i) for i in range(N)]
    assert decide([write(t) for t in moments], "when").reading.kind == kind


def test_a_time_with_its_offset_keeps_its_local_hour_in_winter_and_summer() -> None:
    texts = ["2024-01-15T08:00:00+01:00"] * 30 + ["2024-07-15T08:00:00+02:00"] * 30
    read = decide(texts, "when").read.values
    assert {moment.hour for moment in read.to_pylist()} == {8}


@pytest.mark.parametrize(
    ("name", "values", "epoch"),
    [
        ("date", 20240101.0 + np.arange(28) % 28, "yyyymmdd"),
        ("stime", 1_421_927_377.0 + np.arange(100) // 10, "s"),
        ("grows", 1_421_927_377.25 + np.arange(100), "s"),
        ("created", 1_421_927_377_000.0 + RANDOM.permutation(100) * 1e6, "ms"),
        ("visit", np.tile([20240131, 20240229, 20240301, 20231231, 20240704], 9), "yyyymmdd"),
    ],
)
def test_numbers_that_are_times(name: str, values: np.ndarray, epoch: str) -> None:
    found = decide(values, name)
    assert (found.reading.kind, found.reading.epoch) == ("time", epoch)


@pytest.mark.parametrize(
    "values", [RANDOM.integers(19_000_000, 21_000_000, 50), 1.5e9 + RANDOM.permutation(50) * 1e3]
)
def test_numbers_that_only_might_be_times_stay(values: np.ndarray) -> None:
    assert decide(values.astype(float), "population").reading.kind in ("number", "identifier")


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["Yes", "No", "no", "YES "], [1, 0, 0, 1]),
        (["true", "false"], [1, 0]),
        (["Y", "n"], [1, 0]),
        (["ja", "nein", "?"], [1, 0, None]),
        (["TRUE", "TRUE"], [1, 1]),
    ],
)
def test_truth_values(words: list[str], values: list[int | None]) -> None:
    found = decide(words * 20)
    assert found.reading.kind == "boolean"
    np.testing.assert_array_equal(found.read.values[: len(words)], np.array(values, float))


@pytest.mark.parametrize("texts", [["f"] * 9, ["m", "f"] * 9, ["no", "se", "dk"] * 9, ["No"] * 9])
def test_other_words_are_categories(texts: list[str]) -> None:
    assert decide(texts).reading.kind == "category"


TOKENS = [
    "",
    "NA",
    "?",
    " ",
    "-",
    "--",
    "None",
    "NaT",
    "<NA>",
    "n.a.",
    "missing",
    "unknown",
    "NA ",
    " NA",
    "(null)",
]
TOKENS += ["\\N", "#DIV/0!", "#VALUE!", "#REF!"]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("every", [100, 7])
def test_words_for_a_missing_number(token: str, every: int) -> None:
    texts = [token if i % every == 3 else f"{v}" for i, v in enumerate(AMOUNTS)]
    found = decide(texts, "charges")
    assert found.reading.kind == "number"
    np.testing.assert_array_equal(np.isnan(found.read.values), np.arange(N) % every == 3)
    assert topics(found) == ["missing"] * bool(token.strip())


def test_asked_tokens_are_missing_however_the_number_is_written() -> None:
    numbers = RANDOM.normal(50, 3, N).round(1)
    texts = ["-200" if i % 5 == 0 else f"{v:.1f}".replace(".", ",") for i, v in enumerate(numbers)]
    for values in (pa.array(texts), np.where(np.arange(N) % 5 == 0, -200.0, numbers)):
        noted = decide(values, "co")
        assert "sentinel" in topics(noted)
        assert not np.isnan(noted.read.values).any()
        found = decide(values, "co", missing=("-200",))
        assert np.isnan(found.read.values).sum() == N / 5
        assert "sentinel" not in topics(found)
    comma = [text if text != "-200" else "-200,0" for text in texts]
    assert np.isnan(decide(comma, "co", missing=("-200",)).read.values).sum() == N / 5


@pytest.mark.parametrize("value", [-999.0, 9999.0, -1.0])
def test_sentinels_are_noticed_where_they_lie_far_outside(value: float) -> None:
    values = np.where(np.arange(N) % 9 == 0, value, RANDOM.normal(50, 3, N).round(1))
    assert topics(decide(values, "t")) == ["sentinel"]
    assert topics(decide(np.where(values == value, 60.0, values), "t")) == []


def test_stray_words_among_numbers_are_named_and_not_swallowed() -> None:
    texts = [f"{v}" for v in AMOUNTS]
    texts[5], texts[77] = "broken", "n.b."
    found = decide(texts, "amount")
    assert found.reading.kind == "number"
    assert np.flatnonzero(found.read.bad).tolist() == [5, 77]
    assert "--kind amount=category" in found.remedy
    assert "--bad-rows skip" in found.remedy
    often = ["ausgefallen" if i % 4 == 0 else text for i, text in enumerate(f"{v}" for v in AMOUNTS)]
    assert decide(often, "amount").read.bad.sum() == N / 4
    assert "--missing 'ausgefallen'" in decide(often, "amount").remedy
    assert decide(texts, "amount", kinds={"amount": "category"}).reading.kind == "category"
    assert not decide(texts, "amount", missing=("broken", "N.B.")).read.bad.any()


def test_hexadecimal_numbers_are_read_on_the_whole_column() -> None:
    texts = ["0x000b" if i % 30 == 7 else str(v) for i, v in enumerate(RANDOM.integers(1024, 65_535, N))]
    found = decide(texts, "sport")
    assert found.reading.kind == "number"
    assert found.read.values[7] == 11


def test_codes_with_zeros_in_front_are_no_numbers() -> None:
    codes = [f"{v:05}" for v in RANDOM.choice([1067, 80_331, 10_115, 99_084], N)]
    assert decide(codes, "zip").reading.kind == "category"
    assert decide([f"{i:06}" for i in range(N)], "account").reading.kind == "identifier"


def test_ids_that_repeat_are_categories_in_text_and_numbers_alike() -> None:
    numbers = RANDOM.integers(0, 60, N)
    found = decide(numbers, "machine_id")
    assert found.reading.kind == "category"
    assert topics(found) == ["category"]
    texts = decide([f" {v}" for v in numbers], "machine_id")
    assert texts.read.values.to_pylist() == found.read.values.to_pylist() == [str(v) for v in numbers]
    assert decide(numbers, "machine").reading.kind == "number"


def test_labels_are_named_but_used() -> None:
    rare = (np.arange(N) % 50 == 0).astype(float)
    for name in ("Class", "is_fraud", "label", "target", "attack_cat", "y", "Outcome"):
        found = decide(rare, name)
        assert found.reading.kind == "number"
        assert topics(found) == ["label"]
    for name in ("Amount", "yes", "has_account", "first class seats"):
        assert topics(decide(rare, name)) == []
    assert topics(decide(AMOUNTS, "target")) == []


def test_columns_without_a_name_are_what_their_type_says() -> None:
    column = Column(np.arange(100.0), "x0", is_named=False)
    assert decide_column(column, Asked()).reading.kind == "number"


def test_the_stored_index_is_left_out_but_not_a_time() -> None:
    index = Column(RANDOM.choice(10**6, 90), "pandas", is_index=True)
    assert decide_column(index, Asked()).reading.kind == "identifier"
    when = Column(pa.array([START + dt.timedelta(hours=i) for i in range(90)]), "when", is_index=True)
    assert decide_column(when, Asked()).reading.kind == "time"


def test_what_is_asked_for_goes_before_what_is_found() -> None:
    assert decide(np.arange(90.0), "id", kinds={"id": "number"}).reading.kind == "number"
    assert decide(np.arange(90), "id", kinds={"id": "category"}).reading.kind == "category"
    assert decide([f"ORD-{i}" for i in range(90)], "o", kinds={"o": "category"}).reading.kind == "category"
    assert decide(AMOUNTS, "a", kinds={"a": "ignore"}).reading.kind == "ignored"
    assert decide(np.tile([0, 1], 9), "a", kinds={"a": "boolean"}).reading.kind == "boolean"
    assert decide([f"{v}" for v in AMOUNTS], "a", kinds={"a": "text"}).reading.kind == "category"
    epoch = 1.5e9 + RANDOM.permutation(50) * 1e3
    assert decide(epoch, "a", kinds={"a": "date"}).reading.epoch == "s"
    day = decide(["03.04.24", "05.04.24"], "d", dates={"d": "%d.%m.%y"})
    assert day.read.values.to_pylist()[0] == dt.datetime(2024, 4, 3)


@pytest.mark.parametrize(
    ("values", "asked", "message"),
    [
        (["x", "y"], {"kinds": {"a": "number"}}, "column 'a' is to be a number"),
        (["x", "y"], {"kinds": {"a": "date"}}, "'a' is to be a date; say how it is written, as --date a="),
        (["x", "y"], {"dates": {"a": "%d.%m.%y"}}, "column 'a' holds no date written as %d.%m.%y; found 'x'"),
        ([[1], [2]], {}, "column 'a' cannot be encoded: found type list"),
    ],
)
def test_what_cannot_be_is_refused(values: list[Any], asked: dict[str, Any], message: str) -> None:
    with pytest.raises(TableError, match=message):
        decide(values, "a", **asked)


def test_one_column_settles_the_decimal_mark_of_another() -> None:
    whole = pa.array([f"{v:,}" for v in RANDOM.integers(1000, 9999, N)])  # 1,235
    german = pa.array([f"{v:.2f}".replace(".", ",") for v in AMOUNTS])
    alone, _ = decide_columns([Column(whole, "a"), Column(pa.array(["x"] * N), "b")], Asked())
    beside, _ = decide_columns([Column(whole, "a"), Column(german, "b")], Asked())
    asked = decide(whole, "a", decimal=",")
    assert alone.read.values.min() >= 1000
    assert beside.read.values.max() < 10
    assert asked.read.values.max() < 10


def test_infinite_numbers_by_rule() -> None:
    values = np.append(AMOUNTS, np.inf)
    assert decide(values, "a").read.bad.sum() == 1
    assert np.isnan(decide(values, "a", infinite="missing").read.values).sum() == 1
    assert np.isinf(decide(values, "a", infinite="clip").read.values).sum() == 1


def test_a_remedy_is_written_as_a_shell_takes_it() -> None:
    values = pa.array([*map(str, range(60)), "many of"])
    found = decide_column(Column(values, "how many"), Asked())
    assert "--kind 'how many=category'" in found.remedy


def test_numbers_of_things_may_have_letters() -> None:
    numbers = [*map(str, range(1000, 1090))] * 2
    for name in ("InvoiceNo", "stock_code"):
        found = decide_column(Column(pa.array([*numbers, "C1050"]), name), Asked())
        assert found.reading.kind == "category"
    assert decide_column(Column(pa.array([*numbers, "C1050"]), "load"), Asked()).read.bad.any()
