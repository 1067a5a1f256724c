"""What to show DAGMM's ranking loss of the known anomalies: the comparison behind its default.

Not on the ADBench sets, which the choice is reported on: four digits of scikit-learn's in turn anomalous, its
breast_cancer, abalone, arrhythmia and 6,000 rows of KDD Cup 1999. A tenth of the training rows is anomalous at most,
and one in a hundred of these is known, at least one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_digits
from torch import Tensor

from hinterland import DAGMM, datasets
from hinterland.benchmark.experiments.protocol import possible_share, scale
from hinterland.datasets import splits
from hinterland.metrics import auroc, average_precision
from hinterland.training import joint, label_losses

Variants = Callable[[Tensor, Tensor, int, torch.Generator | None], Tensor]


def themselves(anomalies: Tensor, _: Tensor, n: int, generator: torch.Generator | None) -> Tensor:
    return anomalies[torch.randint(len(anomalies), (n,), generator=generator)]


def with_noise(deviation: float) -> Variants:
    def variants(anomalies: Tensor, others: Tensor, n: int, generator: torch.Generator | None) -> Tensor:
        shown = themselves(anomalies, others, n, generator)
        return shown + deviation * torch.randn(shown.shape, generator=generator)

    return variants


def with_entries_of_others(largest_share: float) -> Variants:
    def variants(anomalies: Tensor, others: Tensor, n: int, generator: torch.Generator | None) -> Tensor:
        label_losses.LARGEST_SHARE_TAKEN = largest_share
        return label_losses.anomaly_variants(anomalies, others, n, generator)

    return variants


WAYS: dict[str, tuple[dict[str, object], Variants]] = {
    "nothing (unlabelled)": ({"label_loss": None}, themselves),
    "the known anomalies": ({}, themselves),
    "the same, a tenth of the weight": ({"label_weight": 0.1}, themselves),
    "with noise of 0.3 deviations": ({}, with_noise(0.3)),
    "with noise of 1": ({}, with_noise(1.0)),
    "with noise of 2": ({}, with_noise(2.0)),
    "with up to half of another row's entries": ({}, with_entries_of_others(0.5)),
    "with up to all of them": ({}, with_entries_of_others(1.0)),
}


def tables() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    rows, digits = load_digits(return_X_y=True)
    for digit in (1, 3, 5, 8):
        yield f"digit {digit}", rows, digits == digit
    rows, benign = load_breast_cancer(return_X_y=True)
    yield "breast_cancer", rows, benign == 0
    for name in ("abalone", "arrhythmia"):
        data = datasets.load(name)
        yield name, data.matrix(np.float64), data.is_anomaly
    data = datasets.load("kddcup99_encoded")
    drawn = np.random.default_rng(0).choice(len(data.is_anomaly), 6000, replace=False)
    yield "KDD Cup 1999", data.matrix(np.float64)[drawn], data.is_anomaly[drawn]


def one_run(rows: np.ndarray, is_anomaly: np.ndarray, seed: int, settings: dict) -> tuple[float, float]:
    split = splits.partially_labelled(
        is_anomaly,
        share=possible_share(is_anomaly, 0.1, seed),
        share_of_anomalies_known=0.01,
        least_known=1,
        random_state=seed,
    )
    train, test = scale(rows[split.train], rows[split.test], "standard")
    energy = DAGMM(random_state=seed, **settings).fit(train, split.y_train).energy(test)
    truth = is_anomaly[split.test]
    return auroc(truth, energy), average_precision(truth, energy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    arguments = parser.parse_args()
    data = list(tables())
    print(f"{arguments.seeds} seeds; AUROC and average precision, means over tables, then AUROC by table")
    print(f"{'what is shown':42} AUROC  AP    ", *(name for name, _, _ in data), sep="  ")
    for way in arguments.ways:
        settings, variants = WAYS[way]
        joint.anomaly_variants = variants  # what every step of the loss calls
        figures = np.array(
            [
                np.mean([one_run(rows, truth, seed, settings) for seed in range(arguments.seeds)], axis=0)
                for _, rows, truth in data
            ]
        )
        area, precision = figures.mean(0)
        by_table = "  ".join(f"{value:.2f}" for value in figures[:, 0])
        print(f"{way:42} {area:.3f}  {precision:.3f}  {by_table}", flush=True)


if __name__ == "__main__":
    main()
