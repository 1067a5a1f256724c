"""``docs/results/``: a page a paper, with every table that the store has results for and the commands that make it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from hinterland.benchmark.experiments.index import companions, reported_in, run_keys, suites
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.experiments.reported import provenance
from hinterland.benchmark.experiments.suite import Curves, Suite
from hinterland.benchmark.results import against, contents, curves, formats, summary, tables
from hinterland.benchmark.results.compare import collect, compare
from hinterland.benchmark.results.diagram import draw
from hinterland.benchmark.results.tables import is_current
from hinterland.benchmark.runs.jobs import Result
from hinterland.whole_files import write_atomically

_INTRODUCTION = """How to read these tables, and all others: [contents]({contents}). What holds and what does not, in
words: [findings]({findings}).

Written by `hinterland benchmark results`; do not edit.
"""


def write(results: Iterable[Result], output: Path, only: Sequence[str] = ()) -> list[Path]:
    """Write the pages into the folder named as ``output``, which is their contents, without its ending.

    Diagrams of suites over several data sets are written into ``images`` beside ``output``.

    Parameters
    ----------
    results : of any protocols.
    output : the Markdown file of the contents, such as ``docs/results.md``.
    only : names of pages; empty for all, and the contents.

    Returns
    -------
    list of Path
        What was written: the contents, then pages and their diagrams.

    Raises
    ------
    ValueError
        ``output`` does not end in ``.md``, or there is no page of a name in ``only``.
    """
    if output.suffix != ".md":
        raise ValueError(f"the contents of the results must end in .md, got {output}")
    stored = sorted(results, key=lambda r: (r.job.protocol, r.job.subset, r.job.method, r.job.seed))
    found = pages(stored)
    if unknown := set(only) - set(found):
        raise ValueError(
            f"no page of results is called {', '.join(sorted(unknown))}; there are: {', '.join(found)}"
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    written = []
    for name, shown in found.items():
        if not only or name in only:
            path = output.with_suffix("") / f"{name}.md"
            path.parent.mkdir(exist_ok=True)
            text, diagrams = _page(name, shown, stored, path, output)
            write_atomically(path, text.encode())
            written += [path, *diagrams]
    if only:
        return written
    write_atomically(output, contents.text(found, stored, output).encode())
    return [output, *written]


def pages(results: Sequence[Result]) -> dict[str, list[Suite]]:
    """The suites that there is something to show of, by the page that they stand on."""
    ran = {result.job.protocol for result in results}
    found: dict[str, list[Suite]] = {}
    for name, suite in suites().items():
        if name in protocols() or not ran & {*run_keys(suite), *(p.run_key for p in companions(suite))}:
            continue
        if suite.methods and not {result.job.method for result in results} & set(suite.methods):
            continue
        found.setdefault(suite.page, []).append(suite)
    return found


def _page(
    name: str, shown: Sequence[Suite], stored: list[Result], path: Path, output: Path
) -> tuple[str, list[Path]]:
    """A page's text, and the diagrams written for it."""
    sources = provenance()["sources"]
    title = sources[name]["title"] if name in sources else shown[0].title
    parts = [
        f"# {title}\n",
        _INTRODUCTION.format(
            contents=_link(output, path), findings=_link(output.with_name("findings.md"), path)
        ),
    ]
    diagrams = []
    for suite in shown:
        parts.append(f"## {suite.heading}\n\n{_commands(suite.name, stored)}")
        if reported_in(suite.name):
            parts.append(formats.markdown(tables.build(suite.name, stored)))
            continue
        if suite.curves:
            text, figure = _drawn(suite.name, suite.curves, stored, path, output)
        else:
            text, figure = _comparison(suite.name, stored, path, output)
        parts.append(text)
        diagrams += [figure] if figure else []
    own = {id(result): result for suite in shown for result in tables.belonging(suite, stored)}
    parts.append(_versions([result for result in own.values() if is_current(result)]))
    return "\n".join(parts), diagrams


def _commands(name: str, results: Sequence[Result]) -> str:
    """The commands that make a table again, with the methods and the number of seeds that it shows."""
    suite = suites()[name]
    own = tables.belonging(suite, results)
    lines = []
    for chosen, keys in [(name, run_keys(suite)), *((p.key, {p.run_key}) for p in companions(suite))]:
        jobs = [result.job for result in own if result.job.protocol in keys]
        if jobs:
            methods = ",".join(dict.fromkeys(job.method for job in jobs))
            seeds = max(job.seed for job in jobs) + 1
            lines.append(
                f"hinterland benchmark run {chosen} --methods '{methods}' --seeds {seeds} --workers 2"
            )
    shown = "table" if reported_in(name) or suite.curves else "compare"
    lines.append(f"hinterland benchmark {shown} {name}")
    return "```\n" + "\n".join(lines) + "\n```\n"


def _drawn(
    name: str, chosen: Curves, results: list[Result], page: Path, output: Path
) -> tuple[str, Path | None]:
    """A suite's curves as a figure, then its full table; no figure where no panel has a finished seed."""
    table = tables.build(name, results)
    measured = tables.build(name, results, chosen.metrics)
    panels = {title: curves.by_metric(lines, measured) for title, lines in chosen.panels.items()}
    drawn = {title: found for title, found in panels.items() if any(found.values())}
    figure = output.parent / "images" / f"{name}.svg" if drawn else None
    parts = []
    if figure:
        curves.draw(chosen, drawn, figure)
        parts = [
            f"![{table.title}]({_link(figure, page)})",
            "Mean over seeds, bars one standard deviation; over several data sets, seeds that finished on every one.",
        ]
    parts += [
        f"Not drawn: {title}, no seed is known to have finished." for title in panels if title not in drawn
    ]
    parts += ["<details><summary>Every data set</summary>", formats.markdown(table), "</details>\n"]
    return "\n\n".join(parts), figure


def _comparison(name: str, results: list[Result], page: Path, output: Path) -> tuple[str, Path | None]:
    """A suite's summary by method, its tests and its diagram, then its full table."""
    try:
        scores = collect(name, results, "auroc")
    except ValueError as error:
        beside, table = against.markdown(name, results), formats.markdown(tables.build(name, results))
        return f"No comparison: {error}\n\n{beside}{table}", None
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
        f"![Mean ranks and which methods differ]({_link(diagram, page)})",
        "",
    ]
    parts += [f"{tests[0]}.", "", *(f"- {line.strip()}" for line in tests[1:]), ""]
    parts += [f"- not compared: {reason}" for reason in scores.left_out]
    parts += [
        "",
        *([beside] if (beside := against.markdown(name, results)) else []),
        "<details><summary>Every data set</summary>",
        "",
        formats.markdown(tables.build(name, results)),
    ]
    return "\n".join([*parts, "</details>", ""]), diagram


def _link(target: Path, page: Path) -> str:
    """A file's place as a page links it."""
    return Path(os.path.relpath(target, page.parent)).as_posix()


def _versions(results: Sequence[Result]) -> str:
    """What the results were made with."""
    lines = ["## Made with", ""]
    for commit in dict.fromkeys(result.commit or "unknown" for result in results):
        own = [result for result in results if (result.commit or "unknown") == commit]
        versions = dict.fromkeys(", ".join(f"{k} {v}" for k, v in sorted(r.versions.items())) for r in own)
        lines += [f"- commit {commit}, {len(own)} results: {text}" for text in versions]
    return "\n".join(lines) + "\n"
