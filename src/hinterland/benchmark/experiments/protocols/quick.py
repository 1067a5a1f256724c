"""A minute's suite on data that scikit-learn ships: shows that everything works, and nothing about methods."""

import numpy as np
from sklearn.datasets import load_breast_cancer, load_wine

from hinterland.benchmark.experiments.protocol import PROTOCOLS, Judgement, Protocol, Sides, from_split
from hinterland.benchmark.experiments.suite import SUITES, Suite
from hinterland.datasets import Dataset, splits

_LOADERS = {"breast_cancer": (load_breast_cancer, 0), "wine": (load_wine, 2)}


def _load(name: str) -> Dataset:
    loader, anomalous_class = _LOADERS[name]
    X, y = loader(return_X_y=True, as_frame=True)
    return Dataset(name, X.astype(np.float64), (y == anomalous_class).to_numpy(), f"scikit-learn's {name}")


def _one_class(data: Dataset, _: str, seed: int) -> Sides:
    return from_split(splits.one_class(data.is_anomaly, random_state=seed))


PROTOCOLS.add_by(
    "key",
    Protocol(
        key="quick-one-class",
        title="breast cancer and wine of scikit-learn, trained on half of the normal rows",
        dataset="scikit-learn",
        load=_load,
        split=_one_class,
        judgements=(
            Judgement("as many flagged as anomalous", rule="natural_half", share=None),
            Judgement("top 5 % of training energies", rule="training", share=0.05),
        ),
        subsets=lambda: tuple(_LOADERS),
        readings=("Small data, to see the harness work.",),
    ),
    home=__name__,
)

SUITES.add_by(
    "name",
    Suite(
        "quick",
        "Quick: a minute on small data that scikit-learn ships",
        ("quick-one-class",),
        methods=("DAGMM", "IF", "GMM", "PCA", "5-NN"),
    ),
    home=__name__,
)
