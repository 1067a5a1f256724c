"""Options that say what a table's columns are, for the commands that decide on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from hinterland.cli import options

PANEL = "Columns"


class Infinite(StrEnum):
    """What is done with infinite numbers."""

    ERROR = "error"
    MISSING = "missing"
    CLIP = "clip"


class BadRows(StrEnum):
    """What is done with rows that cannot be read."""

    ERROR = "error"
    SKIP = "skip"


Drop = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="Leave this column out. Repeatable.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Category = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="The same as --kind COLUMN=category.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Kind = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN=KIND",
        help="What a column is: number, category, boolean, date, text or ignore. Repeatable.",
        show_default="decided by its values",
        rich_help_panel=PANEL,
    ),
]
Date = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN=FORMAT",
        help="How a column writes dates, as when=%d.%m.%Y. Repeatable.",
        show_default="found out",
        rich_help_panel=PANEL,
    ),
]
Missing = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TOKEN",
        help="What stands for a missing value, beside the usual words, as -200. Repeatable.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
InfiniteRule = Annotated[
    Infinite,
    typer.Option(
        "--infinite",
        help="Infinite numbers are an error, missing values, or as far as numbers go.",
        rich_help_panel=PANEL,
    ),
]
Decimal = Annotated[
    str | None,
    typer.Option(
        metavar="MARK",
        help="Decimal mark of numbers in text: a point or a comma.",
        show_default="found out",
        rich_help_panel=PANEL,
    ),
]
AbsoluteTime = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="Use a time as it is, beside what recurs of it; `all` is understood. Repeatable.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
BadRowsRule = Annotated[
    BadRows,
    typer.Option(
        "--bad-rows", help="Rows with values that cannot be read are an error, or are skipped and counted."
    ),
]


def settings(
    *,
    kind: Sequence[str] | None,
    category: Sequence[str] | None,
    date: Sequence[str] | None,
    missing: Sequence[str] | None,
    infinite: Infinite,
    decimal: str | None,
    absolute_time: Sequence[str] | None,
) -> dict[str, Any]:
    """Parameters of a ``TabularEncoder`` by what the options say."""
    from hinterland.tables.decisions import KINDS

    kinds = dict.fromkeys(category or [], "category")
    for text in kind or []:
        column, value = _last_split(text, "--kind", "COLUMN=KIND")
        if value not in KINDS:
            raise typer.BadParameter(
                f"a kind is one of {', '.join(KINDS)}, got {value!r}", param_hint="--kind"
            )
        kinds[column] = value
    if decimal not in (None, ".", ","):
        raise typer.BadParameter(f"a decimal mark is . or , but not {decimal!r}", param_hint="--decimal")
    dates = dict(_date(text) for text in date or [])
    absolute: bool | list[str] = list(absolute_time or [])
    if absolute in (["all"], []):
        absolute = absolute == ["all"]
    return {
        "kinds": kinds or None,
        "dates": dates or None,
        "missing": list(missing) if missing else None,
        "infinite": infinite.value,
        "decimal": decimal,
        "absolute_time": absolute,
    }


def check(table: Any, named: Mapping[str, Any]) -> None:
    """Raise the error of wrong usage where the settings name columns that the table does not have."""
    options.check_columns(table, list(named["kinds"] or {}), "--kind")
    options.check_columns(table, list(named["dates"] or {}), "--date")
    if not isinstance(named["absolute_time"], bool):
        options.check_columns(table, named["absolute_time"], "--absolute-time")


def categories(named: Mapping[str, Any]) -> list[str]:
    """Columns that the user says are categories, whose text counts as it is written."""
    return [name for name, kind in (named["kinds"] or {}).items() if kind in ("category", "text")]


def _date(text: str) -> tuple[str, str]:
    column, equals, pattern = text.partition("=")
    if not equals or not column or "%" not in pattern:
        raise typer.BadParameter(
            f"expected COLUMN=FORMAT as when=%d.%m.%Y, got {text!r}", param_hint="--date"
        )
    return column, pattern


def _last_split(text: str, option: str, expected: str) -> tuple[str, str]:
    column, equals, value = text.rpartition("=")
    if not equals or not column:
        raise typer.BadParameter(f"expected {expected}, got {text!r}", param_hint=option)
    return column, value
