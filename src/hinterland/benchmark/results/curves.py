"""A suite's results as lines along what its protocols or methods vary, a panel a collection of data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hinterland import palette
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.experiments.suite import Curves, Lines
from hinterland.benchmark.results.figures import new_figure, save
from hinterland.benchmark.results.summary import METRICS
from hinterland.benchmark.results.tables import Table, Value


def points(lines: Lines, metric: str, table: Table) -> dict[str, dict[int, Value]]:
    """The metric by line and place, out of a suite's table, under each protocol's first judgement.

    Over several data sets it is that of their average. Lines and places without a finished seed are left out.
    """
    column = table.metrics.index(metric)
    cells = {(row.protocol, row.subset, row.judgement, row.method): row.values[column] for row in table.rows}
    found: dict[str, dict[int, Value]] = {}
    for line, places in lines.items():
        for place, (key, method) in places.items():
            protocol = protocols()[key]
            value = cells.get((key, protocol.average, protocol.judgements[0].name, method))
            if value is not None and value.mean is not None:
                found.setdefault(line, {})[place] = value
    return found


def draw(curves: Curves, panels: Mapping[str, Mapping[str, Mapping[int, Value]]], path: Path) -> None:
    """Write the points of one panel or more to a .png or .svg file; bars are one standard deviation over seeds.

    Raises
    ------
    ValueError
        Another ending.
    MissingExtraError
        Matplotlib is not installed.
    """
    figure = new_figure(path, (4.5 * len(panels), 3.8), "a figure of curves")
    names = list(dict.fromkeys(name for by_name in panels.values() for name in by_name))
    looks = dict(zip(names, palette.lines(len(names)), strict=True))
    for axes, (title, by_name) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        for name, by_place in by_name.items():
            look = looks[name]
            axes.errorbar(
                list(by_place),
                [value.mean for value in by_place.values()],
                [value.sd or 0.0 for value in by_place.values()],
                color=look.colour,
                linestyle=look.dashes,
                marker=look.marker,
                markersize=4,
                capsize=2,
                label=name,
            )
        axes.set_title(title, fontsize=10)
        axes.set_xlabel(curves.along)
        axes.set_ylabel(f"{METRICS.get(curves.metric, curves.metric)}, %")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    save(figure, path)
