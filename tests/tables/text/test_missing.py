from __future__ import annotations

import pyarrow as pa
import pytest

from hinterland.tables.text.missing import missing_mask, weighed, without_missing


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "\t",
        "\u00a0",
        "NA",
        " NA",
        "NA ",
        "N/A",
        "NULL",
        "null",
        "NaN",
        "nan",
        "-nan",
        "<NA>",
        "NaT",
        "\\N",
    ],
)
@pytest.mark.parametrize("among_values", [False, True])
def test_some_tokens_are_missing_in_any_column(token: str, among_values: bool) -> None:
    assert missing_mask(pa.array([token, "a"]), among_values=among_values).to_pylist() == [True, False]


VALUES_ALONE = (
    "?|-|--|---|.|None|none|NONE|n.a.|N.A.|(null)|missing|Missing|UNKNOWN|#DIV/0!|#VALUE!|#REF!|#NAME?|#NUM!|#NULL!|"
    "N.V.|k.A.|Na|NAN|k. A.|not available| ? |0000-00-00|TBD"
)


@pytest.mark.parametrize("token", VALUES_ALONE.split("|"))
def test_others_are_missing_among_values_only(token: str) -> None:
    if token != "(null)":
        assert missing_mask(pa.array([token]), among_values=False).to_pylist() == [False]
    assert missing_mask(pa.array([token]), among_values=True).to_pylist() == [True]


@pytest.mark.parametrize(
    "text", ["0", "-1", "-200", "no", "true", "nano", "NAB", "inf", "--5", "1-", "a", "x"]
)
def test_what_is_a_value_stays_one(text: str) -> None:
    assert missing_mask(pa.array([text]), among_values=True).to_pylist() == [False]


def test_tokens_of_the_user_are_missing_in_any_column_whatever_their_case() -> None:
    texts = pa.array(["-200", " -200", "Aus", "aus", "an"])
    assert missing_mask(texts, among_values=False, more=["-200", "AUS "]).to_pylist() == [True] * 4 + [False]
    assert missing_mask(texts, among_values=True).to_pylist() == [False] * 5


@pytest.mark.parametrize("type", [pa.string(), pa.large_string()])
def test_the_others_stay_as_they_are_written(type: pa.DataType) -> None:
    texts = pa.array([" a", "NA", None, "?"], type)
    assert without_missing(texts, among_values=False).to_pylist() == [" a", None, None, "?"]
    assert without_missing(texts, among_values=True).type == type
    chunked = pa.chunked_array([texts, texts])
    assert without_missing(chunked, among_values=True).to_pylist() == [" a", None, None, None] * 2


def test_texts_that_are_there_have_their_counts_as_weights():
    texts, weights = weighed(pa.chunked_array([["a", None], ["b"]]), [3, 5, 2])
    assert texts.to_pylist() == ["a", "b"]
    assert weights.tolist() == [3, 2]
    assert weighed(["x", None])[1].tolist() == [1]
