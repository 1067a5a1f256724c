"""CADGMM's tables: KDD Cup 1999, arrhythmia and satellite, and KDD Cup 1999 with contaminated training rows."""

from dataclasses import replace

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


_AS_THEY_COME = (
    "Columns as they come: the paper states no scaling, and its code does none. On standardised columns, of the "
    "companion, relative error and cosine are taken about the mean row."
)
_STANDARDISED = "Columns standardised by the training rows, which neither the paper nor its code does."


def _on_a_small_table(name: str, title: str, share: float, about: str) -> tuple[Protocol, Protocol]:
    """The experiment on unscaled columns, which is the text's, and its standardised companion."""
    as_it_comes = Protocol(
        key=f"cadgmm-{name}-unscaled",
        title=f"{title}, unscaled: half of all rows tested, trained on the normal rows of the other half",
        dataset=title,
        load=lambda _: load_once(name),
        split=_natural_half,
        judgements=_natural(share),
        scaling=None,
        answers=f"cadgmm-{name}",
        readings=(f"{about} {_AS_THEY_COME}",),
    )
    standardised = replace(
        as_it_comes,
        key=f"cadgmm-{name}",
        title=f"cadgmm-{name}-unscaled with standardised columns",
        dataset=f"{title}, standardised",
        scaling="standard",
        answers=None,
        companion_of=as_it_comes.key,
        readings=(f"{about} {_STANDARDISED}",),
    )
    return as_it_comes, standardised


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
    *_on_a_small_table(
        "arrhythmia",
        "Arrhythmia",
        0.15,
        "Arrhythmia: ODDS file, 452 x 274, 14.6 % anomalies, 15 % flagged. CADGMM's own row is one confusion matrix, "
        "on another test set than its baselines.",
    ),
    *_on_a_small_table(
        "satellite", "Satellite", 0.32, "Satellite: ODDS file, 6,435 x 36, 31.6 % anomalies, 32 % flagged."
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
            "takes it of all anomalies, as the companion does.",
        ),
    ),
    Protocol(
        key="cadgmm-kdd99-contaminated-of-anomalies",
        title="cadgmm-kdd99 with 1 to 5 % of all anomalies among the training rows",
        dataset="KDDCUP99, share of the anomalies",
        load=kddcup99.load,
        split=lambda data, subset, seed: kddcup99.halves(data, share_of(subset), seed, "anomalies"),
        judgements=kddcup99.BOTH_RULES,
        subsets=lambda: CONTAMINATION,
        companion_of="cadgmm-kdd99-contaminated",
        readings=(
            "Share of the anomalies: 1 to 5 % of all 97,278 anomalies, as the paper's code counts them, are 0.5 to "
            "2.4 % of the training rows.",
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
    "penalty on Z as printed",
    "tanh on logits",
    "beta1 0.5",
    "batches of exactly N",
    "iterations as steps",
)
"""What the paper leaves open, or prints other than its code has it, each read another way than ours."""

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
        (*ON_CLEAN_ROWS.values(), "cadgmm-arrhythmia-unscaled", "cadgmm-satellite-unscaled"),
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
            ("precision", "recall", "f1"),
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
