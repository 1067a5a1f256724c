"""How fast a CSV file is read whole, against pyarrow's own reader with its guesses of types, in one process.

    python benchmarks/reading_speed.py --rows 1000000

Writes a clean table (numbers with gaps, integers, text, booleans, times) and prints processor seconds, the least of
some tries, and their ratio.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from hinterland.tables import open_table

TARGET = 1.3


def write_rows(path: Path, n_rows: int) -> None:
    random = np.random.default_rng(0)
    columns: dict[str, object] = {f"x{j}": random.normal(size=n_rows).round(4) for j in range(6)}
    columns["count"] = random.integers(0, 1000, n_rows)
    columns["service"] = random.choice(["alpha", "beta", "gamma"], n_rows)
    columns["flag"] = random.random(n_rows) < 0.3
    seconds = pd.to_timedelta(random.integers(0, 30 * 86_400, n_rows), "s")
    columns["when"] = pd.Timestamp("2024-01-01") + seconds
    table = pd.DataFrame(columns)
    table.loc[::50, "x0"] = np.nan
    table.to_csv(path, index=False)


def least_seconds(works: Sequence[Callable[[], object]], n_tries: int) -> list[float]:
    """Processor seconds of each, the works run in turn."""
    found: list[list[float]] = [[] for _ in works]
    for _ in range(n_tries):
        for work, seconds in zip(works, found, strict=True):
            start = time.process_time()
            work()
            seconds.append(time.process_time() - start)
    return [min(seconds) for seconds in found]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--check", action="store_true", help="fail where the ratio is above the target")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        write_rows(path, asked.rows)
        options = pa.csv.ReadOptions(use_threads=False, block_size=2 * 2**20)
        parsing = pa.csv.ParseOptions(newlines_in_values=True)
        ours, arrow = least_seconds(
            [lambda: open_table(path).read(), lambda: pa.csv.read_csv(path, options, parsing)], asked.tries
        )
        size = path.stat().st_size / 1e6
    print(f"{size:.0f} MB: pyarrow {arrow:.2f} s, hinterland {ours:.2f} s, ratio {ours / arrow:.2f}")
    if asked.check and ours > TARGET * arrow:
        raise SystemExit(f"reading takes more than {TARGET} times pyarrow's time")


if __name__ == "__main__":
    main()
