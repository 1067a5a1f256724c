"""Peak memory and speed of scoring a large file: `hinterland score` in a process of its own.

    python benchmarks/score_memory.py --rows 10000000 --columns 10

Trains a small model, writes random rows in one row group (the hardest case: a reader that takes a row group at a
time would hold the whole file), and scores them to Parquet or CSV. The figure is the peak resident memory of the
scoring process less that of one which only imports the same modules. ``--help`` lists the options.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

IMPORTS = "import hinterland.cli.application, hinterland.persistence, hinterland.scoring, hinterland.explain"
LIMIT_BYTES = 2**30


def write_rows(path: Path, n_rows: int, n_columns: int, row_group_rows: int) -> None:
    """Random rows in float64, written in slices so that this process stays small as well."""
    random = np.random.default_rng(0)
    names = [f"c{j}" for j in range(n_columns)]
    schema = pa.schema([(name, pa.float64()) for name in names])
    if path.suffix == ".csv":
        with pa.csv.CSVWriter(path, schema) as writer:
            for start in range(0, n_rows, 2**18):
                values = random.standard_normal((min(2**18, n_rows - start), n_columns))
                writer.write_table(pa.table(dict(zip(names, values.T, strict=True)), schema))
        return
    values = [random.standard_normal(n_rows) for _ in names]
    pq.write_table(
        pa.table(dict(zip(names, values, strict=True)), schema), path, row_group_size=row_group_rows
    )


def in_child(function: Callable[..., None], *arguments: object) -> None:
    """Run a function in a process of its own: a process that has been large lends its peak to those it starts."""
    process = multiprocessing.get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{function.__name__} failed")


def peak_bytes(work: str) -> tuple[int, float]:
    """Peak resident memory, in bytes, and seconds of a fresh Python process that does ``work``."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", work], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed with status {os.waitstatus_to_exitcode(status)}: {work}")
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit, time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--detector", default=None, help="default: the recommended one")
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--row-group-rows", type=int, default=None, help="default: the whole file")
    parser.add_argument("--input", choices=["parquet", "csv"], default="parquet")
    parser.add_argument("--output", choices=["parquet", "csv"], default="parquet")
    parser.add_argument("--explain", choices=["flagged", "all", "none"], default="none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table, model = Path(folder, f"rows.{options.input}"), Path(folder, "model.hinterland")
        small, scores = Path(folder, "small.parquet"), Path(folder, f"scores.{options.output}")
        in_child(write_rows, small, 5_000, options.columns, 5_000)
        in_child(write_rows, table, options.rows, options.columns, options.row_group_rows or options.rows)
        chosen = ["--detector", options.detector] if options.detector else []
        run = "from hinterland.cli import app; app({!r})"
        peak_bytes(run.format(["fit", str(small), "--save", str(model), *chosen, "-q"]))
        base, _ = peak_bytes(IMPORTS)
        arguments = [
            "score",
            str(model),
            str(table),
            "-o",
            str(scores),
            "--explain",
            options.explain,
            "--quiet",
        ]
        peak, seconds = peak_bytes(run.format(arguments))
        result = {
            "detector": options.detector or "default",
            "rows": options.rows,
            "columns": options.columns,
            "input_megabytes": table.stat().st_size / 1e6,
            "seconds": seconds,
            "rows_per_second": options.rows / seconds,
            "import_megabytes": base / 1e6,
            "peak_megabytes": peak / 1e6,
            "above_import_megabytes": (peak - base) / 1e6,
            "under_one_gibibyte": peak - base < LIMIT_BYTES,
        }
    print(json.dumps(result, indent=2))
    sys.exit(0 if result["under_one_gibibyte"] else 1)


if __name__ == "__main__":
    main()
