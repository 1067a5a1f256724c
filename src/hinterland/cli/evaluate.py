"""``hinterland evaluate``."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from hinterland.cli import options
from hinterland.cli.console import messages, print_json, print_table, tabulate


class Rule(StrEnum):
    """From which rows the threshold is learnt: the names in ``hinterland.metrics.RULES``."""

    TRAINING = "training"
    NATURAL_HALF = "natural_half"
    POOLED = "pooled"


@options.csv_options
def evaluate(
    model: options.Model,
    table: options.Table,
    label: Annotated[str, typer.Option(metavar="COLUMN", help="Column with the truth.", show_default=False)],
    anomaly: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE", help="What the column says of an anomaly. Repeatable.", show_default=False
        ),
    ] = None,
    normal: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE",
            help="Or: what it says of a normal row, all others being anomalies. Repeatable.",
            show_default=False,
        ),
    ] = None,
    rule: Annotated[
        Rule | None,
        typer.Option(
            help="Judge also with a threshold learnt from these rows: those of training, of this table, or of both.",
            show_default=False,
        ),
    ] = None,
    share: Annotated[
        float | None,
        typer.Option(
            help="Share of the rule's rows to flag, in (0, 1).",
            show_default="the share of anomalies among the rule's rows; for training the model's contamination",
        ),
    ] = None,
    cost_miss: Annotated[
        float | None,
        typer.Option(
            help="Cost of an anomaly that is not flagged: gives the threshold of least cost on these rows.",
            show_default=False,
        ),
    ] = None,
    cost_false_alarm: Annotated[
        float | None,
        typer.Option(
            help="Cost of a normal row that is flagged, in the unit of --cost-miss.", show_default=False
        ),
    ] = None,
    csv: options.CsvOptions = options.NO_CSV_OPTIONS,
    device: options.Device = "cpu",
    threads: options.Threads = 1,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Judge a model on a table with a column of truth.

    AUROC and average precision judge the ranking; precision, recall and F1 the labels, at the model's own threshold
    and, if asked for, under a named rule. Values match whatever their case or form (1, 1.0); rows without a truth are
    left out and counted. The truth must not be a column that the model was trained on.
    """
    if (not anomaly) == (not normal):
        raise typer.BadParameter("name the values of one kind: --anomaly or --normal", param_hint="--anomaly")
    if share is not None and rule is None:
        raise typer.BadParameter("a share needs a --rule", param_hint="--share")
    if (cost_miss is None) != (cost_false_alarm is None):
        raise typer.BadParameter("give both --cost-miss and --cost-false-alarm", param_hint="--cost-miss")
    with messages(quiet) as say:
        from hinterland import persistence
        from hinterland.pipeline import encoder_and_detector
        from hinterland.scoring.truth import energy_and_truth, judge

        file = options.open_table(table, csv)
        options.check_columns(file, [label], "--label")
        loaded = persistence.load(model, device=device)
        detector = encoder_and_detector(loaded)[1].set_params(n_threads=threads)
        with say.progress() as progress:
            task = progress.add_task("Scoring", total=1)
            energy, is_anomaly, n_unlabelled = energy_and_truth(
                loaded,
                file,
                label,
                anomaly or normal or [],
                named="anomaly" if anomaly else "normal",
                on_batch=lambda done: progress.update(task, completed=done),
            )
            progress.update(task, completed=1)
        result = judge(detector, is_anomaly, energy, rule=None if rule is None else rule.value, share=share)
        if cost_miss is not None and cost_false_alarm is not None:
            from hinterland.decisions import least_cost

            best = least_cost(is_anomaly, energy, miss=cost_miss, false_alarm=cost_false_alarm)
            result["least_cost"] = asdict(best)
            say.note(
                f"Least cost: {best}. It was chosen on these rows, so expect a little more of others: "
                f"hinterland threshold {model} --energy {best.threshold:.6g} -o {model}"
            )
        result |= {"unlabelled": n_unlabelled, "notes": say.notes}
    if as_json:
        print_json(result)
    else:
        _show(result)


def _show(result: dict[str, Any]) -> None:
    left_out = {"left out": f"{result['unlabelled']:,} rows without a truth"} if result["unlabelled"] else {}
    tabulate(
        {
            "rows": f"{result['rows']:,}",
            **left_out,
            "anomalies": f"{result['anomalies']:,} ({result['anomalies'] / result['rows']:.1%})",
            "AUROC": _figure(result["auroc"]),
            "average precision": _figure(result["average_precision"]),
        }
    )
    header = ["threshold", "energy above", "flagged", "precision", "recall", "F1"]
    named = {"model's own": result["own_threshold"], "": result.get("rule")}
    lines = []
    for name, at in named.items():
        if at is not None:
            lines.append(
                [
                    name or f"{at['rule']}, share {at['share']:.4g}",
                    f"{at['threshold']:.4g}",
                    f"{at['flagged']:,}",
                    *(_figure(at[metric]) for metric in ("precision", "recall", "f1")),
                ]
            )
    print_table(lines, header, right=range(1, 6))
    rule = result.get("rule")
    if rule is not None and rule["ties_at_threshold"]:
        typer.echo(
            f"{rule['ties_at_threshold']:,} rows share the energy at the rule's threshold and are not flagged; "
            f"drawing from them at random gives F1 {rule['expected_f1']:.4f} on average"
        )


def _figure(value: float | None) -> str:
    return "cannot be told" if value is None else f"{value:.4f}"
