"""What p-values and selections of real detectors keep of their promises, by simulation.

Normal rows are a curved table in four dimensions (`as_new.py`), anomalies such rows with 4 more in each column.
Detectors train a few steps on 200 rows, as a promise holds whatever they have learnt. `tied` are the same rows in whole
numbers, so that many have the same energy. In each repeat a detector is fitted once, once to rows in whole numbers, and
once for each fold of a cross-fitted calibration; calibrations of several sizes are nested. A claim is kept where its
figure is at most 3.3 standard errors, over repeats, above its bound.

    python benchmarks/decisions_detectors.py --keep figures.jsonl --check
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from as_new import table
from kept_lines import KeptLines

from decisions import LEVELS, Claim, claim
from hinterland.decisions.calibration import Calibration
from hinterland.decisions.p_values import greatest_error
from hinterland.decisions.selection import select
from hinterland.detectors import DAGMM, DeepMixture, Surprisal
from hinterland.model.column_view import ColumnView
from hinterland.training.as_new import nearest_neighbour

Rows = np.ndarray
N_TRAIN, N_NORMAL, N_ANOMALIES, FOLDS, N_CROSS = 200, 200, 20, 5, 100
SPLITS = (20, 50, 200, 1000, 5000)
WITH_OTHERS = 1000
"""Calibration rows of the cases with ties and with anomalies among them."""
DIRTY = 0.02
RATES, METHODS = (0.05, 0.1, 0.2), ("bh", "storey")


class Fitted(NamedTuple):
    """Energies of rows, and of the training rows as if they were new, where a detector has such."""

    energy: Callable[[Rows], Rows]
    as_new: Rows | None = None


def dagmm(rows: Rows, seed: int) -> Fitted:
    few = {"hidden": (8,), "latent_dim": 2, "n_components": 2, "epochs": 1, "steps": 10}
    return Fitted(DAGMM(n_references=0, random_state=seed, **few).fit(rows).energy)


def deep_mixture(rows: Rows, seed: int) -> Fitted:
    few = {"n_members": 1, "validation_share": 0.0, "n_components": 3, "hidden": (8,), "steps": 10}
    return Fitted(DeepMixture(n_references=0, random_state=seed, **few).fit(rows).energy)


def nearest(rows: Rows, seed: int) -> Fitted:
    """Fit the first kind of the default: the nearest neighbour in two views of each column."""
    view = ColumnView.from_rows(rows, "standard", 10.0)
    generator = torch.Generator().manual_seed(seed)
    kind = nearest_neighbour(rows, view, len(rows), generator, torch.device("cpu"))
    return Fitted(lambda new: kind.model.in_chunks(kind.model.energy, new), kind.energy)


def surprisal(rows: Rows, seed: int) -> Fitted:
    detector = Surprisal(steps=5, width=16, n_bins=8, n_references=0, random_state=seed).fit(rows)
    return Fitted(detector.energy, detector.energy_as_new())


DETECTORS = {
    "DAGMM": dagmm,
    "DeepMixture": deep_mixture,
    "nearest neighbour": nearest,
    "Surprisal": surprisal,
}
CROSS_FITTED = ("DAGMM", "DeepMixture", "nearest neighbour")
"""Detectors whose fits take so little time that there can be one for each fold."""


def anomalies(n: int, generator: np.random.Generator) -> Rows:
    return table(n, generator) + 4


def p_values_of(name: str, seed: int) -> dict[str, Rows]:
    """p-values of the test rows of one repeat, normal rows first, by case."""
    fit, generator = DETECTORS[name], np.random.default_rng(seed)
    train, rows = table(N_TRAIN, generator), table(max(SPLITS), generator)
    test = np.concatenate([table(N_NORMAL, generator), anomalies(N_ANOMALIES, generator)])
    odd = anomalies(round(DIRTY * WITH_OTHERS), generator)

    fitted = fit(train, seed)
    energy, new, odd_energy = fitted.energy(rows), fitted.energy(test), fitted.energy(odd)
    found = {f"split, n = {n}": Calibration.split(energy[:n]).p_values(new) for n in SPLITS}
    dirty = np.concatenate([odd_energy, energy[: WITH_OTHERS - len(odd)]])
    found[f"split, n = {WITH_OTHERS}, {DIRTY:.0%} anomalies"] = Calibration.split(dirty).p_values(new)
    if fitted.as_new is not None:
        found[f"as_new, n = {N_TRAIN}"] = Calibration.as_new(fitted.as_new).p_values(new)

    tied = fit(train.round(), seed).energy
    calibration = Calibration.split(tied(rows[:WITH_OTHERS].round()))
    found[f"split, n = {WITH_OTHERS}, tied"] = calibration.p_values(tied(test.round()))

    if name in CROSS_FITTED:
        mine, folds = rows[:N_CROSS], generator.permutation(N_CROSS) % FOLDS
        models = [fit(mine[folds != fold], seed).energy for fold in range(FOLDS)]
        old = np.empty(N_CROSS)
        for fold, model in enumerate(models):
            old[folds == fold] = model(mine[folds == fold])
        each = np.stack([model(test) for model in models], axis=1)
        for rule in ("cross", "cross_doubled"):
            found[f"{rule}, n = {N_CROSS}"] = Calibration.cross(old, folds, rule=rule).p_values(each)
    return found


def repeat(name: str, seed: int) -> dict[str, Any]:
    """For each case: normal rows at most at each level, and false, flagged and found of each selection."""
    figures = {}
    for case, p in p_values_of(name, seed).items():
        selected = {}
        for method, q in product(METHODS, RATES):
            flagged = select(p, q, method=method).flagged
            counts = (flagged[:N_NORMAL].sum(), flagged.sum(), flagged[N_NORMAL:].sum())
            selected[f"{method} {q:g}"] = [int(count) for count in counts]
        below = np.sum(p[:N_NORMAL, None] <= LEVELS, axis=0)
        figures[case] = {"below": below.tolist(), "selected": selected}
    return figures


def distances(name: str, repeats: list[dict[str, Any]]) -> list[Claim]:
    """For each case the distribution function of normal rows' p-values beside its bound, at the worst level."""
    claims = []
    for case in repeats[0]:
        shares = np.array([one[case]["below"] for one in repeats]) / N_NORMAL
        means, errors = shares.mean(0), shares.std(0) / np.sqrt(len(repeats)) + 1e-12
        bounds = LEVELS
        if case.startswith("cross,"):
            bounds = np.array([greatest_error(float(level), N_CROSS, FOLDS, "cross") for level in LEVELS])
        worst = int(np.argmax((means - bounds) / errors))
        at = f"{name}, {case}: P(p <= {LEVELS[worst]:.2f})"
        claims.append(Claim(at, float(means[worst]), float(errors[worst]), float(bounds[worst])))
        print(f"{claims[-1]}  Kolmogorov distance above the diagonal {max(0.0, np.max(means - LEVELS)):.4f}")
    return claims


def selections(name: str, repeats: list[dict[str, Any]]) -> list[Claim]:
    claims = []
    for case, (method, q) in product(repeats[0], product(METHODS, RATES)):
        counts = np.array([one[case]["selected"][f"{method} {q:g}"] for one in repeats])
        false = counts[:, 0] / np.maximum(1, counts[:, 1])
        claims.append(claim(f"{name}, {case}, {method}, q = {q:g}", false.tolist(), q))
        print(f"{claims[-1]}  found {counts[:, 2].mean() / N_ANOMALIES:.3f}")
    return claims


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--detectors", nargs="+", default=list(CROSS_FITTED), choices=list(DETECTORS))
    parser.add_argument(
        "--keep", type=Path, help="a file of JSON lines; repeats that it has are not run again"
    )
    parser.add_argument("--check", action="store_true", help="fail where a promise is not kept")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # that 20 calibration rows are few
    kept, claims = KeptLines(arguments.keep), []
    for name in arguments.detectors:
        started = time.process_time()
        repeats = [
            kept.of(f"{name} {seed}", partial(repeat, name, seed)) for seed in range(arguments.repeats)
        ]
        print(f"\n{name}, {len(repeats)} repeats, {time.process_time() - started:.0f} s of a core")
        print(f"{'':<62}{'figure':>9}{'error':>9}{'bound':>9}{'excess':>8}")
        claims += distances(name, repeats) + selections(name, repeats)
        sys.stdout.flush()
    # Of training rows judged as new nothing is promised: their figures are there to be seen.
    promised = [claim for claim in claims if ", as_new," not in claim.name]
    missed = [claim for claim in promised if not claim.kept]
    print(f"\n{len(promised) - len(missed)} of {len(promised)} promises kept")
    if missed and arguments.check:
        sys.exit("not kept:\n" + "\n".join(map(str, missed)))


if __name__ == "__main__":
    main()
