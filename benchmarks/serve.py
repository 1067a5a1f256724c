"""`hinterland serve` under load: none lost, malformed requests named, memory flat.

    python benchmarks/serve.py                # 2,000 requests from 16 clients, then 500 malformed ones
    python benchmarks/serve.py --soak 10      # both kinds at once for ten minutes, and memory every ten seconds

The default detector, fitted on a synthetic table, in a process of its own; clients are threads of this one, on the same
machine, so that they take processor time from it. ``--check`` fails where a target is missed.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

CLIENTS, ROWS, COLUMNS = 16, 10, 8
TOKEN = "benchmark"
HUGE_BYTES = 100 * 2**20
JSON, CSV, ARROW = "application/json", "text/csv", "application/vnd.apache.arrow.stream"
MOST_GROWTH = 1.10
"""What memory may grow by: from the first third of a soak to its last, and in the second half of malformed requests."""


class Question(NamedTuple):
    """A request: what it is, its body and its headers."""

    kind: str
    body: bytes | Callable[[], Iterator[bytes]]
    headers: dict[str, str]
    query: str = ""


class Server:
    """The service as a process."""

    def __init__(self, model: Path) -> None:
        environment = {**os.environ, "HINTERLAND_TOKEN": TOKEN}
        command = [sys.executable, "-m", "hinterland", "serve", str(model), "--port", "0"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        if not found:
            raise SystemExit(f"it did not start: {line}{self.process.stderr.read()}")
        self.port = int(found[1])

    def megabytes(self, field: str = "VmRSS") -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) / 1e3  # type: ignore[index]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


class Client:
    """A client with a connection that it keeps."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, question: Question) -> tuple[int, dict[str, Any] | bytes]:
        """Status and answer."""
        for first in (True, False):  # a connection that was kept may have been closed in the meantime
            new = self._connection is None
            self._connection = self._connection or http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=120
            )
            body = question.body if isinstance(question.body, bytes) else question.body()
            headers = {"Authorization": f"Bearer {TOKEN}", **question.headers}
            try:
                self._connection.request("POST", f"/score{question.query}", body, headers)
                response = self._connection.getresponse()
                content = response.read()
            except (OSError, http.client.HTTPException):
                self._connection.close()
                self._connection = None
                if new or not first:
                    raise
                continue
            is_json = (response.getheader("content-type") or "").startswith(JSON)
            return response.status, json.loads(content) if is_json else content
        raise AssertionError


def table(n_rows: int) -> pd.DataFrame:
    """Numbers, a category and a time."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        generator.normal(size=(n_rows, COLUMNS - 2)), columns=[f"c{j}" for j in range(COLUMNS - 2)]
    )
    frame["service"] = generator.choice(["http", "ftp", "smtp"], n_rows)
    frame["when"] = (pd.Timestamp("2024-05-01") + pd.to_timedelta(np.arange(n_rows) * 7, unit="min")).astype(
        str
    )
    return frame


def arrow(rows: pa.Table, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(rows)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def good(rows: pd.DataFrame) -> list[Question]:
    """The same rows in each form."""
    bodies = {
        JSON: rows.to_json(orient="records").encode(),
        CSV: rows.to_csv(index=False).encode(),
        ARROW: arrow(pa.Table.from_pandas(rows, preserve_index=False)),
    }
    return [Question(kind, body, {"Content-Type": kind}) for kind, body in bodies.items()]


def huge() -> Iterator[bytes]:
    block = b" " * 2**20
    for _ in range(HUGE_BYTES // len(block)):
        yield block


def malformed(rows: pd.DataFrame, *, with_huge: bool) -> list[Question]:
    """One of each kind of what a service must not take."""
    records = rows.to_dict(orient="records")
    plain = json.dumps(records).encode()
    stream = arrow(pa.Table.from_pandas(rows, preserve_index=False))
    of_json, of_csv, of_arrow = ({"Content-Type": kind} for kind in (JSON, CSV, ARROW))

    def changed(**values: Any) -> bytes:
        return json.dumps([*records[:-1], {**records[-1], **values}]).encode()

    broken = bytearray(stream)
    for place in random.Random(0).sample(range(len(broken)), len(broken) // 4):
        broken[place] ^= 0xFF
    questions = [
        Question("text for a number", changed(c0="high"), of_json),
        Question("several types in a column", changed(c0=True), of_json),
        Question("a nested value", changed(c0=[1]), of_json),
        Question("NaN", changed(c0=float("nan")), of_json),
        Question("infinity", changed(c0=float("inf")), of_json),
        Question("no time", changed(when="yesterday"), of_json),
        Question("a column more in one row", changed(more=1), of_json),
        Question("wrong columns", json.dumps([{"x": 1}]).encode(), of_json),
        Question("a list of another length", b"[[1, 2]]", of_json),
        Question("no list", b'{"rows": 1}', of_json),
        Question("JSON cut short", plain[:-9], of_json),
        Question("deep JSON", b"[" * 200_000, of_json),
        Question("deep objects", b'{"a":' * 200_000, of_json),
        Question("no text", b"\xff\xfe\x00\x01" * 50, of_json),
        Question("too many rows", json.dumps([records[0]] * 10_001).encode(), of_json),
        Question("an empty body", b"", of_json),
        Question("no media type", plain, {"Content-Type": "text/plain"}),
        Question("a packed body", plain, {**of_json, "Content-Encoding": "gzip"}),
        Question("wrong token", plain, {**of_json, "Authorization": "Bearer wrong"}),
        Question("a bad parameter", plain, of_json, "?reasons=none"),
        Question("an unknown parameter", plain, of_json, "?file=/etc/passwd"),
        Question("CSV with other columns", b"a,b\n1,2\n", of_csv),
        Question("CSV of uneven rows", b"a,b\n1\n1,2,3\n", of_csv),
        Question("CSV without end of quote", b'c0,c1\n"1,2\n', of_csv),
        Question("CSV of one long line", b'"' * 2_000_000, of_csv),
        Question("CSV packed", b"\x1f\x8b" + bytes(100), of_csv),
        Question("CSV of two million columns", b"," * 2_000_000, of_csv),
        Question("no Arrow", b"nonsense" * 20, of_arrow),
        Question("Arrow broken", bytes(broken), of_arrow),
        Question("Arrow cut short", stream[: len(stream) // 2], of_arrow),
        Question("Arrow packed", arrow(pa.table({"c0": np.zeros(10**6)}), compression="zstd"), of_arrow),
    ]
    if with_huge:
        questions += [
            Question("100 MB, by its length", huge, {**of_json, "Content-Length": str(HUGE_BYTES)}),
            Question("100 MB, in chunks", huge, of_json),
        ]
    return questions


class Outcome(NamedTuple):
    """A request's end: what it was, its status (0 where it was lost), the name of its error and its seconds."""

    kind: str
    status: int
    error: str
    seconds: float
    n_rows: int


def ask_all(port: int, questions: Iterator[Question], clients: int = CLIENTS) -> tuple[list[Outcome], float]:
    """Ask all questions by some clients at once; outcomes and seconds of the whole."""
    outcomes: list[Outcome] = []
    lock = threading.Lock()

    def work() -> None:
        client = Client(port)
        while True:
            with lock:
                question = next(questions, None)
            if question is None:
                return
            started = time.perf_counter()
            try:
                status, said = client.ask(question)
            except (OSError, http.client.HTTPException, ValueError) as error:
                status, said = 0, {"error": type(error).__name__}
            seconds = time.perf_counter() - started
            fields = said if isinstance(said, dict) else {}
            with lock:
                n_rows = int(fields.get("n_rows", 0))
                outcomes.append(Outcome(question.kind, status, str(fields.get("error", "")), seconds, n_rows))

    started = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes, time.perf_counter() - started


def milliseconds(outcomes: list[Outcome]) -> str:
    seconds = np.array([outcome.seconds for outcome in outcomes]) * 1e3
    p50, p99 = np.percentile(seconds, [50, 99])
    return f"p50 {p50:,.0f} ms, p99 {p99:,.0f} ms, longest {seconds.max():,.0f} ms"


def load(server: Server, rows: pd.DataFrame, n: int) -> bool:
    """Good requests: all are answered, with all their rows."""
    list(ask_all(server.port, itertools.islice(itertools.cycle(good(rows)), 3 * CLIENTS)))  # warm
    outcomes, seconds = ask_all(server.port, itertools.islice(itertools.cycle(good(rows)), n))
    lost = sum(outcome.status != 200 or outcome.n_rows != len(rows) for outcome in outcomes)
    print(f"{n:,} requests of {len(rows)} rows, {CLIENTS} clients: {lost} lost; {milliseconds(outcomes)};")
    print(f"  {n / seconds:,.0f} requests a second, {n * len(rows) / seconds:,.0f} rows a second")
    for kind in (JSON, CSV, ARROW):
        print(f"  {kind}: {milliseconds([outcome for outcome in outcomes if outcome.kind == kind])}")
    return not lost


def bad(server: Server, rows: pd.DataFrame, n: int) -> bool:
    """Malformed requests: each a 4xx with a name, and memory flat."""
    questions = malformed(rows, with_huge=True)
    before = server.megabytes()
    asked = itertools.cycle(questions)
    outcomes, _ = ask_all(server.port, itertools.islice(asked, n // 2))
    halfway = server.megabytes()
    outcomes += ask_all(server.port, itertools.islice(asked, n - n // 2))[0]
    after, most = server.megabytes(), server.megabytes("VmHWM")
    wrong = [outcome for outcome in outcomes if not 400 <= outcome.status < 500 or not outcome.error]
    print(f"{n:,} malformed requests of {len(questions)} kinds: {len(wrong)} not a 4xx with a name;")
    print(
        f"  memory {before:,.0f} MB before, {halfway:,.0f} halfway, {after:,.0f} after all, {most:,.0f} at most"
    )
    kinds = Counter((outcome.kind, outcome.status, outcome.error) for outcome in outcomes)
    for (kind, status, error), count in sorted(kinds.items(), key=lambda entry: entry[0][1:]):
        print(f"  {status} {error:<20} {kind} ({count})")
    return not wrong and after <= MOST_GROWTH * halfway


def soak(server: Server, rows: pd.DataFrame, minutes: float) -> bool:
    """Good requests, explained ones and malformed ones at once, for some minutes: memory bounded."""
    explained = [question._replace(query="?reasons=3") for question in good(rows)]
    kinds = [*good(rows), *explained, *malformed(rows, with_huge=False)] + 3 * good(rows.iloc[:3])
    end = time.monotonic() + 60 * minutes
    drawn = random.Random(0)
    questions = iter(lambda: drawn.choice(kinds) if time.monotonic() < end else None, None)
    memory: list[float] = []

    def watch() -> None:
        while time.monotonic() < end:
            memory.append(server.megabytes())
            time.sleep(10)

    watching = threading.Thread(target=watch)
    watching.start()
    outcomes, seconds = ask_all(server.port, questions)
    watching.join()
    bad_kinds = {question.kind for question in malformed(rows, with_huge=False)}
    wrong = [
        outcome
        for outcome in outcomes
        if (outcome.status != 200 if outcome.kind not in bad_kinds else not 400 <= outcome.status < 500)
    ]
    third = max(1, len(memory) // 3)
    first, last = np.mean(memory[:third]), np.mean(memory[-third:])
    print(
        f"{minutes:g} minutes, {len(outcomes):,} requests, {CLIENTS} clients: {len(wrong)} without their due answer;"
    )
    print(f"  {milliseconds(outcomes)}; {len(outcomes) / seconds:,.0f} requests a second")
    print(
        f"  memory {first:,.0f} MB in the first third, {last:,.0f} MB in the last, {max(memory):,.0f} MB at most"
    )
    for outcome in wrong[:10]:
        print(f"  {outcome}")
    return not wrong and last <= MOST_GROWTH * first


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--malformed", type=int, default=500)
    parser.add_argument("--soak", type=float, default=0, metavar="MINUTES")
    parser.add_argument(
        "--model", type=Path, default=None, help="of these columns; one is fitted if it is not there"
    )
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = options.model or Path(folder, "model.hinterland")
        rows = table(2_000)
        if not model.exists():
            rows.to_csv(Path(folder, "rows.csv"), index=False)
            fit = [
                sys.executable,
                "-m",
                "hinterland",
                "fit",
                f"{folder}/rows.csv",
                "--save",
                str(model),
                "-q",
            ]
            subprocess.run(fit, check=True)
        server = Server(model)
        try:
            print(f"the service, started: {server.megabytes():,.0f} MB")
            met = [
                load(server, rows.iloc[:ROWS], options.requests) if options.requests else True,
                bad(server, rows.iloc[:ROWS], options.malformed) if options.malformed else True,
                soak(server, rows.iloc[:ROWS], options.soak) if options.soak else True,
            ]
            status = server.end()
            print(f"SIGTERM: ended with {status}")
            met.append(status == 0)
        finally:
            server.process.kill()
    sys.exit(1 if options.check and not all(met) else 0)


if __name__ == "__main__":
    main()
