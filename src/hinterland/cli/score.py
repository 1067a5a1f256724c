"""``hinterland score``."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

import typer

from hinterland.cli import options
from hinterland.cli.console import messages
from hinterland.cli.score_folder import score_folder


class Method(StrEnum):
    """How rows are selected: the names in ``hinterland.decisions.levels.METHODS``."""

    BH = "bh"
    STOREY = "storey"


class Unseen(StrEnum):
    """What rows of an unknown group are: the values of ``hinterland.decisions.calibration.Unseen``."""

    ERROR = "error"
    ONE = "one"


class Explained(StrEnum):
    """Whose top columns are given."""

    FLAGGED = "flagged"
    ALL = "all"
    NONE = "none"


@options.csv_options
def score(
    model: options.Model,
    table: Annotated[
        str,
        typer.Argument(
            help="CSV or Parquet file; - is standard input. Or a folder of such files, as a path or an address such as "
            "s3://bucket/visits.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write: .csv, .tsv or .parquet. For a folder: the folder of results, of the same names.",
            show_default="CSV on stdout",
        ),
    ] = None,
    explain: Annotated[
        Explained, typer.Option(help="Which rows get the columns that made them stand out.")
    ] = Explained.FLAGGED,
    top: Annotated[int, typer.Option(min=1, help="Most columns given for a row.")] = 3,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Pass this column of the table on. Repeatable; `all` and `none` are understood.",
            show_default="all",
        ),
    ] = None,
    fdr: Annotated[
        float | None,
        typer.Option(
            help="Select rows so that this share of them is expected to be false, in (0, 1): adds the columns "
            "`p_value` and `flagged`. The table is read twice.",
            show_default=False,
        ),
    ] = None,
    method: Annotated[
        Method,
        typer.Option(help="With --fdr: bh, or storey, which flags more where many rows are anomalous."),
    ] = Method.BH,
    unseen: Annotated[
        Unseen,
        typer.Option(
            help="With --fdr and a model calibrated by --group: rows of a group without calibration rows are an error, "
            "or have a p-value of one and are never flagged."
        ),
    ] = Unseen.ERROR,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Score part I of N of a folder's files; each of N processes takes one part.",
            show_default="all",
        ),
    ] = None,
    engine: options.Engine = None,
    address: options.Address = None,
    csv: options.CsvOptions = options.NO_CSV_OPTIONS,
    batch_rows: Annotated[
        int | None,
        typer.Option(min=1, help="Rows scored at a time.", show_default="by the table's width"),
    ] = None,
    device: options.Device = "cpu",
    threads: options.Threads = 1,
    precision: options.Precision = options.Precisions.DOUBLE,
    quiet: options.Quiet = False,
) -> None:
    """Score a table of any size, row by row, in its order.

    Adds three columns. `energy`, in nats: the higher, the more anomalous. `label`: `normal` or `anomaly`.
    `top_features`, text such as `age +3.2; bmi +1.1`: the columns that raise the row's energy most over that of a usual
    row, in nats. A file is written as a whole or not at all. In CSV, a `top_features` that a spreadsheet would take for
    a formula starts with an apostrophe; the table's own columns are passed on as they are.

    Of a folder each file is scored into one of its name in the folder of results. The same command goes on where it was
    cut; a file that cannot be read is named and left out, all others are scored, and the exit code is 1.
    """
    if _is_folder(table):
        if output is None:
            raise typer.BadParameter("a folder is scored into a folder: name one", param_hint="--output")
        scoring: dict[str, Any] = {"explained": explain.value, "top": top, "keep": _kept(keep), "fdr": fdr}
        scoring |= {"method": method.value, "batch_rows": batch_rows, "engine": engine, "address": address}
        with messages(quiet) as say:
            score_folder(say, model, table, output, csv, shard, device, threads, precision, **scoring)
        return
    if shard is not None:
        raise typer.BadParameter(f"{table} is a file, and a folder alone has shards", param_hint="--shard")
    if engine is not None:
        raise typer.BadParameter(
            f"{table} is a file, and an engine takes a folder, file by file", param_hint="--engine"
        )
    path = Path(table)
    destination = _destination(None if output is None else Path(output), inputs=(model, path))
    with messages(quiet) as say:
        from hinterland import persistence
        from hinterland.pipeline import encoder_and_detector
        from hinterland.scoring.decided import select_rows, watch_of
        from hinterland.scoring.table import TableScorer
        from hinterland.tables import open_writer

        file = options.open_table(path, csv)
        loaded = options.in_precision(persistence.load(model, device=device), precision)
        detector = encoder_and_detector(loaded)[1].set_params(n_threads=threads)
        kept = _kept(keep)
        if kept != "all":
            options.check_columns(file, kept, "--keep")
        reading = {"batch_rows": batch_rows, "bad_rows": csv["bad_rows"].value}
        decided = (
            ()
            if fdr is None
            else select_rows(loaded, file, fdr, method=method.value, unseen=unseen.value, **reading)
        )
        watch = watch_of(detector)
        scorer = TableScorer(
            loaded,
            file,
            keep=kept,
            explained=explain.value,
            top=top,
            columns=decided,
            **reading,
        )
        if scorer.unused:
            say.note(f"Columns that the model does not use: {', '.join(scorer.unused)}")
        renamed = [f"{ours} is called {name}" for ours, name in scorer.names.items() if ours != name]
        if renamed:
            say.note(f"As the table has columns of the same name, {', '.join(renamed)}")
        ours = [scorer.names["top_features"]] if "top_features" in scorer.names else []
        with (
            open_writer(destination, scorer.schema, harmless=ours) as writer,
            say.progress("state") as progress,
        ):
            task = progress.add_task("Scoring", total=1, state="")
            for scored in scorer.scored():
                writer.write(scored.table)
                if watch is not None:
                    watch.add(scored.energy)
                progress.update(task, completed=file.share_read(), state=f"{scorer.n_rows:,} rows")
            progress.update(task, completed=1, state=f"{scorer.n_rows:,} rows")
        if scorer.n_mostly_missing:
            say.note(
                f"{scorer.n_mostly_missing:,} rows lack more than half of the values that the model uses"
            )
        share = f" ({scorer.n_flagged / scorer.n_rows:.1%})" if scorer.n_rows else ""
        where = "" if output is None else f", written to {output}"
        say.note(f"{scorer.n_rows:,} rows scored, {scorer.n_flagged:,} of them anomalies{share}{where}")
        if decided:
            say.note(f"Selection: {decided[1].rule}; by {detector.calibration()}")
        if watch is not None and watch.alarm is not None:
            say.note(f"Note: {watch}")
        if message := scorer.too_many():
            say.note(f"Note: {message}")


def _is_folder(table: str) -> bool:
    from hinterland.tables.folder.place import is_address

    return is_address(table) or Path(table).is_dir()


def _kept(keep: list[str] | None) -> list[str] | Literal["all"]:
    if keep is None or keep == ["all"]:
        return "all"
    return [] if keep == ["none"] else keep


def _destination(output: Path | None, inputs: tuple[Path, ...]) -> Path | BinaryIO:
    """Where to write, after a look at the name."""
    if output is None:
        return sys.stdout.buffer
    from hinterland.tables import output_format

    try:
        output_format(output)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--output") from None
    for path in inputs:
        if output.exists() and path.exists() and output.samefile(path):
            raise typer.BadParameter(f"{output} is an input of this command", param_hint="--output")
    return output
