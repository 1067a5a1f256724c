"""Words for messages about a table, of bounded length whatever the table holds."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence

SHOWN = 5
"""Most names, rows or values that a message gives."""
_LONGEST, _LONGEST_ERROR = 60, 300


def shown(value: str | bytes) -> str:
    """Show a text of the table in quotes, its end left out where it is long."""
    start = (
        value[: 4 * _LONGEST].rstrip(b"\r\n").decode(errors="replace") if isinstance(value, bytes) else value
    )
    return repr(start if len(start) <= _LONGEST else start[: _LONGEST - 3] + "...")


def few(names: Sequence[str], most: int = SHOWN) -> str:
    """Name the first few, and say how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(shown, names[:most])) + more


def counted(n: int, noun: str) -> str:
    """Give ``1 column`` or ``2 columns``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def option(name: str, column: str, value: str) -> str:
    """Give an option of the command line about a column as a shell takes it, ``--kind 'a b=number'``."""
    return f"{name} {shlex.quote(f'{column}={value}')}"


def one_line(error: Exception) -> str:
    """Give the first line of an error's text, or its type where it has none."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:_LONGEST_ERROR].rstrip(".")


def repeated(names: Sequence[str]) -> str:
    """Say which names stand more than once, or nothing."""
    twice = sorted(name for name, n in Counter(names).items() if n > 1)
    return f"column names must differ from one another; found more than once: [{few(twice)}]" if twice else ""
