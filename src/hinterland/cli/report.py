"""``hinterland report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hinterland.cli import options
from hinterland.cli.console import messages

app = typer.Typer(name="report", pretty_exceptions_enable=False)


@app.command(no_args_is_help=True)
@options.csv_options
def report(
    model: options.Model,
    table: options.Table,
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file to write.")] = Path("report.html"),
    label: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column with the truth, if there is one.", show_default=False),
    ] = None,
    anomaly: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE",
            help="What that column says of an anomaly. Repeatable.",
            show_default="anomaly, outlier, attack, true, yes, 1 beside 0, or -1 beside 1",
        ),
    ] = None,
    comparison: Annotated[
        Path | None,
        typer.Option(
            metavar="MODEL", help="A second saved model, to be shown beside the first.", show_default=False
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Column of times or numbers to draw energies over.",
            show_default="the order of the rows",
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Most rows that the page lists.")] = 500,
    csv: options.CsvOptions = options.NO_CSV_OPTIONS,
    seed: Annotated[int, typer.Option(min=0, help="Of the rows drawn at random for the map.")] = 0,
    device: options.Device = "cpu",
    threads: options.Threads = 1,
    quiet: options.Quiet = False,
) -> None:
    """Score a table and write a page on it: one HTML file for any browser, which needs no network.

    It shows how the energies spread, the most anomalous rows and why they stand out, a map of the rows, and whether
    they are like those of training; with --label also how well the labels are found.
    """
    for path in (model, table, comparison):
        if path is not None and output.exists() and path.exists() and output.samefile(path):
            raise typer.BadParameter(f"{output} is an input of this command", param_hint="--output")
    if anomaly and label is None:
        raise typer.BadParameter("name the column that says so: --label", param_hint="--anomaly")
    with messages(quiet) as say:
        from hinterland.report import report as write

        file = options.open_table(table, csv)
        options.check_columns(file, [label] if label is not None else [], "--label")
        options.check_columns(file, [time] if time is not None else [], "--time")
        with say.progress() as progress:
            task = progress.add_task("Scoring", total=1)
            written = write(
                model,
                file,
                output,
                label=label,
                anomaly=anomaly or None,
                comparison=comparison,
                time_column=time,
                top=top,
                random_state=seed,
                device=device,
                n_threads=threads,
                on_batch=lambda done: progress.update(
                    task, completed=done, description="Scoring" if done < 1 else "Drawing"
                ),
            )
            progress.update(task, completed=1)
        say.note(
            f"{written.n_rows:,} rows, {written.n_flagged:,} of them flagged; the page is {written.path} "
            f"({written.n_bytes / 1e6:.1f} MB)"
        )
        if written.shift:
            say.note(f"Note: {written.shift}")
