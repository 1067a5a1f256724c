"""The service as a process: it starts, answers, and finishes what is in hand when it is asked to end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hinterland.persistence import save
from hinterland.serve.running import listen

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@pytest.fixture
def process(model: Any, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    save(model, tmp_path / "model.hinterland")
    command = [sys.executable, "-m", "hinterland", "serve", str(tmp_path / "model.hinterland"), "--port", "0"]
    environment = {**os.environ, "HINTERLAND_TOKEN": "secret"}
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert "Serving" in line, line + process.stderr.read()
        yield process, int(line.split("http://127.0.0.1:")[1].split(":")[0])
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_sigterm_finishes_what_is_in_hand(process: Any, rows: Any) -> None:
    server, port = process
    headers = {"authorization": "Bearer secret", "content-type": "application/json"}
    client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", verify=False, trust_env=False, timeout=60)
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/model").status_code == 401
    body = json.dumps(rows).encode()
    half_sent, ends = threading.Event(), threading.Event()

    def slowly() -> Iterator[bytes]:
        yield body[:100]
        half_sent.set()
        ends.wait(30)
        yield body[100:]

    answers = []

    def ask() -> None:
        answers.append(client.post("/score", content=slowly(), headers=headers))

    asking = threading.Thread(target=ask)
    asking.start()
    assert half_sent.wait(30)
    while "requests_in_hand 1.0" not in client.get("/metrics", headers=headers).text:
        time.sleep(0.01)
    server.send_signal(signal.SIGTERM)
    _until_refused(port)
    assert server.poll() is None  # the request is in hand
    ends.set()
    asking.join(30)
    assert answers[0].status_code == 200
    assert len(answers[0].json()["rows"]) == len(rows)
    assert server.wait(30) == 0
    assert "Traceback" not in server.stderr.read()


def _until_refused(port: int) -> None:
    """Wait until nobody listens any more."""
    for _ in range(1_000):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            return
        time.sleep(0.01)
    pytest.fail("it still listens")


def test_a_port_that_is_taken_is_named() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
            listen("127.0.0.1", port)
