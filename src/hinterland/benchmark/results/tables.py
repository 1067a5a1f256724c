"""A paper's table with ours beside it: reported value, our mean and standard deviation, difference, seeds, failures.

Numbers are in percent. A method's results count where they were made with its present settings for the protocol.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hinterland.benchmark.experiments.index import belongs, companions, reported_in, run_keys, suite
from hinterland.benchmark.experiments.methods import Method, methods
from hinterland.benchmark.experiments.protocol import Judgement, Protocol
from hinterland.benchmark.experiments.protocols import protocol
from hinterland.benchmark.experiments.reported import Reported
from hinterland.benchmark.experiments.suite import Suite
from hinterland.benchmark.runs.jobs import Result

DEFAULT_METRICS = ("auroc", "average_precision", "f1")
TIES_SHOWN = 0.5
"""Percent points by which ties must move precision, recall or F1 to be mentioned."""


@dataclass(frozen=True)
class Value:
    """One metric of one row, in percent: what is reported, and ours over the seeds.

    ``sd`` is the sample standard deviation, None for fewer than two seeds; ``mean`` None where we have nothing.
    """

    reported: float | None
    reported_sd: float | None
    mean: float | None
    sd: float | None

    @property
    def difference(self) -> float | None:
        """Ours less theirs, in percent points."""
        return None if self.mean is None or self.reported is None else self.mean - self.reported


@dataclass(frozen=True)
class Row:
    """A method on one subset of one protocol, read under one judgement; ``notes`` index into the table's notes."""

    protocol: str
    dataset: str
    subset: str
    judgement: str
    method: str
    values: tuple[Value, ...]
    seeds: int
    failures: int
    notes: tuple[int, ...] = ()


@dataclass
class Table:
    """Rows, the metrics of their values, and notes: what flatters, what is read into a paper, what failed."""

    name: str
    title: str
    metrics: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)

    def note(self, text: str) -> int:
        """The number of a note, added where it is new."""
        if text not in self.notes:
            self.notes.append(text)
        return self.notes.index(text) + 1


def build(name: str, results: Iterable[Result], metrics: Sequence[str] = ()) -> Table:
    """The table of that name out of stored results.

    Parameters
    ----------
    name : of a paper's table, a suite or a protocol.
    results : of any protocols.
    metrics : keys of ``Evaluation.as_dict()``; empty for those of the paper's table, or AUROC, AP and F1.

    Raises
    ------
    UnknownNameError
        No such table, or none of its protocols is built.
    """
    chosen = suite(name)
    printed = reported_in(name)
    wanted = tuple(metrics) or tuple(dict.fromkeys(row.metric for row in printed)) or DEFAULT_METRICS
    table = Table(name, chosen.title, wanted)
    by_protocol: dict[str, list[Result]] = {}
    for result in belonging(chosen, results):
        by_protocol.setdefault(result.job.protocol, []).append(result)
    own = [protocol(key) for key in chosen.protocols]
    beside = [p for p in companions(chosen) if p.run_key in by_protocol]
    for p in [*own, *beside]:
        _add_protocol(table, p, printed, by_protocol.get(p.run_key, []))
    return table


def belonging(chosen: Suite, results: Iterable[Result]) -> list[Result]:
    """The results in a suite's table: those of its protocols and their companions, by methods that belong."""
    keys = {*run_keys(chosen), *(p.run_key for p in companions(chosen))}
    own = [result for result in results if result.job.protocol in keys]
    shown = {name for name in {result.job.method for result in own} if belongs(name, chosen)}
    return [result for result in own if result.job.method in shown]


def _add_protocol(table: Table, p: Protocol, printed: tuple[Reported, ...], results: list[Result]) -> None:
    answered = [row for row in printed if p.answers is not None and row.protocol == p.answers]
    read = [(row, *p.reading_of(row.subset)) for row in answered]
    current = [result for result in results if is_current(result)]
    if len(current) < len(results):
        table.readings.append(
            f"{p.key}: {len(results) - len(current)} stored results with other settings than the present are not shown."
        )
    table.readings += [reading for reading in p.readings if reading not in table.readings]
    known = p.subsets()
    shown = known or tuple(dict.fromkeys(result.job.subset for result in current))
    if p.average and known:
        shown = (*shown, p.average)
        current = [*current, *averages(current, known, p.average)]
    elif p.average and current:
        table.readings.append(f"{p.key}: no average, for want of the data, which say what it is over.")
    for subset in shown:
        here = [result for result in current if result.job.subset == subset]
        theirs = [(row, judgement) for row, run_subset, judgement in read if run_subset == subset]
        for judgement in _shown(p, [judgement for _, judgement in theirs]):
            numbers = [row for row, read_under in theirs if read_under == judgement.name]
            _add_rows(table, p, subset, judgement, numbers, here)


def averages(results: Iterable[Result], subsets: Sequence[str], name: str) -> list[Result]:
    """A result for each method and seed that finished on every subset: the means of their metrics, as subset ``name``.

    A mean over some of the subsets would not be what it is compared with, so there is none.
    """
    runs: dict[tuple[str, int], dict[str, Result]] = {}
    for result in results:
        if not result.failed:
            runs.setdefault((result.job.method, result.job.seed), {})[result.job.subset] = result
    means = []
    for run in runs.values():
        if subsets and set(run) >= set(subsets):
            chosen = [run[subset] for subset in subsets]
            first = chosen[0]
            metrics = {
                judgement: {
                    metric: statistics.fmean(result.metrics[judgement][metric] for result in chosen)
                    for metric, value in judged.items()
                    if isinstance(value, float)
                }
                for judgement, judged in first.metrics.items()
            }
            means.append(replace(first, job=replace(first.job, subset=name), metrics=metrics))
    return means


def _shown(p: Protocol, reported_under: list[str]) -> list[Judgement]:
    """Judgements with reported numbers, and those of another rule at the same share; all where none is reported."""
    if not reported_under:
        return list(p.judgements)
    shares = {judgement.share for judgement in p.judgements if judgement.name in reported_under}
    return [judgement for judgement in p.judgements if judgement.share in shares]


def _add_rows(
    table: Table,
    p: Protocol,
    subset: str,
    judgement: Judgement,
    numbers: list[Reported],
    results: list[Result],
) -> None:
    known = methods()
    ran = list(dict.fromkeys(result.job.method for result in results))
    left = list(ran)
    for printed_name in dict.fromkeys(row.method for row in numbers):
        theirs = {row.metric: row for row in numbers if row.method == printed_name}
        source = next(iter(theirs.values())).source
        meant = [name for name, method in known.items() if method.is_reported_as(source, printed_name)]
        ours = [name for name in meant if name in ran]
        left = [name for name in left if name not in ours]
        for name in ours or [""]:
            shown = printed_name if name in ("", printed_name) else f"{printed_name}: {name}"
            _add_row(table, p, subset, judgement, shown, known.get(name), theirs, _of(results, name))
    for name in left:
        _add_row(table, p, subset, judgement, name, known.get(name), {}, _of(results, name))


def _add_row(
    table: Table,
    p: Protocol,
    subset: str,
    judgement: Judgement,
    shown: str,
    method: Method | None,
    theirs: dict[str, Reported],
    results: list[Result],
) -> None:
    finished = [result for result in results if not result.failed]
    failed = [result for result in results if result.failed]
    judged = [r.metrics[judgement.name] for r in finished if judgement.name in r.metrics]
    notes = []
    if method is not None:
        notes += [table.note(text) for text in (method.footnote,) if text]
        why = method.why(p.run_key, subset)
        if why and finished:
            notes.append(table.note(f"{method.name}: {why}"))
    for message in dict.fromkeys(result.error for result in failed):
        notes.append(table.note(f"failed: {message}"))
    ties = _ties(judged, table.metrics)
    if ties:
        notes.append(table.note(ties))
    values = tuple(
        _value(theirs.get(metric), [float(m[metric]) for m in judged if metric in m])
        for metric in table.metrics
    )
    table.rows.append(
        Row(p.key, p.dataset, subset, judgement.name, shown, values, len(judged), len(failed), tuple(notes))
    )


def _value(printed: Reported | None, ours: list[float]) -> Value:
    percent = [100 * value for value in ours]
    return Value(
        reported=printed.value if printed else None,
        reported_sd=printed.sd if printed else None,
        mean=statistics.fmean(percent) if percent else None,
        sd=statistics.stdev(percent) if len(percent) > 1 else None,
    )


def _ties(judged: Sequence[Mapping[str, Any]], metrics: tuple[str, ...]) -> str:
    """A note where equal energies at the threshold matter: what random flags among them would give."""
    moved = []
    for metric in metrics:
        expected = f"expected_{metric}"
        pairs = [(m[metric], m[expected]) for m in judged if expected in m]
        if pairs and abs(statistics.fmean(e - strict for strict, e in pairs)) * 100 > TIES_SHOWN:
            moved.append(f"{metric} {100 * statistics.fmean(e for _, e in pairs):.2f}")
    if not moved:
        return ""
    return f"Equal energies at the threshold, none flagged; as many as asked for at random give {', '.join(moved)}."


def _of(results: list[Result], name: str) -> list[Result]:
    return [result for result in results if result.job.method == name]


def is_current(result: Result) -> bool:
    """Whether it was run with the present settings and defaults; of a method that is no longer known, any are."""
    job, known = result.job, methods().get(result.job.method)
    if known is None:
        return True
    said = known.said(job.protocol, job.subset)
    return said == job.settings or replace(job, settings=said).identity == job.identity
