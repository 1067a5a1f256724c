"""CANCE's tables on tables: abalone, thyroid and KDD Cup 1999."""

from hinterland.benchmark.experiments.protocol import (
    PROTOCOLS,
    Judgement,
    Protocol,
    Sides,
    from_split,
    load_once,
)
from hinterland.benchmark.experiments.protocols import kddcup99
from hinterland.benchmark.experiments.suite import SUITES, Suite
from hinterland.datasets import Dataset, splits


def _balanced(data: Dataset, _: str, seed: int) -> Sides:
    return from_split(splits.balanced_test(data.is_anomaly, random_state=seed))


def _natural_half(data: Dataset, _: str, seed: int) -> Sides:
    return from_split(splits.natural_half(data.is_anomaly, random_state=seed))


def _one_class(name: str, dataset: str) -> Protocol:
    """The same table trained on half of its normal rows, as the public code of GOAD tests."""
    return Protocol(
        key=f"cance-{name}-one-class",
        title=f"{dataset}: trained on half of the normal rows, tested on the others and on all anomalies",
        dataset=f"{dataset}, one-class",
        load=lambda _: load_once(name),
        split=lambda data, _, seed: from_split(splits.one_class(data.is_anomaly, random_state=seed)),
        judgements=(Judgement("as many flagged as anomalous", rule="natural_half", share=None),),
        companion_of=f"cance-{name}",
        readings=(
            "One-class: trained on a random half of the normal rows, tested on the other half and every anomaly; as "
            "many are flagged as there are anomalies. So GOAD's public code tests on thyroid, and figures of others "
            "that the table copies may come from such tests.",
        ),
    )


_HALF_AND_HALF = (Judgement("half and half, top 50 %", rule="natural_half", share=0.5),)
_BALANCED_READING = (
    "The test set holds every anomaly and as many normal rows (the reading of public code behind these figures), "
    "and half of it is flagged: a random ranking has F1 50."
)

PROTOCOLS.add_by(
    "key",
    Protocol(
        key="cance-abalone",
        title="Abalone: rings 3 and 21 against 8, 9, 10; tested on all anomalies and as many normal rows",
        dataset="Abalone",
        load=lambda _: load_once("abalone"),
        split=_balanced,
        judgements=_HALF_AND_HALF,
        answers="cance-abalone",
        readings=("Abalone: 29 anomalies among 1,920 rows. " + _BALANCED_READING,),
    ),
    Protocol(
        key="cance-thyroid",
        title="Thyroid: tested on all anomalies and as many normal rows, trained on the other normal rows",
        dataset="Thyroid",
        load=lambda _: load_once("thyroid"),
        split=_balanced,
        judgements=_HALF_AND_HALF,
        answers="cance-thyroid",
        readings=("Thyroid, half and half: " + _BALANCED_READING,),
    ),
    Protocol(
        key="cance-thyroid-natural",
        title="Thyroid: half of all rows tested with their natural 2.5 % anomalies, as DAGMM does",
        dataset="Thyroid",
        load=lambda _: load_once("thyroid"),
        split=_natural_half,
        judgements=(Judgement("natural half, top 2.5 %", rule="natural_half", share=0.025),),
        answers="cance-thyroid",
        readings=(
            "Thyroid, natural half: the convention of the DAGMM paper. The table mixes figures of both conventions, "
            "so the reported numbers stand beside both.",
        ),
    ),
    _one_class("abalone", "Abalone"),
    _one_class("thyroid", "Thyroid"),
    Protocol(
        key="cance-kddcup99",
        title="KDD Cup 1999: trained on half of the attacks, tested on all other rows, pooled threshold",
        dataset="KDDCUP99",
        load=kddcup99.load,
        split=kddcup99.clean_halves,
        judgements=(kddcup99.POOLED, kddcup99.NATURAL),
        run_of="cadgmm-kdd99",
        answers="cance-kddcup99",
        readings=(
            *kddcup99.READINGS,
            "The caption says contaminated training data, the text gives no share; read as clean. The pooled rule is "
            "inferred from the numbers; DAGMM-0 is copied from a paper under the natural-half rule.",
        ),
    ),
    home=__name__,
)

SUITES.add_by(
    "name",
    Suite(
        "cance-readings",
        "CANCE on pictures by what its paper leaves open: how wide the noise starts, and what is scored",
        ("cance-cifar10-unimodal", "cance-mnistc", "cance-mnist-unimodal"),
        (
            "CANCE (wide noise)",
            "CANCE (log-ratio)",
            "CANCE (log-ratio; plain noise)",
            "CANCE (log-ratio; wide noise)",
            "CNCE (log-ratio; wide noise)",
            "LatNCE (log-ratio; wide noise)",
            "CANCE (the paper's latents)",
        ),
        paper="cance",
        short_title="What the paper leaves open: how wide the noise starts, and what is scored",
    ),
    home=__name__,
)
