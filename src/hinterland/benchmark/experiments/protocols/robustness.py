"""How detectors hold out as anomalies among the training rows grow more: AUROC by their share, 1 to 30 %."""

import numpy as np

from hinterland.benchmark.experiments.protocol import PROTOCOLS, Protocol, Sides, load_once
from hinterland.benchmark.experiments.protocols import kddcup99
from hinterland.benchmark.experiments.protocols.adbench import ALL_SETS, JUDGEMENTS
from hinterland.benchmark.experiments.suite import SUITES, Curves, Suite
from hinterland.datasets import adbench_names, splits

PERCENTAGES = (1, 5, 10, 20, 30)
LARGEST_SHARE = max(PERCENTAGES) / 100
SMALLEST_SHARE = min(PERCENTAGES) / 100
MAX_TRAIN = 10_000
FEWEST_TRAIN = 200
TOO_SMALL = ("14_glass", "18_Ionosphere", "20_letter", "25_musk", "38_thyroid", "40_vowels", "42_WBC")
"""ADBench's sets whose halves give fewer than ``FEWEST_TRAIN`` rows."""


def n_training_rows(n_anomalies: int, n_normal: int) -> int:
    """The most rows that so many allow at the largest share of anomalies and at the smallest."""
    return min(MAX_TRAIN, int(n_anomalies / LARGEST_SHARE), int(n_normal / (1 - SMALLEST_SHARE)))


def training_rows(is_anomaly: np.ndarray, share: float, seed: int) -> Sides:
    """Train on rows of a random half with anomalies as this share of them, unlabelled; test on the other half.

    As many rows are trained on at every share. A larger share keeps the anomalies of a smaller one, and has more in
    the place of normal rows.
    """
    whole = splits.natural_half(is_anomaly, random_state=seed)
    tested = np.zeros(len(is_anomaly), bool)
    tested[whole.test] = True
    draw = np.random.default_rng(seed)
    anomalies = draw.permutation(np.flatnonzero(~tested & is_anomaly))
    normal = draw.permutation(np.flatnonzero(~tested & ~is_anomaly))
    n = n_training_rows(len(anomalies), len(normal))
    n_anomalies = int(share * n)
    train = np.sort(np.concatenate([anomalies[:n_anomalies], normal[: n - n_anomalies]]))
    return Sides(train, {"test": whole.test})


def _subsets() -> tuple[str, ...]:
    return tuple(name for name in adbench_names() if name not in TOO_SMALL)


_READINGS = (
    f"At most {MAX_TRAIN:,} training rows, as many at every share, standardised by them; the other half is tested as "
    "it is. All methods have their default settings.",
    f"ADBench's sets of which a half gives fewer than {FEWEST_TRAIN} such rows are left out: {', '.join(TOO_SMALL)}.",
)


def _on_adbench(percent: int) -> Protocol:
    return Protocol(
        key=f"robustness-adbench-{percent}",
        title=f"ADBench: {percent} % of the training rows are anomalies, unlabelled",
        dataset="ADBench",
        load=lambda name: load_once(f"adbench/{name}"),
        split=lambda data, _, seed: training_rows(data.is_anomaly, percent / 100, seed),
        judgements=JUDGEMENTS,
        subsets=_subsets,
        average=ALL_SETS,
        readings=_READINGS,
    )


def _on_kddcup99(percent: int) -> Protocol:
    return Protocol(
        key=f"robustness-kddcup99-{percent}",
        title=f"KDD Cup 1999: {percent} % of the training rows are anomalies, unlabelled",
        dataset="KDDCUP99",
        load=kddcup99.load,
        split=lambda data, _, seed: training_rows(data.is_anomaly, percent / 100, seed),
        judgements=JUDGEMENTS,
        readings=_READINGS[:1],
    )


ON_ADBENCH = {percent: _on_adbench(percent) for percent in PERCENTAGES}
ON_KDDCUP99 = {percent: _on_kddcup99(percent) for percent in PERCENTAGES}
_PROTOCOLS = (*ON_ADBENCH.values(), *ON_KDDCUP99.values())
PROTOCOLS.add_by("key", *_PROTOCOLS, home=__name__)

METHODS = ("DEUAD", "DEUAD (error)", "DAGMM", "CADGMM", "CANCE", "IF")

SUITES.add_by(
    "name",
    Suite(
        "robustness",
        "AUROC by the share of anomalies among the training rows",
        tuple(protocol.key for protocol in _PROTOCOLS),
        methods=METHODS,
        curves=Curves(
            "anomalies among the training rows, %",
            ("auroc",),
            {
                title: {
                    method: {percent: (protocol.key, method) for percent, protocol in by_percent.items()}
                    for method in METHODS
                }
                for title, by_percent in (
                    ("KDD Cup 1999", ON_KDDCUP99),
                    ("ADBench, mean over sets", ON_ADBENCH),
                )
            },
        ),
    ),
    home=__name__,
)
