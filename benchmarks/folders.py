"""Rows a second and peak memory of `hinterland score FOLDER -o FOLDER`, in one process and in shards beside each other.

    python benchmarks/folders.py --rows 1000000 10000000 100000000

Fits DAGMM on 20 columns, makes Parquet files of a million rows each in a temporary folder, where the disk has room for
them, and scores them. Seconds are by the clock and include the start of each process; shards start together, and the
last to end counts. On a machine that others use too, rows a second of the processors' own time say more: a process
spends it on these rows alone. The load before each run is printed. ``--keep all`` passes the table's columns on.
Everything that was made is removed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_A_FILE, COLUMNS, BYTES = 1_000_000, 20, 4
SPARE = 5 * 2**30
"""Bytes of disk that are to stay free."""
RUN = "from hinterland.cli import app; app({!r})"


class Measured(NamedTuple):
    """Seconds by the clock of all processes together, of their processors, and the largest one's peak in bytes."""

    seconds: float
    processor: float
    peak: int


def write_file(path: Path, n_rows: int, seed: int) -> None:
    """Random rows in float32, in row groups of 100,000, two in a thousand of them odd."""
    random = np.random.default_rng(seed)
    names = [f"c{j}" for j in range(COLUMNS)]
    with pq.ParquetWriter(path, pa.schema([(name, pa.float32()) for name in names])) as writer:
        for start in range(0, n_rows, 100_000):
            values = random.standard_normal((min(100_000, n_rows - start), COLUMNS), np.float32)
            values[::500] += 6
            writer.write_table(pa.table(dict(zip(names, values.T, strict=True))))


def check_disk(folder: Path, n_rows: int, keep: str) -> bool:
    """Whether tables, results and ``SPARE`` find room."""
    needed = n_rows * COLUMNS * BYTES * (2 if keep == "all" else 1) + n_rows * 12 + SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        print(
            f"{n_rows:,} rows: left out, as they need {needed / 1e9:.0f} GB of disk and {free / 1e9:.0f} are free"
        )
    return free >= needed


def measured(commands: list[list[str]]) -> Measured:
    """Run commands beside each other, each in a process of its own."""
    begun = time.perf_counter()
    processes = [subprocess.Popen([sys.executable, "-c", RUN.format(command)]) for command in commands]
    peak, processor = 0, 0.0
    for process in processes:
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"failed with status {os.waitstatus_to_exitcode(status)}")
        processor += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
    return Measured(time.perf_counter() - begun, processor, peak)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--shards", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--keep", choices=["none", "all"], default="none")
    parser.add_argument("--detector", default="dagmm")
    parser.add_argument("--folder", default=None, help="where to make the data; default: the system's own")
    options = parser.parse_args()
    print(
        f"{os.cpu_count()} cores; {options.detector}, {COLUMNS} float32 columns, --keep {options.keep} --explain none"
    )
    print("| rows | processes | seconds | rows a second | rows a processor second | peak MB | load before |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        folder = Path(place)
        write_file(folder / "train.parquet", 20_000, 0)
        model = str(folder / "model.hinterland")
        measured(
            [["fit", str(folder / "train.parquet"), "--save", model, "--detector", options.detector, "-q"]]
        )
        tables, n_files = folder / "tables", 0
        tables.mkdir()
        for n_rows in sorted(options.rows):
            if not check_disk(folder, n_rows - n_files * ROWS_A_FILE, options.keep):
                continue
            for number in range(n_files, -(-n_rows // ROWS_A_FILE)):
                write_file(tables / f"{number:05}.parquet", ROWS_A_FILE, number + 1)
            n_files = -(-n_rows // ROWS_A_FILE)
            for shards in options.shards:
                load, results = os.getloadavg()[0], folder / "results"
                command = ["score", model, str(tables), "-o", str(results), "--keep", options.keep]
                command += ["--explain", "none", "-q"]
                of = [[*command, "--shard", f"{i + 1}/{shards}"] for i in range(shards)]
                found = measured(of)
                n_scored = sum(pq.read_metadata(path).num_rows for path in results.glob("*.parquet"))
                assert n_scored == n_files * ROWS_A_FILE, n_scored
                shutil.rmtree(results)
                speed, of_processor = n_scored / found.seconds, n_scored / found.processor
                print(
                    f"| {n_scored:,} | {shards} | {found.seconds:.1f} | {speed:,.0f} | {of_processor:,.0f} "
                    f"| {found.peak / 1e6:.0f} | {load:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
