"""The end-to-end unsupervised paper's tables on KDD Cup 1999, with 5, 10 and 20 % anomalies in training."""

from hinterland.benchmark.experiments.protocol import PROTOCOLS, Protocol, Sides, possible_share
from hinterland.benchmark.experiments.protocols import kddcup99
from hinterland.benchmark.experiments.protocols.cadgmm import share_of
from hinterland.datasets import Dataset

SUBSETS = tuple(f"train_anomaly={percent}%" for percent in (5, 10, 20))
_READING = (
    "The percentage is read as the share of the training rows, as one of the paper's sentences has it; another "
    "takes it of the samples of the anomaly class. The training half holds about 19.7 % anomalies, so 20 % means all "
    "of them. No threshold is needed for AUROC and AUPRC (average precision)."
)


def _halves(data: Dataset, subset: str, seed: int) -> Sides:
    return kddcup99.halves(data, possible_share(data.is_anomaly, share_of(subset), seed), seed)


def _halves_by_class(data: Dataset, subset: str, seed: int) -> Sides:
    """A share of the training half's anomalies, which are half of all but for chance."""
    return kddcup99.halves(data, share_of(subset) / 2, seed, "anomalies")


def _thinned_halves(data: Dataset, subset: str, seed: int) -> Sides:
    return kddcup99.thinned_halves(data, share_of(subset), seed, at_most_all=True)


PROTOCOLS.add_by(
    "key",
    Protocol(
        key="deuad-kddcup",
        title="KDD Cup 1999 with 5, 10, 20 % anomalies among the training rows, half of all rows tested",
        dataset="KDDCUP99",
        load=kddcup99.load,
        split=_halves,
        judgements=kddcup99.BOTH_RULES,
        subsets=lambda: SUBSETS,
        answers="deuad-kddcup",
        readings=(*kddcup99.READINGS, _READING),
    ),
    Protocol(
        key="deuad-kddcup-of-anomalies",
        title="KDD Cup 1999 with 5, 10, 20 % of a half's anomalies among the training rows, half of all rows tested",
        dataset="KDDCUP99, share of the anomalies",
        load=kddcup99.load,
        split=_halves_by_class,
        judgements=kddcup99.BOTH_RULES,
        subsets=lambda: SUBSETS,
        companion_of="deuad-kddcup",
        readings=(
            "Share of the anomalies: 5, 10 and 20 % of the training half's anomalies, as the paper's other sentence "
            "has it, are 1.2, 2.4 and 4.7 % of the training rows.",
        ),
    ),
    Protocol(
        key="deuad-kddcup-deduplicated",
        title="deuad-kddcup without copies of rows",
        dataset="KDDCUP99, no copies",
        load=kddcup99.load_deduplicated,
        split=_thinned_halves,
        judgements=kddcup99.BOTH_RULES,
        subsets=lambda: SUBSETS,
        companion_of="deuad-kddcup",
        readings=(*kddcup99.DEDUPLICATED_READINGS, _READING),
    ),
    home=__name__,
)
