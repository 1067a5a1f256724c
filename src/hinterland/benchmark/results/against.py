"""A collection's methods beside nearest neighbours: mean differences, their tests, and where a method loses most.

Differences are over the data sets on which both have a result, and in percent points. The tests are Wilcoxon's
signed-rank over the data sets of all collections that are judged together, with Holm's correction over all methods of
both anchors, for each metric.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hinterland.benchmark.experiments.index import suite, suites
from hinterland.benchmark.experiments.suite import Suite
from hinterland.benchmark.results.compare import DataSet, by_set, holm, label, signed_rank
from hinterland.benchmark.results.formats import NOTHING
from hinterland.benchmark.runs.jobs import Result
from hinterland.detectors.catalogue import DEFAULT_DETECTOR

ANCHORS = ("5-NN", "1-NN")
METRICS = {"auroc": "AUROC", "average_precision": "AP"}
LOSSES_SHOWN = 5

Cells = Mapping[DataSet, Mapping[str, float]]


@dataclass(frozen=True)
class Test:
    """A method against an anchor over data sets: how many, and p of the two-sided test, raw and corrected."""

    n_sets: int
    p: float
    p_holm: float


def differences(cells: Cells, method: str, anchor: str) -> dict[DataSet, float]:
    """The method's less the anchor's in percent points, by data set on which both have a result."""
    return {
        key: 100 * (cell[method] - cell[anchor])
        for key, cell in cells.items()
        if method in cell and anchor in cell
    }


def tests(cells: Cells) -> dict[tuple[str, str], Test]:
    """Every method against every anchor, by their names, and the anchors once; of pairs with a common data set."""
    names = dict.fromkeys(method for cell in cells.values() for method in cell)
    apart = {
        (method, anchor): list(found.values())
        for anchor in ANCHORS
        for method in names
        if (method not in ANCHORS or (method, anchor) == ANCHORS[::-1])
        and (found := differences(cells, method, anchor))
    }
    raw = [signed_rank(np.array(found), np.zeros(len(found))) for found in apart.values()]
    return {
        pair: Test(len(found), p, corrected)
        for (pair, found), p, corrected in zip(apart.items(), raw, holm(raw), strict=True)
    }


def judged(chosen: Suite, results: Sequence[Result]) -> dict[str, dict[tuple[str, str], Test]]:
    """The tests by metric over the data sets of all suites that this one is judged together with."""
    return {metric: tests(_cells(chosen.together, results, metric)) for metric in METRICS}


def markdown(name: str, results: Iterable[Result]) -> str:
    """The section of a collection's page; empty where the suite is none, or no method has a result beside an anchor."""
    chosen, stored = suite(name), list(results)
    if not chosen.together:
        return ""
    cells = {metric: _cells([name], stored, metric) for metric in METRICS}
    if not tests(cells["auroc"]):
        return ""
    known, failed = judged(chosen, stored), by_set(name, stored, "auroc")[1]
    names = list(dict.fromkeys(method for cell in cells["auroc"].values() for method in cell))
    names.sort(key=lambda method: -statistics.fmean(_of(cells["auroc"], method).values()))
    header = ["method", "sets", "failed", "AUROC", "AP"]
    for anchor in ANCHORS:
        header += [f"above {anchor}, AUROC / AP", "p, AUROC / AP"]
    lines = [_pipes([*header, "worst set against 5-NN"]), _pipes(["---"] * (len(header) + 1))]
    lines += [_pipes(_row(method, failed.get(method, 0), cells, known)) for method in names]
    return "\n".join(
        [
            "### Beside nearest neighbours\n",
            "Mean and standard deviation over data sets; differences in percent points; p of Wilcoxon's signed-rank "
            f"test with Holm's correction, over the sets of {_over(chosen, stored)} together.\n",
            *lines,
            "",
            *_losses(cells["auroc"], DEFAULT_DETECTOR),
            *_published(chosen),
        ]
    )


def sentence(results: Sequence[Result]) -> str:
    """The README's line: the default detector against nearest neighbours on the collections; empty without results."""
    together = next(chosen.together for chosen in suites().values() if chosen.together)
    known = {metric: tests(_cells(together, results, metric)) for metric in METRICS}
    parts = []
    for anchor in ANCHORS:
        pair = (DEFAULT_DETECTOR, anchor)
        if pair in known["auroc"]:
            gains = [gain for name in together if (gain := _gain(name, results, anchor))]
            p = " / ".join(f"{known[metric][pair].p_holm:.2g}" for metric in METRICS)
            parts.append(f"{', '.join(gains)} above {anchor} (p = {p})")
    if not parts:
        return ""
    return (
        f"`{DEFAULT_DETECTOR}`, AUROC / average precision in points: {'; '.join(parts)}; Wilcoxon's signed-rank test "
        "over all sets together, Holm's correction."
    )


def _gain(name: str, results: Sequence[Result], anchor: str) -> str:
    """What the default has above an anchor on a collection; empty where they have no common data set."""
    found = [
        differences(_cells([name], results, metric), DEFAULT_DETECTOR, anchor).values() for metric in METRICS
    ]
    if not all(found):
        return ""
    gain = " / ".join(f"{statistics.fmean(values):+.1f}" for values in found)
    return f"{gain} on {suite(name).heading.partition(',')[0]}'s {len(found[0])} sets"


def _cells(names: Iterable[str], results: Sequence[Result], metric: str) -> dict[DataSet, dict[str, float]]:
    return {key: cell for name in names for key, cell in by_set(name, results, metric)[0].items()}


def _of(cells: Cells, method: str) -> dict[DataSet, float]:
    return {key: cell[method] for key, cell in cells.items() if method in cell}


def _row(
    method: str, failed: int, cells: Mapping[str, Cells], known: Mapping[str, Mapping[tuple[str, str], Test]]
) -> list[str]:
    own = [list(_of(cells[metric], method).values()) for metric in METRICS]
    row = [method, str(len(own[0])), str(failed), *map(_spread, own)]
    for anchor in ANCHORS:
        apart = [list(differences(cells[m], method, anchor).values()) for m in METRICS]
        if (method, anchor) not in known["auroc"] or not apart[0]:
            row += [NOTHING, NOTHING]
            continue
        row.append(" / ".join(f"{statistics.fmean(found):+.2f}" for found in apart))
        row.append(" / ".join(f"{known[metric][method, anchor].p_holm:.3g}" for metric in METRICS))
    losses = differences(cells["auroc"], method, "5-NN") if method != "5-NN" else {}
    worst = min(losses, key=losses.__getitem__, default=None)
    return [*row, NOTHING if worst is None else f"{losses[worst]:+.1f}, {label(worst)}"]


def _losses(cells: Cells, method: str) -> list[str]:
    """The data sets on which a method loses most against 5-NN."""
    apart = differences(cells, method, "5-NN")
    worst = [key for key in sorted(apart, key=apart.__getitem__) if apart[key] < 0][:LOSSES_SHOWN]
    if not worst:
        return []
    items = [
        f"- {label(key)}: {apart[key]:+.1f} ({100 * cells[key][method]:.1f} against {100 * cells[key]['5-NN']:.1f})"
        for key in worst
    ]
    return [f"Where `{method}` loses most AUROC against 5-NN:\n", *items, ""]


def _published(chosen: Suite) -> list[str]:
    """What others print, which is over other sets than ours."""
    if chosen.published is None:
        return []
    lines = [
        _pipes([name, *(f"{means[metric]:.2f}" if metric in means else NOTHING for metric in METRICS)])
        for name, means in chosen.published.means.items()
    ]
    return [
        f"Published means {chosen.published.over}, not over those of this page:\n",
        _pipes(["method, as published", *METRICS.values()]),
        _pipes(["---"] * 3),
        *lines,
        "",
    ]


def _over(chosen: Suite, results: Sequence[Result]) -> str:
    counts = {name: len(_cells([name], results, "auroc")) for name in chosen.together}
    return " and ".join(f"{suite(name).heading} ({n})" for name, n in counts.items() if n)


def _spread(values: Sequence[float]) -> str:
    mean = f"{100 * statistics.fmean(values):.2f}"
    return f"{mean} ± {100 * statistics.stdev(values):.2f}" if len(values) > 1 else mean


def _pipes(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
