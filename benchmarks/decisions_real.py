"""False discoveries on real tables: what `select(fdr=0.1)` flags of ADBench's and OddBench's sets, beside the truth.

One class: a detector learns from normal rows and selects among the others. `split` sets a third of the training rows
aside; `as_new` compares with the training rows, each judged by the parts of the model that have not seen it.
`nonconform` is that library's split procedure, on the same energies as `split`: p = (1 + #{calibration >= e}) / (n + 1)
and Benjamini and Hochberg's step-up. The library itself takes Python 3.12, so that its formula is written down here.

    python benchmarks/decisions_real.py --detector DeepMixture --keep figures.jsonl --check
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from kept_lines import KeptLines
from scipy.stats import false_discovery_control

from hinterland.datasets.adbench import adbench_names, load_adbench
from hinterland.datasets.oddbench import load_oddbench, oddbench_names
from hinterland.datasets.splits import one_class
from hinterland.decide import set_aside
from hinterland.decisions.selection import METHODS, select
from hinterland.detectors import DeepMixture, Surprisal
from hinterland.detectors.base import Detector

MOST_TEST = 2_000
"""Test rows of each set, at most; a random part of more."""
ASIDE = 1 / 3

DETECTORS = {
    "DeepMixture": lambda: DeepMixture(3, n_components=10, hidden=(32,), steps=50, random_state=0),
    "Surprisal": lambda: Surprisal(steps=100, width=32, random_state=0),
}

Sides = tuple[str, np.ndarray, np.ndarray, np.ndarray]


def sets(n: int | None) -> Iterator[Sides]:
    """Names, training rows, test rows and their truth, of the n sets of fewest entries, or of all."""
    found: list[Sides] = []
    for data in [*map(load_oddbench, oddbench_names()), *map(load_adbench, adbench_names())]:
        rows = data.matrix()
        split = data.split or one_class(data.is_anomaly, random_state=0)
        found.append((data.name, rows[split.train], rows[split.test], data.is_anomaly[split.test]))
    found.sort(key=lambda sides: sides[1].size + sides[2].size)
    yield from found[:n]


def some(generator: np.random.Generator, n_rows: int, most: int) -> np.ndarray:
    return np.sort(generator.permutation(n_rows)[:most])


def nonconform(energy: np.ndarray, calibration: np.ndarray, fdr: float) -> np.ndarray:
    """Flag rows by split conformal p-values and the step-up procedure, by NumPy and SciPy alone."""
    at_least = np.sum(calibration >= energy[:, None], axis=1)
    flags: np.ndarray = false_discovery_control((1 + at_least) / (len(calibration) + 1), method="bh") <= fdr
    return flags


def flags_of(detector: Detector, train: np.ndarray, test: np.ndarray, fdr: float) -> dict[str, np.ndarray]:
    """Flagged test rows by procedure."""

    def selected(energy: np.ndarray, calibrated: str) -> dict[str, np.ndarray]:
        p = detector.calibration().p_values(energy)
        return {f"{calibrated}, {method}": select(p, fdr, method=method).flagged for method in METHODS}

    aside = set_aside(detector, np.zeros(len(train), np.int8), ASIDE)
    detector.fit(train[~aside]).calibrate(train[aside])
    energy = detector.energy(test)
    flags = selected(energy, "split")
    flags["nonconform"] = nonconform(energy, detector.energy(train[aside]), fdr)
    del detector.calibration_
    return flags | selected(detector.fit(train).energy(test), "as_new")


def figures_of(detector: Detector, sides: Sides, most_train: int, fdr: float) -> dict[str, Any]:
    _, train, test, truth = sides
    start, generator = time.process_time(), np.random.default_rng(0)
    train = train[some(generator, len(train), most_train)]
    chosen = some(generator, len(test), MOST_TEST)
    test, truth = test[chosen], truth[chosen]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flags = flags_of(detector, train, test, fdr)
    counts = {
        name: [int(flagged.sum()), int(np.sum(flagged & ~truth)), int(np.sum(flagged & truth))]
        for name, flagged in flags.items()
    }
    sizes = {"train": len(train), "test": len(test), "anomalies": int(truth.sum())}
    return {**sizes, "counts": counts, "seconds": time.process_time() - start}


def shares(results: list[dict[str, Any]], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Share of false ones among the flagged, and of anomalies that are flagged, for each set (n,)."""
    counts = np.array([result["counts"][name] for result in results])
    there = np.array([result["anomalies"] for result in results])
    return counts[:, 1] / np.maximum(1, counts[:, 0]), counts[:, 2] / np.maximum(1, there)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--detector", default="Surprisal", choices=list(DETECTORS))
    parser.add_argument("--sets", type=int, help="how many, from the smallest; all by default")
    parser.add_argument("--rows", type=int, default=2_000, help="training rows of each, at most")
    parser.add_argument("--fdr", type=float, default=0.1)
    parser.add_argument("--keep", type=Path, help="a file of JSON lines; sets that it has are not run again")
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    arguments = parser.parse_args()
    kept, results = KeptLines(arguments.keep), []
    for sides in sets(arguments.sets):
        key = f"{arguments.detector} {arguments.rows} {arguments.fdr:g} {sides[0]}"
        detector = DETECTORS[arguments.detector]()
        result = kept.of(
            key,
            partial(figures_of, detector, sides, arguments.rows, arguments.fdr),
        )
        results.append(result)
        line = "  ".join(f"{found:4}/{flagged:<4}" for flagged, _, found in result["counts"].values())
        print(
            f"{sides[0][:32]:32} {result['anomalies']:5} of {result['test']:5}  {line}  {result['seconds']:4.0f} s"
        )
        sys.stdout.flush()
    print(
        f"\n{arguments.detector}, {len(results)} sets, at most {arguments.rows:,} training rows, q = {arguments.fdr:g}"
    )
    print(
        "| | false | found | sets with flagged rows | highest share of false ones |\n| --- | --- | --- | --- | --- |"
    )
    missed = []
    root = np.sqrt(len(results))
    for name in results[0]["counts"]:
        false, found = shares(results, name)
        flagged = sum(result["counts"][name][0] > 0 for result in results)
        cells = [f"{each.mean():.3f} ± {each.std() / root:.3f}" for each in (false, found)]
        print(f"| {name} | {' | '.join(cells)} | {flagged} | {false.max():.2f} |")
        if false.mean() > arguments.fdr + false.std() / root:
            missed.append(f"{name}: share of false ones {false.mean():.3f}")
    ours, theirs = (shares(results, name)[1].mean() for name in ("split, bh", "nonconform"))
    if ours < theirs:
        missed.append(f"split, bh finds {ours:.4f} of the anomalies and nonconform's formula {theirs:.4f}")
    if arguments.check and missed:
        sys.exit("missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()
