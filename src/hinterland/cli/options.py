"""Arguments and options that several commands share, so that they read and behave the same."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hinterland.tables import TableFile

Table = Annotated[Path, typer.Argument(help="CSV or Parquet file.", show_default=False)]
Model = Annotated[Path, typer.Argument(help="File that `hinterland fit` saved.", show_default=False)]
Delimiter = Annotated[
    str | None,
    typer.Option(
        help="What separates a CSV file's columns.", show_default="found out", rich_help_panel="CSV"
    ),
]
NoHeader = Annotated[
    bool,
    typer.Option(
        "--no-header",
        help="The CSV file has no line of names: columns are f0, f1, ...",
        rich_help_panel="CSV",
    ),
]
Encoding = Annotated[
    str, typer.Option(help="The CSV file's text encoding, such as latin-1.", rich_help_panel="CSV")
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same model.")]
Device = Annotated[str, typer.Option(help="Where torch computes: cpu, cuda, cuda:1, mps.")]
Threads = Annotated[
    int, typer.Option(min=1, help="Threads that torch computes with; more are rarely faster.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes; errors still show.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def open_table(path: Path, delimiter: str | None, no_header: bool, encoding: str) -> TableFile:
    """Open a table with the options for CSV files."""
    from hinterland import tables

    if delimiter in ("\\t", "tab"):
        delimiter = "\t"
    return tables.open_table(path, tables.CsvFormat(delimiter, not no_header, encoding))


def check_columns(table: TableFile, columns: Sequence[str], option: str) -> None:
    """Raise the error of wrong usage where an option names columns that the table does not have."""
    for name in columns:
        if name not in table.names:
            nearest = difflib.get_close_matches(name, table.names, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"its columns are {table.names}"
            raise typer.BadParameter(f"{table.path} has no column {name!r}; {hint}", param_hint=option)


def column_and_value(text: str, option: str) -> tuple[str, str]:
    """Split ``COLUMN=VALUE``."""
    column, equals, value = text.partition("=")
    if not equals or not column:
        raise typer.BadParameter(f"expected COLUMN=VALUE, got {text!r}", param_hint=option)
    return column, value
