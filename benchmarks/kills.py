"""Kill `hinterland score FOLDER` again and again, at random moments, and look whether anything was torn or lost.

    python benchmarks/kills.py --kills 20

One process that scores a folder, and one of two shards beside the other, are each ended by SIGKILL until there were so
many kills. Each is a process of its own, forked where everything is imported already, so that signals meet scoring and
not the start of Python. The moment is some results more than there were, up to a third of them, and then a random part
of the time that a result takes. A run that ends before the signal is not counted, and a new folder is begun. After each
kill every result that is there must be, byte for byte, what an undisturbed run makes; in the end the command runs once
more without a kill, and all results must be there, the same, with nothing beside them.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

import hinterland.explain
import hinterland.persistence
import hinterland.scoring.folder  # noqa: F401 - before forks
from hinterland.cli import app


def write_tables(folder: Path, n_files: int, n_rows: int) -> None:
    """Tables of random rows, Parquet and CSV in turn, some in a folder of their own."""
    for number in range(n_files):
        random_rows = np.random.default_rng(number).standard_normal((n_rows, 5)).round(4)
        table = pa.table({f"c{j}": random_rows[:, j] for j in range(5)})
        path = folder / f"part={number % 3}" / f"{number}.{'csv' if number % 2 else 'parquet'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        pa.csv.write_csv(table, path) if number % 2 else pq.write_table(table, path)


def started(*command: object) -> int:
    """Fork a process that runs a command; its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        app([str(part) for part in command], standalone_mode=False)
        code = 0
    finally:
        os._exit(code)


def ended(child: int) -> int:
    """Wait for a process; its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def finished(*command: object) -> float:
    """Run a command to its end; seconds."""
    begun = time.perf_counter()
    if status := ended(started(*command)):
        raise SystemExit(f"{command} ended with {status}")
    return time.perf_counter() - begun


def wait_for(child: int, target: Path, n_results: int, more: float) -> None:
    """Wait until there are so many results, or a process has ended, and then some seconds more."""
    while len(results(target, content=False)) < n_results:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return
        time.sleep(0.002)
    time.sleep(more)


def results(folder: Path, *, content: bool = True) -> dict[str, bytes]:
    """Content of each result by name, or none; hidden files and records aside."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if content else b""
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    }


def hidden(folder: Path) -> list[str]:
    """Names of hidden files, which a process leaves that is killed between naming a result and renaming it."""
    return [path.name for path in folder.rglob(".*")]


def killed(
    name: str,
    command: list[object],
    whole: dict[str, bytes],
    place: Path,
    n_kills: int,
    seconds: float,
    *,
    shards: int,
) -> bool:
    """Kill the first of some shards until there were so many kills; whether nothing was torn and all came out."""
    moments, kills, ends, torn, rounds = random.Random(0), 0, 0, 0, 0
    while kills < n_kills:
        target = place / f"{name}-{rounds}"
        rounds += 1
        others = [
            started(*command, "-o", target, "--shard", f"{i}/{shards}", "-q") for i in range(2, shards + 1)
        ]
        while kills < n_kills:
            process = started(*command, "-o", target, "--shard", f"1/{shards}", "-q")
            more = moments.randrange(1 + len(whole) // 3)
            wait_for(process, target, len(results(target, content=False)) + more, moments.random() * seconds)
            os.kill(process, signal.SIGKILL)
            if ended(process) != -signal.SIGKILL:
                ends += 1
                break
            kills += 1
            there = results(target)
            torn += sum(content != whole.get(result) for result, content in there.items())
            print(f"  {name}: kill {kills}, {len(there)} of {len(whole)} results there", flush=True)
        for other in others:
            if ended(other):
                raise SystemExit("a shard that was left alone failed")
        finished(*command, "-o", target, "--shard", f"1/{shards}", "-q")
        same, left = results(target) == whole, hidden(target)
        torn += not same
        print(
            f"{name}: folder {rounds}: all results as undisturbed: {same}; hidden files left: {len(left)}",
            flush=True,
        )
    print(
        f"{name}: {kills} kills in {rounds} folders ({ends} runs ended before the signal), {torn} torn or lost"
    )
    return torn == 0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        tables, model = place / "tables", place / "model.hinterland"
        write_tables(tables, options.files, options.rows)
        finished("fit", tables / "part=0" / "0.parquet", "--save", model, "--detector", "dagmm", "-q")
        command: list[object] = ["score", model, tables, "--explain", "none"]
        seconds = finished(*command, "-o", place / "whole", "-q")
        whole = results(place / "whole")
        print(f"{len(whole)} results in {seconds:.1f} s")
        good = [
            killed("one process", command, whole, place, options.kills, seconds / len(whole), shards=1),
            killed("a shard of two", command, whole, place, options.kills, seconds / len(whole), shards=2),
        ]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
