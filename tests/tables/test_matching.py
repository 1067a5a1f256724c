import pytest

from hinterland.tables.matching import blanks, fold, is_boolean, matching


def matched(values: list[str | None], wanted: str) -> list[str | None]:
    return [value for value, match in zip(values, matching(values, wanted), strict=True) if match]


@pytest.mark.parametrize("wanted", ["1", "1.0", " 1 ", "+1", "1e0", "1.00"])
@pytest.mark.parametrize("written", ["1", "1.0", "1.", " 1", "1.000"])
def test_numbers_match_by_value(written: str, wanted: str) -> None:
    assert matched([written, "2", "0.1", None], wanted) == [written]


@pytest.mark.parametrize("wanted", ["benign", "BENIGN", " Benign "])
def test_case_and_blanks_at_the_ends_do_not_count(wanted: str) -> None:
    values = ["benign", "BENIGN", "BENIGN ", "\u00a0Benign", "Attack", "benign2", ""]
    assert matched(values, wanted) == values[:4]


@pytest.mark.parametrize(
    ("true", "false"),
    [("True", "False"), ("true", "FALSE"), ("1", "0"), ("1.0", "0.0"), ("Yes", "no"), ("Y", "N"), ("t", "f")],
)
@pytest.mark.parametrize("wanted", ["1", "1.0", "true", "TRUE", "yes", "Yes", "y", "T"])
def test_truth_values_are_one_anothers_where_a_column_holds_no_others(
    true: str, false: str, wanted: str
) -> None:
    assert matched([true, false, None, "", "NA"], wanted) == [true]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (["1", "0", "2"], "true"),
        (["1", "-1"], "true"),
        (["true", "false", "maybe"], "1"),
        (["yes", "no", "other"], "1"),
        (["on", "paused"], "1"),
        (["t", "x"], "true"),
        (["1", "0"], "2"),
        (["12345678901234567890"], "12345678901234567891"),
        (["1_0"], "10"),
        (["inf"], "infinity"),
    ],
)
def test_other_values_are_not_one_anothers(values: list[str | None], wanted: str) -> None:
    assert matched(values, wanted) == []


def test_a_code_of_predict_is_a_number() -> None:
    assert matched(["-1", "1", "-1.0"], "-1") == ["-1", "-1.0"]


@pytest.mark.parametrize(
    "blank", [None, "", " ", "NA", "nan", "NaN ", "null", "(null)", "\\N", "N/A", "<NA>", "NaT", "#N/A"]
)
def test_some_texts_stand_for_no_value_in_any_column(blank: str | None) -> None:
    assert blanks([blank, "0", "fine"]) == [True, False, False]
    assert blanks([blank]) == [True]


@pytest.mark.parametrize("text", ["None", "?", "-", "unknown"])
def test_others_do_only_beside_numbers_or_truth_values(text: str) -> None:
    assert blanks([text, "0", "1.0"]) == [True, False, False]
    assert blanks([text, "True"]) == [True, False]
    assert blanks([text, "dos", "probe"]) == [False, False, False]
    assert blanks([text]) == [False]


def test_a_blank_that_is_asked_for_means_all_of_them() -> None:
    values = ["dos", "", None, " NA", "probe"]
    assert matched(values, "") == matched(values, "nan") == ["", None, " NA"]


def test_gaps_are_no_value() -> None:
    assert matching([None, "a"], "None") == [False, False]
    assert matching([], "a") == []


def test_what_is_boolean() -> None:
    assert is_boolean(["Yes", "no", "", None, "?"])
    assert not is_boolean(["", None])
    assert not is_boolean(["yes", "perhaps"])


def test_folding_keeps_what_is_inside() -> None:
    assert fold("  Brute  Force\u00a0") == "brute  force"
    assert fold("STRASSE") == fold("Straße")
