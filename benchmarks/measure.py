"""Measuring in turns: figures are ratios of works run in turn, as a shared machine's seconds mean nothing."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch


class Claim(NamedTuple):
    """What a benchmark holds to be true: a name, values of it from several turns, and the bound on their median."""

    name: str
    values: Sequence[float]
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        median = statistics.median(self.values)
        return (self.least is None or median >= self.least) and (self.most is None or median <= self.most)


def machine() -> str:
    """Describe where the figures come from, in a line."""
    return f"{os.cpu_count()} cores, torch {torch.__version__}, {torch.get_num_threads()} thread(s)"


def in_turns(
    works: Mapping[str, Callable[[], object]],
    repeats: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, list[float]]:
    """Seconds of each work, by name: all are run once unmeasured, then one after the other ``repeats`` times.

    Seconds are the processor's unless another clock is given: on one thread these leave out other programs' turns.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for repeat in range(-1, repeats):
        for name, work in works.items():
            started = clock()
            work()
            if repeat >= 0:
                seconds[name].append(clock() - started)
    return seconds


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Ratio of each turn."""
    return [a / b for a, b in zip(above, below, strict=True)]


def report(claims: Sequence[Claim]) -> bool:
    """Print least, median and greatest of each claim's values beside its bound; whether all are met."""
    print(f"{'':<52}{'least':>12}{'median':>12}{'most':>12}  target")
    for claim in claims:
        bounds = ((">=", claim.least), ("<=", claim.most))
        target = " ".join(f"{sign} {bound:,g}" for sign, bound in bounds if bound is not None)
        numbers = (min(claim.values), statistics.median(claim.values), max(claim.values))
        shown = "".join(
            f"{f'{number:,.0f}' if number >= 1000 else f'{number:.3f}':>12}" for number in numbers
        )
        print(f"{claim.name:<52}{shown}  {target}{'' if claim.met else '  MISSED'}")
    return all(claim.met for claim in claims)


def put_table(page: Path, by: str, lines: Sequence[str], name: str = "table") -> None:
    """Put a table in the place of a page's that the script ``by`` makes."""
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: begin, by {by} -->", f"<!-- {name}: end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"{page} has no place for what {by} makes: {begin} ... {end}")
    page.write_text("\n".join([before + begin, *lines, end + after]), encoding="utf-8")
