"""Of all reported numbers, which have one of ours beside them, and why the others have none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any

from hinterland.benchmark.experiments.index import reported_in, suites
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.experiments.reported import Reported
from hinterland.benchmark.results import tables
from hinterland.benchmark.runs.jobs import Result


@dataclass(frozen=True)
class Reason:
    """Why reported numbers have none of ours beside them.

    Attributes
    ----------
    tables : ``source/Table-n``, patterns.
    methods, datasets, subsets : what is printed there, patterns.
    why : a sentence.
    """

    tables: tuple[str, ...]
    why: str
    methods: tuple[str, ...] = ("*",)
    datasets: tuple[str, ...] = ("*",)
    subsets: tuple[str, ...] = ("*",)

    def holds(self, row: Reported) -> bool:
        """Whether it is about this number."""
        return all(
            any(fnmatchcase(value, pattern) for pattern in patterns)
            for value, patterns in (
                (row.table_key, self.tables),
                (row.method, self.methods),
                (row.dataset, self.datasets),
                (row.subset, self.subsets),
            )
        )


@dataclass(frozen=True)
class Covered:
    """A table's reported numbers: how many have ours beside them, and the others by what is said of them."""

    table: str
    heading: str
    printed: int
    ours: int
    reasons: dict[str, int]
    bare: tuple[Reported, ...]

    @property
    def reasoned(self) -> int:
        """How many have a reason instead of ours."""
        return sum(self.reasons.values())


@cache
def reasons() -> tuple[Reason, ...]:
    """All reasons; the first that holds counts."""
    file = resources.files("hinterland.benchmark.experiments").joinpath("printed", "reasons.json")
    entries: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return tuple(
        Reason(why=entry["why"], **{name: tuple(value) for name, value in entry.items() if name != "why"})
        for entry in entries
    )


def coverage(results: Iterable[Result], known: Sequence[Reason] | None = None) -> list[Covered]:
    """Every table of the papers, with what results and reasons (all, where none are given) say of its numbers."""
    stored, known = list(results), reasons() if known is None else known
    found = []
    for name, suite in suites().items():
        printed = reported_in(name)
        if not printed:
            continue
        beside = _beside(name, stored) if suite.protocols else set()
        counts: dict[str, int] = {}
        bare = []
        for row in printed:
            if row in beside:
                continue
            why = next((reason.why for reason in known if reason.holds(row)), None)
            if why is None:
                bare.append(row)
            else:
                counts[why] = counts.get(why, 0) + 1
        ours = sum(row in beside for row in printed)
        found.append(Covered(name, suite.heading, len(printed), ours, counts, tuple(bare)))
    return found


def text(results: Iterable[Result]) -> str:
    """The counts by table and in all, each reason with how many numbers it is about, and the numbers with neither."""
    found = coverage(results)
    printed, ours, reasoned = (
        sum(getattr(c, name) for c in found) for name in ("printed", "ours", "reasoned")
    )
    lines = [
        f"{c.table}: {c.printed} reported, {c.ours} with ours, {c.reasoned} with a reason, {len(c.bare)} with neither"
        for c in found
    ]
    lines.append(
        f"all: {printed} reported, {ours} with ours, {reasoned} with a reason, {printed - ours - reasoned} with neither"
    )
    lines += ["", *(f"{n:4d}  {why}" for why, n in by_reason(found).items())]
    lines += [
        f"neither: {c.table}, {row.method}, {row.dataset} {row.subset}, {row.metric} {row.value:g}"
        for c in found
        for row in c.bare
    ]
    return "\n".join(lines) + "\n"


def by_reason(found: Iterable[Covered]) -> dict[str, int]:
    """How many numbers each reason is about, in the order of the tables."""
    counts: dict[str, int] = {}
    for covered in found:
        for why, n in covered.reasons.items():
            counts[why] = counts.get(why, 0) + n
    return counts


def _beside(name: str, results: list[Result]) -> set[Reported]:
    """The reported numbers of a table that a row of it has one of ours beside."""
    table = tables.build(name, results)
    ours = {
        (row.protocol, row.subset, row.judgement, row.method.split(": ")[0], metric)
        for row in table.rows
        for metric, value in zip(table.metrics, row.values, strict=True)
        if value.difference is not None
    }
    return {
        row
        for row in reported_in(name)
        for p in protocols().values()
        if p.answers == row.protocol and (p.key, *p.reading_of(row.subset), row.method, row.metric) in ours
    }
