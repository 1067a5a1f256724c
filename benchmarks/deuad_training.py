"""How long DEUAD is to train, and what is to score: mean AUROC on ADBench's sets.

By the share of anomalies among the training rows; the sets and shares are those of the robustness curve, on a split
that it does not report (seed 100).
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from measure import machine

from hinterland import DEUAD
from hinterland.benchmark.experiments.protocols import protocol
from hinterland.threads import threads

SETTINGS: dict[str, dict[str, Any]] = {
    "defaults: 40 epochs, a choice every 2": {},
    "20 epochs, a choice each": {"epochs": 20, "r": 1},
    "20 epochs, a choice each, rate 0.0003": {"epochs": 20, "r": 1, "learning_rate": 3e-4},
    "the same, at least 1,000 steps": {"epochs": 20, "r": 1, "learning_rate": 3e-4, "steps": 1000},
    "200 epochs, a choice every 10, at least 2,000 steps": {"epochs": 200, "r": 10, "steps": 2000},
    "defaults, scored by the error": {"scoring": "reconstruction"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--percentages", type=int, nargs="+", default=[1, 10, 30])
    parser.add_argument("--seed", type=int, default=100)
    arguments = parser.parse_args()
    aurocs: dict[tuple[str, int], list[float]] = {}
    with threads(1):
        print(machine())
        for percent in arguments.percentages:
            chosen = protocol(f"robustness-adbench-{percent}")
            for subset in chosen.subsets():
                run = chosen.prepare(arguments.seed, subset)
                for name, settings in SETTINGS.items():
                    detector = DEUAD(random_state=arguments.seed, **settings).fit(run.X_train)
                    aurocs.setdefault((name, percent), []).append(run.auroc(detector.energy(run.X_test)))
    print("| training | " + " | ".join(f"{p} % anomalies" for p in arguments.percentages) + " |")
    print("| --- |" + " --- |" * len(arguments.percentages))
    for name in SETTINGS:
        means = (f"{100 * np.mean(aurocs[name, percent]):.1f}" for percent in arguments.percentages)
        print(f"| {name} | " + " | ".join(means) + " |")


if __name__ == "__main__":
    main()
