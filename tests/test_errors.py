"""Errors can be caught by hinterland's name and by Python's, and their messages by any terminal."""

import pytest

from hinterland.errors import (
    DataNotFoundError,
    FileFormatError,
    HinterlandError,
    MissingExtraError,
    TableError,
)


@pytest.mark.parametrize(
    ("error", "base"),
    [
        (DataNotFoundError("x"), FileNotFoundError),
        (FileFormatError("x"), ValueError),
        (TableError("x"), ValueError),
        (MissingExtraError("pillow", "image", "decoding"), ImportError),
    ],
)
def test_each_is_caught_as_what_it_is_and_as_hinterlands(error, base):
    assert isinstance(error, HinterlandError)
    assert isinstance(error, base)


@pytest.mark.parametrize("kind", [FileFormatError, TableError])
def test_what_a_file_holds_cannot_write_to_a_terminal(kind):
    message = str(kind("a\x1b[2Jb" + "x" * 100_000))
    assert "\x1b" not in message
    assert len(message) < 2_200
    assert str(kind()) == ""


def test_a_missing_library_is_named_with_its_remedy():
    message = str(MissingExtraError("pillow", "image", "decoding pictures"))
    assert message == (
        "decoding pictures needs the package 'pillow', which is not installed; "
        "install it with: pip install 'hinterland[image]'"
    )
