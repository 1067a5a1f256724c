"""What p-values and a selection cost on top of scoring, as ratios in one process, and what memory they take.

    python benchmarks/p_values.py [--rows 200000]

A model is fitted to 2,000 rows and calibrated on 5,000; the energies of many new rows are timed, and then their
p-values, and the counting and cutting of a selection; the median of five runs of each, in turn.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from functools import partial

import numpy as np

from hinterland import DAGMM, Surprisal
from hinterland.decisions import Levels, rule_of

RUNS = 5
MOST = 0.05


def seconds(work: Callable[[], object]) -> float:
    """Time that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Measure, and print a line a detector."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--check", action="store_true", help="fail where p-values or a selection cost more")
    arguments = parser.parse_args()
    n_rows, missed = arguments.rows, False
    generator = np.random.default_rng(0)
    training, normal, new = (generator.normal(size=(n, 10)) for n in (2_000, 5_000, n_rows))
    print(f"{n_rows:,} rows; share of the time of scoring, and memory of a selection over them")
    for detector in (DAGMM(epochs=2, steps=50, random_state=0), Surprisal(steps=50, random_state=0)):
        detector.fit(training).calibrate(normal)
        calibration = detector.calibration()
        taken: list[list[float]] = [[], [], []]
        for _ in range(RUNS):
            taken[0].append(seconds(partial(detector.energy, new)))
            energy = detector.energy(new[:10_000]).repeat(-(-n_rows // 10_000))[:n_rows]
            generator.shuffle(energy)
            taken[1].append(seconds(partial(calibration.p_values, energy)))
            p = calibration.p_values(energy)
            taken[2].append(seconds(lambda p=p: rule_of(Levels().add(p)).flags(p)))
        scoring, p_values, selection = (float(np.median(each)) for each in taken)
        missed |= max(p_values, selection) > MOST * scoring
        tracemalloc.start()
        levels = Levels()
        for start in range(0, n_rows, 10_000):
            levels.add(p[start : start + 10_000])
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(
            f"{type(detector).__name__}: p-values {p_values / scoring:.2%}, selection {selection / scoring:.2%}; "
            f"{len(levels.p):,} levels in {memory / 1e6:.1f} MB"
        )
    if arguments.check and missed:
        raise SystemExit(f"p-values or a selection cost more than {MOST:.0%} on top of scoring")


if __name__ == "__main__":
    main()
