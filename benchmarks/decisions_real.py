"""False discoveries on real tables: what `select(fdr=0.1)` flags of ADBench's and OddBench's sets, beside the truth.

One class: a detector learns from normal rows and selects among the others. `split` sets a third of the training rows
aside; `as_new` compares with the training rows, each judged by the parts of the model that have not seen it.

    python benchmarks/decisions_real.py --sets 20
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator

import numpy as np

from hinterland.datasets.adbench import adbench_names, load_adbench
from hinterland.datasets.oddbench import load_oddbench, oddbench_names
from hinterland.datasets.splits import one_class
from hinterland.decide import fit_calibrated
from hinterland.detectors import Surprisal

MOST_TRAIN, MOST_TEST = 2_000, 2_000
"""Rows of each set, at most; a random part of more."""

Sides = tuple[str, np.ndarray, np.ndarray, np.ndarray]


def sets(n: int) -> Iterator[Sides]:
    """Names, training rows, test rows and their truth, of the n sets of fewest entries."""
    found: list[Sides] = []
    for data in [*map(load_oddbench, oddbench_names()), *map(load_adbench, adbench_names())]:
        rows = data.matrix()
        split = data.split or one_class(data.is_anomaly, random_state=0)
        found.append((data.name, rows[split.train], rows[split.test], data.is_anomaly[split.test]))
    found.sort(key=lambda sides: sides[1].size + sides[2].size)
    yield from found[:n]


def some(generator: np.random.Generator, n_rows: int, most: int) -> np.ndarray:
    return np.sort(generator.permutation(n_rows)[:most])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=20, help="how many, from the smallest")
    parser.add_argument("--steps", type=int, default=100, help="of each network")
    parser.add_argument("--fdr", type=float, default=0.1)
    arguments = parser.parse_args()
    figures: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for name, train, test, truth in sets(arguments.sets):
        start, generator = time.monotonic(), np.random.default_rng(0)
        train = train[some(generator, len(train), MOST_TRAIN)]
        chosen = some(generator, len(test), MOST_TEST)
        test, truth = test[chosen], truth[chosen]
        line = []
        for calibrated, share in (("split", 1 / 3), ("as_new", 0.0)):
            detector = Surprisal(steps=arguments.steps, width=32, random_state=0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fit_calibrated(detector, train, share=share)
                for method in ("bh", "storey"):
                    flagged = detector.select(test, arguments.fdr, method=method).flagged
                    false = float(np.sum(flagged & ~truth) / max(1, flagged.sum()))
                    power = float(flagged[truth].mean())
                    figures.setdefault((calibrated, method), []).append((false, power))
                    line.append(f"{false:.2f}/{power:.2f}")
        print(
            f"{name[:28]:28} {len(train):5} {len(test):5} {truth.mean():5.1%}  {'  '.join(line)}  "
            f"{time.monotonic() - start:4.0f} s",
            flush=True,
        )
    print(f"\nmean share of false ones among the flagged (at most {arguments.fdr:g} promised), and power")
    for (calibrated, method), pairs in figures.items():
        values = np.array(pairs)
        mean, error = values.mean(0), values.std(0) / np.sqrt(len(values))
        print(f"{calibrated:8}{method:8}{mean[0]:.3f} +- {error[0]:.3f}   {mean[1]:.3f} +- {error[1]:.3f}")


if __name__ == "__main__":
    sys.exit(main())
