"""``hinterland benchmark``: list, run, table, compare, choices, results, headlines, coverage, export, import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hinterland.errors import HinterlandError
from hinterland.printable import printable

if TYPE_CHECKING:
    from hinterland.benchmark.runs.jobs import Result

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
        typer.echo(printable(f"error: {error}", most=None), err=True)
        raise typer.Exit(2) from error


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="tables, protocols or methods; all where left out")] = "",
) -> None:
    """List what can be run: papers' tables and suites, protocols, methods."""
    from hinterland.benchmark.experiments import listing

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
        from hinterland.benchmark.experiments.index import default_methods, suite
        from hinterland.benchmark.experiments.methods import method
        from hinterland.benchmark.runs import runner
        from hinterland.benchmark.runs.grid import grid
        from hinterland.benchmark.runs.store import Store
        from hinterland.cli.console import messages

        chosen = suite(table)
        names = _words(methods) or default_methods(chosen)
        for name in names:
            if not method(name).is_installed():
                raise method(name).make.missing()
        with messages(quiet=False):
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


@app.command()
def table(
    name: Annotated[str, typer.Argument(help="A table, suite or protocol; see list.")],
    format_: Annotated[str, typer.Option("--format", help="text, markdown, csv or latex")] = "text",
    store: StorePath = DEFAULT_STORE,
    metrics: Annotated[str, typer.Option(help="Keys of metrics, separated by commas.")] = "",
) -> None:
    """Print a table: reported, ours over the seeds, the difference, failures."""
    with _errors():
        from hinterland.benchmark.results import formats, tables

        text = formats.render(tables.build(name, _read(store), _words(metrics)), format_)
        typer.echo(printable(text, most=None), nl=False)


@app.command()
def compare(
    name: Annotated[str, typer.Argument(help="A suite or table.")] = "adbench",
    metric: Annotated[str, typer.Option(help="The metric to rank by.")] = "auroc",
    methods: Annotated[str, typer.Option(help="Only these, separated by commas.")] = "",
    alpha: Annotated[float, typer.Option(min=0.0001, max=0.5, help="Significance level.")] = 0.05,
    store: StorePath = DEFAULT_STORE,
    diagram: Annotated[Path | None, typer.Option(help="Write the diagram to this .png or .svg.")] = None,
) -> None:
    """Compare methods over data sets: mean ranks, pairwise tests, critical-difference diagram."""
    with _errors():
        from hinterland.benchmark.results import summary
        from hinterland.benchmark.results.compare import collect
        from hinterland.benchmark.results.compare import compare as compare_scores
        from hinterland.benchmark.results.diagram import draw

        results = _read(store)
        scores = collect(name, results, metric, _words(methods))
        comparison = compare_scores(scores, alpha=alpha)
        text = summary.text(name, metric, scores, comparison, results)
        typer.echo(printable(text, most=None), nl=False)
        if diagram is not None:
            draw(comparison, diagram)
            typer.echo(f"diagram: {diagram}", err=True)


@app.command()
def choices(
    file: Annotated[
        Path, typer.Argument(help="JSON: {METHOD: {NAME: SETTINGS, ...}, ...}; the first is compared with.")
    ],
    suites: Annotated[
        str, typer.Option(help="Suites of data sets, separated by commas.")
    ] = "adbench,oddbench",
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, from 0 on.")] = 1,
    folds: Annotated[int, typer.Option(min=2, help="Folds of data sets.")] = 5,
    subsets: Annotated[str, typer.Option(help="Only these data sets, separated by commas.")] = "",
    workers: Annotated[int, typer.Option(min=1, help="Processes, of one thread each.")] = 1,
    store: StorePath = DEFAULT_STORE,
    timeout: Annotated[float | None, typer.Option(help="Seconds after which a job counts as failed.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
) -> None:
    """Run choices of parameters where they have no result, and print what each is worth, by folds of data sets."""
    with _errors():
        from hinterland.benchmark.results import choices as compared
        from hinterland.benchmark.runs import runner
        from hinterland.benchmark.runs.store import Store

        asked, names = compared.read(file), _words(suites)
        jobs = compared.jobs(asked, names, range(seeds), _words(subsets))
        kept = Store(store)
        every = [job for own in jobs.values() for job in own]
        runner.run(every, kept, workers=workers, timeout_seconds=timeout, progress=not quiet)
        found = compared.judged(asked, jobs, names, kept.results())
        typer.echo(printable(compared.markdown(found, folds), most=None), nl=False)


@app.command()
def results(
    store: StorePath = DEFAULT_STORE,
    output: Annotated[Path, typer.Option(help="The Markdown file of the contents.")] = Path(
        "docs/results.md"
    ),
) -> None:
    """Write a page a paper of the tables that the store has results for, how to reproduce each, and their contents."""
    with _errors():
        from hinterland.benchmark.results.page import write

        for path in write(_read(store), output):
            typer.echo(f"wrote {path}", err=True)


@app.command()
def headlines(store: StorePath = DEFAULT_STORE) -> None:
    """Print the README's lines of results, as Markdown."""
    with _errors():
        from hinterland.benchmark.results import headlines as lines

        typer.echo(printable(lines.text(_read(store)), most=None), nl=False)


@app.command()
def coverage(store: StorePath = DEFAULT_STORE) -> None:
    """Count which of the papers' numbers have one of ours beside them, and say why the others have none."""
    with _errors():
        from hinterland.benchmark.results import coverage as covered

        typer.echo(printable(covered.text(_read(store)), most=None), nl=False)


@app.command()
def export(
    output: Annotated[Path, typer.Argument(help="The file to write, such as benchmarks/results.jsonl.gz.")],
    store: StorePath = DEFAULT_STORE,
) -> None:
    """Write every result of a store to one file, to keep or to pass on."""
    from hinterland.benchmark.runs.store import Store

    with _errors():
        _read(store)
        typer.echo(f"wrote {Store(store).export(output)} results to {output}", err=True)


@app.command("import")
def import_(
    results: Annotated[Path, typer.Argument(help="A file that export wrote.")],
    store: StorePath = DEFAULT_STORE,
) -> None:
    """Take exported results into a store, which is made where there is none; what is there stays."""
    from hinterland.benchmark.runs.store import Store

    with _errors():
        if not results.exists():
            raise ValueError(f"there is no file {results}")
        typer.echo(f"{Store(store).read_in(results)} new results in {store}", err=True)


def _read(store: Path) -> list[Result]:
    from hinterland.benchmark.runs.store import Store, StoreError

    if not store.exists():
        raise StoreError(
            f"there is no result store at {store}; make one with: hinterland benchmark run TABLE"
        )
    return Store(store).results()


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
