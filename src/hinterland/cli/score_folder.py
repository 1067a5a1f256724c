"""``hinterland score`` of a folder: a result a table, resumed where it was cut, and in shards."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer

from hinterland.cli import options
from hinterland.cli.console import Messages, error


def score_folder(
    say: Messages,
    model: Path,
    source: str,
    target: str,
    csv: options.CsvOptions,
    shard: str | None,
    device: str,
    threads: int,
    precision: options.Precisions = options.Precisions.DOUBLE,
    engine: str | None = None,
    address: str | None = None,
    **scoring: Any,
) -> None:
    """Score a folder, say of each table what went wrong with it, and end with the exit code 1 where something did.

    ``scoring`` are the parameters of ``FolderScorer`` by their names.
    """
    from hinterland import persistence
    from hinterland.decide import detector_of
    from hinterland.scoring.folder import FolderScorer
    from hinterland.scoring.folder.records import digest
    from hinterland.tables.folder.files import Shard

    try:
        part = Shard() if shard is None else Shard.read(shard)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--shard") from None
    loaded = options.in_precision(persistence.load(model, device=device), precision)
    detector_of(loaded).set_params(n_threads=threads)
    scorer = FolderScorer(
        loaded,
        source,
        target,
        shard=part,
        csv_format=options.csv_format(csv),
        made_by=digest(model.read_bytes() + (b"" if precision == "double" else precision.encode())),
        **scoring,
    )
    if scorer.n_others:
        say.note(f"{scorer.n_others:,} files of {source} are no tables by their names, and are left out")
    states, rows, flagged, begun = Counter[str](), 0, 0, time.monotonic()
    total = max(1, sum(entry.size for entry in scorer.entries))
    sizes = {entry.name: entry.size for entry in scorer.entries}
    done = 0
    with say.progress("state") as progress:
        task = progress.add_task("Scoring", total=total, state="")

        def show(name: str, share: float) -> None:
            progress.update(task, completed=done + share * sizes[name], state=name)

        for outcome in _outcomes(scorer, show, engine, address, device):
            done += sizes[outcome.name]
            progress.update(task, completed=done, state=outcome.name)
            states[outcome.state] += 1
            if outcome.state == "failed":
                named = outcome.name in outcome.message
                error(outcome.message if named else f"{outcome.name}: {outcome.message}")
                continue
            if outcome.message:
                say.note(f"Note: {outcome.name}: {outcome.message}")
            if outcome.state == "scored":
                rows, flagged = rows + outcome.n_rows, flagged + outcome.n_flagged
    where = "" if part.of == 1 else f" of shard {part}"
    share = f" ({flagged / rows:.1%})" if rows else ""
    say.note(
        f"{states['scored']:,} tables{where} scored, {rows:,} rows, {flagged:,} of them anomalies{share}, in "
        f"{time.monotonic() - begun:.1f} s; {states['there']:,} were there already; written to {target}"
    )
    if scorer.rule is not None:
        say.note(f"Selection over the folder: {scorer.rule}; by {detector_of(loaded).calibration()}")
    if states["failed"]:
        error(f"{states['failed']:,} of {len(scorer.entries):,} tables could not be scored; all others were")
        raise typer.Exit(1)


def _outcomes(
    scorer: Any, show: Callable[[str, float], None], engine: str | None, address: str | None, device: str
) -> Iterator[Any]:
    """What came of each table, by an engine or in this process."""
    if engine is None:
        yield from scorer.run(show)
        return
    from hinterland.engines import folder

    yield from folder.score_folder(scorer, address, device=device)
