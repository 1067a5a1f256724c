"""What the commands print: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from hinterland.errors import FormerNameWarning
from hinterland.printable import as_json, printable
from hinterland.progress import bars, training_progress

if TYPE_CHECKING:
    from rich.progress import Progress

SHOWN = (UserWarning, FormerNameWarning)
"""Kinds of warnings that a user of the commands can do something about."""

LONGEST_CELL = 1_000
PLAIN_WIDTH = 200
"""Columns of a table that goes to a file or a pipe."""


def error(message: str) -> None:
    """Print a line about what went wrong."""
    typer.secho(f"Error: {printable(message)}", fg="red", err=True)


def one_line(raised: BaseException) -> str:
    """Say in one line what an exception means, naming its type where its text alone would not be understood."""
    expected = isinstance(raised, ValueError | TypeError | OSError | ImportError)
    if isinstance(raised, OSError) and raised.strerror:
        places = ", ".join(str(place) for place in (raised.filename, raised.filename2) if place)
        return f"{places}: {raised.strerror}" if places else raised.strerror
    text = " ".join(str(raised).split()) or type(raised).__name__
    return (
        text
        if expected
        else f"unexpected {type(raised).__name__}: {text} (hinterland --debug ... shows where)"
    )


class Messages:
    """Notes and progress on stderr, or nothing where ``quiet``.

    ``warned`` are the kinds of warnings so far, and ``notes`` the texts of those that a user should read.
    """

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.notes: list[str] = []
        self.warned: set[type[Warning]] = set()

    def note(self, message: str) -> None:
        """Print a line."""
        if not self.quiet:
            typer.echo(printable(message), err=True)

    @contextmanager
    def progress(self, *columns: str) -> Iterator[Progress]:
        """Show a progress bar with a description, and with further fields of the task behind it."""
        with bars(*columns, shown=not self.quiet) as progress:
            yield progress

    @contextmanager
    def training(self, description: str, detector: Any) -> Iterator[None]:
        """Show a detector's epochs while it is fitted inside the block."""
        with training_progress(detector, description, shown=not self.quiet):
            yield


@contextmanager
def messages(quiet: bool) -> Iterator[Messages]:
    """Give the place for messages; warnings inside the block become lines there, each once."""
    say = Messages(quiet)

    def show(message: Warning | str, category: type[Warning], *_: Any) -> None:
        text = " ".join(str(message).split())
        say.warned.add(category)
        if issubclass(category, SHOWN) and text not in say.notes:
            say.notes.append(text)
            say.note(f"Note: {text}")

    with warnings.catch_warnings():
        for category in SHOWN:
            warnings.simplefilter("always", category)
        warnings.showwarning = show  # type: ignore[assignment]  # with the arguments that are used
        yield say


def print_json(result: Any) -> None:
    """Print one JSON document on stdout; what would steer a terminal is escaped as JSON has it."""
    text = json.dumps(as_json(result), indent=2, allow_nan=False, ensure_ascii=False)
    typer.echo("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))


def print_table(
    rows: Iterable[Sequence[object]],
    header: Sequence[str] | None = None,
    *,
    title: str | None = None,
    right: Sequence[int] = (),
) -> None:
    """Print rows of text on stdout as a table; ``right`` are the columns to align on the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # A terminal decides the width; a file has room for everything.
    console = Console() if sys.stdout.isatty() else Console(width=PLAIN_WIDTH)
    table = Table(
        title=None if title is None else Text(printable(title)),
        title_justify="left",
        title_style="bold",
        show_header=header is not None,
        box=box.SIMPLE_HEAD,
    )
    lines = [[Text(printable(str(cell), most=LONGEST_CELL)) for cell in row] for row in rows]
    width = len(header) if header is not None else max((len(line) for line in lines), default=1)
    for j in range(width):
        table.add_column(
            Text(header[j]) if header is not None else "", justify="right" if j in right else "left"
        )
    for line in lines:
        table.add_row(*line)
    console.print(table)


def tabulate(facts: dict[str, object], *, title: str | None = None) -> None:
    """Print names and values on stdout, a line each."""
    print_table([(name, value) for name, value in facts.items() if value is not None], title=title)
