"""A suite's results as lines along what its protocols or methods vary, a panel a collection of data."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

from hinterland import palette
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.experiments.suite import Curves, Lines
from hinterland.benchmark.results.figures import new_figure, save
from hinterland.benchmark.results.summary import METRICS
from hinterland.benchmark.results.tables import Table, Value

Points = dict[str, dict[int, Value]]
"""What is drawn by a line's name and a place along the axis."""


def points(lines: Lines, metric: str, table: Table) -> Points:
    """The metric by line and place, out of a suite's table, under each protocol's first judgement.

    Over several data sets it is that of their average. Lines and places without a finished seed are left out.
    """
    column = table.metrics.index(metric)
    cells = {(row.protocol, row.subset, row.judgement, row.method): row.values[column] for row in table.rows}
    found: Points = {}
    for line, places in lines.items():
        for place, (key, method) in places.items():
            protocol = protocols()[key]
            value = cells.get((key, protocol.average, protocol.judgements[0].name, method))
            if value is not None and value.mean is not None:
                found.setdefault(line, {})[place] = value
    return found


def by_metric(lines: Lines, table: Table) -> dict[str, Points]:
    """The points of all metrics that a table has."""
    return {metric: points(lines, metric, table) for metric in table.metrics}


def draw(curves: Curves, panels: Mapping[str, Mapping[str, Points]], path: Path) -> None:
    """Write points, by title and metric, to a .png or .svg file; bars are one standard deviation over seeds.

    A column is a title, a row a metric.

    Raises
    ------
    ValueError
        Another ending.
    MissingExtraError
        Matplotlib is not installed.
    """
    n_rows = len(curves.metrics)
    figure = new_figure(path, (4.5 * len(panels), 0.6 + 3.2 * n_rows), "a figure of curves")
    names = list(
        dict.fromkeys(name for found in panels.values() for lines in found.values() for name in lines)
    )
    looks = dict(zip(names, palette.lines(len(names)), strict=True))
    grid = figure.subplots(n_rows, len(panels), squeeze=False)
    for (row, metric), (column, title) in itertools.product(enumerate(curves.metrics), enumerate(panels)):
        axes = grid[row][column]
        for name, by_place in panels[title][metric].items():
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
        axes.set_ylabel(f"{METRICS.get(metric, metric)}, %")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    save(figure, path)
