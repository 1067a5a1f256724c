"""``hinterland inspect``."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hinterland.cli import column_options, options
from hinterland.cli.console import messages, print_json, print_table, tabulate
from hinterland.errors import FileFormatError

if TYPE_CHECKING:
    from hinterland.tables import TableFile


File = Annotated[
    Path,
    typer.Argument(help="File that `hinterland fit` saved, or a CSV or Parquet file.", show_default=False),
]
SAMPLE_BYTES, SAMPLE_ROWS = 30_000_000, 50_000
"""Of a larger file that many rows are looked at, its first ones."""


@options.csv_options
@column_options.column_options
def inspect(
    file: File,
    drop: options.Drop = None,
    columns: column_options.ColumnOptions = column_options.NO_COLUMN_OPTIONS,
    csv: options.CsvOptions = options.NO_CSV_OPTIONS,
    as_json: options.Json = False,
) -> None:
    """Say what `fit` would take the columns of a table for, and why; or what is in a saved model.

    Of a table: each column's kind, how it is read, how many different values it has, and what is left out. The options
    are those of `fit`. Of a model: detector, settings, columns, threshold, training, versions.
    """
    if _is_model(file):
        _show_model(file, as_json)
        return
    with messages(quiet=False):
        table = options.open_table(file, csv)
        options.check_columns(table, drop or [], "--drop")
        column_options.check(table, columns)
        _show_table(table, drop or [], columns, as_json)


def _is_model(file: Path) -> bool:
    if not file.is_file():
        return file.suffix == ".hinterland"
    with file.open("rb") as stream:
        is_zip = stream.read(4) == b"PK\x03\x04"
    return is_zip and not _holds_tables(file)


def _holds_tables(file: Path) -> bool:
    """Whether a zip file is an Excel workbook or a packed table."""
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    return any(
        name == "[Content_Types].xml" or name.lower().endswith((".csv", ".tsv", ".txt")) for name in names
    )


def _show_table(table: TableFile, drop: list[str], columns: dict[str, Any], as_json: bool) -> None:
    import warnings
    from dataclasses import asdict

    from hinterland.preprocessing import TabularEncoder
    from hinterland.preprocessing.tabular.summary import summarise

    as_text = column_options.categories(columns)
    is_sample = table.path.is_file() and table.path.stat().st_size > SAMPLE_BYTES
    rows = _first_rows(table, drop, as_text) if is_sample else table.read(without=drop, as_text=as_text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = summarise(TabularEncoder(**columns), rows, table.row_names)
    looked = f"the first {rows.num_rows:,} rows, a sample" if is_sample else f"all {rows.num_rows:,} rows"
    if as_json:
        result = {"file": str(table.path), "rows": rows.num_rows, "is_sample": is_sample}
        listed = [asdict(column) for column in found.columns]
        print_json(result | {"columns": listed, "notes": found.notes, "unreadable": found.unreadable})
        return
    lines = [
        (
            column.column,
            "left out" if column.is_left_out else column.kind,
            column.why,
            f"{column.n_distinct:,}",
            f"{column.n_missing:,}" if column.n_missing else "",
            column.usual,
        )
        for column in found.columns
    ]
    header = ["column", "taken as", "how and why", "distinct", "missing", "usual value"]
    print_table(lines, header, title=f"{table.path}, by {looked}", right=(3, 4))
    for note in found.notes:
        typer.echo(f"Note: {note}", err=True)
    if found.unreadable:
        typer.echo(f"Note: not to be read: {found.unreadable}", err=True)


def _first_rows(table: TableFile, drop: list[str], as_text: list[str]) -> Any:
    """The first rows of a table, as if they were all of it."""
    import pyarrow as pa

    from hinterland.tables.csv.plain_types import plain_type

    parts, n_rows = [], 0
    for batch in table.batches(SAMPLE_ROWS, [name for name in table.names if name not in drop]):
        parts.append(batch)
        n_rows += batch.num_rows
        if n_rows >= SAMPLE_ROWS:
            break
    rows = pa.concat_tables(parts).slice(0, SAMPLE_ROWS)
    if not table.is_text:
        return rows
    return pa.table(
        {name: rows[name] if name in as_text else plain_type(rows[name]) for name in rows.column_names}
    )


def _show_model(model: Path, as_json: bool) -> None:
    from hinterland import persistence

    described = persistence.describe(model)
    decides = _decides(model)
    if as_json:
        print_json(described | {"decisions": decides})
        return
    try:
        _show(described, model, decides)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise FileFormatError(
            f"{model} describes itself in a way that makes no sense ({type(error).__name__}: {error}); "
            "hinterland.load tells whether it is a model"
        ) from error


def _decides(model: Path) -> dict[str, str]:
    from hinterland import persistence
    from hinterland.decide import decides

    try:
        return decides(persistence.load(model))
    except FileFormatError as error:
        return {"threshold is": f"not to be told: {error}"}


def _show(described: dict[str, Any], model: Path, decides: dict[str, str]) -> None:
    nodes = described.get("steps", [described])
    tabulate(
        {
            "file": f"{model} ({described['bytes'] / 1e3:,.0f} kB, format {described['format_version']})",
            "holds": ", then ".join(node["class"] for node in nodes if node["kind"] != "passthrough"),
            "written by": f"hinterland {described['library_version']}, torch {described['torch_version']}, "
            f"scikit-learn {described['sklearn_version']}",
        }
        | next((_trained(node["fitted"]) for node in nodes if node["kind"] == "detector"), {})
        | decides
    )
    for node in nodes:
        if node["kind"] == "encoder" and "columns" in node["state"]:
            _show_columns(node["state"]["columns"])
        elif node["kind"] == "encoder":
            print_table(sorted(node["state"]["params"].items()), ["setting", "value"], title=node["class"])
        elif node["kind"] != "passthrough":
            print_table(sorted(_shown(node["parameters"]).items()), ["setting", "value"], title=node["class"])


def _trained(fitted: dict[str, Any]) -> dict[str, object]:
    """What a detector learnt, in words."""
    history = fitted["history_"]
    training = "without epochs"
    if history:
        loss = "validation_loss" if "validation_loss" in history[-1] else "loss"
        stage = history[-1].get("stage")  # others' losses are of other kinds
        values = [entry[loss] for entry in history if entry.get("stage") == stage and loss in entry]
        training = f"{history[-1]['epoch']:,.0f} epochs, {loss.replace('_', ' ')} from {values[0]:.4g} "
        training += f"to a least {min(values):.4g}"
    return {
        "threshold": f"energy above {-fitted['offset_']:.6g} nats is an anomaly",
        "training rows": f"{fitted['training_energy_']['shape'][0]:,}",
        "training": training,
        "models": len(fitted["models_"]),
        "network": _parts(fitted["models_"], "network"),
        "density": _parts(fitted["models_"], "density"),
    }


def _parts(models: list[dict[str, Any]], part: str) -> str:
    """The different networks or densities of models, and of those inside of them, each with its settings."""
    found = [
        f"{each['class']}({', '.join(f'{name}={value}' for name, value in each['settings'].items())})"
        for model in models
        for each in _found(model, part)
    ]
    return "; ".join(dict.fromkeys(found)) or "none"


def _found(model: dict[str, Any], part: str) -> Iterator[dict[str, Any]]:
    if model.get(part) is not None:
        yield model[part]
    inner = [model["model"]] if "model" in model else model.get("members", [])
    for each in inner:
        yield from _found(each, part)


def _show_columns(columns: list[dict[str, Any]]) -> None:
    lines = []
    for column in columns:
        n_categories = len(column["categories"]) if "categories" in column else ""
        why = column.get("reading", {}).get("why", "")
        lines.append((column["name"], column["kind"], why, _usual(column), n_categories))
    header = ["column", "kind", "how and why", "usual value", "categories"]
    print_table(lines, header, title="Columns", right=(4,))


def _usual(column: dict[str, Any]) -> str:
    seconds = column.get("seconds")
    moment = column.get("middle") if seconds is None else seconds["typical"]
    if moment is not None:
        return datetime.fromtimestamp(round(moment), UTC).isoformat()[:19]
    return _short(column.get("typical"))


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)


def _shown(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if not name.startswith("on_")}
