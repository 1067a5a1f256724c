from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hinterland.engines.folder import score_folder
from hinterland.scoring.folder import FolderScorer


@pytest.fixture
def source(parts: list[pa.Table], tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for number, part in enumerate(parts):
        pq.write_table(part, tmp_path / "in" / f"{number}.parquet")
    return tmp_path / "in"


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("*.parquet")}


@pytest.fixture
def expected(model: Any, source: Path, tmp_path: Path) -> dict[str, bytes]:
    list(FolderScorer(model, source, tmp_path / "plain").run())
    return contents(tmp_path / "plain")


@pytest.mark.slow
def test_results_are_those_of_one_process_and_are_there_the_next_time(
    ray: Any, model: Any, source: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    (source / "broken.parquet").write_bytes(b"PAR1 and no more")
    found = {outcome.name: outcome for outcome in score_folder(FolderScorer(model, source, tmp_path / "out"))}
    assert found.pop("broken.parquet").state == "failed"
    assert {outcome.state for outcome in found.values()} == {"scored"}
    assert contents(tmp_path / "out") == expected
    (tmp_path / "out/2.parquet").unlink()
    again = score_folder(FolderScorer(model, source, tmp_path / "out"))
    states = {outcome.name: outcome.state for outcome in again}
    assert states == dict.fromkeys(states, "there") | {"2.parquet": "scored", "broken.parquet": "failed"}
    assert contents(tmp_path / "out") == expected


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes end otherwise here")
def test_a_worker_that_is_killed_changes_nothing(
    ray: Any, model: Any, source: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    psutil = pytest.importorskip("psutil")
    killed: list[int] = []

    def kill() -> None:
        ends = time.monotonic() + 60
        while not killed and time.monotonic() < ends:
            for process in psutil.Process().children(recursive=True):
                if "ray::_score_one" in " ".join(process.cmdline()):
                    os.kill(process.pid, signal.SIGKILL)
                    killed.append(process.pid)
                    return
            time.sleep(0.01)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    outcomes = list(score_folder(FolderScorer(model, source, tmp_path / "out", explained="flagged")))
    killer.join()
    assert killed
    assert {outcome.state for outcome in outcomes} == {"scored"}
    assert contents(tmp_path / "out") == expected


def test_no_task_selects_over_the_folder(rows: pa.Table, model: Any, source: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray, of the extra 'ray', is not installed")
    from hinterland.decide import calibrate

    scorer = FolderScorer(calibrate(model, rows.slice(500, 500)), source, tmp_path / "out", fdr=0.1)
    with pytest.raises(ValueError, match="select without an engine"):
        next(score_folder(scorer))
    assert not (tmp_path / "out").exists()
