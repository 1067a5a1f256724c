"""``hinterland benchmark``: list, run, table, compare, results."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from hinterland.errors import HinterlandError

app = typer.Typer(
    name="benchmark",
    help="Run the papers' experiments again, and show ours beside theirs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

StorePath = Annotated[Path, typer.Option("--store", help="The result store, one SQLite file.")]
DEFAULT_STORE = Path("benchmark-results.sqlite")


@contextmanager
def _errors() -> Iterator[None]:
    """A user's mistake is one line on stderr and exit code 2; anything else keeps its traceback."""
    try:
        yield
    except (HinterlandError, ValueError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="tables, protocols or methods; all where left out")] = "",
) -> None:
    """List what can be run: papers' tables and suites, protocols, methods."""
    from hinterland.benchmark import listing

    with _errors():
        typer.echo(listing.text(what), nl=False)


@app.command()
def run(
    table: Annotated[str, typer.Argument(help="A table, suite or protocol; see list.")],
    methods: Annotated[
        str, typer.Option(help="Names, separated by commas; else those the table names.")
    ] = "",
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, from 0 on.")] = 5,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of the seeds.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes, of one thread each.")] = 1,
    store: StorePath = DEFAULT_STORE,
    subsets: Annotated[str, typer.Option(help="Only these data sets or subsets, separated by commas.")] = "",
    settings: Annotated[
        str, typer.Option(help="A JSON object of constructor arguments that replace ours.")
    ] = "",
    scores: Annotated[bool, typer.Option("--scores", help="Keep each job's energies in a file.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Do failed jobs again.")] = False,
    timeout: Annotated[float | None, typer.Option(help="Seconds after which a job counts as failed.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
) -> None:
    """Run what the store has no result for; interrupt and start again as you like."""
    with _errors():
        from hinterland.benchmark import runner
        from hinterland.benchmark.jobs import grid
        from hinterland.benchmark.methods import method
        from hinterland.benchmark.store import Store
        from hinterland.benchmark.suites import default_methods, suite

        chosen = suite(table)
        names = _words(methods) or default_methods(chosen)
        for name in names:
            if not method(name).is_installed():
                raise method(name).make.missing()
        jobs = grid(
            chosen.protocols,
            names,
            range(first_seed, first_seed + seeds),
            subsets=_words(subsets) or None,
            settings=_settings(settings),
        )
        results = runner.run(
            jobs,
            Store(store),
            workers=workers,
            keep_scores=scores,
            retry_failed=retry_failed,
            timeout_seconds=timeout,
            progress=not quiet,
        )
        failures = sum(result.failed for result in results)
        typer.echo(
            f"{len(results)} jobs done, {failures} of them failed; {len(jobs) - len(results)} were there before. "
            f"See: hinterland benchmark table {table} --store {store}",
            err=True,
        )


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _settings(text: str) -> dict[str, Any]:
    import json

    if not text:
        return {}
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ValueError(f"--settings must be a JSON object, got {text!r}: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"--settings must be a JSON object, got {text!r}")
    return values


def main() -> None:
    """Entry point of ``python -m hinterland.benchmark``."""
    sys.exit(app())
