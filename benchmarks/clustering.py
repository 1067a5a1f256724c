"""What clustering costs as rows grow, on planted Gaussians in 100 columns with noise, and how well these are found.

Each clustering sees every row it is given, whatever its bound for larger tables. The peak of memory is that of the
process so far. HDBSCAN is left out of tables that would take it many minutes.
"""

from __future__ import annotations

import argparse
import inspect
import resource
import sys
import time

import numpy as np
from measure import Claim, machine, report
from sklearn.metrics import adjusted_rand_score

from hinterland.clustering import CLUSTERINGS, NOISE

N_GROUPS, WIDTH, SHARE_OF_NOISE = 8, 100, 0.2
MOST_FOR_HDBSCAN = 10_000


def planted(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of Gaussians and uniform noise (n, 100), and the group of each, -1 for noise."""
    generator = np.random.default_rng(0)
    groups = generator.integers(0, N_GROUPS, n_rows)
    groups[generator.random(n_rows) < SHARE_OF_NOISE] = NOISE
    means = 2 * generator.normal(size=(N_GROUPS, WIDTH))
    rows = means[groups] + generator.normal(size=(n_rows, WIDTH))
    rows[groups == NOISE] = generator.uniform(-20, 20, size=(int((groups == NOISE).sum()), WIDTH))
    return rows, groups


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[2_500, 5_000, 10_000, 20_000, 50_000])
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    arguments = parser.parse_args()
    print(machine())
    print(
        f"{'clustering':<20}{'rows':>8}{'seconds':>10}{'clusters':>10}{'Rand':>8}{'noise out':>11}{'peak MB':>10}"
    )
    claims = []
    for n_rows in arguments.rows:
        rows, groups = planted(n_rows)
        real = groups != NOISE
        for name, make in CLUSTERINGS.members().items():
            if name == "hdbscan" and n_rows > MOST_FOR_HDBSCAN:
                continue
            known = inspect.signature(make).parameters
            options = {"n_clusters": N_GROUPS, "most_rows": n_rows, "normalise": False}
            clustering = make(**{option: value for option, value in options.items() if option in known})
            started = time.process_time()
            labels = clustering.cluster(rows, np.random.default_rng(0))
            seconds = time.process_time() - started
            rand = adjusted_rand_score(groups[real], labels[real])
            left_out = float(np.mean(labels[~real] == NOISE))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            found = f"{labels.max() + 1:>10}{rand:>8.3f}{left_out:>11.3f}"
            print(f"{name:<20}{n_rows:>8,}{seconds:>10.1f}{found}{peak:>10,.0f}", flush=True)
            if name == "distribution":
                claims += [
                    Claim(f"distribution, {n_rows:,} rows: seconds", [seconds], most=300),
                    Claim(f"distribution, {n_rows:,} rows: peak MB", [peak], most=4096),
                    Claim(f"distribution, {n_rows:,} rows: adjusted Rand", [rand], least=0.95),
                ]
    sys.exit(1 if not report(claims) and arguments.check else 0)


if __name__ == "__main__":
    main()
