"""Share of new normal rows that the default detector flags, and the largest energy of any row, set by set.

ADBench sets one-class (a random half of the normal rows to train on), OddBench sets by their own split. Each set's line
goes to a file, and a later run does the sets that are not in it. Threads: one.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from hinterland import datasets
from hinterland.datasets import splits
from hinterland.detectors.catalogue import DEFAULT_DETECTOR, detector_class
from hinterland.metrics import auroc, average_precision

MAX_TRAIN = 20_000
LOW, HIGH, NEVER_ABOVE, LARGEST_ENERGY = 0.02, 0.09, 0.20, 10_000.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("threshold_shares.jsonl"), help="file of results")
    parser.add_argument("--sets", nargs="*", default=[], help="names as of hinterland.datasets; all if none")
    parser.add_argument("--every", type=int, default=1, help="only every so manieth set")
    parser.add_argument("--max-train", type=int, default=MAX_TRAIN, help="most training rows")
    parser.add_argument(
        "--max-test", type=int, default=None, help="most normal test rows; all anomalies stay"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    here = [name for name in datasets.names() if name.startswith(("adbench/", "oddbench/"))]
    wanted = arguments.sets or here[:: arguments.every]
    done = _read(arguments.output)
    key = [arguments.seed, arguments.max_train, arguments.max_test]
    for name in wanted:
        if (name, *key) not in done:
            result = one_set(name, *key)
            done[name, *key] = result
            with arguments.output.open("a") as file:
                file.write(json.dumps(result) + "\n")
            print(line(result), flush=True)
    print(summary([done[name, *key] for name in wanted]))


def one_set(name: str, seed: int, max_train: int, max_test: int | None) -> dict[str, Any]:
    """Fit the default detector on a set's training rows, and judge all others."""
    data = datasets.load(name)
    split = data.split or splits.one_class(data.is_anomaly, random_state=seed)
    generator = np.random.default_rng(seed)
    train = generator.permutation(split.train)[:max_train]
    normal, anomalous = (split.test[data.is_anomaly[split.test] == truth] for truth in (False, True))
    test = np.concatenate([generator.permutation(normal)[:max_test], anomalous])
    rows, truth = data.matrix(), data.is_anomaly[test]
    started = time.process_time()
    detector = detector_class(DEFAULT_DETECTOR)(random_state=seed).fit(rows[np.sort(train)])
    seconds = time.process_time() - started
    energy = detector.energy(rows[test])
    flagged = energy > -detector.offset_
    return {
        "name": name,
        "seed": seed,
        "max_train": max_train,
        "max_test": max_test,
        "rows": len(train),
        "columns": rows.shape[1],
        "share": float(flagged[~truth].mean()),
        "training_share": float(np.mean(detector.training_energy_ > -detector.offset_)),
        "largest_energy": float(max(energy.max(), detector.training_energy_.max())),
        "auroc": float(auroc(truth, energy)),
        "average_precision": float(average_precision(truth, energy)),
        "seconds": seconds,
    }


def line(result: dict[str, Any]) -> str:
    """One set's figures."""
    return (
        f"{result['name']:42} {result['rows']:6} x {result['columns']:<4} new normal flagged {result['share']:6.1%}  "
        f"training {result['training_share']:6.1%}  largest energy {result['largest_energy']:8.4g}  "
        f"AUROC {result['auroc']:.3f}  AP {result['average_precision']:.3f}  {result['seconds']:.1f} s"
    )


def summary(results: Iterable[dict[str, Any]]) -> str:
    """Figures of all sets together."""
    found = list(results)
    shares, energies, areas, precisions = (
        np.array([result[key] for result in found])
        for key in ("share", "largest_energy", "auroc", "average_precision")
    )
    within = (shares >= LOW) & (shares <= HIGH)
    return (
        f"{len(found)} sets: {LOW:.0%} to {HIGH:.0%} of the new normal rows flagged on {within.mean():.1%} of them; "
        f"least {shares.min():.1%}, most {shares.max():.1%} ({(shares > NEVER_ABOVE).sum()} above {NEVER_ABOVE:.0%}); "
        f"largest energy {energies.max():.4g} nats ({(energies >= LARGEST_ENERGY).sum()} sets at {LARGEST_ENERGY:,.0f} "
        f"or more); mean AUROC {areas.mean():.4f}, AP {precisions.mean():.4f}"
    )


def _read(path: Path) -> dict[tuple[Any, ...], dict[str, Any]]:
    results = [json.loads(text) for text in path.read_text().splitlines()] if path.exists() else []
    return {
        tuple(result[key] for key in ("name", "seed", "max_train", "max_test")): result for result in results
    }


if __name__ == "__main__":
    main()
