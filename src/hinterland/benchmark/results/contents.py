"""``docs/results.md``: one line a table, how much of it is run, and how far ours is from what is reported."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from hinterland.benchmark.experiments.index import reported_in, run_keys, suites
from hinterland.benchmark.experiments.reported import provenance
from hinterland.benchmark.experiments.suite import Suite
from hinterland.benchmark.results import tables
from hinterland.benchmark.results.coverage import Covered, by_reason, coverage
from hinterland.benchmark.results.formats import NOTHING
from hinterland.benchmark.results.tables import is_current
from hinterland.benchmark.runs.jobs import Result

_INTRODUCTION = """# Results

Every number on these pages was made by the commands beside it; none is typed in. *Reported* is what a paper prints,
*ours* the mean and standard deviation over all seeds run, *diff* ours less theirs, in percent points. *failed* counts
seeds that ended in an error; none is left out in silence. A second rule or a companion protocol stands in the same
table where the first flatters. Protocols, and what was read into them where a paper is silent, are below each table;
commits and versions at each page's end. What the numbers say, in words: [findings.md](findings.md).

Written by `hinterland benchmark results` from `benchmarks/results.jsonl.gz`; do not edit.
"""


def text(pages: Mapping[str, Sequence[Suite]], results: Sequence[Result], output: Path) -> str:
    """The contents in Markdown.

    Parameters
    ----------
    pages : the suites that each page shows.
    results : of any protocols.
    output : the file that the text is for; its pages lie in the folder of its name without the ending.
    """
    on_pages = {suite.name for shown in pages.values() for suite in shown}
    folder = output.with_suffix("").name
    parts = [_INTRODUCTION]
    found = coverage(results)
    covered = {table.table: table for table in found}
    for source, about in provenance()["sources"].items():
        lines = [
            _reported_line(
                suite, covered[suite.name], results, f"{folder}/{source}.md" if suite.name in on_pages else ""
            )
            for suite in suites().values()
            if suite.paper == source and reported_in(suite.name)
        ]
        header = "| table | numbers reported | ours beside | median difference, and range | seeds |"
        parts += [f"## {about['title']}\n", header, "| --- " * 5 + "|", *lines, ""]
    others = [
        _other_line(suite, results, f"{folder}/{page}.md")
        for page, shown in pages.items()
        for suite in shown
        if not reported_in(suite.name)
    ]
    if others:
        header = "| what | data sets | methods | seeds | failed |"
        parts += ["## Other comparisons\n", header, "| --- " * 5 + "|", *others, ""]
    printed, ours = (sum(getattr(table, name) for table in found) for name in ("printed", "ours"))
    why = [f"- {n}: {reason}" for reason, n in by_reason(found).items()]
    bare = sum(len(table.bare) for table in found)
    parts += [
        "## Reported numbers without ours\n",
        f"Of {printed} reported numbers {ours} have ours beside them.\n",
    ]
    parts += [*why, *([f"- {bare}: not run."] if bare else []), ""]
    parts.append(
        "Differences are over all numbers with ours beside them, those of baselines too. A table without a link is not "
        "run: its protocol is not built, or its data are not at hand.\n"
    )
    return "\n".join(parts)


def _reported_line(suite: Suite, covered: Covered, results: Sequence[Result], page: str) -> str:
    """How many of a paper's numbers have one of ours beside them, and how far apart they are.

    A number that stands beside two protocols counts once, and both differences from it are there.
    """
    if not page:
        return f"| {suite.heading} | {covered.printed} | 0 | {NOTHING} | {NOTHING} |"
    rows = tables.build(suite.name, results).rows
    # A variant of ours stands below the method that it varies, and is not counted again.
    first = {
        (row.protocol, row.subset, row.judgement, row.method.split(":")[0]): row for row in reversed(rows)
    }
    differences = [v.difference for row in first.values() for v in row.values if v.difference is not None]
    apart = NOTHING
    if differences:
        median, least, most = statistics.median(differences), min(differences), max(differences)
        apart = f"{median:+.1f} ({least:+.1f} to {most:+.1f})"
    own = tables.belonging(suite, results)
    seeds = _seeds([result for result in own if result.job.protocol in run_keys(suite)])
    counts = f"{covered.printed} | {covered.ours}"
    return f"| {_linked(suite, page, suite.heading)} | {counts} | {apart} | {seeds} |"


def _other_line(suite: Suite, results: Sequence[Result], page: str) -> str:
    own = [result for result in tables.belonging(suite, results) if is_current(result)]
    sets = len({(result.job.protocol, result.job.subset) for result in own})
    methods = len({result.job.method for result in own})
    failed = sum(result.failed for result in own)
    return f"| {_linked(suite, page, suite.title)} | {sets} | {methods} | {_seeds(own)} | {failed} |"


def _seeds(results: Sequence[Result]) -> str:
    """How many seeds the methods have: a number, or the fewest and the most."""
    by_method: dict[str, set[int]] = {}
    for result in results:
        by_method.setdefault(result.job.method, set()).add(result.job.seed)
    counts = sorted({len(seeds) for seeds in by_method.values()})
    return NOTHING if not counts else str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _linked(suite: Suite, page: str, text: str) -> str:
    """A link to the suite's heading on its page, whose anchor is made as GitHub makes it."""
    anchor = re.sub(r"[^\w\- ]", "", suite.heading.lower()).replace(" ", "-")
    return f"[{text}]({page}#{anchor})"
