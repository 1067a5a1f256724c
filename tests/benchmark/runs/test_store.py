import errno
import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from hinterland.benchmark.runs import store as store_module
from hinterland.benchmark.runs.jobs import Job, Result
from hinterland.benchmark.runs.store import Store, StoreError, read_scores
from hinterland.benchmark.runs.stored_rows import to_row
from hinterland.errors import FileFormatError

JOB = Job("IF", "quick-one-class", "wine", 0, {"n_estimators": 10})
RESULT = Result(
    JOB,
    metrics={"some rule": {"auroc": 0.1 + 0.2, "flagged": 3}},
    fit_seconds=1.5,
    score_seconds=0.25,
    peak_memory_mb=100.0,
    parameters={"n_estimators": 10},
    warnings=("UserWarning: hm",),
    versions={"python": "3.11"},
    commit="abc",
)
FAILURE = Result(replace(JOB, seed=1), error="ValueError: no", trace="Traceback ...")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.sqlite"


def test_results_come_back_as_they_were(path):
    with Store(path) as store:
        assert store.save(RESULT) == "store"
        assert store.save(FAILURE) == "store"
    assert Store(path).results() == [RESULT, FAILURE]
    assert Store(path).results(["quick-one-class"]) == [RESULT, FAILURE]
    assert Store(path).results(["another"]) == []


def test_finished_counts_failures_unless_told(path):
    store = Store(path)
    store.save(RESULT)
    store.save(FAILURE)
    jobs = [RESULT.job, FAILURE.job, replace(JOB, seed=2)]
    assert store.finished(jobs) == {RESULT.job.id, FAILURE.job.id}
    assert store.finished(jobs, failures=False) == {RESULT.job.id}


def test_a_job_done_again_takes_the_place_of_the_first(path):
    store = Store(path)
    store.save(replace(FAILURE, job=JOB))
    store.save(RESULT)
    assert store.results() == [RESULT]


def test_a_locked_store_loses_nothing(path, caplog):
    store = Store(path, busy_seconds=0.1)
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    assert store.save(RESULT) == "pending"
    assert "locked" in caplog.text
    other.rollback()
    other.close()
    assert Store(path).results() == [RESULT]
    assert list(store.pending_folder.glob("*")) == []


def test_a_lock_at_the_end_of_a_run_is_no_error_and_the_result_waits(path, caplog):
    other = sqlite3.connect(path)
    with Store(path, busy_seconds=0.1) as store:
        other.execute("BEGIN EXCLUSIVE")
        store.save(RESULT)
    assert "waits there" in caplog.text
    other.close()
    assert Store(path).results() == [RESULT]


def test_a_full_disk_holds_results_until_there_is_room(path, monkeypatch, caplog):
    store = Store(path)
    full = True

    def connect(*arguments, **named):
        if full:
            raise sqlite3.OperationalError("database or disk is full")
        return sqlite3_connect(*arguments, **named)

    def write(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    sqlite3_connect = sqlite3.connect
    monkeypatch.setattr(store_module.sqlite3, "connect", connect)
    monkeypatch.setattr(store_module, "_write_whole", write)
    assert store.save(RESULT) == "memory"
    assert "No space left" in caplog.text
    with pytest.raises(StoreError, match="could not be written anywhere") as raised:
        store.close()
    (line,) = str(raised.value).splitlines()[1:]
    assert json.loads(line)["id"] == JOB.id  # even then it can be saved by hand
    full = False
    assert store.save(FAILURE) == "store"
    assert store.results() == [RESULT, FAILURE]
    store.close()


def test_the_line_of_a_result_saved_by_hand_is_merged(path, monkeypatch):
    store = Store(path)
    row = to_row(RESULT)
    store.pending_folder.mkdir()
    (store.pending_folder / f"{JOB.id}.json").write_text(json.dumps(row), encoding="utf-8")
    assert Store(path).results() == [RESULT]


FILLS_ITS_DISK = """
import resource, sys, pathlib
from hinterland.benchmark.runs.store import Store
from hinterland.benchmark.runs.jobs import Job, Result
path = pathlib.Path(sys.argv[1])
store = Store(path)
for seed in range(20):
    store.save(Result(Job("IF", "quick-one-class", "wine", seed), error="filler", trace="x" * 2000))
    if seed == 9:  # no file may grow beyond this: the store's log is full, a small file of its own is not
        limit = max(path.stat().st_size, path.with_name(path.name + "-wal").stat().st_size if
                    path.with_name(path.name + "-wal").exists() else 0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        print("limited", limit, flush=True)
print("pending", len(list(store.pending_folder.glob("*.json"))))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="the system has no limit on file sizes")
def test_a_real_limit_on_file_size_loses_nothing(path):
    done = subprocess.run(
        [sys.executable, "-c", FILLS_ITS_DISK, str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert int(done.stdout.split("pending")[1]) > 0, done.stdout + done.stderr
    assert sorted(result.job.seed for result in Store(path).results()) == list(range(20))


def test_scores_lie_in_a_file_of_their_own(path):
    store = Store(path)
    energy = np.linspace(0, 1, 5)
    store.save(replace(RESULT, scores={"energy": energy}))
    np.testing.assert_array_equal(read_scores(store.scores_path(JOB))["energy"], energy)
    assert [file.name for file in store.scores_folder.iterdir()] == [f"{JOB.id}.npz"]  # no temporary is left


def test_scores_that_cannot_be_written_cost_no_result(path, monkeypatch, caplog):
    def write(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store_module, "write_scores", write)
    store = Store(path)
    assert store.save(replace(RESULT, scores={"energy": np.zeros(2)})) == "store"
    assert "were not written" in caplog.text
    assert store.results() == [RESULT]


def test_a_broken_scores_file_is_named(tmp_path):
    file = tmp_path / "x.npz"
    file.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(FileFormatError, match=r"x\.npz: not a scores file"):
        read_scores(file)


def test_a_file_that_is_no_result_is_reported_and_left(path, caplog):
    store = Store(path)
    store.pending_folder.mkdir()
    stray = store.pending_folder / "stray.json"
    stray.write_text('{"id": "half', encoding="utf-8")
    assert Store(path).results() == []
    assert "stray.json: not a result" in caplog.text
    assert stray.exists()


def test_a_foreign_file_is_refused_and_untouched(path):
    path.write_text("these are not results\n" * 100, encoding="utf-8")
    with pytest.raises(FileFormatError, match="not a result store"):
        Store(path)
    assert path.read_text(encoding="utf-8").startswith("these are not results")


def test_a_newer_format_is_refused(path):
    Store(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(FileFormatError, match="format 99; this version reads up to 1"):
        Store(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot make the result store"):
        Store(tmp_path / "file" / "results.sqlite")


def test_a_store_locked_from_the_start_is_an_error_that_says_so(path):
    Store(path)
    other = sqlite3.connect(path)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("PRAGMA user_version = 1")
    with pytest.raises(StoreError, match=r"locked by another process for 0\.\d seconds"):
        Store(path, busy_seconds=0.1).results()
    other.close()
    assert os.access(path, os.W_OK)


def exported(path, *rows):
    file = path.with_name("rows.jsonl.gz")
    file.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return file


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metrics": "[1"}, "metrics is .* which is no JSON"),
        ({"metrics": '{"rule": {"auroc": [1]}}'}, "metrics holds .* not of its form"),
        ({"settings": "3"}, "settings holds 3"),
        ({"warnings": '"abc"'}, "warnings holds"),
        ({"versions": '{"python": 3}'}, "versions holds"),
        ({"versions": "[" * 5000}, "versions is .* no JSON"),
        ({"seed": "0"}, "seed is '0', expected an integer"),
        ({"seed": 2**70}, "seed is"),
        ({"seed": 1}, "id is .* and that of its job is"),
        ({"fit_seconds": 10**40}, "fit_seconds is 1000"),
        ({"fit_seconds": None}, "fit_seconds is None"),
        ({"fit_seconds": float("nan")}, "fit_seconds is nan"),
        ({"error": 5}, "error is 5, expected text"),
        ({"trace": "\ud800"}, "trace is .* expected text"),
        ({"id": ["x"]}, "id is .* expected text"),
    ],
    ids=str,
)
def test_a_row_that_could_not_be_read_back_is_not_taken_in(path, change, message, caplog):
    row = to_row(RESULT) | change
    store = Store(path)
    store.save(FAILURE)
    good = to_row(replace(RESULT, job=replace(JOB, seed=7)))
    with pytest.raises(FileFormatError, match=rf"rows\.jsonl\.gz: not exported results: line 2: {message}"):
        store.read_in(exported(path, good, row))
    store.pending_folder.mkdir()
    (store.pending_folder / "a.json").write_text(json.dumps(row))
    assert Store(path).results() == [FAILURE]  # nothing of either was taken in
    assert "a.json: not a result" in caplog.text


@pytest.mark.parametrize("row", [[], 3, None, "x", {"id": "x"}], ids=str)
def test_what_is_no_row_at_all(path, row):
    with pytest.raises(FileFormatError, match=r"line 1: a result (is|lacks)"):
        Store(path).read_in(exported(path, row))


def test_a_stored_row_that_cannot_be_read_is_named(path):
    with Store(path) as store:
        store.save(RESULT)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE results SET parameters = '{'")
    connection.commit()
    connection.close()
    with pytest.raises(
        FileFormatError, match=rf"results\.sqlite: the result '{JOB.id}' cannot be read: parameters is"
    ):
        Store(path).results()


def test_a_store_in_a_folder_without_permission_can_be_read(path, monkeypatch):
    with Store(path) as store:
        store.save(RESULT)
    assert not path.with_name("results.sqlite-wal").exists()
    monkeypatch.setattr(
        store_module.os, "access", lambda *_: False
    )  # by hand: they do not bind a container's root
    store = Store(path)
    assert store.read_only
    assert store.results() == [RESULT]
    assert store.export(path.with_name("all.gz")) == 1
    assert sorted(file.name for file in path.parent.iterdir()) == ["all.gz", "results.sqlite"]
    with pytest.raises(StoreError, match="readonly"):
        store.read_in(path.with_name("all.gz"))


def test_a_lock_that_sqlite_refuses_at_once_is_waited_for(path, monkeypatch):
    calls = []

    def work():
        calls.append(1)
        if len(calls) < 3:
            raise sqlite3.OperationalError("database is locked")
        return "done"

    assert Store(path, busy_seconds=5)._patiently(work) == "done"
    store = Store(path, busy_seconds=0.05)
    calls.clear()

    def always():
        raise sqlite3.OperationalError("database is locked")

    with pytest.raises(sqlite3.OperationalError):
        store._patiently(always)
    assert 0.05 <= store._waited < 5


@pytest.mark.slow
def test_new_stores_are_opened_by_several_at_once(path):
    def opened(n):
        barrier.wait(timeout=30)
        return Store(path.with_name(f"{n}.sqlite")).results()

    barrier = threading.Barrier(6)
    with ThreadPoolExecutor(6) as pool:
        for n in range(20):
            assert list(pool.map(opened, [n] * 6)) == [[]] * 6


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"", b"\x93NUMPY\x01\x00\x10\x00{'a': (", b"x" * 100])
def test_damaged_scores_are_one_error(tmp_path, content):
    file = tmp_path / "x.npz"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("energy.npy", content)
    with pytest.raises(FileFormatError, match=r"x\.npz: not a scores file"):
        read_scores(file)
