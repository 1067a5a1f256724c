"""What `speed.py` measured as tables, on the terminal and in docs/speed.md, and as a figure of growth."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from measure import put_table, ratios
from speed_methods import YARDSTICK

DOCS = Path(__file__).parents[1] / "docs"
PAGE, BY = DOCS / "speed.md", "benchmarks/speed.py"
FIGURE = DOCS / "images" / "speed.svg"
LAW, ONCE, NONE = "≈ ", "†", "–"
DRAWN = ("Surprisal", "DeepMixture", "DAGMM", YARDSTICK, "GaussianMixture(10)", "KNN", "AutoEncoder")

Place = tuple[str, str, int, int]
Cells = Mapping[Place, Mapping[str, Any]]


def by_place(run: Mapping[str, Any]) -> Cells:
    """Cells by method, work, rows and columns."""
    return {(c["method"], c["work"], c["rows"], c["columns"]): c for c in run["cells"]}


def spread(values: Sequence[float], cell: Mapping[str, Any]) -> str:
    """The median with the least and greatest; one number where there is one, with what it rests on."""
    median = statistics.median(values)
    if cell["by_law"]:
        return f"{LAW}{shown(median)}"
    if len(values) == 1:
        return f"{shown(median)}{ONCE}"
    return f"{shown(median)} ({shown(min(values))}–{shown(max(values))})"


def shown(value: float) -> str:
    """Two or three digits of a number."""
    return f"{value:,.0f}" if value >= 20 else f"{value:.1f}" if value >= 2 else f"{value:.2g}"


def _against(cells: Cells, place: Place, other: Place) -> str:
    cell, below = cells.get(place), cells.get(other, {})
    of_other = cell["forest"] if cell and other[0] == YARDSTICK else below.get("seconds", [])
    if not (cell and cell["seconds"] and of_other):
        return NONE
    n = len(cell["seconds"])
    if cell["by_law"] or len(of_other) < n:
        return spread([s / statistics.median(of_other) for s in cell["seconds"]], cell)
    return spread(ratios(cell["seconds"], of_other[:n]), cell)


def table(heads: Iterable[str], lines: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown."""
    names = list(heads)
    return [f"| {' | '.join(names)} |", "|" + " --- |" * len(names), *(f"| {' | '.join(x)} |" for x in lines)]


def compared(run: Mapping[str, Any], work: str) -> list[str]:
    """Each method's seconds as a multiple of the forest's; the forest's own in seconds."""
    cells = by_place(run)
    sizes = sorted(
        {(rows, columns) for _, w, rows, columns in cells if w == work}, key=lambda s: (s[0], s[1])
    )
    sizes = [s for s in sizes if s[1] != 30 and s[0] != 4_000] or sizes
    own = cells.get((YARDSTICK, work, *sizes[0]))
    lines = [[f"{YARDSTICK}, seconds", *(_alone(cells, (YARDSTICK, work, *s)) for s in sizes)]] if own else []
    for name, library in run["libraries"].items():
        if name != YARDSTICK:
            called = f"`{name}`" if library == "hinterland" else f"{name} ({library})"
            line = [_against(cells, (name, work, *s), (YARDSTICK, work, *s)) for s in sizes]
            lines.append([called, *line])
    return table(["method", *(f"{rows:,} × {columns}" for rows, columns in sizes)], lines)


def _alone(cells: Cells, place: Place) -> str:
    cell = cells.get(place)
    return spread(cell["seconds"], cell) if cell and cell["seconds"] else NONE


def products(run: Mapping[str, Any]) -> list[str]:
    """Each detector's seconds as a multiple of those of its own products."""
    cells = by_place(run)
    places = sorted({(w, rows, columns) for _, w, rows, columns in cells if w.startswith("products")})
    heads = [
        f"{w.removeprefix('products of ')}, {rows:,} × {columns}" for w, rows, columns in reversed(places)
    ]
    lines = []
    for name, library in run["libraries"].items():
        if library == "hinterland":
            pairs = ((w.removeprefix("products of "), w, r, c) for w, r, c in reversed(places))
            lines.append(
                [f"`{name}`", *(_against(cells, (name, w, r, c), (name, p, r, c)) for w, p, r, c in pairs)]
            )
    return table(["detector", *heads], lines)


def explained(run: Mapping[str, Any], n_rows: int) -> list[str]:
    """Rows a second that are explained."""
    cells = by_place(run)
    columns = sorted({c for _, w, _, c in cells if w == "explain"})
    lines = []
    for name, library in run["libraries"].items():
        of_name = [c for c in run["cells"] if c["method"] == name and c["work"] == "explain"]
        found = {c["columns"]: c for c in sorted(of_name, key=lambda c: c["rows"])}
        if library == "hinterland" and found:
            speeds = {k: [n_rows / s for s in c["seconds"]] for k, c in found.items()}
            lines.append(
                [f"`{name}`", *(_of_model(speeds[k], found[k]) if k in found else NONE for k in columns)]
            )
    return table(["detector", *(f"{c} columns" for c in columns)], lines)


def _of_model(speeds: Sequence[float], cell: Mapping[str, Any]) -> str:
    return f"{spread(speeds, cell)}, model of {cell['rows']:,} rows"


def of_files(run: Mapping[str, Any]) -> list[str]:
    """From a file to scores in a file, as a multiple of the longer of reading alone and scoring alone."""
    cells = [c for c in run["cells"] if ": " in c["work"]]
    lines = []
    for (name, ending), grouped in itertools.groupby(
        cells, key=lambda c: (c["method"], c["work"].partition(": ")[0])
    ):
        group = list(grouped)
        reading, scoring, whole = (c["seconds"] for c in group)
        longer = [max(pair) for pair in zip(reading, scoring, strict=True)]
        speeds = [[group[0]["rows"] / s for s in seconds] for seconds in (reading, scoring, whole)]
        lines.append(
            [f"`{name}`", ending, *(shown(statistics.median(s)) for s in speeds)]
            + [spread(ratios(whole, longer), {"by_law": False})]
        )
    heads = ("detector", "file", "read, rows/s", "score, rows/s", "file to file, rows/s", "over the longer")
    return table(heads, lines)


def changed(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """How many times as fast each detector is as at an earlier commit, by medians in units of the forest's."""
    after, old = by_place(now), by_place(before)
    works = ("train", "score", "explain")
    places = sorted({p[1:] for p in old if p[1] in works}, key=lambda p: (works.index(p[0]), *p[1:]))
    places = [p for p in places if p[1] != 4_000 and p[2] != 30]
    lines = []
    for name, library in now["libraries"].items():
        if library == "hinterland":
            lines.append([f"`{name}`", *(_times(after, old, name, place) for place in places)])
    heads = (f"{work}, {rows:,} × {columns}" for work, rows, columns in places)
    return table(["detector", *heads], lines)


def _times(after: Cells, old: Cells, name: str, place: tuple[str, int, int]) -> str:
    cells = [c.get((name, *place)) for c in (old, after)]
    if not all(cell and cell["seconds"] for cell in cells):
        return NONE
    if any(cell["by_law"] for cell in cells if cell):
        return NONE
    of_forest = ("score" if place[0] == "explain" else place[0], *place[1:])
    units = [
        statistics.median(cell.get("forest") or c[YARDSTICK, *of_forest]["seconds"])
        for cell, c in zip(cells, (old, after), strict=True)
        if cell
    ]
    was, now = (statistics.median(c["seconds"]) / unit for c, unit in zip(cells, units, strict=True) if c)
    return f"{was / now:.1f}"


def draw(run: Mapping[str, Any], path: Path) -> None:
    """Draw seconds by rows, at ten columns, and by columns, at 4,000 rows: training above, scoring below."""
    from hinterland import palette
    from hinterland.benchmark.results.figures import new_figure, save

    figure = new_figure(path, (9, 7), "a figure of growth")
    cells = by_place(run)
    for line, work in enumerate(("train", "score")):
        for place, (along, fixed) in enumerate((("rows", 10), ("columns", 4_000))):
            axes = figure.add_subplot(2, 2, 2 * line + place + 1)
            for name, look in zip(DRAWN, palette.lines(len(DRAWN)), strict=True):
                points = sorted(
                    (c[along], statistics.median(c["seconds"]), c["by_law"])
                    for c in cells.values()
                    if (c["method"], c["work"]) == (name, work)
                    and c["columns" if along == "rows" else "rows"] == fixed
                    and c["seconds"]
                )
                if points:
                    x, y, by_law = zip(*points, strict=True)
                    axes.plot(x, y, color=look.colour, linestyle=look.dashes, label=name)
                    for a, b, law in zip(x, y, by_law, strict=True):
                        face = "white" if law else look.colour
                        axes.plot(a, b, look.marker, color=look.colour, markerfacecolor=face, markersize=5)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlabel(along)
            axes.set_ylabel("seconds to " + work)
            other = f"{fixed} columns" if along == "rows" else f"{fixed:,} rows"
            axes.set_title(f"{'training' if work == 'train' else 'scoring'}, {other}", fontsize=10)
            axes.grid(alpha=0.3)
    figure.legend(
        *figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=7, fontsize=8
    )
    save(figure, path)


def write_pages(found: Mapping[str, Any], *, into_docs: bool) -> None:
    """Print all tables; and put them, and the figure, into the documentation where that is asked for."""
    now = found["now"]
    tables = {
        "training": compared(now, "train"),
        "scoring": compared(now, "score"),
        "products": products(now),
        "explanations": explained(now, 256),
        "files": of_files(now),
    }
    if "before" in found:
        tables["changes"] = changed(now, found["before"])
    made = [f"Made at commit {now['commit']} on {now['machine']}."]
    if "before" in found:
        made = [f"{made[0][:-1]}; before: commit {found['before']['commit']}."]
    print(*made)
    for name, lines in tables.items():
        print(f"\n{name}", *lines, sep="\n")
    if into_docs:
        for name, lines in {**tables, "machine": made}.items():
            put_table(PAGE, BY, lines, name)
        draw(now, FIGURE)
