"""Arguments and options that several commands share, so that they read and behave the same."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NewType

import typer

if TYPE_CHECKING:
    from hinterland.tables import CsvFormat, TableFile

_COMPARED = 2_000
Table = Annotated[Path, typer.Argument(help="CSV or Parquet file; - is standard input.", show_default=False)]
Model = Annotated[Path, typer.Argument(help="File that `hinterland fit` saved.", show_default=False)]
Drop = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="Leave this column out. Repeatable.", show_default=False),
]
Group = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Compare each row with normal rows of the same value in this column alone.",
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same model.")]
Device = Annotated[str, typer.Option(help="Where torch computes: cpu, cuda, cuda:1.")]
Threads = Annotated[
    int, typer.Option(min=1, help="Threads that torch computes with; more are rarely faster.")
]


class Precisions(StrEnum):
    """What networks compute in when they score."""

    DOUBLE = "double"
    SINGLE = "single"


Precision = Annotated[
    Precisions,
    typer.Option(
        help="What networks compute in: single takes half the time or less, and energies differ by some 1e-6 nats, "
        "more where the energy is steep."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes; errors still show.")]


class Engines(StrEnum):
    """What a folder can be handed to."""

    RAY = "ray"


Engine = Annotated[
    Engines | None,
    typer.Option(
        help="Hand a folder's files to this engine's workers: those at --address, or some on this machine.",
        show_default="this process",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(help="Of the engine's cluster, as ray://host:10001 or auto.", show_default="this machine"),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


CsvOptions = NewType("CsvOptions", dict[str, Any])
"""What was said of a CSV file on the command line, as ``csv_options`` hands it to a command."""


class BadRows(StrEnum):
    """What to do with rows that cannot be read: the values of ``hinterland.tables.BadRows``."""

    ERROR = "error"
    SKIP = "skip"


_CSV_OPTIONS: dict[str, tuple[Any, Any]] = {  # by their names in CsvFormat: type with its help, and default
    "delimiter": (
        Annotated[
            str | None,
            typer.Option(
                help="What separates a CSV file's columns; `tab` is understood.",
                show_default="found out",
                rich_help_panel="CSV",
            ),
        ],
        None,
    ),
    "header": (
        Annotated[
            bool | None,
            typer.Option(
                "--header/--no-header",
                help="Whether the CSV file has a line of names; without one columns are f0, f1, ...",
                show_default="found out",
                rich_help_panel="CSV",
            ),
        ],
        None,
    ),
    "encoding": (
        Annotated[
            str | None,
            typer.Option(
                help="The CSV file's text encoding, such as latin-1.",
                show_default="found out",
                rich_help_panel="CSV",
            ),
        ],
        None,
    ),
    "bad_rows": (
        Annotated[
            BadRows,
            typer.Option(
                help="What to do with rows that cannot be read: end with an error, or skip and count them.",
                rich_help_panel="CSV",
            ),
        ],
        BadRows.ERROR,
    ),
}

NO_CSV_OPTIONS = CsvOptions({name: default for name, (_, default) in _CSV_OPTIONS.items()})


Options = Mapping[str, tuple[Any, Any]]
"""Options of a command by the name of their parameter: its annotation for typer, and its default."""


def in_place_of(
    name: str, options: Options, gather: Callable[[dict[str, Any]], Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command these options in place of its parameter ``name``, which gets what ``gather`` makes of them."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        given = inspect.signature(command, eval_str=True)
        parameters: list[inspect.Parameter] = []
        for parameter in given.parameters.values():
            if parameter.name != name:
                parameters.append(parameter)
                continue
            parameters += [
                inspect.Parameter(option, parameter.kind, default=default, annotation=kind)
                for option, (kind, default) in options.items()
            ]

        @functools.wraps(command)
        def with_options(**arguments: Any) -> None:
            gathered = gather({option: arguments.pop(option) for option in options})
            command(**{name: gathered}, **arguments)

        with_options.__signature__ = given.replace(parameters=parameters)  # type: ignore[attr-defined]
        with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return with_options

    return decorate


csv_options = in_place_of("csv", _CSV_OPTIONS, CsvOptions)
"""Gives a command the options for CSV files in place of its parameter ``csv``, a ``CsvOptions``."""


def csv_format(csv: CsvOptions) -> CsvFormat:
    """What was said of CSV files."""
    from hinterland import tables

    said = dict(csv)
    if said["delimiter"] in ("\\t", "tab"):
        said["delimiter"] = "\t"
    said["bad_rows"] = said["bad_rows"].value
    return tables.CsvFormat(**said)


def open_table(path: Path, csv: CsvOptions) -> TableFile:
    """Open a table, ``-`` being standard input, with the options for CSV files."""
    from hinterland import tables

    if str(path) == "-":
        return tables.open_stream(sys.stdin.buffer, "standard input", csv_format(csv))
    return tables.open_table(path, csv_format(csv))


def check_columns(table: TableFile, columns: Sequence[str], option: str) -> None:
    """Raise the error of wrong usage where an option names columns that the table does not have."""
    from hinterland.nearest import did_you_mean
    from hinterland.tables.messages import few

    known = set(table.names)
    for name in columns:
        if name not in known:
            hint = did_you_mean(name, table.names[:_COMPARED], f"its columns are {few(table.names, 20)}")
            raise typer.BadParameter(f"{table.path} has no column {name!r}; {hint}", param_hint=option)


def column_and_value(text: str, option: str) -> tuple[str, str]:
    """Split ``COLUMN=VALUE``."""
    column, equals, value = text.partition("=")
    if not equals or not column:
        raise typer.BadParameter(f"expected COLUMN=VALUE, got {text!r}", param_hint=option)
    return column, value


def in_precision(model: Any, precision: Precisions) -> Any:
    """The model, or its copy in single precision."""
    if precision is Precisions.DOUBLE:
        return model
    from hinterland.precision import in_single_precision

    return in_single_precision(model)
