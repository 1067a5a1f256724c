"""CADGMM's tables: KDD Cup 1999, arrhythmia and satellite, and KDD Cup 1999 with contaminated training rows."""

from hinterland.benchmark.experiments.protocol import (
    PROTOCOLS,
    Judgement,
    Protocol,
    Sides,
    from_split,
    load_once,
)
from hinterland.benchmark.experiments.protocols import kddcup99
from hinterland.benchmark.experiments.suite import SUITES, Curves, Suite
from hinterland.datasets import Dataset, splits

CONTAMINATION = tuple(f"train_anomaly={percent}%" for percent in (1, 2, 3, 4, 5))


def share_of(subset: str) -> float:
    """``train_anomaly=5%`` to 0.05."""
    return float(subset.removeprefix("train_anomaly=").removesuffix("%")) / 100


def _natural_half(data: Dataset, _: str, seed: int) -> Sides:
    return from_split(splits.natural_half(data.is_anomaly, random_state=seed))


def _natural(share: float) -> tuple[Judgement, ...]:
    return (Judgement(f"natural half, top {share:.0%}".replace("%", " %"), rule="natural_half", share=share),)


_STANDARDISED = (
    "Columns standardised by the training rows; the paper states no scaling, and its code does none. Unscaled columns "
    "are not run here yet."
)

PROTOCOLS.add_by(
    "key",
    Protocol(
        key="cadgmm-kdd99",
        title="KDD Cup 1999: half of all rows tested, trained on the attacks of the other half",
        dataset="KDDCUP99",
        load=kddcup99.load,
        split=kddcup99.clean_halves,
        judgements=(kddcup99.NATURAL, *kddcup99.POOLED_AT_PERCENTILES),
        answers="cadgmm-kdd99",
        readings=kddcup99.READINGS,
    ),
    Protocol(
        key="cadgmm-kdd99-deduplicated",
        title="cadgmm-kdd99 without copies of rows",
        dataset="KDDCUP99, no copies",
        load=kddcup99.load_deduplicated,
        split=lambda data, _, seed: kddcup99.thinned_halves(data, 0.0, seed),
        judgements=kddcup99.BOTH_RULES,
        companion_of="cadgmm-kdd99",
        readings=kddcup99.DEDUPLICATED_READINGS,
    ),
    Protocol(
        key="cadgmm-kdd99-minmax",
        title="cadgmm-kdd99 with columns scaled to [0, 1], as public DAGMM code has them",
        dataset="KDDCUP99, [0, 1]",
        load=kddcup99.load,
        split=kddcup99.clean_halves,
        judgements=kddcup99.BOTH_RULES,
        scaling="minmax",
        companion_of="cadgmm-kdd99",
        readings=("Public DAGMM code scales to [0, 1]; here by the training rows alone.",),
    ),
    Protocol(
        key="cadgmm-arrhythmia",
        title="Arrhythmia: half of all rows tested, trained on the normal rows of the other half",
        dataset="Arrhythmia",
        load=lambda _: load_once("arrhythmia"),
        split=_natural_half,
        judgements=_natural(0.15),
        answers="cadgmm-arrhythmia",
        readings=(
            "Arrhythmia: ODDS file, 452 x 274, 14.6 % anomalies, 15 % flagged. " + _STANDARDISED,
            "CADGMM's own row on arrhythmia is one confusion matrix, on another test set than its baselines.",
        ),
    ),
    Protocol(
        key="cadgmm-satellite",
        title="Satellite: half of all rows tested, trained on the normal rows of the other half",
        dataset="Satellite",
        load=lambda _: load_once("satellite"),
        split=_natural_half,
        judgements=_natural(0.32),
        answers="cadgmm-satellite",
        readings=("Satellite: ODDS file, 6,435 x 36, 31.6 % anomalies, 32 % flagged. " + _STANDARDISED,),
    ),
    Protocol(
        key="cadgmm-kdd99-contaminated",
        title="cadgmm-kdd99 with 1 to 5 % anomalies among the training rows",
        dataset="KDDCUP99",
        load=kddcup99.load,
        split=lambda data, subset, seed: kddcup99.halves(data, share_of(subset), seed),
        judgements=kddcup99.BOTH_RULES,
        subsets=lambda: CONTAMINATION,
        answers="cadgmm-kdd99-contaminated",
        readings=(
            *kddcup99.READINGS,
            "The percentage is read as the share of the training rows, which the paper does not say; its code "
            "takes it of all anomalies.",
        ),
    ),
    Protocol(
        key="cadgmm-kdd99-contaminated-deduplicated",
        title="cadgmm-kdd99-contaminated without copies of rows",
        dataset="KDDCUP99, no copies",
        load=kddcup99.load_deduplicated,
        split=lambda data, subset, seed: kddcup99.thinned_halves(data, share_of(subset), seed),
        judgements=kddcup99.BOTH_RULES,
        subsets=lambda: CONTAMINATION,
        companion_of="cadgmm-kdd99-contaminated",
        readings=kddcup99.DEDUPLICATED_READINGS,
    ),
    home=__name__,
)

READINGS = (
    "mean loss",
    "norm loss",
    "minmax columns",
    "Euclidean graph",
    "without self-loops",
    "one head",
    "no latent penalty",
    "no dropout",
)
"""What the paper leaves open, each read another way than ours."""

ON_CLEAN_ROWS = {
    "KDD Cup 1999": "cadgmm-kdd99",
    "Arrhythmia": "cadgmm-arrhythmia",
    "Satellite": "cadgmm-satellite",
}

N_NEIGHBORS = range(5, 20, 2)
BY_NEIGHBOURS = {
    graph: {n: f"CADGMM ({prefix}{n} neighbours)" for n in N_NEIGHBORS}
    for graph, prefix in (("reference graph", ""), ("batch graph", "batch graph; "))
}

SUITES.add_by(
    "name",
    Suite(
        "cadgmm-readings",
        "CADGMM by what its paper leaves open, one reading changed at a time",
        tuple(ON_CLEAN_ROWS.values()),
        ("CADGMM (short training)", *(f"CADGMM ({reading})" for reading in READINGS)),
        paper="cadgmm",
        short_title="What the paper leaves open, one reading changed at a time",
    ),
    Suite(
        "cadgmm-neighbours",
        "CADGMM, Figure 3: by the number of neighbours",
        tuple(ON_CLEAN_ROWS.values()),
        tuple(method for by_number in BY_NEIGHBOURS.values() for method in by_number.values()),
        curves=Curves(
            "neighbours",
            "f1",
            {
                title: {
                    graph: {n: (key, method) for n, method in by_number.items()}
                    for graph, by_number in BY_NEIGHBOURS.items()
                }
                for title, key in ON_CLEAN_ROWS.items()
            },
        ),
        paper="cadgmm",
        short_title="Figure 3: by the number of neighbours",
    ),
    home=__name__,
)
