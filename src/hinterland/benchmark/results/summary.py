"""A comparison in words and numbers: per method mean rank, mean metrics and seconds, then the pairs."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from hinterland.benchmark.experiments.index import run_keys, suite
from hinterland.benchmark.experiments.protocols import protocol
from hinterland.benchmark.results.compare import Comparison, Scores, collect
from hinterland.benchmark.results.tables import is_current
from hinterland.benchmark.runs.jobs import Result

METRICS = {"auroc": "AUROC", "average_precision": "AP", "f1": "F1"}


def header() -> list[str]:
    """Columns of ``rows``."""
    return ["method", "mean rank", *METRICS.values(), "fit seconds", "score seconds", "failed"]


def rows(name: str, comparison: Comparison, results: Iterable[Result]) -> list[list[str]]:
    """For each method, best first: mean rank, mean metrics in percent and mean seconds over the data sets compared."""
    stored = list(results)
    means = {metric: _means(name, stored, metric, comparison) for metric in METRICS}
    lines = []
    for method, rank in zip(comparison.methods, comparison.ranks, strict=True):
        own = [
            r
            for r in stored
            if r.job.method == method and r.job.protocol in run_keys(suite(name)) and is_current(r)
        ]
        finished = [r for r in own if not r.failed]
        lines.append(
            [
                method,
                f"{rank:.2f}",
                *(f"{100 * means[metric][method]:.2f}" for metric in METRICS),
                f"{statistics.fmean(r.fit_seconds for r in finished):.2f}",
                f"{statistics.fmean(r.score_seconds for r in finished):.2f}",
                str(len(own) - len(finished)),
            ]
        )
    return lines


def text(name: str, metric: str, scores: Scores, comparison: Comparison, results: Iterable[Result]) -> str:
    """The comparison for a terminal."""
    lines = [f"{suite(name).title}: {len(scores.datasets)} data sets, ranked by {metric}", ""]
    table = [header(), *rows(name, comparison, results)]
    widths = [max(len(row[j]) for row in table) for j in range(len(table[0]))]
    lines += [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    lines += ["", *tests(comparison)]
    lines += [f"not compared: {reason}" for reason in scores.left_out]
    return "\n".join(lines) + "\n"


def tests(comparison: Comparison) -> list[str]:
    """The tests' outcome: Friedman's, then each pair that differs."""
    lines = []
    if comparison.friedman_p is not None:
        lines.append(f"Friedman test that all are alike: p = {comparison.friedman_p:.3g}")
    apart = [pair for pair in comparison.pairs if pair.p_holm <= comparison.alpha]
    lines.append(
        f"Wilcoxon signed-rank with Holm's correction: {len(apart)} of {len(comparison.pairs)} pairs differ at "
        f"{comparison.alpha:g}"
    )
    lines += [
        f"  {pair.better} over {pair.worse}: p = {pair.p:.3g}, corrected {pair.p_holm:.3g}" for pair in apart
    ]
    return lines


def _means(name: str, results: list[Result], metric: str, comparison: Comparison) -> dict[str, float]:
    scores = collect(name, results, metric, comparison.methods)
    return dict(zip(scores.methods, scores.values.mean(0).tolist(), strict=True))


def rule_of(name: str) -> str:
    """The judgements that a suite's comparison is made under."""
    return "; ".join(dict.fromkeys(protocol(key).judgements[0].name for key in suite(name).protocols))
