"""Protocols on pictures as rows of pixels: CANCE's one-class tables, and DEUAD's wholly unlabelled ones."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from hinterland import datasets
from hinterland.benchmark.protocol import Judgement, Protocol, Sides, from_split
from hinterland.datasets import Dataset, PictureDataset, splits

AVERAGE = "class=avg"
_RANKING = (Judgement("as many flagged as anomalous", rule="natural_half", share=None),)
_PIXELS = "Pixels in [0, 1], a row a picture; no augmentation."
_PUBLIC = (
    "One-class: trained on the normal classes' pictures of the public training part, tested on the whole public test "
    "part. Only the seed of the training changes between runs."
)


@lru_cache(maxsize=1)
def _pictures(name: str) -> PictureDataset:
    return datasets.load_pictures(name)


@lru_cache(maxsize=1)
def _table(name: str, normal: tuple[str | int, ...]) -> Dataset:
    """Rows of pixels; the last table is remembered, as jobs on the same classes follow one another."""
    return _pictures(name).table(normal)


def _normal_classes(subset: str) -> tuple[int, ...]:
    """The normal classes that a subset names, ``class=3`` or ``classes=0+8``: by place, as the papers number them."""
    return tuple(map(int, subset.partition("=")[2].split("+")))


def _one_class(key: str, title: str, name: str, subsets: tuple[str, ...], answers: str) -> Protocol:
    def load(subset: str) -> Dataset:
        return _table(name, _normal_classes(subset))

    def split(data: Dataset, _: str, __: int) -> Sides:
        return from_split(splits.public_parts(data.is_anomaly, _pictures(name).is_test))

    return Protocol(
        key=key,
        title=title,
        dataset=name.upper(),
        load=load,
        split=split,
        judgements=_RANKING,
        scaling=None,
        subsets=lambda: subsets,
        average=AVERAGE,
        answers=answers,
        readings=(_PUBLIC, _PIXELS),
    )


def _features(subset: str) -> tuple[str, str]:
    """Numbers on raw pixels stand beside ours, those of the same cell on other features do not."""
    return "" if subset == "features=raw" else subset, _RANKING[0].name


def _unlabelled(
    key: str, name: str, normal: str, counts: tuple[int | None, int | None], reading: str
) -> Protocol:
    """A mixture drawn from a set of pictures, all of it trained on and scored."""

    def load(_: str) -> Dataset:
        return _table(name, (normal,))

    def split(data: Dataset, _: str, seed: int) -> Sides:
        rows = splits.mixed_classes(
            _pictures(name).labels,
            data.is_anomaly,
            n_normal=counts[0],
            n_anomalies=counts[1],
            random_state=seed,
        )
        return Sides(rows, {"test": rows})

    return Protocol(
        key=key,
        title=f"{name}: {normal} among pictures of other classes, unlabelled, trained on and scored",
        dataset=name.upper(),
        load=load,
        split=split,
        judgements=_RANKING,
        scaling=None,
        answers=key,
        read_subset=_features,
        scores_training_rows=True,
        readings=(
            "Wholly unlabelled: the rows that are scored are those that were trained on; labels serve the metric "
            "alone.",
            _PIXELS + " " + reading,
        ),
    )


def _share(subset: str) -> tuple[str, str]:
    return subset.partition(";")[0], _RANKING[0].name


def _sweep(base: Protocol) -> Protocol:
    """The same experiment for each of the shares that are assumed to be anomalous."""
    return replace(
        base,
        key=f"{base.key}-p-sweep",
        title=f"{base.key} by p, the share of clusters that later choices leave out",
        subsets=lambda: _SHARES,
        answers=f"{base.key}-p-sweep",
        read_subset=_share,
        readings=(*base.readings, "Every p has a p0 of five points more; the paper does not say which."),
    )


def _mnist_c(_: str) -> Dataset:
    return _table("mnist_c", ("identity",))


def _mnist_c_sides(data: Dataset, _: str, __: int) -> Sides:
    pictures = _pictures("mnist_c")
    split = splits.public_parts(data.is_anomaly, pictures.is_test)
    tests = {"test": split.test}
    for place, corruption in enumerate(pictures.classes):
        if corruption != "identity":
            mine = np.isin(pictures.labels[split.test], (0, place))
            tests[corruption] = split.test[mine]
    return Sides(split.train, tests)


_DIGITS = tuple(f"class={place}" for place in range(10))
_SHARES = tuple(f"p={percent}%" for percent in range(5, 51, 5))
_PAIRS = ("classes=0+1", "classes=0+8", "classes=1+8")
_OTHER_FEATURES = (
    "The paper has NetVLAD features of a trained network unless it says raw; here all methods see pixels, so the "
    "figures do not compare."
)

_CIFAR10_UNLABELLED = _unlabelled(
    "deuad-cifar10", "cifar10", "airplane", (5050, 450), "Drawn from both parts. " + _OTHER_FEATURES
)

_MNIST_UNLABELLED = _unlabelled(
    "deuad-mnist",
    "mnist",
    "4",
    (4859, 265),
    "Drawn from both parts of MNIST: 4,859 pictures of the digit 4 and 265 of the others (pool not stated).",
)
_CATS_VS_DOGS_UNLABELLED = _unlabelled(
    "deuad-catvsdog",
    "cats_vs_dogs",
    "dog",
    (2000, 400),
    "2,000 dogs and 400 cats of the public 4,000 pictures, for the paper's 12,500 and 2,500. "
    + _OTHER_FEATURES,
)

PROTOCOLS = (
    _one_class(
        "cance-mnist-unimodal", "MNIST: one digit is normal", "mnist", _DIGITS, "cance-mnist-unimodal"
    ),
    _one_class(
        "cance-cifar10-unimodal",
        "CIFAR-10: one class is normal",
        "cifar10",
        _DIGITS,
        "cance-cifar10-unimodal",
    ),
    _one_class(
        "cance-mnist-multimodal", "MNIST: two digits are normal", "mnist", _PAIRS, "cance-mnist-multimodal"
    ),
    _one_class(
        "cance-cifar10-multimodal",
        "CIFAR-10: two classes are normal",
        "cifar10",
        _PAIRS,
        "cance-cifar10-multimodal",
    ),
    Protocol(
        key="cance-mnistc",
        title="MNIST-C: trained on all of MNIST's training part, corrupted test pictures are anomalous",
        dataset="MNIST-C",
        load=_mnist_c,
        split=_mnist_c_sides,
        judgements=_RANKING,
        scaling=None,
        answers="cance-mnistc",
        readings=(
            "MNIST-C: one AUROC over all corruptions; 10,000 normal test pictures against the first 2,000 under each "
            "of the 15 corruptions, 30,000 instead of 150,000.",
            _PIXELS,
        ),
    ),
    _MNIST_UNLABELLED,
    _CIFAR10_UNLABELLED,
    _CATS_VS_DOGS_UNLABELLED,
    replace(
        _CIFAR10_UNLABELLED,
        key="deuad-cifar10-init",
        title="deuad-cifar10, by the clustering of the first choice",
        run_of="deuad-cifar10",
        answers="deuad-cifar10-init",
    ),
    *(_sweep(base) for base in (_MNIST_UNLABELLED, _CIFAR10_UNLABELLED, _CATS_VS_DOGS_UNLABELLED)),
)
