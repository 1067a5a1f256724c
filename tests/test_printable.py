"""Text from files as a terminal may show it."""

import pytest

from hinterland.errors import FileFormatError, TableError
from hinterland.printable import MOST_CHARACTERS, as_json, printable, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("größe\n\t1 000", "größe\n\t1 000"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("a\rb\x07\x9b", r"a\rb\x07\x9b"),
        ("\u202eevil", r"\u202eevil"),
        ("half \ud83d", r"half \ud83d"),
        ("\U0001f600", "\U0001f600"),
        ("", ""),
    ],
)
def test_control_characters_are_escaped(text, expected):
    assert printable(text) == expected
    printable(text).encode()


def test_long_texts_lose_their_middle():
    text = "start" + "x" * 1_000_000 + "end"
    cut = printable(text)
    assert len(cut) < MOST_CHARACTERS + 50
    assert cut.startswith("startx")
    assert cut.endswith("xend")
    assert f"({len(text) - MOST_CHARACTERS:,} characters)" in cut
    assert printable(text, most=None) == text


def test_values_are_shown_cut():
    assert shown("a") == "'a'"
    assert shown([1] * 1000).endswith("... (3,000 characters)")
    assert "\x1b" not in shown("\x1b")


@pytest.mark.parametrize("kind", [FileFormatError, TableError])
def test_errors_about_files_are_printable(kind):
    text = str(kind("column '\x1b[31m" + "x" * 10**6))
    assert len(text) < MOST_CHARACTERS + 50
    assert "\x1b" not in text
    assert str(kind()) == ""


def test_numbers_that_json_lacks_are_none():
    value = {"a": [1.5, float("nan"), (float("-inf"), "x")], "b": None}
    assert as_json(value) == {"a": [1.5, None, [None, "x"]], "b": None}
