"""Run jobs in 1 to n processes, each with one thread, and store every result as it comes.

Workers are fresh processes that do one job after another. Only this process writes to the store. If it is killed,
the workers notice and end; if a worker is killed, its job is stored as failed and another worker takes its place.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hinterland.benchmark.runs import environment
from hinterland.benchmark.runs.jobs import Job, Result, run_job
from hinterland.benchmark.runs.store import Store
from hinterland.printable import printable

ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "NUMBA_NUM_THREADS",
    ),
    "1",
)

PR_SET_PDEATHSIG = 1
"""Of Linux: a signal for when the parent is gone, however long a native call holds Python's lock."""


def run(
    jobs: Sequence[Job],
    store: Store,
    *,
    workers: int = 1,
    keep_scores: bool = False,
    retry_failed: bool = False,
    timeout_seconds: float | None = None,
    progress: bool = True,
) -> list[Result]:
    """Do the jobs that the store has no result for; results in the order they finished.

    Parameters
    ----------
    jobs : from ``hinterland.benchmark.runs.grid.grid``.
    store : where finished jobs are found and results go.
    workers : processes.
    keep_scores : write the energies of each job to a file beside the store.
    retry_failed : do failed jobs again.
    timeout_seconds : a job that takes longer is stopped and stored as failed.
    progress : a bar on stderr.

    Raises
    ------
    ValueError
        ``workers`` is not at least 1.
    StoreError
        In the end some results could be written nowhere; its message holds them.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    jobs = store.in_kept_words(jobs)
    done = store.finished(jobs, failures=not retry_failed)
    waiting = deque(job for job in dict.fromkeys(jobs) if job.id not in done)
    results: list[Result] = []
    with (
        tempfile.TemporaryDirectory(prefix="hinterland-") as memory,
        _bar(len(set(jobs)), len(done), progress) as advance,
        _Pool(min(workers, len(waiting))) as pool,
    ):
        while waiting or pool.busy:
            while waiting and pool.idle:
                pool.start(waiting.popleft(), {"keep_scores": keep_scores, "memory": memory})
            for result in pool.collect(timeout_seconds):
                store.save(result)
                results.append(result)
                advance(result)
    store.close()
    return results


class _Worker:
    """One process and the pipe to it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        with _environment(ONE_THREAD):
            self.process.start()
        theirs.close()
        self.job: Job | None = None
        self.ready = False  # it has imported what it needs
        self.started = 0.0

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class _Pool:
    """Workers; each has at most one job at a time, so that a death or a time limit costs one job."""

    def __init__(self, size: int) -> None:
        self.workers = [_Worker() for _ in range(size)]

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.stop()

    @property
    def idle(self) -> bool:
        return any(worker.job is None for worker in self.workers)

    @property
    def busy(self) -> bool:
        return any(worker.job is not None for worker in self.workers)

    def start(self, job: Job, options: dict[str, Any]) -> None:
        worker = next(worker for worker in self.workers if worker.job is None)
        worker.job, worker.started = job, time.monotonic()
        try:
            worker.pipe.send((job, options))
        except OSError:
            return  # it died while idle; ``collect`` finds out

    def collect(self, timeout_seconds: float | None) -> Iterator[Result]:
        """Wait for a result, a death or a time limit; yield what came of the jobs concerned."""
        working = [worker for worker in self.workers if worker.job is not None]
        ready = wait([worker.pipe for worker in working], timeout=1.0)
        for worker in working:
            job = worker.job
            assert job is not None
            seconds = time.monotonic() - worker.started
            if worker.pipe in ready:
                result = self._receive(worker, job, seconds)
                if result is not None:
                    yield result
            elif worker.ready and timeout_seconds is not None and seconds > timeout_seconds:
                self._replace(worker)
                yield _failed(job, f"TimeoutError: took more than {timeout_seconds:g} seconds", seconds)

    def _receive(self, worker: _Worker, job: Job, seconds: float) -> Result | None:
        try:
            result: Result | None = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            code = worker.process.exitcode
            self._replace(worker)
            how = (
                f"was killed by signal {-code}"
                if code is not None and code < 0
                else f"ended with code {code}"
            )
            return _failed(job, f"WorkerDiedError: the process of this job {how} (out of memory?)", seconds)
        if result is None:  # a job's time counts from here
            worker.ready, worker.started = True, time.monotonic()
        else:
            worker.job = None
        return result

    def _replace(self, worker: _Worker) -> None:
        worker.stop()
        self.workers[self.workers.index(worker)] = _Worker()


def _failed(job: Job, error: str, seconds: float) -> Result:
    return Result(
        job, error=error, fit_seconds=seconds, versions=environment.versions(), commit=environment.commit()
    )


def _work(pipe: Connection) -> None:
    """A worker's life: jobs from the pipe, one after another, until it closes or the parent is gone."""
    # Ctrl-C reaches every process of a terminal. A detector would take it as a wish to stop early and keep what it
    # has; its half-trained result must not be stored. The parent ends us instead.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    import torch

    torch.set_num_threads(1)
    # Libraries print what they do; standard output belongs to the command that started us.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with contextlib.suppress(BrokenPipeError):
        pipe.send(None)
    while True:
        try:
            job, options = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            pipe.send(run_job(job, **options))
        except BrokenPipeError:
            return


def _end_with_parent() -> None:
    """End this process when its parent does: at once where the system kills it, else when Python gets to run."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if not parent.is_alive():  # it went before we asked
        os._exit(1)

    def wait_for_the_end() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait_for_the_end, daemon=True).start()


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _bar(total: int, done: int, shown: bool) -> Iterator[Callable[[Result], None]]:
    """A progress bar on stderr, and a line for each failure; gives the function that advances it."""
    console = Console(file=sys.stderr)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console, disable=not shown,
    )  # fmt: skip
    with bar:
        task = bar.add_task("jobs", total=total, completed=done)

        def advance(result: Result) -> None:
            if result.failed and shown:
                console.print(
                    printable(f"failed: {result.job}: {result.error}"),
                    style="red",
                    markup=False,
                    highlight=False,
                )
            bar.update(task, advance=1, description=str(result.job))

        yield advance
