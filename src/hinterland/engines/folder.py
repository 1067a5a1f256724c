"""A folder of tables by Ray, a file a task: scored into a folder of results."""

from __future__ import annotations

import contextlib
import copy
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from hinterland.cores import usable_cores
from hinterland.engines.shards import required
from hinterland.scoring.folder import FolderScorer, Outcome
from hinterland.tables.folder.place import Entry

STORE_BYTES = 2**30
"""Shared memory of a cluster that is started on this machine; files are no part of it."""

RETRIES = 20
"""How often a file is begun again whose worker was lost, before it is given up."""


@contextlib.contextmanager
def cluster(address: str | None) -> Iterator[Any]:
    """Ray, joined to a cluster: the one at an address, the one that this process is in, or one on this machine.

    What is started or joined here is left at the end.
    """
    ray = required("ray", "ray")
    if ray.is_initialized():
        yield ray
        return
    own: dict[str, Any] = {
        "num_cpus": usable_cores(),
        "object_store_memory": STORE_BYTES,
        "include_dashboard": False,
    }
    ray.init(address or "local", log_to_driver=False, logging_level="ERROR", **({} if address else own))
    required("ray.data", "ray").DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # a command speaks for itself
    try:
        yield ray
    finally:
        ray.shutdown()


def score_folder(
    scorer: FolderScorer, address: str | None = None, *, device: str = "cpu"
) -> Iterator[Outcome]:
    """Score a folder's tables on a cluster, each by a task of its own, and give what came of each when it is there.

    All that ``FolderScorer`` promises holds: a result is written whole, a task whose worker was lost runs again, and
    what was cut is resumed. The folders must be there for all workers.

    Parameters
    ----------
    scorer : of the folder, without a selection over it.
    address : of the cluster; see ``cluster``, which is not asked for where all is there already.
    device : what each task takes: a core, and a GPU for ``cuda``.

    Raises
    ------
    MissingExtraError
        Where Ray is not installed.
    ValueError
        Where rows are to be selected over the folder, as no task sees all of it.
    TableError
        As ``FolderScorer.run``.
    """
    required("ray", "ray")
    if scorer.selects:
        raise ValueError(
            "rows are selected over all tables of a folder, and a worker sees one: select without an engine"
        )
    scorer.claim()
    found = [(entry, scorer.there(entry)[0]) for entry in scorer.entries]
    yield from (outcome for _, outcome in found if outcome is not None)
    if missing := [entry for entry, outcome in found if outcome is None]:
        with cluster(address) as ray:
            yield from _by_tasks(scorer, missing, ray, device)


def _by_tasks(scorer: FolderScorer, entries: Sequence[Entry], ray: Any, device: str) -> Iterator[Outcome]:
    task = ray.remote(_score_one).options(
        max_retries=RETRIES, num_cpus=1, num_gpus=1 if device.startswith("cuda") else 0
    )
    given = ray.put(scorer)
    waiting = {task.remote(given, entry): entry for entry in entries}
    while waiting:
        ready, _ = ray.wait(list(waiting), num_returns=1)
        entry = waiting.pop(ready[0])
        try:
            outcome = ray.get(ready[0])
        except ray.exceptions.RayError as error:  # of the cluster: errors of a file are in its outcome
            outcome = Outcome(entry.name, "failed", message=str(error).strip().splitlines()[0])
        yield outcome


def _score_one(scorer: FolderScorer, entry: Entry) -> Outcome:
    alone = copy.copy(scorer)
    alone.entries = [entry]
    return next(alone.run())
