"""``hinterland demo``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hinterland.cli import options
from hinterland.cli.console import messages, print_json, print_table, tabulate

if TYPE_CHECKING:
    from hinterland.demo import Demonstration, Selected


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the table, the scores and the model.")
    ] = Path("demo-output"),
    seed: options.Seed = 0,
    device: options.Device = "cpu",
    threads: options.Threads = 1,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Show all of it on a small table: train, score, judge, explain. Offline, within a minute.

    The table is the breast-cancer one that scikit-learn carries: training sees half of the benign tumours, and all
    others are scored.
    """
    if output.exists() and not output.is_dir():
        raise NotADirectoryError(f"{output} is a file; expected the name of a folder")
    with messages(quiet) as say:
        say.note("Loading ...")
        from hinterland.demo import demonstrate
        from hinterland.detectors.catalogue import DEFAULT_DETECTOR

        found = demonstrate(
            output,
            watching=lambda model: say.training(f"Training {DEFAULT_DETECTOR}", model[-1]),
            random_state=seed,
            device=device,
            n_threads=threads,
        )
        if as_json:
            print_json(_plain(found))
        else:
            _show(found)
        say.note(
            "Next, the same by hand, and then with a table of your own:\n"
            f"  hinterland fit {found.table} --normal-only diagnosis=benign --save my-model.hinterland\n"
            f"  hinterland score my-model.hinterland {found.table} --keep diagnosis -o my-scores.csv\n"
            f"  hinterland evaluate my-model.hinterland {found.table} --label diagnosis --anomaly malignant\n"
            f"  hinterland inspect my-model.hinterland"
        )


def _show(found: Demonstration) -> None:
    judged, own = found.metrics, found.metrics["own_threshold"]
    tabulate(
        {
            "trained on": f"{found.n_training} benign tumours",
            "scored": f"{judged['rows']} others, {judged['anomalies']} of them malignant",
            "AUROC": f"{judged['auroc']:.4f}",
            "average precision": f"{judged['average_precision']:.4f}",
            "flagged": f"{own['flagged']} (energy above {own['threshold']:.3g} nats)",
            "precision, recall, F1": f"{own['precision']:.3f}, {own['recall']:.3f}, {own['f1']:.3f}",
        }
        | _selected(found.selected),
        title="How well the malignant tumours stand out",
    )
    lines = [
        (
            finding.row,
            f"{finding.energy:.1f}",
            finding.truth,
            "\n".join(
                f"{line.contribution:+.1f}  {line.column} = {line.value:.4g}, usually {line.usual_value:.4g}"
                for line in finding.because
            ),
        )
        for finding in found.findings
    ]
    print_table(
        lines,
        ["row", "energy", "truth", "because of (nats, column)"],
        title=f"The {len(lines)} most anomalous rows",
        right=(0, 1),
    )
    tabulate({"table": found.table, "scores": found.scores, "model": found.model, "page": found.page})


def _selected(selected: Selected | None) -> dict[str, object]:
    if selected is None:
        return {}
    return {
        f"at {selected.fdr:.0%} expected false": f"{selected.flagged} flagged: of the malignant tumours "
        f"{selected.recall:.3f}; about {selected.expected_false:.0f} benign ones were expected among them, and "
        f"{selected.false} are there",
        "which rests on": selected.by,
    }


def _plain(found: Demonstration) -> dict[str, Any]:
    result = asdict(found)
    for finding, line in zip(found.findings, result["findings"], strict=True):
        line["because"] = [because._asdict() for because in finding.because]
    return result | {name: str(result[name]) for name in ("table", "scores", "model", "page")}
