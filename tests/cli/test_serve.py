"""`hinterland serve`, up to where it serves; `tests/serve/test_running.py` has the rest."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hinterland.serve import running
from hinterland.serve.running import listen


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the command would serve."""
    found: dict[str, Any] = {}

    def serve(app: Any, limits: Any, listening: Any, *, on_start: Any) -> None:
        found.update(app=app, limits=limits, port=listening.getsockname()[1])
        listening.close()
        on_start()

    monkeypatch.setattr(running, "serve", serve)
    monkeypatch.delenv("HINTERLAND_TOKEN", raising=False)
    before = signal.getsignal(signal.SIGTERM)
    yield found
    signal.signal(signal.SIGTERM, before)


def test_a_model_is_served_with_the_limits_that_were_given(run: Any, model: Path, asked: Any) -> None:
    options = [
        "--port",
        0,
        "--most-rows",
        7,
        "--most-bytes",
        900,
        "--seconds",
        2,
        "--workers",
        1,
        "--waiting",
        3,
    ]
    result = run("serve", model, *options)
    assert result.exit_code == 0, result.stderr
    limits = asked["limits"]
    assert (limits.rows, limits.body_bytes, limits.seconds) == (7, 900, 2)
    assert (limits.at_once, limits.waiting) == (1, 3)
    assert f"Serving {model} on http://127.0.0.1:{asked['port']}: POST /score" in result.stderr
    assert "whoever reaches" not in result.stderr
    assert result.stdout == ""


def test_an_address_that_others_reach_without_a_token_is_said(
    run: Any, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "whoever reaches 0.0.0.0 may ask" in run("serve", model, "--port", 0, "--host", "0.0.0.0").stderr
    monkeypatch.setenv("HINTERLAND_TOKEN", "secret")
    result = run("serve", model, "--port", 0, "--host", "0.0.0.0")
    assert (result.exit_code, "whoever reaches" in result.stderr) == (0, False)
    assert "secret" not in result.stderr


@pytest.mark.parametrize("token", ["", "two words"])
def test_a_bad_token_is_an_error(run: Any, model: Path, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("HINTERLAND_TOKEN", token)
    result = run("serve", model, "--port", 0)
    assert (result.exit_code, "HINTERLAND_TOKEN" in result.stderr) == (1, True)


def test_a_file_that_is_no_model_and_a_port_that_is_taken_are_errors(
    run: Any, model: Path, folder: Path
) -> None:
    result = run("serve", folder / "visits.csv", "--port", 0)
    assert (result.exit_code, "visits.csv" in result.stderr) == (1, True)
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        result = run("serve", model, "--port", port)
    assert (result.exit_code, f"127.0.0.1:{port}: Address already in use" in result.stderr) == (1, True)
    assert run("serve", model, "--port", 70_000).exit_code == 2


def test_without_the_extra_it_says_what_to_install(
    run: Any, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "hinterland.serve.running")
    monkeypatch.delattr("hinterland.serve.running")
    result = run("serve", model)
    assert result.exit_code == 1
    assert "needs the package 'uvicorn'" in result.stderr
    assert "pip install 'hinterland[serve]'" in result.stderr
