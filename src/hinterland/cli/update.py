"""``hinterland update``: new rows in a saved model, without another fit."""

from __future__ import annotations

from typing import Annotated

import typer

from hinterland.cli import options
from hinterland.cli.console import messages
from hinterland.cli.decide import Force, Output, check_output


@options.csv_options
def update(
    model: options.Model,
    table: options.Table,
    output: Output,
    forget: Annotated[
        float,
        typer.Option(help="Share of the rows before that is forgotten, from 0 to 1."),
    ] = 0.0,
    force: Force = False,
    csv: options.CsvOptions = options.NO_CSV_OPTIONS,
    batch_rows: Annotated[
        int | None,
        typer.Option(min=1, help="Rows taken at a time.", show_default="by the table's width"),
    ] = None,
    device: options.Device = "cpu",
    threads: options.Threads = 1,
    quiet: options.Quiet = False,
) -> None:
    """Add rows to what a model was fitted on, without training a network again.

    Rows are to be like those of the fit: normal but for a few. Of a mixture, as in DAGMM and DeepMixture, the sums of
    the new rows are added to those of the rows before; of any calibrated model the calibration takes them in. The
    threshold follows. A model that has neither is named, and nothing is written.
    """
    check_output(model, output, force)
    with messages(quiet) as say:
        from hinterland import persistence
        from hinterland.decide import detector_of
        from hinterland.scoring.updating import update_by_table

        file = options.open_table(table, csv)
        loaded = persistence.load(model, device=device)
        detector = detector_of(loaded).set_params(n_threads=threads)
        before = -detector.offset_
        with say.progress() as progress:
            task = progress.add_task("Updating", total=1)
            done, n_rows = update_by_table(
                loaded,
                file,
                forget=forget,
                batch_rows=batch_rows,
                bad_rows=csv["bad_rows"].value,
                on_share=lambda share: progress.update(task, completed=share),
            )
            progress.update(task, completed=1)
        persistence.save(loaded, output)
        what = "its mixtures" if done.has_mixtures else "its calibration alone, as the model has no mixture"
        say.note(f"{n_rows:,} rows added to {what}")
        say.note(
            f"Energy above {-detector.offset_:.6g} nats is an anomaly, {before:.6g} before: {detector.threshold_rule()}"
        )
        if hasattr(detector, "calibration_"):
            say.note(f"{detector.calibration()}")
