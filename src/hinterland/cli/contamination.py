"""``hinterland contamination``: how many of a table's rows are anomalies, as far as it can be told."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from hinterland.cli import options
from hinterland.cli.console import messages, print_json

_HINT = (
    "the model has no normal rows to compare with: give some to hinterland calibrate, or say --known-normal "
    "COLUMN=VALUE of rows of this table, or --unlabelled"
)


@options.csv_options
def contamination(
    model: options.Model,
    table: options.Table,
    known_normal: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Rows with this value are known to be normal, and a random part of the normal ones: tells the share "
            "of anomalies among the others.",
            show_default=False,
        ),
    ] = None,
    unlabelled: Annotated[
        bool,
        typer.Option(
            "--unlabelled",
            help="No row is known to be normal: assume that the calmest 60 % are, with energies of a shifted gamma.",
        ),
    ] = False,
    confidence: Annotated[
        float | None,
        typer.Option(
            help="Of the interval, in (0, 1).", show_default="0.95, and always that of --known-normal"
        ),
    ] = None,
    csv: options.CsvOptions = options.NO_CSV_OPTIONS,
    device: options.Device = "cpu",
    threads: options.Threads = 1,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Estimate how many of a table's rows are anomalies, and say on what assumption, or that it cannot be told.

    The table must hold rows that the model was not trained on. By the rows that calibrate the model, which must be
    normal, it is a lower bound.
    """
    if unlabelled and known_normal is not None:
        raise typer.BadParameter("give one of --known-normal and --unlabelled", param_hint="--unlabelled")
    if confidence is not None and known_normal is not None:
        raise typer.BadParameter("--known-normal has an interval at 95 %", param_hint="--confidence")
    if confidence is not None and not 0 < confidence < 1:
        raise typer.BadParameter(f"must be in (0, 1), got {confidence:g}", param_hint="--confidence")
    pair = None if known_normal is None else options.column_and_value(known_normal, "--known-normal")
    with messages(quiet) as say:
        from hinterland import persistence
        from hinterland.decide import detector_of

        file = options.open_table(table, csv)
        loaded = persistence.load(model, device=device)
        detector_of(loaded).set_params(n_threads=threads)
        of = {} if confidence is None else {"confidence": confidence}
        if pair is not None:
            options.check_columns(file, [pair[0]], "--known-normal")
            found = _by_known_normal(loaded, file, pair)
        else:
            found = _by_energies(loaded, file, unlabelled, say, of)
    if as_json:
        print_json(asdict(found) | {"told": found.told})
    else:
        typer.echo(str(found))


def _by_known_normal(model: Any, file: Any, pair: tuple[str, str]) -> Any:
    """By rows of the table that are known to be normal; the whole table is read."""
    from hinterland.decide import detector_of
    from hinterland.detectors.known_normal import estimate_by_known_normal
    from hinterland.scoring.model_input import ModelInput
    from hinterland.tables import rows_with

    taken = ModelInput(model, file.names)
    taken.check_truth(pair[0])
    rows = file.read(as_text=[pair[0]])
    known = rows_with(rows, *pair)
    return estimate_by_known_normal(detector_of(model), taken.encoded(rows), known)


def _by_energies(model: Any, file: Any, unlabelled: bool, say: Any, of: dict[str, Any]) -> Any:
    import numpy as np

    from hinterland.decide import detector_of
    from hinterland.decisions import estimate_contamination, estimate_unlabelled
    from hinterland.scoring.decided import energies, energies_by_model

    detector = detector_of(model)
    calibration = None
    if not unlabelled:
        try:
            calibration = detector.calibration()
        except ValueError:
            raise ValueError(_HINT) from None
        if calibration.groups:
            raise ValueError(
                f"the model is calibrated by {len(calibration.groups):,} groups, each of which has a share of its own: "
                "calibrate it without --group, or take the rows of one group"
            )
    by_model = calibration is not None and calibration.n_models > 1
    with say.progress() as progress:
        task = progress.add_task("Scoring", total=1)

        def on_batch(done: float) -> None:
            progress.update(task, completed=done)

        parts = list((energies_by_model if by_model else energies)(model, file, on_batch=on_batch))
        progress.update(task, completed=1)
    energy = np.concatenate(parts) if parts else np.empty(0)
    if not len(energy):
        raise ValueError(f"{file.path} has no rows, of which there is no share")
    if calibration is None:
        return estimate_unlabelled(energy, **of)
    return estimate_contamination(energy, calibration, **of)
