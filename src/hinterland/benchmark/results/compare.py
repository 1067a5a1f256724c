"""Methods compared over many data sets: mean ranks, Wilcoxon signed-rank tests with Holm's correction, a diagram.

After Demsar, "Statistical Comparisons of Classifiers over Multiple Data Sets" (JMLR 2006), with pairwise tests in
the place of Nemenyi's, as Benavoli, Corani and Mangili (JMLR 2016) advise: a pair's verdict then does not depend on
which other methods are in the table. A data set counts where every method compared has a result on it.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import friedmanchisquare, rankdata, wilcoxon

from hinterland.benchmark.experiments.index import run_keys, suite
from hinterland.benchmark.experiments.protocols import protocol
from hinterland.benchmark.results.tables import is_current
from hinterland.benchmark.runs.jobs import Result

DataSet = tuple[str, str]
"""Keys of a protocol and of its subset."""


@dataclass(frozen=True)
class Scores:
    """A metric by data set and method, the mean over seeds, in [0, 1].

    Attributes
    ----------
    datasets : (n,) names.
    methods : (k,) names.
    values : (n, k).
    left_out : data sets or methods that are not compared, each with the reason.
    """

    datasets: tuple[str, ...]
    methods: tuple[str, ...]
    values: np.ndarray
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """Two methods, the better one by mean rank first; p of the two-sided test, raw and after Holm's correction."""

    better: str
    worse: str
    p: float
    p_holm: float


@dataclass(frozen=True)
class Comparison:
    """Methods by mean rank, best first, and all their pairs.

    Attributes
    ----------
    methods, ranks : (k,), in the same order; rank 1 is best, ties share the mean of their ranks.
    pairs : all pairs.
    friedman_p : of the test that all methods are alike; None for fewer than three methods.
    alpha : significance level.
    n_datasets : how many data sets are compared.
    """

    methods: tuple[str, ...]
    ranks: tuple[float, ...]
    pairs: tuple[Pair, ...]
    friedman_p: float | None
    alpha: float
    n_datasets: int

    def cliques(self) -> list[tuple[str, ...]]:
        """Runs of methods, neighbours by rank, of which no two differ significantly; none lies within another."""
        apart = {frozenset((pair.better, pair.worse)) for pair in self.pairs if pair.p_holm <= self.alpha}
        found: list[tuple[int, int]] = []
        for start in range(len(self.methods)):
            stop = start + 1
            while stop < len(self.methods) and not any(
                frozenset((self.methods[stop], other)) in apart for other in self.methods[start:stop]
            ):
                stop += 1
            if stop - start > 1 and not any(a <= start and stop <= b for a, b in found):
                found.append((start, stop))
        return [self.methods[a:b] for a, b in found]


def collect(name: str, results: Iterable[Result], metric: str, chosen: Sequence[str] = ()) -> Scores:
    """The metric of every data set of a suite, under each protocol's first judgement.

    Parameters
    ----------
    name : of a suite or table.
    results : stored ones.
    metric : a key of ``Evaluation.as_dict()``.
    chosen : methods to compare; empty for those the suite names, or where it names none for all that have
        results.

    Raises
    ------
    ValueError
        Fewer than two methods, or no data set on which all of them have a result.
    """
    cells, failed = by_set(name, results, metric, chosen)
    names = tuple(dict.fromkeys(method for cell in cells.values() for method in cell))
    whole = {key: cell for key, cell in cells.items() if len(cell) == len(names)}
    left_out = [
        f"{label(key)}: no result of {', '.join(m for m in names if m not in cell)}"
        for key, cell in cells.items()
        if key not in whole
    ]
    left_out += [f"{method}: {count} jobs failed" for method, count in failed.items()]
    if len(names) < 2 or not whole:
        raise ValueError(
            f"a comparison needs two methods and a data set on which all have results; {name!r} has the methods "
            f"{', '.join(names) or 'none'} and {len(whole)} such data sets. {'; '.join(left_out)}"
        )
    values = np.array([[cell[m] for m in names] for cell in whole.values()])
    return Scores(tuple(map(label, whole)), names, values, tuple(left_out))


def by_set(
    name: str, results: Iterable[Result], metric: str, chosen: Sequence[str] = ()
) -> tuple[dict[DataSet, dict[str, float]], dict[str, int]]:
    """A suite's metric by data set and method, the mean over seeds, as ``collect`` has it, and how many jobs failed."""
    cells: dict[DataSet, dict[str, list[float]]] = {}
    failed: dict[str, int] = {}
    protocols = run_keys(suite(name))
    wanted = tuple(chosen) or suite(name).methods
    for result in results:
        job = result.job
        unwanted = bool(wanted) and job.method not in wanted
        if job.protocol not in protocols or unwanted or not is_current(result):
            continue
        if result.failed:
            failed[job.method] = failed.get(job.method, 0) + 1
            continue
        judged = result.metrics[protocol(job.protocol).judgements[0].name]
        if metric not in judged:
            raise ValueError(f"metric must be one of {', '.join(map(repr, judged))}; got {metric!r}")
        cell = cells.setdefault((job.protocol, job.subset), {})
        cell.setdefault(job.method, []).append(float(judged[metric]))
    means = {key: {m: statistics.fmean(v) for m, v in cell.items()} for key, cell in cells.items()}
    return means, failed


def compare(scores: Scores, *, alpha: float = 0.05) -> Comparison:
    """Mean ranks (higher values are better) and pairwise Wilcoxon signed-rank tests with Holm's correction."""
    ranks = rankdata(-scores.values, axis=1).mean(0)
    order = np.argsort(ranks, kind="stable")
    names = [scores.methods[j] for j in order]
    columns = {name: scores.values[:, j] for j, name in enumerate(scores.methods)}
    couples = list(itertools.combinations(names, 2))
    raw = [signed_rank(columns[a], columns[b]) for a, b in couples]
    friedman = (
        friedmanchisquare(*columns.values()).pvalue if len(names) > 2 and len(scores.datasets) > 1 else None
    )
    return Comparison(
        methods=tuple(names),
        ranks=tuple(float(ranks[j]) for j in order),
        pairs=tuple(Pair(a, b, p, h) for (a, b), p, h in zip(couples, raw, holm(raw), strict=True)),
        friedman_p=None if friedman is None else float(friedman),
        alpha=alpha,
        n_datasets=len(scores.datasets),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: the i-th smallest of m times m - i + 1, never below a smaller one's, at most 1.

    Examples
    --------
    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(steps, 1.0)
    return [float(value) for value in corrected]


def signed_rank(a: np.ndarray, b: np.ndarray) -> float:
    """Two-sided p of Wilcoxon's test; 1 where the two agree everywhere. Zeros' ranks are split between the signs."""
    if np.array_equal(a, b):
        return 1.0
    return float(wilcoxon(a, b, zero_method="zsplit").pvalue)


def label(key: DataSet) -> str:
    """What a data set is called in words: its name, or that of the protocol which has but one."""
    return key[1] or key[0]
