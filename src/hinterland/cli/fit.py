"""``hinterland fit``."""

from __future__ import annotations

import ast
import tempfile
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from hinterland.cli import column_options, options
from hinterland.cli.console import Messages, messages, print_json, tabulate
from hinterland.cli.fit_folder import check_folder, fit_folder, show
from hinterland.cli.labelled_rows import LabelOptions, codes_of
from hinterland.cli.set_aside import Asked

_SHOWN = 5


@options.csv_options
@column_options.column_options
def fit(
    table: Annotated[
        Path,
        typer.Argument(
            help="CSV or Parquet file; - is standard input. Or a folder of such files: a sample trains the "
            "networks, and sums over all rows the rest.",
            show_default=False,
        ),
    ],
    save: Annotated[Path, typer.Option("--save", "-s", help="Where to save the model.", show_default=False)],
    normal_only: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Train only on rows with this value; the column itself is left out.",
            show_default=False,
        ),
    ] = None,
    known_anomaly: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Rows with this value are known anomalies; the column itself is left out. Repeatable.",
            show_default=False,
        ),
    ] = None,
    known_normal: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Rows with this value are known to be normal, for detectors that learn from such rows among others; "
            "the column itself is left out. Repeatable.",
            show_default=False,
        ),
    ] = None,
    drop: options.Drop = None,
    columns: column_options.ColumnOptions = column_options.NO_COLUMN_OPTIONS,
    detector: Annotated[
        str | None,
        typer.Option(
            help="Which detector; `hinterland detectors` lists them.", show_default="the recommended one"
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PARAM=VALUE",
            help="Set a parameter of the detector. Repeatable; `hinterland detectors NAME` lists them.",
            show_default=False,
        ),
    ] = None,
    contamination: Annotated[
        float | None,
        typer.Option(
            help="Expected share of anomalies in the training rows, in (0, 0.5]: sets the threshold.",
            show_default="the detector's",
        ),
    ] = None,
    false_alarms: Annotated[
        float | None,
        typer.Option(
            help="Instead: share of new normal rows that may be flagged, in (0, 1). Sets rows aside to know it.",
            show_default=False,
        ),
    ] = None,
    set_aside: Annotated[
        float | None,
        typer.Option(
            help="Share of the training rows that only calibrates the model, in [0, 1).",
            show_default="none; with --false-alarms by the number of rows: those of training, judged as if new; folds; "
            "or a fifth",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Instead: fit so many models, each without one fold of the rows, which it judges.",
            show_default=False,
        ),
    ] = None,
    group: options.Group = None,
    engine: options.Engine = None,
    address: options.Address = None,
    sample_rows: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Of a folder: rows of all that networks are trained on.",
            show_default="100,000",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace the file if it is there.")] = False,
    csv: options.CsvOptions = options.NO_CSV_OPTIONS,
    seed: options.Seed = 0,
    device: options.Device = "cpu",
    threads: options.Threads = 1,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Train a model on a table and save it.

    Columns are used by name and by what is in them: numbers, categories, booleans, dates; `hinterland inspect TABLE`
    shows what each would be taken for. Ctrl-C ends training early: the best model so far is saved, and the exit code
    is 130.
    """
    parameters = {"random_state": seed, "device": device, "n_threads": threads}
    if contamination is not None:
        parameters["contamination"] = contamination
    parameters |= dict(_parameter(text) for text in set_ or [])
    if contamination is not None and false_alarms is not None:
        raise typer.BadParameter(
            "give one of --false-alarms and --contamination", param_hint="--false-alarms"
        )
    if folds is not None and set_aside is not None:
        raise typer.BadParameter("give one of --folds and --set-aside", param_hint="--folds")
    asked = Asked(false_alarms, set_aside, folds, group)
    labels = LabelOptions.parsed(normal_only, known_anomaly, known_normal)
    check_target(save, force)
    if table.is_dir():
        check_folder(labelled=bool(known_anomaly or known_normal), judged=(folds, group, set_aside))
        with messages(quiet) as say:
            model = _pipeline(detector, parameters)
            model[0].set_params(**columns)
            only = labels.normal_only
            told = fit_folder(
                say, model, table, csv, drop or [], only, false_alarms, engine, address, sample_rows
            )
            _keep(model, save)
            result = {"model": str(save), **told}
            if as_json:
                print_json(result)
            else:
                tabulate({name: show(value) for name, value in result.items()})
            say.note(f"Next: hinterland score {save} {table} -o FOLDER")
        return
    if engine is not None or sample_rows is not None:
        raise typer.BadParameter(
            f"{table} is no folder, and an engine takes one, file by file", param_hint="--engine"
        )

    with messages(quiet) as say:
        from hinterland.cli.set_aside import planned
        from hinterland.decide import fit_as_planned, rows_for, set_threshold, taken
        from hinterland.tables import UnreadableValuesError, group_names
        from hinterland.training.loop import TrainingInterruptedWarning

        model = _pipeline(detector, parameters)
        model[0].set_params(**columns)
        file = options.open_table(table, csv)
        options.check_columns(file, drop or [], "--drop")
        options.check_columns(file, [] if group is None else [group], "--group")
        column_options.check(file, columns)
        labels.check_columns(file)
        labels.check_detector(model[-1])
        unread = [name for name in drop or [] if name not in (*labels.columns(), group)]
        as_text = [*column_options.categories(columns), *labels.columns()]
        read = file.read(without=unread, as_text=as_text)
        groups = None if group is None else group_names(read[group])
        if group in (drop or []):
            read = read.drop_columns([group])
        labelled = labels.apply(read, say)
        rows, places = labelled.rows, labelled.places
        if csv["bad_rows"] is options.BadRows.SKIP:
            rows, places = _read_whole(model[0], rows, places, file, say)
        known = labelled.arguments(places, model[-1], say)
        if groups is not None:
            groups = groups[places]
        codes = codes_of(known, len(places))
        plan, aside = planned(model[-1], codes, asked, seed)
        stage = ~aside
        within: dict[str, Any] = {"column": group or "", "groups": groups}
        try:
            with say.training(f"Training {type(model[-1]).__name__}", model[-1]):
                fit_as_planned(model, rows, codes, plan, aside, random_state=seed, **within)
            if aside.any():
                stage = aside
                if groups is not None:
                    within["groups"] = groups[aside]
                model[-1].calibrate(rows_for(model, taken(rows, stage)), **within)
        except UnreadableValuesError as error:
            of_stage = places[stage]
            raise error.called(lambda found: file.row_names(of_stage[list(found)].tolist())) from None
        if false_alarms is not None:
            set_threshold(model, false_alarms=false_alarms)
        _keep(model, save)
        interrupted = TrainingInterruptedWarning in say.warned
        result = {"model": str(save), "interrupted": interrupted} | _summary(model)
        if as_json:
            print_json(result)
        else:
            tabulate(_readable(result))
        if interrupted:
            say.note(f"Interrupted: the best model so far is saved as {save}")
            raise typer.Exit(130)
        if asked.anything:
            say.note(f"The threshold promises: {model[-1].promise()}")
        elif normal_only is None:
            _say_whose_threshold(result, model[-1], say)
        say.note(f"Next: hinterland score {save} TABLE -o scores.csv")


def _say_whose_threshold(result: dict[str, Any], detector: Any, say: Messages) -> None:
    """Note where a threshold for new rows flags hardly any of the training rows, which the model knows."""
    if not getattr(detector, "novelty", False):
        return
    n_flagged, asked = result["flagged_training_rows"], detector.contamination * result["rows"]
    if n_flagged < asked / 2:
        say.note(
            f"The threshold is one for new rows: of the training rows, which the model knows, it flags {n_flagged:,} "
            f"where {asked:,.0f} were asked for. To flag that share of this very table: --set novelty=false"
        )


def check_target(save: Path, force: bool, option: str = "--save") -> None:
    """Raise OSError where the model could not be saved: before it is trained for an hour."""
    from hinterland.whole_files import check_writable

    if save.is_dir():
        raise IsADirectoryError(f"{save} is a folder; {option} takes the name of a file")
    if save.exists() and not force:
        raise FileExistsError(f"{save} is there already; --force replaces it")
    if not save.absolute().parent.is_dir():
        raise FileNotFoundError(f"the folder {save.absolute().parent} does not exist; make it first")
    check_writable(save)


def _keep(model: Any, save: Path) -> None:
    """Save the model; where that fails after all, save it in a temporary folder, and raise OSError that names it."""
    from hinterland import persistence

    try:
        persistence.save(model, save)
    except OSError as error:
        try:
            kept = Path(tempfile.mkdtemp(prefix="hinterland-")) / save.name
            persistence.save(model, kept)
        except OSError:
            raise error from None
        raise OSError(
            f"{save}: {error.strerror}; the model is kept as {kept}, copy it before that folder is emptied"
        ) from error


def _parameter(text: str) -> tuple[str, Any]:
    """Name and value of ``PARAM=VALUE``: a Python literal, ``none``, ``true``, ``false``, or else text."""
    name, value = options.column_and_value(text, "--set")
    words = {"none": None, "null": None, "true": True, "false": False}
    if value.lower() in words:
        return name, words[value.lower()]
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def _pipeline(detector: str | None, parameters: dict[str, Any]) -> Any:
    from hinterland.detectors.catalogue import DEFAULT_DETECTOR, check_parameter_names, detector_class
    from hinterland.detectors.catalogue import parameters as parameters_of
    from hinterland.pipeline import table_pipeline

    try:
        found = detector_class(detector or DEFAULT_DETECTOR)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--detector") from None
    if "device" not in parameters_of(found):  # it is the inner detector's
        inner = {"device": parameters["device"], **(parameters.get("detector_options") or {})}
        parameters = {
            name: value for name, value in parameters.items() if name not in ("device", "detector_options")
        }
        parameters["detector_options"] = inner
    try:
        check_parameter_names(found, parameters)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--set") from None
    return table_pipeline(found.__name__, **parameters)


def _read_whole(encoder: Any, rows: Any, places: Any, file: Any, say: Messages) -> tuple[Any, Any]:
    """Rows whose values can all be read, and their places in the file."""
    import pyarrow as pa

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        good = encoder.readable(rows)
    if not good.all():
        skipped = places[~good].tolist()
        named = ", ".join(file.row_names(skipped[:_SHOWN])) + (", ..." if len(skipped) > _SHOWN else "")
        say.note(f"Skipped {len(skipped):,} rows with values that cannot be read: {named}")
    return rows.filter(pa.array(good)), places[good]


def _summary(model: Any) -> dict[str, Any]:
    """What was trained, as plain values."""
    from hinterland.pipeline import encoder_and_detector
    from hinterland.training.history import last_entries

    encoder, detector = encoder_and_detector(model)
    assert encoder is not None
    last = last_entries(detector.history_)
    return {
        "detector": type(detector).__name__,
        "rows": len(detector.training_energy_),
        "columns": encoder.kinds_,
        "width": len(encoder.source_columns_),
        "epochs": int(sum(entry["epoch"] for entry in last)),
        "seconds": sum(entry["seconds"] for entry in last),
        "threshold": -float(detector.offset_),
        "contamination": getattr(detector, "contamination", None),  # some learn their threshold from labels
        "flagged_training_rows": int((detector.training_energy_ > -detector.offset_).sum()),
    }


def _readable(result: dict[str, Any]) -> dict[str, object]:
    kinds = list(result["columns"].values())
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    share = result["flagged_training_rows"] / result["rows"]
    return {
        "model": result["model"],
        "detector": result["detector"],
        "training rows": f"{result['rows']:,}",
        "columns": f"{len(kinds)} ({counts}), {result['width']} after encoding",
        "epochs": f"{result['epochs']:,}",
        "threshold": f"energy above {result['threshold']:.4g} nats is an anomaly",
        "flagged": f"{result['flagged_training_rows']:,} training rows ({share:.1%})",
    }
