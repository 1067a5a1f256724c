"""``hinterland calibrate`` and ``hinterland threshold``: what a saved model promises, without another fit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hinterland.cli import options
from hinterland.cli.console import messages

Output = Annotated[
    Path,
    typer.Option(
        "--output", "-o", help="Where to save the model; it may be MODEL itself.", show_default=False
    ),
]
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace another file if it is there.")]


@options.csv_options
def calibrate(
    model: options.Model,
    normal: Annotated[
        Path,
        typer.Argument(
            help="CSV or Parquet file of normal rows that the model was not trained on; - is standard input.",
            show_default=False,
        ),
    ],
    output: Output,
    group: options.Group = None,
    force: Force = False,
    csv: options.CsvOptions = options.NO_CSV_OPTIONS,
    device: options.Device = "cpu",
    threads: options.Threads = 1,
    quiet: options.Quiet = False,
) -> None:
    """Let p-values and false alarms stand on normal rows that the model has not seen.

    The model keeps a few thousand numbers at most, and no row. A threshold by false alarms is set by these rows anew.
    """
    check_output(model, output, force)
    with messages(quiet) as say:
        from hinterland import persistence
        from hinterland.decide import detector_of
        from hinterland.decisions import Calibration
        from hinterland.errors import TableError
        from hinterland.scoring.decided import energies_in_groups

        file = options.open_table(normal, csv)
        options.check_columns(file, [] if group is None else [group], "--group")
        loaded = persistence.load(model, device=device)
        detector = detector_of(loaded).set_params(n_threads=threads)
        with say.progress() as progress:
            task = progress.add_task("Scoring", total=1)
            energy, groups = energies_in_groups(
                loaded,
                file,
                group,
                bad_rows=csv["bad_rows"].value,
                on_batch=lambda done: progress.update(task, completed=done),
            )
            progress.update(task, completed=1)
        if not len(energy):
            raise TableError(
                f"{normal} has no rows; a calibration takes at least one, and some hundreds to be of use"
            )
        detector.set_calibration(
            Calibration.split(energy, groups, source="rows set aside", column=group or "")
        )
        persistence.save(loaded, output)
        say.note(f"{detector.calibration()}")
        say.note(f"The threshold promises: {detector.promise()}")


def threshold(
    model: options.Model,
    output: Output,
    false_alarms: Annotated[
        float | None,
        typer.Option(help="Share of new normal rows that may be flagged, in (0, 1).", show_default=False),
    ] = None,
    contamination: Annotated[
        float | None,
        typer.Option(
            help="Share of the rows that the threshold was learnt from to flag, in (0, 0.5].",
            show_default=False,
        ),
    ] = None,
    energy: Annotated[
        float | None, typer.Option(help="Energy, in nats, above which rows are flagged.", show_default=False)
    ] = None,
    force: Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Choose another threshold for a saved model, without another fit."""
    if [false_alarms, contamination, energy].count(None) != 2:
        raise typer.BadParameter(
            "give exactly one of --false-alarms, --contamination and --energy", param_hint="--false-alarms"
        )
    check_output(model, output, force)
    with messages(quiet) as say:
        from hinterland import persistence
        from hinterland.decide import detector_of, set_threshold

        loaded = persistence.load(model)
        set_threshold(loaded, false_alarms=false_alarms, contamination=contamination, energy=energy)
        persistence.save(loaded, output)
        detector = detector_of(loaded)
        say.note(f"Energy above {-detector.offset_:.6g} nats is an anomaly: {detector.threshold_rule()}")


def check_output(model: Path, output: Path, force: bool) -> None:
    """Raise OSError where the model could not be saved, or would replace another file unasked."""
    from hinterland.cli.fit import check_target

    same = output.exists() and model.exists() and output.samefile(model)
    check_target(output, force or same, "--output")
