"""What `hinterland.decisions` promises, by simulation: each figure beside its bound and its Monte Carlo error.

Normal rows are Gaussian in three dimensions, anomalies lie 4 standard deviations off in each. Three models learn from
normal rows: Mahalanobis' distance, the squared distance of the nearest training row, and the first one rounded so that
most energies are tied. An excess is (figure - bound) / standard error over repeats; a promise is kept where it is at
most 3.3.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np

from hinterland.decisions.calibration import Calibration
from hinterland.decisions.contamination import estimate_contamination
from hinterland.decisions.p_values import greatest_error
from hinterland.decisions.selection import select
from hinterland.decisions.shift import Watch
from hinterland.decisions.tail_counts import TailCounts
from hinterland.decisions.unlabelled import estimate_unlabelled

Rows = np.ndarray
MOST_EXCESS = 3.3
N_TRAIN, N_TEST, WIDTH, FOLDS = 200, 200, 3, 5
LEVELS = np.linspace(0.02, 0.98, 49)


def distance(train: Rows, rows: Rows) -> Rows:
    centred = rows - train.mean(0)
    return np.einsum("ij,jk,ik->i", centred, np.linalg.inv(np.cov(train.T)), centred)


def neighbours(train: Rows, rows: Rows) -> Rows:
    squared = (rows**2).sum(1)[:, None] + (train**2).sum(1) - 2 * rows @ train.T
    return squared.min(axis=1)


def rounded(train: Rows, rows: Rows) -> Rows:
    return (distance(train, rows) / 3).round()


MODELS: dict[str, Callable[[Rows, Rows], Rows]] = {
    "distance": distance,
    "neighbours": neighbours,
    "rounded": rounded,
}


class Claim(NamedTuple):
    name: str
    figure: float
    error: float
    bound: float

    @property
    def excess(self) -> float:
        return (self.figure - self.bound) / max(self.error, 1e-12)

    @property
    def kept(self) -> bool:
        return self.excess <= MOST_EXCESS or self.figure <= self.bound

    def __str__(self) -> str:
        mark = "" if self.kept else "  MISSED"
        excess = f"{self.excess:.1f}" if self.error > 1e-6 else "-"
        return f"{self.name:<62}{self.figure:>9.4f}{self.error:>9.4f}{self.bound:>9.4f}{excess:>8}{mark}"


def claim(name: str, values: list[float], bound: float) -> Claim:
    return Claim(name, float(np.mean(values)), float(np.std(values) / np.sqrt(len(values))), bound)


def p_values_of(
    generator: np.random.Generator, model: str, rule: str, n: int, anomalies: int, dirty: float = 0.0
) -> Rows:
    """p-values of test rows, the first of them anomalies, under a model and a calibration of n new rows."""
    energy = MODELS[model]
    rows = generator.normal(size=(n, WIDTH))
    rows[: round(dirty * n)] += 4
    test = generator.normal(size=(N_TEST, WIDTH))
    test[:anomalies] += 4
    if rule == "split":
        train = generator.normal(size=(N_TRAIN, WIDTH))
        return Calibration.split(energy(train, rows)).p_values(energy(train, test))
    folds = generator.permutation(n) % FOLDS
    fitted = [rows[folds != fold] for fold in range(FOLDS)]
    calibration = np.empty(n)
    for fold, train in enumerate(fitted):
        calibration[folds == fold] = energy(train, rows[folds == fold])
    return Calibration.cross(calibration, folds, rule=rule).p_values(
        np.stack([energy(train, test) for train in fitted], axis=1)
    )


def super_uniform(repeats: int) -> list[Claim]:
    """Greatest excess of the distribution function of normal rows' p-values over the diagonal, for each calibration.

    Where that is no promise, by the rule ``cross``, that at 0.1; beside it the greatest excess up to 0.2, and at all.
    """
    claims = []
    cases = [("split", n) for n in (20, 50, 200, 1000, 5000)]
    cases += [(rule, n) for rule in ("cross", "cross_doubled") for n in (50, 200, 1000)]
    for model in MODELS:
        for rule, n in cases:
            generator = np.random.default_rng(n)
            shares = np.array(
                [
                    np.mean(p_values_of(generator, model, rule, n, 0)[:, None] <= LEVELS, axis=0)
                    for _ in range(repeats)
                ]
            )
            means, errors = shares.mean(axis=0), shares.std(axis=0) / np.sqrt(repeats) + 1e-12

            def at(level: int, bound: float, said: str, means: Rows = means, errors: Rows = errors) -> Claim:
                name = f"P(p <= {LEVELS[level]:.2f}), {said}"
                return Claim(name, float(means[level]), float(errors[level]), bound)

            excess = (means - LEVELS) / errors
            said = f"{model}, {rule}, n = {n}"
            if rule == "cross":
                tenth = int(np.argmin(np.abs(LEVELS - 0.1)))
                bound = greatest_error(float(LEVELS[tenth]), n, FOLDS, rule, equal_folds=n % FOLDS == 0)
                claims.append(at(tenth, bound, said))
                worst = int(np.argmax(excess[LEVELS <= 0.2]))
                note = f"  (at {LEVELS[worst]:.2f}: {means[worst]:.4f}; farthest off the diagonal: "
                print(f"{claims[-1]}{note}{np.max(means - LEVELS):.3f})", flush=True)
                continue
            worst = int(np.argmax(excess))
            claims.append(at(worst, float(LEVELS[worst]), said))
            print(claims[-1], flush=True)
    return claims


def false_discoveries(repeats: int) -> list[Claim]:
    """Mean share of false ones among the flagged rows, with a tenth or half of the test rows anomalous."""
    cases = [("split", n, 20, 0.0) for n in (20, 100, 1000, 5000)]
    cases += [("split", 1000, 100, 0.0), ("split", 1000, 0, 0.0), ("split", 1000, 20, 0.02)]
    cases += [(rule, n, 20, 0.0) for rule in ("cross", "cross_doubled") for n in (100, 1000)]
    claims = []
    for model, (rule, n, anomalies, dirty) in product(MODELS, cases):
        generator = np.random.default_rng(n)
        drawn = [p_values_of(generator, model, rule, n, anomalies, dirty) for _ in range(repeats)]
        for method, q in product(("bh", "storey"), (0.05, 0.1, 0.2)):
            false, found = [], []
            for p in drawn:
                flagged = select(p, q, method=method).flagged
                false.append(float(flagged[anomalies:].sum() / max(1, flagged.sum())))
                found.append(float(flagged[:anomalies].mean()) if anomalies else 0.0)
            said = f"{model}, {rule}, {method}, n = {n}, {anomalies} of {N_TEST}"
            said += f", {dirty:.0%} dirty" if dirty else ""
            claims.append(claim(f"q = {q:g}: {said}", false, q))
            print(f"{claims[-1]}  found {np.mean(found):.3f}", flush=True)
    return claims


def alarms(repeats: int) -> list[Claim]:
    """False alarms of the watch over 2,000 rows, and rows until a shift is noticed."""
    claims = []
    for n in (20, 200, 2000):
        for decimals in (9, 0):
            generator = np.random.default_rng(n)
            raised = [
                Watch(
                    TailCounts.of(generator.normal(size=n).round(decimals)),
                    false_alarm=0.1,
                    random_state=seed,
                )
                .add(generator.normal(size=2000).round(decimals))
                .alarm
                is not None
                for seed in range(repeats)
            ]
            claims.append(
                claim(f"false alarms, n = {n}, {decimals} decimals", [float(r) for r in raised], 0.1)
            )
            print(claims[-1], flush=True)
    for shift in (0.2, 0.3, 0.5, 1.0, 3.0):
        generator = np.random.default_rng(0)
        found = [
            Watch(TailCounts.of(generator.normal(size=1000)), random_state=seed)
            .add(generator.normal(size=5000))
            .add(generator.normal(shift, size=5000))
            .alarm
            for seed in range(min(repeats, 50))
        ]
        noticed = [alarm.noticed - 5000 for alarm in found if alarm is not None]
        since = [abs(alarm.since - 5000) for alarm in found if alarm is not None]
        print(
            f"shift of {shift:g} after 5,000 rows: noticed in {len(noticed)} of {len(found)}, after a median of "
            f"{np.median(noticed):.0f} rows, dated within {np.median(since):.0f} rows",
            flush=True,
        )
    return claims


def contamination(repeats: int) -> list[Claim]:
    """How often intervals miss the share of anomalies, and how far estimates lie off."""
    claims = []
    for m in (500, 5000):
        for share in (0.0, 0.01, 0.05, 0.1, 0.2, 0.3):
            generator = np.random.default_rng(m)
            low_missed, high_missed, off, told, blind_missed, blind_off = [], [], [], [], [], []
            for repeat in range(repeats):
                energy = generator.gamma(1.5, size=m)
                energy[: round(share * m)] += 6
                found = estimate_contamination(energy, Calibration.split(generator.gamma(1.5, size=m)))
                low_missed.append(float(found.low > share))
                high_missed.append(float(found.high < share))
                off.append(abs(found.estimate - share))
                if repeat < repeats // 50:
                    blind = estimate_unlabelled(energy)
                    told.append(blind.told)
                    if blind.told:
                        blind_missed.append(float(not blind.low <= share <= blind.high))
                        blind_off.append(abs(blind.estimate - share))
            claims.append(claim(f"lower end missed, {m} rows, {share:.0%} anomalies", low_missed, 0.025))
            claims.append(claim(f"upper end missed, {m} rows, {share:.0%} anomalies", high_missed, 0.025))
            print(f"{claims[-2]}  mean error {np.mean(off):.4f}")
            print(claims[-1])
            if blind_missed:
                claims.append(claim(f"unlabelled, missed, {m} rows, {share:.0%}", blind_missed, 0.05))
                print(
                    f"{claims[-1]}  mean error {np.mean(blind_off):.4f}, told {np.mean(told):.0%}", flush=True
                )
    return claims


PARTS = {
    "p-values": super_uniform,
    "selection": false_discoveries,
    "shift": alarms,
    "contamination": contamination,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--check", action="store_true", help="fail where a promise is not kept")
    arguments = parser.parse_args()
    claims: list[Claim] = []
    for part in arguments.parts:
        started = time.process_time()
        print(f"\n{part}, {arguments.repeats} repeats")
        print(f"{'':<62}{'figure':>9}{'error':>9}{'bound':>9}{'excess':>8}")
        claims += PARTS[part](arguments.repeats)
        print(f"{time.process_time() - started:.0f} s")
    missed = [claim for claim in claims if not claim.kept]
    print(f"\n{len(claims) - len(missed)} of {len(claims)} promises kept")
    if missed and arguments.check:
        sys.exit("not kept:\n" + "\n".join(map(str, missed)))


if __name__ == "__main__":
    main()
