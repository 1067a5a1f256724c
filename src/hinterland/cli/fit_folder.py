"""``hinterland fit`` of a folder: its files read in turn or by many workers, and one model."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import typer

from hinterland.cli import options
from hinterland.cli.console import Messages


def check_folder(*, labelled: bool, judged: tuple[object, ...]) -> None:
    """Refuse options of ``fit`` that a folder knows nothing of: labels, and rows ``judged`` apart from the others."""
    if labelled or any(each is not None for each in judged):
        raise typer.BadParameter(
            "a fit to a folder knows no labels but --normal-only, and sets no rows aside, as it has rows enough "
            "that train nothing",
            param_hint="TABLE",
        )


def fit_folder(
    say: Messages,
    model: Any,
    folder: Path,
    csv: options.CsvOptions,
    drop: list[str],
    normal_only: tuple[str, str] | None,
    false_alarms: float | None,
    engine: options.Engines | None,
    address: str | None,
    sample_rows: int | None,
) -> dict[str, Any]:
    """Fit a pipeline to a folder's tables, in place, and give what was trained, as plain values."""
    from hinterland.decide import set_threshold
    from hinterland.engines.fitting import SAMPLE_ROWS, fit
    from hinterland.engines.folder import cluster
    from hinterland.engines.folder_shards import FolderShards

    with contextlib.nullcontext() if engine is None else cluster(address) as ray:
        rows = FolderShards(folder, options.csv_format(csv), drop=drop, only=normal_only, ray=ray)
        fit(rows, model, sample_rows=sample_rows or SAMPLE_ROWS)
    if false_alarms is not None:
        set_threshold(model, false_alarms=false_alarms)
    encoder, detector = model[0], model[-1]
    told = getattr(detector, "sampled_fit_", None)
    if told is None:
        say.note(
            "There are no more rows than a sample would have: all of them trained the model, as on one machine"
        )
    return {
        "detector": type(detector).__name__,
        "rows": len(detector.training_energy_) if told is None else told["n_rows"],
        "sample": None if told is None else told["n_sampled"],
        "columns": encoder.kinds_,
        "threshold": -float(detector.offset_),
    }


def show(value: Any) -> str:
    """A value of the summary as text."""
    if isinstance(value, dict):
        return f"{len(value)} ({', '.join(value)})"
    return (
        f"{value:,}" if isinstance(value, int) else f"{value:.4g}" if isinstance(value, float) else str(value)
    )
