"""AUROC by the share of anomalies among the training rows, a line a method, a panel a collection of data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hinterland.benchmark.figures import new_figure, save
from hinterland.benchmark.protocols import protocols
from hinterland.benchmark.suite import Curve
from hinterland.benchmark.tables import Table, Value


def points(curve: Curve, table: Table) -> dict[str, dict[int, Value]]:
    """AUROC by method and percentage out of a suite's table; over several data sets that of their average."""
    auroc = table.metrics.index("auroc")
    lines: dict[str, dict[int, Value]] = {}
    for percent, key in curve.protocols.items():
        protocol = protocols()[key]
        for row in table.rows:
            shown = (row.protocol, row.subset, row.judgement)
            if (
                shown == (key, protocol.average, protocol.judgements[0].name)
                and row.values[auroc].mean is not None
            ):
                lines.setdefault(row.method, {})[percent] = row.values[auroc]
    return lines


def draw(panels: Mapping[str, Mapping[str, Mapping[int, Value]]], path: Path) -> None:
    """Write the figure of one panel or more to a .png or .svg file; bars are one standard deviation over seeds.

    Raises:
        ValueError: another ending.
        MissingExtraError: matplotlib is not installed.
    """
    figure = new_figure(path, (4.5 * len(panels), 3.8), "the robustness curve")
    methods = list(dict.fromkeys(method for lines in panels.values() for method in lines))
    for axes, (title, lines) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        for method, by_percent in lines.items():
            axes.errorbar(
                list(by_percent),
                [value.mean for value in by_percent.values()],
                [value.sd or 0.0 for value in by_percent.values()],
                color=f"C{methods.index(method)}",
                marker="o",
                markersize=4,
                capsize=2,
                label=method,
            )
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("anomalies among the training rows, %")
        axes.set_ylabel("AUROC, %")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    save(figure, path)
