"""Words for messages: short whatever a table holds."""

import shlex

from hinterland.tables.messages import counted, few, one_line, option, repeated, shown


def test_long_texts_end_early_and_bytes_are_decoded():
    assert shown("plain") == "'plain'"
    assert shown("x" * 61) == repr("x" * 57 + "...")
    assert shown("x" * 60) == repr("x" * 60)
    assert shown(b"a,\xff\r\n") == "'a,�'"
    assert len(shown(b"x" * 10_000)) == 62


def test_a_few_names_and_how_many_more():
    assert few(["a", "b"]) == "'a', 'b'"
    assert few([str(i) for i in range(1_007)]) == "'0', '1', '2', '3', '4' and 1,002 more"
    assert few(["a", "b", "c"], most=1) == "'a' and 2 more"
    assert few([]) == ""


def test_counts_agree_with_their_noun():
    assert (counted(1, "column"), counted(0, "column"), counted(1_234, "row")) == (
        "1 column",
        "0 columns",
        "1,234 rows",
    )


def test_an_option_reaches_a_shell_whole():
    assert shlex.split(option("--kind", "a 'b", "number")) == ["--kind", "a 'b=number"]


def test_an_error_is_its_first_line_or_its_type():
    assert one_line(ValueError("first.\nsecond")) == "first"
    assert one_line(KeyError()) == "KeyError"
    assert len(one_line(ValueError("x" * 1000))) == 300


def test_names_that_stand_more_than_once_are_listed():
    assert repeated(["a", "b"]) == ""
    assert repeated(["b", "a", "b", "c", "a"]).endswith("found more than once: ['a', 'b']")
