"""Every network with every density and every score, on every ADBench set in the data folder: none may fail.

One seed, few rows and few steps: it shows that each combination trains to finite energies that rank rows, not how well.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from dataclasses import replace
from itertools import product

import numpy as np
from sklearn.metrics import roc_auc_score

from hinterland import DAGMM
from hinterland.benchmark.experiments.protocol import PreparedRun
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.densities import DENSITIES
from hinterland.model.score import SCORES
from hinterland.networks import NETWORKS

WITHOUT_LABELS = [name for name, member in DENSITIES.members().items() if not member.needs_labels]


def options(network: str, n_columns: int) -> dict[str, object] | None:
    """What a network needs to be told of a small table; a row is a picture one pixel high to the convolutional one."""
    return {
        "vqvae": {"n_codes": 32},
        "convolutional": {"shape": (1, n_columns, 1)},
        "graph": {"n_neighbors": 5, "n_reference": 500},
    }.get(network)


def small(run: PreparedRun, rows: int) -> PreparedRun:
    """Its first training rows, and the first of both kinds of test rows."""
    kept = np.concatenate([np.flatnonzero(run.is_anomaly_test == kind)[:rows] for kind in (False, True)])
    return replace(
        run, X_train=run.X_train[:rows], X_test=run.X_test[kept], is_anomaly_test=run.is_anomaly_test[kept]
    )


def main() -> int:
    """Fit all, print a line a combination, and return how many fits failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rows",
        type=int,
        default=1000,
        help="training rows, normal and anomalous test rows, at most so many of each",
    )
    parser.add_argument("--steps", type=int, default=200, help="training steps, at least")
    parser.add_argument("--check", action="store_true", help="fail where a combination fails")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    protocol = protocols()["adbench-one-class"]
    tables = {name: small(protocol.prepare(0, name), chosen.rows) for name in protocol.subsets()}
    if not tables:
        sys.exit("no ADBench sets in the data folder; set HINTERLAND_DATA")
    failures = 0
    print(f"{'network':12} {'density':10} {'score':22} {'sets':>4} {'failed':>6} {'mean AUROC':>10}")
    for network, density, scoring in product(NETWORKS.members(), WITHOUT_LABELS, SCORES):
        areas, failed = [], []
        for name, table in tables.items():
            detector = DAGMM(
                network=network,
                network_options=options(network, table.X_train.shape[1]),
                density=density,
                scoring=scoring,
                epochs=1,
                steps=chosen.steps,
                batch_size=256,
                random_state=0,
            )
            try:
                energy = detector.fit(table.X_train).energy(table.X_test)
                if not np.isfinite(energy).all():
                    raise FloatingPointError("an energy is not finite")
                areas.append(roc_auc_score(table.is_anomaly_test, energy))
            except Exception as problem:
                failed.append(f"{name}: {problem!r}")
        failures += len(failed)
        print(
            f"{network:12} {density:10} {scoring:22} {len(tables):4} {len(failed):6} {np.mean(areas):10.3f}",
            *failed,
            sep="\n    ",
            flush=True,
        )
    return failures if chosen.check else 0


if __name__ == "__main__":
    sys.exit(main())
