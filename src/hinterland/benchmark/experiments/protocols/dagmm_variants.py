"""The slides on variants of DAGMM: KDD Cup 1999 under the pooled rule, at six shares flagged."""

from collections.abc import Callable

import numpy as np

from hinterland.benchmark.experiments.protocol import PROTOCOLS, Judgement, Protocol, Sides
from hinterland.benchmark.experiments.protocols import kddcup99
from hinterland.datasets import Dataset, splits

LABELLED_SHARE = 0.1


def _reading(label: str, default: int) -> Callable[[str], tuple[str, str]]:
    def read(subset: str) -> tuple[str, str]:
        return "", f"{label}, top {subset.removeprefix('percentile=') or default} %"

    return read


def _half_with_labels(data: Dataset, _: str, seed: int) -> Sides:
    """Train on a whole random half, its anomalies known as such and its attacks as normal."""
    split = splits.positive_unlabelled(data.is_anomaly, labelled_share=1.0, random_state=seed)
    y_train = np.where(data.is_anomaly[split.train], -1, 1).astype(np.int8)
    return Sides(split.train, {"natural half": split.test}, y_train)


def _half_positive_unlabelled(data: Dataset, _: str, seed: int) -> Sides:
    split = splits.positive_unlabelled(data.is_anomaly, labelled_share=LABELLED_SHARE, random_state=seed)
    return Sides(split.train, {"natural half": split.test}, split.y_train)


PROTOCOLS.add_by(
    "key",
    Protocol(
        key="variants-pooled",
        title="KDD Cup 1999: trained on half of the attacks, tested on all other rows, pooled threshold",
        dataset="KDDCUP99",
        load=kddcup99.load,
        split=kddcup99.clean_halves,
        judgements=(*kddcup99.POOLED_AT_PERCENTILES, kddcup99.NATURAL),
        run_of="cadgmm-kdd99",
        answers="variants-pooled",
        read_subset=_reading("pooled", 20),
        readings=(
            *kddcup99.READINGS,
            "The slides name no data set and no rule; both are inferred from their numbers.",
        ),
    ),
    Protocol(
        key="variants-copied-baseline",
        title="the slides' copied DAGMM row: natural half",
        dataset="KDDCUP99",
        load=kddcup99.load,
        split=kddcup99.clean_halves,
        judgements=kddcup99.BOTH_RULES,
        run_of="cadgmm-kdd99",
        answers="variants-copied-baseline",
        readings=(
            *kddcup99.READINGS,
            "The slides' baseline row is copied from a paper under the natural-half rule and stands beside rows "
            "under the pooled rule.",
        ),
    ),
    Protocol(
        key="variants-modified-loss",
        title="KDD Cup 1999: trained on a whole half with all its labels, tested on the other half",
        dataset="KDDCUP99",
        load=kddcup99.load,
        split=_half_with_labels,
        known_anomalies=True,
        judgements=kddcup99.at_percentiles("natural half", "natural_half", "natural half"),
        answers="variants-modified-loss",
        read_subset=_reading("natural half", 40),
        readings=(
            kddcup99.READINGS[0],
            "Modified loss: the training half keeps its natural 19.7 % anomalies, all labelled (not stated; inferred "
            "from the share of the evaluated set). The summary row is the 40 % one.",
        ),
    ),
    Protocol(
        key="variants-pu",
        title="KDD Cup 1999: trained on a whole half, a tenth of its attacks known as normal",
        dataset="KDDCUP99",
        load=kddcup99.load,
        split=_half_positive_unlabelled,
        judgements=(
            Judgement("own threshold", rule="own", share=None, test="natural half"),
            kddcup99.NATURAL,
        ),
        answers="variants-pu",
        readings=(
            kddcup99.READINGS[0],
            f"Positive-unlabelled: the labelled share is not stated; here {LABELLED_SHARE:.0%} of the training half's "
            "normal rows.",
        ),
    ),
    home=__name__,
)
