"""AUROC by the share of anomalies among the training rows, a line a method, a panel a collection of data."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hinterland.benchmark.figures import new_figure, save
from hinterland.benchmark.jobs import Result
from hinterland.benchmark.protocols import protocols
from hinterland.benchmark.suite import Curve
from hinterland.benchmark.tables import averages


@dataclass(frozen=True)
class Point:
    """Mean and standard deviation over seeds (0 of one), in percent."""

    mean: float
    spread: float
    seeds: int


def points(curve: Curve, results: Iterable[Result], methods: Iterable[str]) -> dict[str, dict[int, Point]]:
    """Points by method and percentage; over several data sets the mean of seeds that finished on every one."""
    stored = list(results)
    lines: dict[str, dict[int, Point]] = {}
    for percent, key in curve.protocols.items():
        protocol = protocols()[key]
        own = [result for result in stored if result.job.protocol == key and not result.failed]
        if protocol.average:
            own = averages(own, protocol.subsets(), protocol.average)
        for method in methods:
            aurocs = [
                100 * result.metrics[protocol.judgements[0].name]["auroc"]
                for result in own
                if result.job.method == method
            ]
            if aurocs:
                spread = statistics.stdev(aurocs) if len(aurocs) > 1 else 0.0
                lines.setdefault(method, {})[percent] = Point(statistics.fmean(aurocs), spread, len(aurocs))
    return lines


def draw(panels: Mapping[str, Mapping[str, Mapping[int, Point]]], path: Path) -> None:
    """Write the figure to a .png or .svg file; bars are one standard deviation over seeds.

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
                [point.mean for point in by_percent.values()],
                [point.spread for point in by_percent.values()],
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
