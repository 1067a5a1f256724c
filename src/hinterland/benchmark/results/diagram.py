"""The critical-difference diagram: methods on a line of mean ranks, joined where they do not differ."""

from __future__ import annotations

from pathlib import Path

from hinterland.benchmark.results.compare import Comparison
from hinterland.benchmark.results.figures import new_figure, save


def draw(comparison: Comparison, path: Path) -> None:
    """Write the diagram to a .png or .svg file.

    Parameters
    ----------
    comparison : two methods or more.
    path : its ending decides the format.

    Raises
    ------
    ValueError
        Another ending.
    MissingExtraError
        Matplotlib is not installed.
    """
    names, ranks, k = comparison.methods, comparison.ranks, len(comparison.methods)
    n_left = (k + 1) // 2
    cliques = comparison.cliques()
    first_label = 0.5 + 0.25 * len(cliques)
    height = first_label + 0.4 * n_left + 0.2
    figure = new_figure(path, (9, 1.1 + 0.7 * height), "the critical-difference diagram")
    axes = figure.subplots()
    margin = 0.35 * (k - 1)
    axes.set_xlim(k + margin, 1 - margin)
    axes.set_ylim(-height, 0.9)
    axes.axis("off")
    axes.hlines(0, 1, k, color="black", linewidth=1)
    for tick in range(1, k + 1):
        axes.vlines(tick, 0, 0.12, color="black", linewidth=1)
        axes.text(tick, 0.2, str(tick), ha="center", va="bottom", fontsize=9)
    for place, (name, rank) in enumerate(zip(names, ranks, strict=True)):
        best_half = place < n_left
        level = -(first_label + 0.4 * (place if best_half else k - 1 - place))
        edge = 1 - 0.03 * (k - 1) if best_half else k + 0.03 * (k - 1)
        axes.plot([rank, rank, edge], [0, level, level], color="0.35", linewidth=0.8, solid_capstyle="butt")
        axes.plot([rank], [0], "o", color="black", markersize=3)
        axes.text(
            edge,
            level,
            f" {name} ({rank:.2f}) ",
            ha="left" if best_half else "right",
            va="center",
            fontsize=9,
        )
    by_name = dict(zip(names, ranks, strict=True))
    for row, clique in enumerate(cliques):
        places = [by_name[name] for name in clique]
        axes.hlines(-0.25 * (row + 1), min(places) - 0.05, max(places) + 0.05, color="black", linewidth=4)
    axes.set_title(
        f"Mean rank over {comparison.n_datasets} data sets (right is better). A bar joins methods that do not differ:\n"
        f"Wilcoxon signed-rank, Holm's correction, alpha = {comparison.alpha:g}",
        fontsize=9,
    )
    save(figure, path)
