"""Whether p-values of training rows judged as new are super-uniform: the share of new rows with p at most a level.

Rows of a curved table in four dimensions, several fits of each detector, new rows of the same table. Threads: one.
"""

from __future__ import annotations

import argparse

import numpy as np

from hinterland import DeepMixture, Surprisal

LEVELS = (0.02, 0.05, 0.1, 0.2, 0.5)
N_NEW = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fits", type=int, default=15, help="fits of each detector on each number of rows")
    parser.add_argument("--rows", type=int, nargs="+", default=[100, 400], help="training rows")
    arguments = parser.parse_args()
    print("| detector | rows | " + " | ".join(f"p <= {level:g}" for level in LEVELS) + " |")
    print("| --- " * (2 + len(LEVELS)) + "|")
    for name, make in (("Surprisal", Surprisal), ("DeepMixture", DeepMixture)):
        for n in arguments.rows:
            shares = np.array(
                [_shares(make(steps=50, random_state=fit), n, fit) for fit in range(arguments.fits)]
            )
            errors = shares.std(0) / np.sqrt(arguments.fits)
            cells = [f"{mean:.3f} +- {error:.3f}" for mean, error in zip(shares.mean(0), errors, strict=True)]
            print(f"| {name} | {n} | " + " | ".join(cells) + " |", flush=True)


def _shares(detector: Surprisal | DeepMixture, n: int, seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    p = detector.fit(table(n, rng)).p_values(table(N_NEW, rng))
    return [float(np.mean(p <= level)) for level in LEVELS]


def table(n: int, rng: np.random.Generator) -> np.ndarray:
    first = rng.normal(size=(n, 2))
    return np.column_stack([first, first[:, 0] ** 2 + rng.normal(0, 0.3, n), rng.exponential(size=n)])


if __name__ == "__main__":
    main()
