"""Mutated files against all that reads them: each gives a result or one documented error, in bounded memory and time.

    python benchmarks/fuzz.py --models 10000 --tables 2000 --stores 1000

A model file either loads, and gives every row a finite energy, or raises FileFormatError. A table is encoded and
scored, or raises TableError or another ValueError. A store takes exported rows and pending files that it can give back,
or raises FileFormatError or StoreError. What fails is printed with its number and kept with ``--keep``. The same seed
gives the same files. ``tests/fuzz`` runs the first few hundred.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import importlib.util
import io
import json
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hinterland.benchmark.results.tables import build
from hinterland.benchmark.runs.store import Store, StoreError
from hinterland.errors import FileFormatError, HinterlandError
from hinterland.persistence import describe, load
from hinterland.preprocessing import TabularEncoder
from hinterland.scoring.table import TableScorer
from hinterland.tables import open_table, open_writer

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "tests" / "persistence" / "files"
SECONDS, BYTES = 20.0, 2**30
"""What one file may take."""

_spec = importlib.util.spec_from_file_location("mutations", Path(__file__).with_name("mutations.py"))
assert _spec is not None
assert _spec.loader is not None
mutations = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(mutations)


class TooSlowError(Exception):
    """A file took more than its seconds."""


@contextlib.contextmanager
def bounded(seconds: float = SECONDS, n_bytes: int = BYTES) -> Iterator[None]:
    """Raise TooSlowError after so many seconds, and MemoryError where so many bytes more are asked for."""

    def stop(*_: object) -> None:
        raise TooSlowError(f"more than {seconds:g} seconds")

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGALRM, stop)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + n_bytes, limits[1]))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def told(error: Exception) -> str:
    """The outcome of a documented error: its message is of some length and does not steer a terminal."""
    text = str(error)
    if len(text) > 5_000 or any(character < " " and character not in "\n\t" for character in text):
        raise RuntimeError(f"a message of {len(text)} characters, or with control characters: {text[:200]!r}")
    return "refused"


# What the models in tests/persistence/files were fitted to; see test_old_files.py there.
ROWS = np.sin(np.outer(np.arange(1, 61), [1.0, 2.3, 3.7, 0.2]))


def mixed_table() -> pd.DataFrame:
    n = len(ROWS)
    table = pd.DataFrame(
        {
            "amount": np.round(np.exp(2 * ROWS[:, 0]), 3),
            "count": np.arange(n) % 7,
            "service": ["http" if i % 3 else "ftp" for i in range(n)],
            "flag": [i % 4 == 0 for i in range(n)],
            "when": pd.date_range("2024-01-01", periods=n, freq="7h"),
        }
    )
    table["gap"] = table["amount"].where(table["count"] > 2)
    table["long"] = [f"c{i % 5}" for i in range(n)]
    return table


class Models:
    """Mutated model files: loaded, described, scored with."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mutated.hinterland"
        self.files = {file.stem: file.read_bytes() for file in sorted(MODELS.glob("*.hinterland"))}
        self.rows: dict[str, Any] = {
            "table": mixed_table(),
            "dagmm": pd.DataFrame(ROWS, columns=list("abcd")),
            "pictures": np.arange(160, dtype=np.uint8).reshape(10, 4, 4),
        }
        self.expected = {name: self._scores(load(MODELS / f"{name}.hinterland"), name) for name in self.files}

    def make(self, rng: random.Random) -> bytes:
        self.name = rng.choice(sorted(self.files))
        return mutations.of_model(self.files[self.name], rng)

    def outcome(self, content: bytes) -> str:
        self.path.write_bytes(content)
        with contextlib.suppress(FileFormatError):
            json.dumps(describe(self.path))
        try:
            loaded = load(self.path)
        except FileFormatError as error:
            return told(error)
        try:
            scores = self._scores(loaded, self.name)
        except ValueError as error:
            # What the rows do not fit is no fault of the file's: other names or numbers of columns than they have.
            if any(
                words in str(error) for words in ("columns should match", "each picture is", "feature names")
            ):
                return "of other columns"
            raise RuntimeError(f"loaded, and does not score: {error}") from error
        assert np.isfinite(scores).all(), "loaded, and scores NaN or infinity"
        same = scores.shape == self.expected[self.name].shape and np.allclose(
            scores, self.expected[self.name]
        )
        return "the same" if same else "another"

    def _scores(self, loaded: Any, name: str) -> np.ndarray:
        rows = self.rows.get(name, ROWS)
        how = "score_samples" if hasattr(loaded, "score_samples") else "transform"
        return np.asarray(getattr(loaded, how)(rows))


class Tables:
    """Mutated tables: scored by a model that knows the table, and encoded afresh."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = load(MODELS / "table.hinterland")
        csv, parquet = io.StringIO(), io.BytesIO()
        mixed_table().to_csv(csv, index=False)
        mixed_table().to_parquet(parquet)
        self.csv, self.parquet = csv.getvalue().encode(), parquet.getvalue()

    def make(self, rng: random.Random) -> bytes:
        self.suffix = rng.choice([".csv", ".csv", ".parquet"])
        return (
            mutations.of_csv(self.csv, rng)
            if self.suffix == ".csv"
            else mutations.of_parquet(self.parquet, rng)
        )

    def outcome(self, content: bytes) -> str:
        path = self.folder / f"mutated{self.suffix}"
        path.write_bytes(content)
        return f"scored: {self._tried(self._score, path)}, encoded: {self._tried(self._encode, path)}"

    def _tried(self, work: Callable[[Path], None], path: Path) -> str:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                work(path)
        except (HinterlandError, ValueError) as error:
            return told(error)
        return "done"

    def _score(self, path: Path) -> None:
        scorer = TableScorer(self.model, open_table(path))
        with open_writer(self.folder / "scores.csv", scorer.schema) as writer:
            for batch in scorer.batches():
                assert np.isfinite(batch[scorer.names["energy"]].to_numpy()).all(), "an energy is not finite"
                writer.write(batch)

    def _encode(self, path: Path) -> None:
        rows = open_table(path).read()
        matrix = TabularEncoder().fit(rows).transform(rows)
        assert np.isfinite(matrix).all(), "an encoded row is not finite"


class Stores:
    """Exported results and pending files, mutated: imported, and what was taken in is read and made a table of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        lines = gzip.decompress((ROOT / "benchmarks" / "results.jsonl.gz").read_bytes()).decode().splitlines()
        self.rows = [json.loads(line) for line in lines[:: len(lines) // 50]]
        self.n = 0
        whole = folder / "whole.sqlite"
        with gzip.open(folder / "whole.jsonl.gz", "wb") as stream:
            stream.write("\n".join(json.dumps(row) for row in self.rows[:20]).encode())
        with Store(whole) as store:
            store.read_in(folder / "whole.jsonl.gz")
        self.database = whole.read_bytes()

    def make(self, rng: random.Random) -> bytes:
        self.way = rng.choice(["import", "pending", "database"])
        if self.way == "database":
            return mutations.of_bytes(self.database, rng)
        content = json.dumps(mutations.of_row(rng.choice(self.rows), rng)).encode()
        if self.way == "import":
            content = gzip.compress(content + b"\n", mtime=0)
        return mutations.of_bytes(content, rng) if rng.random() < 0.3 else content

    def outcome(self, content: bytes) -> str:
        self.n += 1
        with contextlib.redirect_stderr(io.StringIO()):
            try:
                return f"{self.way}: {getattr(self, f'_{self.way}')(content)}"
            except (FileFormatError, StoreError) as error:
                return f"{self.way}: {told(error)}"

    def _import(self, content: bytes) -> str:
        exported = self.folder / "mutated.jsonl.gz"
        exported.write_bytes(content)
        store = Store(self.folder / f"store{self.n % 8}.sqlite")
        try:
            return "taken" if store.read_in(exported) else "there already"
        finally:
            self._use(store)

    def _pending(self, content: bytes) -> str:
        path = self.folder / f"store{self.n % 8}.sqlite"
        file = Store(path).pending_folder / "0123456789abcdef.json"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        self._use(Store(path))
        left = file.exists()
        file.unlink(missing_ok=True)
        return "left" if left else "taken"

    def _database(self, content: bytes) -> str:
        path = self.folder / "mutated.sqlite"
        for ending in ("", "-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        path.write_bytes(content)
        self._use(Store(path))
        return "read"

    def _use(self, store: Store) -> None:
        """Read all that is in a store, as ``benchmark table`` does."""
        results = store.results()
        json.dumps([str(result.job) for result in results])
        store.export(self.folder / "again.jsonl.gz")
        if self.n % 50 == 0:
            build("adbench", results)


KINDS: dict[str, Callable[[Path], Any]] = {"models": Models, "tables": Tables, "stores": Stores}


def fuzz(
    kind: str, n: int, folder: Path, *, seed: int = 0, keep: Path | None = None
) -> tuple[Counter[str], dict[int, str], float]:
    """Try n mutated files of a kind: counts of outcomes, what went wrong by number, and the slowest's seconds."""
    subject = KINDS[kind](folder)
    counts: Counter[str] = Counter()
    wrong: dict[int, str] = {}
    slowest = 0.0
    for number in range(n):
        content = subject.make(random.Random(f"{seed} {kind} {number}"))
        started = time.perf_counter()
        try:
            with bounded():
                counts[subject.outcome(content)] += 1
        except Exception as error:
            counts["WRONG"] += 1
            wrong[number] = f"{type(error).__name__}: {str(error)[:500]}"
            if keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{kind}-{number}").write_bytes(content)
        slowest = max(slowest, time.perf_counter() - started)
    return counts, wrong, slowest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for kind, default in (("models", 10_000), ("tables", 2_000), ("stores", 1_000)):
        parser.add_argument(f"--{kind}", type=int, default=default, help="how many mutated files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for files that something went wrong with")
    arguments = parser.parse_args()
    failed = False
    for kind in KINDS:
        n = getattr(arguments, kind)
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            counts, wrong, slowest = fuzz(kind, n, Path(folder), seed=arguments.seed, keep=arguments.keep)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{kind}: {n:,} files in {time.perf_counter() - started:.0f} s, the slowest {slowest:.1f} s, "
            f"peak of the process {peak:,.0f} MB"
        )
        for outcome, count in counts.most_common():
            print(f"  {count:6,}  {outcome}")
        for number, what in wrong.items():
            print(f"  number {number}: {what}")
        failed = failed or bool(wrong)
    sys.exit(failed)


if __name__ == "__main__":
    main()
