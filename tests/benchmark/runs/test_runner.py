import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from hinterland.benchmark.results import formats, tables
from hinterland.benchmark.runs import runner
from hinterland.benchmark.runs.grid import grid
from hinterland.benchmark.runs.jobs import Job, run_job
from hinterland.benchmark.runs.store import Store

pytestmark = pytest.mark.slow

METHODS = ["IF", "GMM", "PCA", "5-NN"]
ENDLESS = {"epochs": 10**7, "steps": 0, "validation_share": 0.0}


SEEDS = 4


def quick_jobs(seeds: int = 2) -> list[Job]:
    return grid(["quick-one-class"], METHODS, range(seeds))


def command(path) -> list[str]:
    arguments = [
        "run",
        "quick",
        "--methods",
        ",".join(METHODS),
        "--seeds",
        str(SEEDS),
        "--store",
        str(path),
        "--quiet",
    ]
    return [sys.executable, "-m", "hinterland.benchmark", *arguments]


def table(path) -> str:
    return formats.render(tables.build("quick", Store(path).results()), "csv")


def wait_for_results(path, least: int) -> int:
    """The number of stored results, once there are so many."""
    for _ in range(600):
        if path.exists():
            with contextlib.suppress(Exception):
                stored = len(Store(path).results())
                if stored >= least:
                    return stored
        time.sleep(0.05)
    raise AssertionError(f"no {least} results within half a minute")


def test_a_run_killed_in_the_middle_and_started_again_gives_the_same_table(tmp_path):
    killed, whole = tmp_path / "killed.sqlite", tmp_path / "whole.sqlite"
    jobs = quick_jobs(SEEDS)
    process = subprocess.Popen(command(killed), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    before = wait_for_results(killed, least=2)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    stored = Store(killed).results()
    assert before <= len(stored) < len(jobs), "the kill came too late to show anything"
    again = subprocess.run(command(killed), capture_output=True, text=True, check=True)
    assert (
        f"{len(jobs) - len(stored)} jobs done, 0 of them failed; {len(stored)} were there before"
        in again.stderr
    )
    with Store(whole) as store:
        runner.run(jobs, store, progress=False)
    assert table(killed) == table(whole)
    assert len(table(whole).splitlines()) == 1 + 2 * 2 * 4 * 3  # subsets, judgements, methods, metrics


def test_workers_give_what_a_job_alone_gives_and_finished_jobs_are_not_run_again(tmp_path):
    jobs = quick_jobs(seeds=1)
    with Store(tmp_path / "s.sqlite") as store:
        results = runner.run(jobs, store, workers=2, progress=False, keep_scores=True)
        assert {r.job.id: r.metrics for r in results} == {job.id: run_job(job).metrics for job in jobs}
        assert all(store.scores_path(job).is_file() for job in jobs)
        assert runner.run(jobs, store, workers=2, progress=False) == []


def test_a_failed_job_is_a_result_and_is_retried_only_when_asked(tmp_path):
    job = Job("PCA", "quick-one-class", "wine", 0, {"variance_kept": -1.0})
    with Store(tmp_path / "s.sqlite") as store:
        (result,) = runner.run([job], store, progress=False)
        assert "variance" in result.error or "n_components" in result.error
        assert "Traceback" in result.trace
        assert runner.run([job], store, progress=False) == []
        assert len(runner.run([job], store, progress=False, retry_failed=True)) == 1


def test_a_job_that_takes_too_long_is_stopped_and_the_next_one_runs(tmp_path):
    slow, fast = Job("DAGMM", "quick-one-class", "wine", 0, ENDLESS), Job("PCA", "quick-one-class", "wine", 0)
    with Store(tmp_path / "s.sqlite") as store:
        results = runner.run([slow, fast], store, progress=False, timeout_seconds=4)
    assert [(r.job.method, r.error) for r in results] == [
        ("DAGMM", "TimeoutError: took more than 4 seconds"),
        ("PCA", ""),
    ]


def test_a_worker_that_dies_costs_its_own_job_only(tmp_path, monkeypatch):
    class Dying(runner._Pool):
        def start(self, job, keep_scores):
            super().start(job, keep_scores)
            if job.method == "DAGMM":
                next(worker for worker in self.workers if worker.job is job).process.kill()

    monkeypatch.setattr(runner, "_Pool", Dying)
    dies, fast = Job("DAGMM", "quick-one-class", "wine", 0, ENDLESS), Job("PCA", "quick-one-class", "wine", 0)
    with Store(tmp_path / "s.sqlite") as store:
        first, second = runner.run([dies, fast], store, progress=False)
        assert first.error.startswith("WorkerDiedError: the process of this job was killed by signal 9")
        assert not second.failed
        assert [r.failed for r in store.results()] == [True, False]


def test_no_worker_is_left_when_the_run_is_killed(tmp_path):
    path = tmp_path / "s.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-m", "hinterland.benchmark", "run", "quick", "--methods", "IF,DAGMM", "--store", str(path),
         "--quiet", "--settings", "{}"],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_results(path, least=1)
    children = [int(pid) for pid in _children(process.pid)]
    assert children
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(100):
        if not any(_alive(pid) for pid in children):
            return
        time.sleep(0.1)
    raise AssertionError("workers outlived the run")


def _children(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return file.read().split()
    except OSError:
        pytest.skip("the system does not list a process's children")


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_workers_have_one_thread_and_the_environment_is_put_back(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with runner._environment(runner.ONE_THREAD):
        assert os.environ["OMP_NUM_THREADS"] == os.environ["NUMBA_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_no_workers_is_an_error(tmp_path):
    with (
        Store(tmp_path / "s.sqlite") as store,
        pytest.raises(ValueError, match="workers must be at least 1, got 0"),
    ):
        runner.run([], store, workers=0)


PARENT = """
import multiprocessing, sys, time
from tests_worker import idle
if __name__ == "__main__":
    worker = multiprocessing.get_context("spawn").Process(target=idle, daemon=True)
    worker.start()
    time.sleep(60)
"""
WORKER = """
import ctypes, os, time
from hinterland.benchmark.runs.runner import _end_with_parent
def idle():
    _end_with_parent()
    print(os.getpid(), flush=True)
    ctypes.PyDLL(None).sleep(60)  # holds Python's lock: no thread of this process runs
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread waits for the parent's end")
def test_a_worker_ends_with_its_parent_even_if_python_does_not_get_to_run(tmp_path):
    (tmp_path / "parent.py").write_text(PARENT)
    (tmp_path / "tests_worker.py").write_text(WORKER)
    parent = subprocess.Popen([sys.executable, tmp_path / "parent.py"], stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    time.sleep(0.1)
    parent.kill()
    parent.communicate()
    killed = time.monotonic()
    while os.path.exists(f"/proc/{worker}") and "Z" not in state(worker):
        assert time.monotonic() - killed < 2, "the worker outlives its parent"
        time.sleep(0.01)


def state(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
