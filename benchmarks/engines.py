"""Folders by Ray beside the same without it: speed, memory, kills, and what a fit on a sample costs.

    python benchmarks/engines.py score --rows 1000000 10000000
    python benchmarks/engines.py fit --rows 10000000
    python benchmarks/engines.py kills

``score`` scores made rows of 20 columns in a folder of Parquet files by one process, by two shards in two processes and
by Ray with two workers, and says rows a second of the clock and of the processors' time, and the most memory of all
processes together. ``fit`` fits DAGMM to KDD Cup 1999 and to made rows, by Ray on a sample and sums and on one machine.
``kills`` kills 20 workers, and 20 drivers that are then started again, and compares all results with those of a quiet
run. All of it is in a temporary folder, which is removed. Times are those of whatever else the machine does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.metrics import roc_auc_score

from hinterland import DAGMM, datasets, persistence, score_frame
from hinterland.engines import fitting, folder
from hinterland.engines.folder_shards import FolderShards
from hinterland.pipeline import table_pipeline
from hinterland.scoring.folder import FolderScorer

N_COLUMNS, FILE_ROWS = 20, 250_000
WORKERS, STORE_BYTES = 2, 2**30


def made(n_rows: int, seed: int) -> tuple[pa.Table, np.ndarray]:
    """Rows of ten clusters in 20 columns, two in a hundred of them anomalous, and which these are."""
    random_ = np.random.default_rng(seed)
    shape = np.random.default_rng(0)
    centers, mixing = shape.normal(0, 3, (10, N_COLUMNS)), shape.normal(size=(10, N_COLUMNS, N_COLUMNS))
    which = random_.integers(10, size=n_rows)
    rows = random_.standard_normal((n_rows, N_COLUMNS))
    is_anomaly = random_.random(n_rows) < 0.02
    for k in range(10):
        rows[which == k] = rows[which == k] @ mixing[k] * 0.3 + centers[k]
    rows[is_anomaly] += random_.normal(0, 2.0, (int(is_anomaly.sum()), N_COLUMNS))
    return pa.table({f"c{j}": rows[:, j] for j in range(N_COLUMNS)}), is_anomaly


def write(source: Path, n_rows: int, file_rows: int = FILE_ROWS) -> None:
    source.mkdir(parents=True)
    for number, start in enumerate(range(0, n_rows, file_rows)):
        table, _ = made(min(file_rows, n_rows - start), seed=number + 1)
        pq.write_table(table, source / f"part-{number:04d}.parquet")


class Watch:
    """Processor seconds of this process and all below it, and the most memory of all at once."""

    def __enter__(self) -> Watch:
        self.seconds: dict[int, float] = {}
        self.peak, self._stop = 0.0, threading.Event()
        self._before = {}
        self._look()
        self._before = dict(self.seconds)
        self.peak = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.begun = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self.begun
        self._look()
        self._stop.set()
        self._thread.join()
        self.cpu = sum(self.seconds.values()) - sum(self._before.values())

    def _run(self) -> None:
        while not self._stop.wait(0.5):
            self._look()

    def _look(self) -> None:
        memory = 0.0
        for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
            try:
                spent = process.cpu_times()
                memory += process.memory_full_info().pss
            except psutil.Error:
                continue
            self.seconds[process.pid] = spent.user + spent.system
        self.peak = max(self.peak, memory)


def ray_here() -> Any:
    import ray

    for tries_left in (4, 3, 2, 1, 0):
        try:
            ray.init(
                "local",
                num_cpus=WORKERS,
                object_store_memory=STORE_BYTES,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="ERROR",
            )
            break
        except Exception:  # it waits 30 seconds for its own start, which a busy machine may exceed
            ray.shutdown()
            if not tries_left:
                raise
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hinterland", *arguments]


def score(arguments: argparse.Namespace, place: Path) -> None:
    model = place / "model.hinterland"
    rows, _ = made(20_000, seed=0)
    persistence.save(table_pipeline("DAGMM", random_state=0, steps=300).fit(rows), model)
    for n_rows in arguments.rows:
        source = place / f"rows-{n_rows}"
        write(source, n_rows)
        for kind in ("one process", "two shards", "ray"):
            target = place / f"results-{n_rows}-{kind[:3]}"
            if kind == "ray":
                begun = time.perf_counter()
                ray = ray_here()
                started = time.perf_counter() - begun
            with Watch() as watch:
                if kind == "ray":
                    for outcome in scored(model, source, target):
                        assert outcome.state == "scored", outcome
                else:
                    shards = [[]] if kind == "one process" else [["--shard", "1/2"], ["--shard", "2/2"]]
                    running = [
                        subprocess.Popen(
                            command(
                                "score",
                                str(model),
                                str(source),
                                "-o",
                                str(target),
                                "--explain",
                                "none",
                                "-q",
                                *own,
                            )
                        )
                        for own in shards
                    ]
                    codes = [process.wait() for process in running]
                    assert codes == [0] * len(codes)
            if kind == "ray":
                ray.shutdown()
            print(
                json.dumps(
                    {
                        "rows": n_rows,
                        "by": kind,
                        "seconds": round(watch.wall, 1),
                        "rows_a_second": round(n_rows / watch.wall),
                        "processor_seconds": round(watch.cpu, 1),
                        "rows_a_processor_second": round(n_rows / watch.cpu),
                        "peak_mb": round(watch.peak / 2**20),
                        **({"start_seconds": round(started, 1)} if kind == "ray" else {}),
                    }
                ),
                flush=True,
            )
            remove(target)
        remove(source)


def remove(folder_: Path) -> None:
    import shutil

    shutil.rmtree(folder_)


def scored(model: Path, source: Path, target: Path) -> Any:
    loaded = persistence.load(model)
    return folder.score_folder(FolderScorer(loaded, source, target, explained="none"))


def fit(arguments: argparse.Namespace, place: Path) -> None:
    kdd = datasets.load("kddcup99")
    usual = np.flatnonzero(~kdd.is_anomaly)
    trained = np.zeros(len(kdd.is_anomaly), bool)
    trained[np.random.default_rng(0).permutation(usual)[: len(usual) // 2]] = True
    table = pa.Table.from_pandas(kdd.table, preserve_index=False).replace_schema_metadata(None)
    source = place / "kdd"
    source.mkdir()
    rows = table.filter(pa.array(trained))
    for number, start in enumerate(range(0, rows.num_rows, 50_000)):
        pq.write_table(rows.slice(start, 50_000), source / f"part-{number}.parquet")
    compare("KDD Cup 1999", source, table.filter(pa.array(~trained)), kdd.is_anomaly[~trained], arguments)
    for n_rows in arguments.rows:
        source = place / f"fit-{n_rows}"
        write(source, n_rows)
        compare(f"{n_rows:,} made rows", source, *made(200_000, seed=10**6), arguments)
        remove(source)


def compare(
    name: str, source: Path, test: pa.Table, truth: np.ndarray, arguments: argparse.Namespace
) -> None:
    files = sorted(source.iterdir())

    def model() -> Any:
        return table_pipeline("DAGMM", random_state=arguments.seed, contamination=0.02)

    def by_ray() -> Any:
        ray = ray_here()
        try:
            return fitting.fit(FolderShards(source, ray=ray), model())
        finally:
            ray.shutdown()

    def in_turn() -> Any:
        return fitting.fit(FolderShards(source), model())

    def one_machine() -> Any:
        return model().fit(pa.concat_tables([pq.read_table(file) for file in files]))

    kinds: dict[str, Callable[[], Any]] = {"ray": by_ray, "in turn": in_turn, "one machine": one_machine}
    fitted = {}
    for kind in arguments.kinds:
        with warnings.catch_warnings(), Watch() as watch:
            warnings.simplefilter("ignore")
            found = kinds[kind]()
        fitted[kind] = found
        energy = score_frame(found, test, keep=[], explained="none")["energy"].to_numpy()
        line = {"data": name, "by": kind, "seconds": round(watch.wall, 1), "cpu": round(watch.cpu, 1)}
        line |= {"peak_mb": round(watch.peak / 2**20), "auroc": round(100 * roc_auc_score(truth, energy), 2)}
        line |= {"threshold": round(-float(found[-1].offset_), 4)}
        if kind == "in turn" and "ray" in fitted:
            one, other = (fitted[k][-1].model_.density for k in ("ray", "in turn"))
            line["largest_difference_to_ray"] = max(
                float((getattr(one, part) - getattr(other, part)).abs().max())
                for part in ("weights", "means", "factors")
            )
        print(json.dumps(line), flush=True)


def digests(target: Path) -> dict[str, str]:
    """Of each result its content; a torn one would not be read."""
    found = {}
    for file in sorted(target.glob("*.parquet")):
        content = pq.read_table(file)
        assert content.num_rows
        found[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def kills(arguments: argparse.Namespace, place: Path) -> None:
    model, source = place / "model.hinterland", place / "rows"
    rows, _ = made(20_000, seed=0)
    persistence.save(DAGMM(random_state=0, steps=200, n_references=0).fit(rows.to_pandas()), model)
    write(source, arguments.files * 50_000, 50_000)
    quiet = place / "quiet"
    list(FolderScorer(persistence.load(model), source, quiet, explained="none").run())
    expected = digests(quiet)
    assert len(expected) == arguments.files
    ray = ray_here()
    try:
        killed, runs, same = 0, 0, 0
        while killed < arguments.kills:
            target = place / f"workers-{runs}"
            ended = threading.Event()
            count = [0]
            killer = threading.Thread(
                target=kill_workers, args=(ended, count, arguments.kills - killed), daemon=True
            )
            killer.start()
            states = [outcome.state for outcome in scored(model, source, target)]
            ended.set()
            killer.join()
            killed, runs = killed + count[0], runs + 1
            same += states == ["scored"] * len(states) and digests(target) == expected and not hidden(target)
            print(
                json.dumps({"workers_killed": killed, "runs": runs, "runs_with_the_same_results": same}),
                flush=True,
            )
        address, killed, runs, same, target = (
            ray.get_runtime_context().gcs_address,
            0,
            0,
            0,
            place / "driver-0",
        )
        while killed < arguments.kills:
            driver = subprocess.Popen(
                command("score", str(model), str(source), "-o", str(target), "--explain", "none", "-q")
                + ["--engine", "ray", "--address", address],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            n_before = n_results(target)
            while driver.poll() is None and n_results(target) <= n_before:
                time.sleep(0.02)
            time.sleep(random.random())
            if driver.poll() is None:
                driver.send_signal(signal.SIGKILL)
                driver.wait()
                killed += 1
                digests(target)
                continue
            assert driver.returncode == 0
            runs, same = runs + 1, same + (digests(target) == expected)
            target = place / f"driver-{runs}"
        assert not subprocess.run(
            command("score", str(model), str(source), "-o", str(target), "--explain", "none", "-q"),
            check=False,
        ).returncode
        runs, same = runs + 1, same + (digests(target) == expected and not hidden(target))
        print(
            json.dumps({"drivers_killed": killed, "runs": runs, "runs_with_the_same_results": same}),
            flush=True,
        )
    finally:
        ray.shutdown()


def hidden(target: Path) -> list[Path]:
    """Files that are no results, left by what was killed."""
    return [file for file in target.rglob(".*") if file.is_file()]


def n_results(target: Path) -> int:
    return len(list(target.glob("*.parquet"))) if target.is_dir() else 0


def kill_workers(ended: threading.Event, count: list[int], most: int) -> None:
    """Kill a worker of this process's own cluster that scores a file, again and again."""
    while not ended.wait(random.uniform(0.5, 2.0)) and count[0] < most:
        busy = []
        for process in psutil.Process().children(recursive=True):
            try:
                if process.name().startswith("ray::_score_one") or "ray::_score_one" in " ".join(
                    process.cmdline()
                ):
                    busy.append(process)
            except psutil.Error:
                continue
        if busy:
            os.kill(random.choice(busy).pid, signal.SIGKILL)
            count[0] += 1


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("score", "fit", "kills"))
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000, 10_000_000])
    parser.add_argument("--kinds", nargs="+", default=["ray", "in turn", "one machine"])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hinterland-") as place:
        {"score": score, "fit": fit, "kills": kills}[arguments.what](arguments, Path(place))


if __name__ == "__main__":
    main()
