"""What may be said about a CSV file."""

import pytest

from hinterland.tables.csv.format import CsvFormat


@pytest.mark.parametrize(
    "said", [{}, {"delimiter": ";", "header": False}, {"encoding": "latin-1", "bad_rows": "skip"}]
)
def test_what_can_be_said(said):
    assert all(getattr(CsvFormat(**said), name) == value for name, value in said.items())


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"delimiter": "::"}, "delimiter must be one character, got '::'"),
        ({"delimiter": ""}, "delimiter must be one character, got ''"),
        ({"delimiter": '"'}, "delimiter must be an ASCII character, and no quote or line end"),
        ({"delimiter": "·"}, "delimiter must be an ASCII character"),
        ({"encoding": "utf-99"}, "encoding must name one that Python knows for text.*got 'utf-99'"),
        ({"encoding": "hex"}, "encoding must name one that Python knows for text"),
        ({"bad_rows": "drop"}, r"bad_rows must be one of \('error', 'skip'\), got 'drop'"),
    ],
)
def test_what_cannot(said, message):
    with pytest.raises(ValueError, match=message):
        CsvFormat(**said)
