"""Small tables in HTML, as notebooks show them: every text in them is escaped and of bounded length."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from hinterland.printable import printable

LONGEST_CELL = 500


def text(value: object) -> str:
    """A value as text between tags: nothing in it is markup, and nothing in it steers anything."""
    return escape(printable(str(value), most=LONGEST_CELL))


def facts(named: Mapping[str, object]) -> str:
    """A table of two columns: names, and their values.

    Examples
    --------
    >>> facts({"columns": "a < b"})
    '<table><tr><th>columns</th><td>a &lt; b</td></tr></table>'
    """
    lines = "".join(f"<tr><th>{text(name)}</th><td>{text(value)}</td></tr>" for name, value in named.items())
    return f"<table>{lines}</table>"


def table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A table with a line of names above its rows; a list or a tuple in a cell has a line for each of its items."""
    head = "".join(f"<th>{text(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def paragraph(words: object) -> str:
    """Words below a table."""
    return f"<p>{text(words)}</p>"


def _cell(value: object) -> str:
    return "<br>".join(map(text, value)) if isinstance(value, list | tuple) else text(value)
