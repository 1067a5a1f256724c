"""ADBench's classical sets that are on this machine: one-class, and unlabelled with contaminated training rows."""

from dataclasses import replace

from hinterland.benchmark.experiments.protocol import (
    PROTOCOLS,
    Judgement,
    Protocol,
    Sides,
    from_split,
    load_once,
    possible_share,
)
from hinterland.benchmark.experiments.suite import SUITES, Suite
from hinterland.datasets import Dataset, adbench_names, resnet18_names, splits
from hinterland.detectors.catalogue import DEFAULT_DETECTOR

MAX_TRAIN = 20_000
LARGEST_CONTAMINATION = 0.1
KNOWN_ANOMALIES = 0.01
ALL_SETS = "mean over all sets"

METHODS = tuple(
    dict.fromkeys(
        (
            *(DEFAULT_DETECTOR, "DeepMixture", "DAGMM", "CADGMM", "CANCE"),
            *("1-NN", "5-NN", "5-NN (fifth)", "IF", "GMM", "ECOD", "KDE"),
            *("LUNAR", "DeepSVDD", "AutoEncoder", "DIF (PyOD)"),
        )
    )
)
"""Columns of the collections that judge a default."""

TOGETHER = ("adbench", "oddbench")
"""Collections over whose sets together a default is judged."""


def _subsets() -> tuple[str, ...]:
    return tuple(adbench_names())


def _load(name: str) -> Dataset:
    return load_once(f"adbench/{name}")


def _features(name: str) -> Dataset:
    return load_once(f"resnet18/{name}")


def _feature_sets() -> tuple[str, ...]:
    return tuple(resnet18_names())


def _one_class(data: Dataset, _: str, seed: int) -> Sides:
    return from_split(splits.one_class(data.is_anomaly, max_train=MAX_TRAIN, random_state=seed))


def _contaminated(data: Dataset, _: str, seed: int) -> Sides:
    share = possible_share(data.is_anomaly, LARGEST_CONTAMINATION, seed)
    return from_split(splits.contaminated(data.is_anomaly, share=share, random_state=seed))


def _partially_labelled(data: Dataset, _: str, seed: int) -> Sides:
    share = possible_share(data.is_anomaly, LARGEST_CONTAMINATION, seed)
    return from_split(
        splits.partially_labelled(
            data.is_anomaly,
            share=share,
            share_of_anomalies_known=KNOWN_ANOMALIES,
            least_known=1,
            random_state=seed,
        )
    )


JUDGEMENTS = (
    Judgement("as many flagged as anomalous", rule="natural_half", share=None),
    Judgement("top 5 % of training energies", rule="training", share=0.05),
)
_READING = (
    "F1 flags as many test rows as are anomalous, their number taken as known; the second reading takes its "
    "threshold from the training rows alone."
)

_ONE_CLASS = Protocol(
    key="adbench-one-class",
    title="ADBench: trained on a random half of the normal rows, tested on all others",
    dataset="ADBench",
    load=_load,
    split=_one_class,
    judgements=JUDGEMENTS,
    subsets=_subsets,
    readings=(f"One-class: at most {MAX_TRAIN:,} training rows, standardised by them. " + _READING,),
)
_CONTAMINATED = Protocol(
    key="adbench-contaminated",
    title="ADBench: trained on a random half with its anomalies, unlabelled; tested on the other half",
    dataset="ADBench",
    load=_load,
    split=_contaminated,
    judgements=JUDGEMENTS,
    subsets=_subsets,
    average=ALL_SETS,
    readings=(
        "Unlabelled: the training half keeps its natural share of anomalies, at most "
        f"{LARGEST_CONTAMINATION:.0%} of the training rows (the surplus is left out of both sides). "
        + _READING,
    ),
)


def _on_features(base: Protocol, reading: str) -> Protocol:
    """The same experiment on ADBench's sets of pictures, as features of a frozen network."""
    return replace(
        base,
        key=base.key.replace("adbench", "resnet18"),
        title=f"{base.key} on ADBench's sets of pictures, as features of an ImageNet ResNet-18",
        dataset="ADBench, ResNet-18",
        load=_features,
        subsets=_feature_sets,
        average=ALL_SETS,
        readings=(f"512 features a picture; {reading}. {_READING}",),
    )


PROTOCOLS.add_by(
    "key",
    _ONE_CLASS,
    _CONTAMINATED,
    replace(
        _CONTAMINATED,
        key="adbench-partially-labelled",
        title="adbench-contaminated with one in a hundred of the training anomalies known",
        split=_partially_labelled,
        known_anomalies=True,
        readings=(
            f"Partially labelled: {KNOWN_ANOMALIES:.0%} of the training rows' anomalies, at least one, are known, all "
            "other rows unlabelled; for methods that learn from known anomalies. " + _READING,
        ),
    ),
    _on_features(_ONE_CLASS, "one-class, standardised by the training rows"),
    _on_features(_CONTAMINATED, "the training half keeps its anomalies, unlabelled"),
    home=__name__,
)

SUITES.add_by(
    "name",
    Suite(
        "adbench",
        "ADBench, one-class",
        ("adbench-one-class",),
        methods=(*METHODS, "LOF", "OC-SVM", "PCA", "COPOD"),
        together=TOGETHER,
    ),
    Suite(
        "adbench-contaminated",
        "ADBench, unlabelled with contaminated training rows",
        ("adbench-contaminated",),
    ),
    Suite(
        "known-anomalies",
        "What a few known anomalies are worth: the same rows, unlabelled and with one in a hundred anomalies known",
        ("adbench-contaminated", "adbench-partially-labelled"),
        methods=("DAGMM",),
    ),
    Suite(
        "resnet18-features",
        "Frozen ResNet-18 features of pictures, one-class and contaminated",
        ("resnet18-one-class", "resnet18-contaminated"),
        methods=("CANCE", "CNCE", "Error", "DAGMM", "5-NN", "IF"),
    ),
    home=__name__,
)
