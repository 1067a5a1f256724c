"""Whether ``fastest_threads`` ever chooses a number of threads that is slower than one: idle, and with a busy core.

Each work is chosen for several times over. Where one thread is chosen nothing can be lost; where more are, both are
measured in turns by the wall clock, as what threads cost is waiting.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from measure import Claim, in_turns, machine, ratios, report
from training_speed import N_FEATURES, ours

from hinterland import DAGMM
from hinterland.model.chunks import apply_in_chunks
from hinterland.threads import fastest_threads, threads


@contextmanager
def busy_core(busy: bool) -> Iterator[None]:
    """Keep one core busy with a process of its own inside the block."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
    try:
        yield
    finally:
        if process is not None:
            process.kill()
            process.wait()


def scoring(hidden: tuple[int, ...], rows: np.ndarray) -> Callable[[], object]:
    """Energies of rows by a detector of the given widths."""
    (model,) = DAGMM(hidden=hidden, epochs=1, steps=0, random_state=0).fit(rows).models_
    return lambda: apply_in_chunks(model.energy, rows, torch.device("cpu"))


def with_threads(n: int, work: Callable[[], object]) -> Callable[[], object]:
    """The work, done with n threads."""

    def run() -> None:
        with threads(n):
            work()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--choices", type=int, default=3, help="of each work in each condition")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--slack", type=float, default=0.05, help="what a measurement may err")
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    arguments = parser.parse_args()
    print(machine())
    rows = np.random.default_rng(0).normal(size=(2048, N_FEATURES))
    works = {
        "training": ours(torch.from_numpy(rows).float(), 1024),
        "scoring": scoring((60, 30, 10), rows),
        "scoring, wide": scoring((512, 256), rows),
    }
    claims = []
    for condition in ("idle", "busy"):
        with busy_core(condition == "busy"):
            for name, work in works.items():
                chosen = [fastest_threads(work) for _ in range(arguments.choices)]
                print(f"{condition}, {name}: chosen {chosen}")
                times = []
                for n in chosen:
                    if n > 1:
                        turns = {"one": with_threads(1, work), "chosen": with_threads(n, work)}
                        seconds = in_turns(turns, arguments.repeats, time.perf_counter)
                        times.append(float(np.median(ratios(seconds["chosen"], seconds["one"]))))
                    else:
                        times.append(1.0)
                turns = {"one": with_threads(1, work), "all": with_threads(os.cpu_count() or 1, work)}
                seconds = in_turns(turns, 3, time.perf_counter)
                claims.append(
                    Claim(f"{condition}, {name}: all cores over one", ratios(seconds["all"], seconds["one"]))
                )
                claims.append(
                    Claim(f"{condition}, {name}: the choice over one thread", times, most=1 + arguments.slack)
                )
    sys.exit(1 if not report(claims) and arguments.check else 0)


if __name__ == "__main__":
    main()
