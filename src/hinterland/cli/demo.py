"""``hinterland demo``."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hinterland.cli import options
from hinterland.cli.console import messages, print_json, print_table, tabulate

if TYPE_CHECKING:
    from hinterland.demo import Case, Demonstration, Selected


class What(StrEnum):
    """What is shown."""

    TUMOURS = "tumours"
    PICTURES = "pictures"


N_FINDINGS = {What.TUMOURS: 10, What.PICTURES: 4}
"""Most anomalous rows that are shown; a picture takes eight lines."""


def demo(
    what: Annotated[What, typer.Argument(help="A table of measurements, or small pictures.")] = What.TUMOURS,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Folder for the table, the scores, the model and a page; demo-output, or demo-pictures.",
        ),
    ] = None,
    seed: options.Seed = 0,
    device: options.Device = "cpu",
    threads: options.Threads = 1,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Show all of it on a small table, or on small pictures: train, score, judge, explain. Offline, within a minute.

    The table is the breast-cancer one that scikit-learn carries, in which benign tumours are normal; the pictures are
    its handwritten digits, of which zeros are. Training sees half of the normal rows, and all others are scored.
    """
    output = output or Path("demo-pictures" if what is What.PICTURES else "demo-output")
    if output.exists() and not output.is_dir():
        raise NotADirectoryError(f"{output} is a file; expected the name of a folder")
    with messages(quiet) as say:
        say.note("Loading ...")
        from hinterland.demo import demonstrate
        from hinterland.detectors.catalogue import DEFAULT_DETECTOR

        found = demonstrate(
            output,
            what.value,
            n_findings=N_FINDINGS[what],
            watching=lambda model: say.training(f"Training {DEFAULT_DETECTOR}", model[-1]),
            random_state=seed,
            device=device,
            n_threads=threads,
        )
        if as_json:
            print_json(_plain(found))
        else:
            _show(found)
        say.note(_next(found))


def _next(found: Demonstration) -> str:
    """Where to go from here."""
    from hinterland.demo import CASES

    case = CASES[found.case]
    other = next(name for name in CASES if name != found.case)
    return (
        f"Next: open {found.page} in a browser. The same by hand:\n"
        f"  hinterland fit {found.table} --normal-only {case.truth}={case.normal} --save my-model.hinterland\n"
        f"  hinterland score my-model.hinterland {found.table} --keep {case.truth} -o my-scores.csv\n"
        f"  hinterland evaluate my-model.hinterland {found.table} --label {case.truth} --anomaly {case.anomaly}\n"
        "Then with a table of your own, without labels, two in a hundred normal rows flagged by chance:\n"
        "  hinterland inspect yours.csv\n"
        "  hinterland fit yours.csv --save yours.hinterland --false-alarms 0.02\n"
        "  hinterland report yours.hinterland new-rows.csv -o page.html\n"
        f"And: hinterland demo {other}; hinterland --help; docs/start/index.md, the first page of the documentation."
    )


def _show(found: Demonstration) -> None:
    from hinterland.demo import CASES

    case = CASES[found.case]
    judged, own = found.metrics, found.metrics["own_threshold"]
    table = case.table()
    tabulate(
        {
            "table": f"{len(table)} {case.name} by {table.shape[1] - 1} columns: {', '.join(table.columns[:3])}, ...",
            "trained on": f"{found.n_training} {case.name}, all of them {case.normal}",
            "scored": f"{judged['rows']} others, {judged['anomalies']} of them {case.anomaly}",
            "AUROC": f"{judged['auroc']:.4f}",
            "average precision": f"{judged['average_precision']:.4f}",
            "flagged": f"{own['flagged']} (energy above {own['threshold']:.3g} nats)",
            "precision, recall, F1": f"{own['precision']:.3f}, {own['recall']:.3f}, {own['f1']:.3f}",
        }
        | _selected(found.selected, case),
        title=f"How well the {case.name} that are {case.anomaly} stand out",
    )
    print_table(
        _findings(found),
        ["row", "energy", "p-value", "truth", "because of (nats, column)"],
        title=f"The {len(found.findings)} most anomalous {case.name}",
        right=(0, 1, 2),
    )
    tabulate({"table": found.table, "scores": found.scores, "model": found.model, "page": found.page})


def _findings(found: Demonstration) -> list[tuple[object, ...]]:
    """A line for each of the most anomalous rows; a picture is drawn below what is told of it."""
    from hinterland.demo import CASES, drawn

    case = CASES[found.case]
    table = case.table() if found.case == What.PICTURES else None
    lines: list[tuple[object, ...]] = []
    for finding in found.findings:
        because = [
            f"{line.contribution:+.1f}  {line.column} = {line.value:.4g}, usually {line.usual_value:.4g}"
            for line in finding.because
        ]
        if table is not None:
            because += ["", drawn(table.drop(columns=case.truth).iloc[finding.row - 1]), ""]
        p = "" if finding.p_value is None else f"{finding.p_value:.3g}"
        lines.append((finding.row, f"{finding.energy:.1f}", p, finding.truth, "\n".join(because)))
    return lines


def _selected(selected: Selected | None, case: Case) -> dict[str, object]:
    if selected is None:
        return {}
    return {
        f"at {selected.fdr:.0%} expected false": f"{selected.flagged} flagged, {selected.recall:.1%} of those that are "
        f"{case.anomaly}",
        "expected false alarms": f"about {selected.expected_false:.1f} of the flagged; {selected.false} are "
        f"{case.normal}, as the truth has it",
        "which rests on": selected.by,
    }


def _plain(found: Demonstration) -> dict[str, Any]:
    result = asdict(found)
    for finding, line in zip(found.findings, result["findings"], strict=True):
        line["because"] = [because._asdict() for because in finding.because]
    return result | {name: str(result[name]) for name in ("table", "scores", "model", "page")}
