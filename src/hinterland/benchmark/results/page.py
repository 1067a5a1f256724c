"""``docs/results.md``: every table the store has results for, with the commands that make it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from hinterland.benchmark.experiments.index import belongs, companions, reported_in, run_keys, suites
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.experiments.suite import Curves
from hinterland.benchmark.results import curves, formats, summary, tables
from hinterland.benchmark.results.compare import collect, compare
from hinterland.benchmark.results.diagram import draw
from hinterland.benchmark.runs.jobs import Result
from hinterland.whole_files import write_atomically

_INTRODUCTION = """# Results

Every number here was made by the commands beside it; none is typed in. *Reported* is what a paper prints, *ours* the
mean and standard deviation over all seeds run, *diff* ours less theirs, in percent points. *failed* counts seeds that
ended in an error; none is left out in silence. A second rule or a companion protocol stands in the same table where
the first flatters. Protocols, and what was read into them where a paper is silent, are below each table.

Written by `hinterland benchmark results`; do not edit.
"""


def write(results: Iterable[Result], output: Path) -> list[Path]:
    """Write the page, and beside it a diagram for each suite over several data sets; the paths written."""
    stored = list(results)
    ran = {result.job.protocol for result in stored}
    single = protocols()
    written = []
    parts = [_INTRODUCTION]
    for name, suite in suites().items():
        if name in single or not ran & {*run_keys(suite), *(p.run_key for p in companions(suite))}:
            continue
        if suite.methods and not {result.job.method for result in stored} & set(suite.methods):
            continue
        parts.append(f"## {suite.title}\n\n{_commands(name, stored)}")
        if reported_in(name):
            parts.append(formats.markdown(tables.build(name, stored)))
        else:
            text, diagram = (
                _drawn(name, suite.curves, stored, output)
                if suite.curves
                else _comparison(name, stored, output)
            )
            parts.append(text)
            written += [diagram] if diagram else []
    parts.append(_versions(stored))
    output.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(output, "\n".join(parts).encode())
    return [output, *written]


def _commands(name: str, results: Sequence[Result]) -> str:
    """The commands that make a table again, with the methods and the number of seeds that it shows."""
    suite = suites()[name]
    lines = []
    for chosen, keys in [(name, run_keys(suite)), *((p.key, {p.run_key}) for p in companions(suite))]:
        jobs = [
            result.job
            for result in results
            if result.job.protocol in keys and belongs(result.job.method, suite)
        ]
        if jobs:
            methods = ",".join(dict.fromkeys(job.method for job in jobs))
            seeds = max(job.seed for job in jobs) + 1
            lines.append(
                f"hinterland benchmark run {chosen} --methods '{methods}' --seeds {seeds} --workers 2"
            )
    shown = "table" if reported_in(name) or suite.curves else "compare"
    lines.append(f"hinterland benchmark {shown} {name}")
    return "```\n" + "\n".join(lines) + "\n```\n"


def _drawn(name: str, chosen: Curves, results: list[Result], output: Path) -> tuple[str, Path | None]:
    """A suite's curves as a figure, then its full table; no figure where no panel has a finished seed."""
    table = tables.build(name, results)
    panels = {title: curves.points(lines, chosen.metric, table) for title, lines in chosen.panels.items()}
    drawn = {title: lines for title, lines in panels.items() if lines}
    figure = output.parent / "images" / f"{name}.svg" if drawn else None
    parts = []
    if figure:
        curves.draw(chosen, drawn, figure)
        parts = [
            f"![{table.title}]({figure.relative_to(output.parent).as_posix()})",
            "Mean over seeds, bars one standard deviation; over several data sets, seeds that finished on every one.",
        ]
    parts += [
        f"Not drawn: {title}, no seed is known to have finished." for title in panels if title not in drawn
    ]
    parts += ["<details><summary>Every data set</summary>", formats.markdown(table), "</details>\n"]
    return "\n\n".join(parts), figure


def _comparison(name: str, results: list[Result], output: Path) -> tuple[str, Path | None]:
    """A suite's summary by method, its tests and its diagram, then its full table."""
    try:
        scores = collect(name, results, "auroc")
    except ValueError as error:
        return f"No comparison: {error}\n\n{formats.markdown(tables.build(name, results))}", None
    comparison = compare(scores)
    lines = [summary.header(), ["---"] * len(summary.header()), *summary.rows(name, comparison, results)]
    parts = [
        f"Mean over {len(scores.datasets)} data sets, ranked by AUROC; F1 under: {summary.rule_of(name)}.",
        "",
    ]
    parts += ["| " + " | ".join(row) + " |" for row in lines]
    diagram = output.parent / "images" / f"{name.replace('/', '-')}-ranks.svg"
    draw(comparison, diagram)
    tests = summary.tests(comparison)
    parts += [
        "",
        f"![Mean ranks and which methods differ]({diagram.relative_to(output.parent).as_posix()})",
        "",
    ]
    parts += [f"{tests[0]}.", "", *(f"- {line.strip()}" for line in tests[1:]), ""]
    parts += [f"- not compared: {reason}" for reason in scores.left_out]
    parts += [
        "",
        "<details><summary>Every data set</summary>",
        "",
        formats.markdown(tables.build(name, results)),
    ]
    return "\n".join([*parts, "</details>", ""]), diagram


def _versions(results: Sequence[Result]) -> str:
    """What the results were made with."""
    lines = ["## Made with", ""]
    for commit in dict.fromkeys(result.commit or "unknown" for result in results):
        own = [result for result in results if (result.commit or "unknown") == commit]
        versions = dict.fromkeys(", ".join(f"{k} {v}" for k, v in sorted(r.versions.items())) for r in own)
        lines += [f"- commit {commit}, {len(own)} results: {text}" for text in versions]
    return "\n".join(lines) + "\n"
