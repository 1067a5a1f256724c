"""Training, scoring and explaining by every detector beside what a user would pick instead, by rows and columns.

    make bench                             # all: twenty-five minutes of an idle core
    python benchmarks/speed.py --quick     # fewer rows, within three minutes

One thread. Methods take turns, so that figures can be told as ratios of the same turn: to an isolation forest's, and a
detector's own to the matrix products, convolutions and distances that it made, replayed alone on random operands. They
are the processor's seconds, but for files, where reading, scoring and writing may overlap: those are the clock's.

A cell has five turns where these take ten seconds, three where a turn takes up to five, and one where it takes up to
eight. A cell that would take longer is told by the growth of smaller ones in rows and marked as such. Rows are scored
by a model of as many training rows, of 20,000 at most.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy and scikit-learn start their threads

import argparse
import json
import math
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from measure import machine
from products import Products, seconds_of
from speed_methods import YARDSTICK, Method, methods, rows_of, warm_up
from speed_page import write_pages

from hinterland.threads import threads

KEPT = Path(__file__).with_name("speed.json")
COLUMNS, MIDDLE_COLUMNS = (10, 100), 30
FEW, PROBED, MANY, MOST = 1_000, 4_000, 20_000, 500_000
"""Rows. Those that are probed have one turn each, which says how a method grows."""
REACH = 30
"""How many times as many rows as were measured the growth is trusted to."""
EXPLAINED = 256
FILE_ROWS = 50_000


@dataclass
class Cell:
    """Seconds of some work of a method on rows and columns, turn by turn; where ``by_law``, one, from smaller cells."""

    method: str
    work: str
    rows: int
    columns: int
    seconds: list[float] = field(default_factory=list)
    by_law: bool = False
    why_not: str = ""
    forest: list[float] = field(default_factory=list)
    """The yardstick's seconds of the same turns."""


class Bench:
    """Cells by method, work, rows and columns, as they are measured."""

    def __init__(
        self, chosen: dict[str, Method], longest: float, works: tuple[str, ...] = ("train", "score")
    ) -> None:
        self.methods = chosen
        self.works = works
        self.longest = longest
        self.cells: dict[tuple[str, str, int, int], Cell] = {}
        self.models: dict[tuple[str, int], tuple[int, Any]] = {}
        """The model of a method and number of columns that learnt from most rows, and how many these were."""

    def cell(self, method: str, work: str, rows: int, columns: int) -> Cell:
        """The cell of that place, empty at first."""
        return self.cells.setdefault((method, work, rows, columns), Cell(method, work, rows, columns))

    def expected(self, method: str, work: str, rows: int, columns: int) -> float | None:
        """Seconds by the growth of the two largest smaller cells; in proportion to one, and None without any."""
        found = self._smaller(method, work, rows, columns)
        smaller = sorted((c.rows, statistics.median(c.seconds)) for c in found)
        if not smaller:
            return None
        (most, seconds), power = smaller[-1], 1.0
        if len(smaller) > 1:
            fewer, before = smaller[-2]
            power = max(0.0, math.log(seconds / before) / math.log(most / fewer))
        return seconds * (rows / most) ** power

    def _smaller(self, method: str, work: str, rows: int, columns: int) -> list[Cell]:
        """What was measured of the same on fewer rows."""
        return [
            c
            for c in self.cells.values()
            if (c.method, c.work, c.columns) == (method, work, columns)
            and c.rows < rows
            and c.seconds
            and not c.by_law
        ]

    def measure(self, rows: int, columns: int, most_turns: int) -> None:
        """Fit and score in turns; what would take too long is told by the law of growth."""
        table = rows_of(rows, columns)
        for turn in range(most_turns):
            for name in self.methods:
                for work in self.works:
                    cell = self.cell(name, work, rows, columns)
                    if turn == 0 and self._too_long(cell):
                        continue
                    if turn < self._turns(cell, most_turns):
                        cell.seconds.append(self._once(cell, table))
            print(f"{rows:,} x {columns}, turn {turn + 1}: {time.process_time():,.0f} s so far", flush=True)

    def _too_long(self, cell: Cell) -> bool:
        if cell.work == "score" and (cell.method, cell.columns) not in self.models:
            cell.why_not = "no model was trained in time"
            return True
        expected = self.expected(cell.method, cell.work, cell.rows, cell.columns)
        if cell.rows == PROBED and expected is not None:
            expected *= FEW / PROBED  # tried at once, as what trains for a number of steps does not grow
        if expected is None or expected <= self.longest:
            return False
        if cell.rows > REACH * max(
            c.rows for c in self._smaller(cell.method, cell.work, cell.rows, cell.columns)
        ):
            cell.why_not = "what was measured is too far below to say how it grows"
        else:
            cell.seconds, cell.by_law = [expected], True
        return True

    def _turns(self, cell: Cell, most: int) -> int:
        if cell.by_law or cell.why_not:
            return 0
        longest = max(cell.seconds, default=0.0)
        return most if longest <= self.longest / 4 else min(most, 3 if longest <= 0.6 * self.longest else 1)

    def _once(self, cell: Cell, table: np.ndarray) -> float:
        method = self.methods[cell.method]
        if cell.work == "train":
            return timed(lambda: self._keep(cell, method.fit(table)))
        _, model = self.models[cell.method, cell.columns]
        return timed(lambda: method.score(model, table))

    def _keep(self, cell: Cell, model: Any) -> None:
        if cell.rows <= MANY:
            self.models[cell.method, cell.columns] = (cell.rows, model)

    def replay(self, work: str, rows: int, columns: int) -> None:
        """Seconds of the products alone of what the library's own detectors did."""
        table = rows_of(rows, columns)
        for name, method in self.methods.items():
            done = self.cell(name, work, rows, columns)
            if method.library != "hinterland" or done.by_law or not done.seconds:
                continue
            with Products() as products:
                method.fit(table) if work == "train" else method.score(self.models[name, columns][1], table)
            cell = self.cell(name, f"products of {work}", rows, columns)
            cell.seconds = [seconds_of(products.calls) for _ in done.seconds]

    def explain(self, columns: int, most_turns: int) -> None:
        """Contributions of each column for some rows, by the largest model there is."""
        for name, method in self.methods.items():
            if method.explain is None or (name, columns) not in self.models:
                continue
            n_learnt, model = self.models[name, columns]
            cell, table = self.cell(name, "explain", n_learnt, columns), rows_of(EXPLAINED, columns, 2)
            for turn in range(most_turns):
                if turn < self._turns(cell, most_turns):
                    cell.seconds.append(timed(lambda m=method, model=model, t=table: m.explain(model, t)))


def timed(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Seconds that a piece of work takes."""
    started = clock()
    work()
    return clock() - started


def files(names: tuple[str, ...], turns: int) -> Iterator[Cell]:
    """From a file to scores in a file, beside reading alone and scoring alone; seconds of the clock."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    from hinterland.pipeline import table_pipeline
    from hinterland.scoring.table import TableScorer
    from hinterland.tables import open_table, open_writer

    columns = [f"c{j}" for j in range(COLUMNS[0])]
    frame = pd.DataFrame(rows_of(FILE_ROWS, COLUMNS[0]), columns=columns)
    with tempfile.TemporaryDirectory() as folder:
        frame.to_csv(Path(folder, "rows.csv"), index=False)
        pq.write_table(pa.Table.from_pandas(frame), Path(folder, "rows.parquet"))
        for name in names:
            model = table_pipeline(name, random_state=0).fit(frame[:MANY])
            for ending in ("csv", "parquet"):
                path = Path(folder, f"rows.{ending}")

                def read(path: Path = path) -> None:
                    for _ in open_table(path).batches(2**15, columns):
                        pass

                def score(model: Any = model) -> None:
                    model.score_samples(frame)

                def whole(path: Path = path, model: Any = model, ending: str = ending) -> None:
                    scorer = TableScorer(model, open_table(path), keep=[], explained="none")
                    with open_writer(Path(folder, f"scored.{ending}"), scorer.schema) as writer:
                        for batch in scorer.batches():
                            writer.write(batch)

                works = {"read": read, "score of rows": score, f"{ending} to scores": whole}
                cells = {work: Cell(name, f"{ending}: {work}", FILE_ROWS, COLUMNS[0]) for work in works}
                for turn in range(turns + 1):
                    for work, do in works.items():
                        seconds = timed(do, time.perf_counter)
                        if turn:
                            cells[work].seconds.append(seconds)
                yield from cells.values()


def commit() -> str:
    """The commit of the library that is imported, and whether files differ from it."""
    import hinterland

    where = Path(hinterland.__file__).parent
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=8"], cwd=where, capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows and columns, within three minutes")
    parser.add_argument("--own", action="store_true", help="this library's detectors and the forest alone")
    parser.add_argument("--methods", nargs="+", help="these alone, and the forest")
    parser.add_argument("--train", action="store_true", help="training alone")
    parser.add_argument("--update", type=Path, help="such a file, of which what is measured replaces a part")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--longest", type=float, default=8.0, help="seconds that a turn may take")
    parser.add_argument("--save", type=Path, help="write what was measured to this file of JSON")
    parser.add_argument("--before", type=Path, help="such a file of an earlier commit, for a table of both")
    parser.add_argument("--write", action="store_true", help="make docs/speed.md's tables and figures")
    parser.add_argument("--stored", action="store_true", help="measure nothing: show what was kept last")
    arguments = parser.parse_args()
    if arguments.stored:
        found = json.loads(KEPT.read_text())
    else:
        for now in measured(arguments):
            found = {"now": now}
            if arguments.update:
                found = updated(json.loads(arguments.update.read_text()), now)
            if arguments.save:
                arguments.save.write_text(json.dumps(found))  # so far, as it takes a while
    if arguments.before:
        found["before"] = json.loads(arguments.before.read_text())["now"]
    if arguments.write:
        KEPT.write_text(json.dumps(found, indent=None, separators=(",", ":")) + "\n")
    write_pages(found, into_docs=arguments.write)


def measured(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """What is kept, so far and in the end: the machine, the commit, and the cells."""
    everything = methods()
    wanted = set(arguments.methods or everything)
    own = {name for name, method in everything.items() if method.library == "hinterland"}
    wanted = (wanted & own if arguments.own else wanted) | {YARDSTICK}
    chosen = {name: method for name, method in everything.items() if name in wanted}
    longest = min(arguments.longest, 2.5) if arguments.quick else arguments.longest
    turns = min(arguments.turns, 3) if arguments.quick else arguments.turns
    libraries = {name: method.library for name, method in chosen.items()}
    with threads(1):
        for method in chosen.values():
            warm_up(method)
        bench = Bench(chosen, longest, ("train",) if arguments.train else ("train", "score"))
        if arguments.update and arguments.train:  # how methods grow follows from what is known
            for cell in json.loads(arguments.update.read_text())["now"]["cells"]:
                if cell["rows"] == FEW and cell["work"] == "train" and cell["method"] in chosen:
                    bench.cells[cell["method"], "train", FEW, cell["columns"]] = Cell(**cell)
        cells: list[Cell] = []
        for _ in phases(bench, turns, arguments.quick):
            cells = list(bench.cells.values())
            yield kept(cells, libraries)
        if arguments.train:
            return
        for cell in files(tuple(name for name in ("DAGMM", "Surprisal") if name in chosen), turns):
            cells.append(cell)
        yield kept(cells, libraries)


def phases(bench: Bench, turns: int, quick: bool) -> Iterator[None]:
    """Measure a part at a time."""
    for columns in COLUMNS[:1] if quick else COLUMNS:
        if not bench.cells.keys() >= {(name, "train", FEW, columns) for name in bench.methods}:
            bench.measure(FEW, columns, turns)
            yield
        bench.measure(PROBED, columns, 1)
        if "score" in bench.works:
            bench.replay("train", FEW, columns)
        if quick:
            bench.replay("score", PROBED, columns)
        else:
            bench.measure(MANY, columns, turns)
            yield
            bench.replay("score", MANY, columns)
        if "score" in bench.works:
            bench.explain(columns, turns)
            yield
        if not quick:
            bench.measure(MOST, columns, turns)
            yield
    if not quick:
        bench.measure(PROBED, MIDDLE_COLUMNS, 1)
        yield


def kept(cells: list[Cell], libraries: dict[str, str]) -> dict[str, Any]:
    """Cells as they are kept, with where they come from."""
    of_forest = {(c.work, c.rows, c.columns): c.seconds for c in cells if c.method == YARDSTICK}
    for cell in cells:
        cell.forest = of_forest.get((cell.work, cell.rows, cell.columns), [])
    rounded = [asdict(cell) | {k: _digits(getattr(cell, k)) for k in ("seconds", "forest")} for cell in cells]
    return {"machine": machine(), "commit": commit(), "libraries": libraries, "cells": rounded}


def _digits(seconds: list[float]) -> list[float]:
    return [float(f"{s:.4g}") for s in seconds]


def updated(found: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """What was kept, with the cells of another run in place of those of the same method, work and size.

    Ratios stay those of one run, as each cell has the forest's seconds of its own; the forest's own cells stay.
    """

    def place(cell: dict[str, Any]) -> tuple[Any, ...]:
        return cell["method"], cell["work"], cell["rows"], cell["columns"]

    new = {place(cell): cell for cell in now["cells"] if cell["method"] != YARDSTICK and cell["seconds"]}
    old = [cell for cell in found["now"]["cells"] if place(cell) not in new]
    return found | {"now": found["now"] | {"cells": [*old, *new.values()]}}


if __name__ == "__main__":
    main()
