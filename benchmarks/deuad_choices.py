"""Which clusters DEUAD keeps on KDD Cup 1999, and how many of their rows are anomalies: where a bad seed goes wrong.

The truth about the training rows serves the print alone. Variances are in the paper's units, after the first choice of
features of length one.
"""

import argparse

import numpy as np

from hinterland import DEUAD
from hinterland.benchmark.experiments.methods import method
from hinterland.benchmark.experiments.protocols import protocol
from hinterland.clustering.selection import cluster_variances
from hinterland.training.cluster_and_retrain import CompactRows

PROTOCOL = "deuad-kddcup"
SMALLEST_SHOWN = 0.005


class Told(CompactRows):
    """Says what it chooses."""

    truth: np.ndarray

    def _choose(self, labels, rows, dropped, before):
        super()._choose(labels, rows, dropped, before)
        kept = self.chosen
        print(
            f"\nkept {kept.mean():.1%} of the rows and {kept[self.truth].mean():.1%} of the anomalies, "
            f"which are {self.truth[kept].mean():.1%} of those kept\n"
        )
        print("| rows | variance | anomalies among them | kept |\n| --- | --- | --- | --- |")
        sizes, variances = cluster_variances(rows, labels)
        for cluster in np.argsort(variances):
            own = labels == cluster
            if sizes[cluster] >= SMALLEST_SHOWN * len(rows):
                share, said = self.truth[own].mean(), "yes" if kept[own].all() else "no"
                print(f"| {own.mean():.1%} | {variances[cluster]:.2g} | {share:.1%} | {said} |", flush=True)


class ToldDEUAD(DEUAD):
    """Whose choices are told."""

    def _compact_rows(self, n_rows, seed):
        compact = super()._compact_rows(n_rows, seed)
        compact.__class__ = Told
        compact.truth = self.truth
        return compact


def main() -> None:
    """Train once, and print each choice and what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--percent", type=int, default=20, choices=(5, 10, 20), help="anomalies in training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--method", default="DEUAD (percentile over rows)")
    asked = parser.parse_args()
    known, subset = protocol(PROTOCOL), f"train_anomaly={asked.percent}%"
    run = known.prepare(asked.seed, subset)
    data = known.load(subset)
    chosen = method(asked.method)
    settings = dict(chosen.said(PROTOCOL, subset))
    settings["steps"] = settings.pop("min_steps", settings.get("steps", 0))
    detector = ToldDEUAD(random_state=asked.seed, **settings)
    detector.truth = data.is_anomaly[known.split(data, subset, asked.seed).train]
    detector.fit(run.X_train)
    name = run.judgements[0].name
    judged = run.judge(detector.energy(run.X_test), detector.energy(run.X_train))[name]
    print(f"\nAUROC {100 * judged['auroc']:.1f}, average precision {100 * judged['average_precision']:.1f}")


if __name__ == "__main__":
    main()
