"""Protocols on pictures as rows of pixels: CANCE's one-class tables, and DEUAD's wholly unlabelled ones."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from hinterland import datasets
from hinterland.benchmark.experiments.protocol import PROTOCOLS, Judgement, Protocol, Sides, from_split
from hinterland.datasets import Dataset, PictureDataset, splits
from hinterland.labels import ANOMALY, UNLABELLED
from hinterland.preprocessing import PretrainedFeatures
from hinterland.preprocessing.pictures.backbones import EFFICIENTNET_LITE

AVERAGE = "class=avg"
_RANKING = (Judgement("as many flagged as anomalous", rule="natural_half", share=None),)
_PIXELS = "Pixels in [0, 1], a row a picture; no augmentation."
_COPIES = {
    "cifar10": (
        "CIFAR-10's figures here are of JPEG copies of its pictures, which lose a little of the originals.",
    )
}
"""What is to be said of the pictures themselves, by data set."""
_FROZEN = (
    "Frozen features: 1,280 of EfficientNet-Lite0 (ImageNet) before its last layer, on pictures of 128 x 128."
)
LARGEST_SIDE, FROZEN_SIDE = 32, 128
KNOWN_SHARE = 0.01
"""Known anomalies, as a share of the other training rows: the least of those that Deep SAD's paper tries."""
OTHERS = 500
"""Pictures of each anomalous class that features are computed of, more than any experiment draws."""
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
        pictures=True,
        subsets=lambda: subsets,
        average=AVERAGE,
        answers=answers,
        readings=(_PUBLIC, _PIXELS, *_COPIES.get(name, ())),
    )


def _features(subset: str) -> tuple[str, str]:
    """Numbers on raw pixels stand beside ours, those of the same cell on other features do not."""
    return "" if subset == "features=raw" else subset, _RANKING[0].name


@lru_cache(maxsize=1)
def _small(name: str) -> PictureDataset:
    """Pictures for rows of pixels: those of 128 x 128, which would be 49,152 long, as means of 4 x 4 pixels."""
    found = _pictures(name)
    n, height, width, *channels = found.pictures.shape
    if height <= LARGEST_SIDE:
        return found
    times = height // LARGEST_SIDE
    blocks = found.pictures.reshape(n, height // times, times, width // times, times, *channels)
    return replace(found, pictures=blocks.mean((2, 4)).round().astype(np.uint8))


@lru_cache(maxsize=1)
def _pool(name: str, normal: str) -> PictureDataset:
    """Pictures that features are computed of: the normal class and the first ``OTHERS`` of each other one."""
    found = _pictures(name)
    place = found.classes.index(normal)
    others = [np.flatnonzero(found.labels == c)[:OTHERS] for c in range(len(found.classes)) if c != place]
    return found.take(np.sort(np.concatenate([np.flatnonzero(found.labels == place), *others])))


@lru_cache(maxsize=1)
def _frozen_table(name: str, normal: str) -> Dataset:
    """Features of a frozen ImageNet network, a row a picture."""
    pool = _pool(name, normal)
    network = PretrainedFeatures(
        EFFICIENTNET_LITE, size=FROZEN_SIDE, mean=(127 / 255,) * 3, std=(128 / 255,) * 3, batch_size=16
    )
    features = network.fit_transform(pool.pictures)
    table = pd.DataFrame(features, columns=network.get_feature_names_out())
    return Dataset(f"{name}/{normal}/features", table, pool.is_anomaly((normal,)), pool.source)


def _unlabelled(
    key: str, name: str, normal: str, counts: tuple[int, int], reading: str, *, frozen: bool = False
) -> Protocol:
    """A mixture drawn from a set of pictures, all of it trained on and scored, as pixels or as frozen features."""

    def pictures() -> PictureDataset:
        return _pool(name, normal) if frozen else _small(name)

    def load(_: str) -> Dataset:
        return _frozen_table(name, normal) if frozen else _small_table(name, normal)

    def split(data: Dataset, _: str, seed: int) -> Sides:
        rows = splits.mixed_classes(
            pictures().labels,
            data.is_anomaly,
            n_normal=counts[0],
            n_anomalies=counts[1],
            random_state=seed,
        )
        return Sides(rows, {"test": rows})

    return Protocol(
        key=f"{key}-features" if frozen else key,
        title=f"{name}: {normal} among pictures of other classes, unlabelled, trained on and scored"
        + (", frozen features" if frozen else ""),
        dataset=f"{name.upper()}, frozen features" if frozen else name.upper(),
        load=load,
        split=split,
        judgements=_RANKING,
        scaling=None,
        answers=key,
        read_subset=_features,
        pictures=not frozen,
        scores_training_rows=True,
        readings=(
            "Wholly unlabelled: the rows that are scored are those that were trained on; labels serve the metric "
            "alone.",
            (_FROZEN if frozen else _PIXELS) + " " + reading,
            *_COPIES.get(name, ()),
        ),
    )


@lru_cache(maxsize=1)
def _small_table(name: str, normal: str) -> Dataset:
    return _small(name).table((normal,))


def _share(subset: str) -> tuple[str, str]:
    return subset.partition(";")[0], _RANKING[0].name


def _sweep(base: Protocol) -> Protocol:
    """The same experiment for each of the shares that are assumed to be anomalous."""
    return replace(
        base,
        key=f"{base.key}-p-sweep",
        title=f"{base.key} by p, the share of clusters that later choices leave out",
        subsets=lambda: _SHARES,
        answers=f"{base.answers}-p-sweep",
        read_subset=_share,
        readings=(*base.readings, "Every p has a p0 of five points more; the paper does not say which."),
    )


def _from_normal(base: Protocol) -> Protocol:
    """The same pictures, scored by what learnt from the normal ones alone, as methods do that the paper calls so."""

    def split(data: Dataset, subset: str, seed: int) -> Sides:
        mixed = base.split(data, subset, seed)
        return replace(mixed, train=mixed.train[~data.is_anomaly[mixed.train]])

    return replace(
        base,
        key=f"{base.key}-from-normal",
        title=f"{base.key}, trained on its normal pictures alone",
        dataset=f"{base.dataset}, from normal",
        split=split,
        readings=(
            "From normal: what the paper calls semi-supervised learns from the normal pictures of the mixture alone, "
            "and all of it is scored, what was trained on among it.",
            *base.readings[1:],
        ),
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


def _mnist_c_with_known(data: Dataset, subset: str, seed: int) -> Sides:
    """The same with pictures under one corruption, drawn by the seed, trained on as known anomalies and not tested."""
    whole = _mnist_c_sides(data, subset, seed)
    draw = np.random.default_rng(seed)
    place = draw.integers(1, len(_pictures("mnist_c").classes))
    one = whole.tests["test"][_pictures("mnist_c").labels[whole.tests["test"]] == place]
    known = np.sort(draw.choice(one, round(KNOWN_SHARE * len(whole.train)), replace=False))
    y_train = np.repeat([UNLABELLED, ANOMALY], [len(whole.train), len(known)]).astype(np.int8)
    tests = {name: np.setdiff1d(rows, known) for name, rows in whole.tests.items()}
    return Sides(np.concatenate([whole.train, known]), tests, y_train)


_DIGITS = tuple(f"class={place}" for place in range(10))
_SHARES = tuple(f"p={percent}%" for percent in range(5, 51, 5))
_PAIRS = ("classes=0+1", "classes=0+8", "classes=1+8")
_OTHER_FEATURES = (
    "The paper has NetVLAD features of a trained network unless it says raw, so the figures do not compare."
)

_MNIST_UNLABELLED = _unlabelled(
    "deuad-mnist",
    "mnist",
    "4",
    (4859, 265),
    "Drawn from both parts of MNIST: 4,859 pictures of the digit 4 and 265 of the others (pool not stated).",
)
_AIRPLANES = ("deuad-cifar10", "cifar10", "airplane", (5050, 450))
_DOGS = ("deuad-catvsdog", "cats_vs_dogs", "dog", (2000, 400))
_FEWER = "2,000 dogs and 400 cats of the public 4,000 pictures, for the paper's 12,500 and 2,500. "
_AIRPLANES_AS_PIXELS, _AIRPLANES_AS_FEATURES = (
    _unlabelled(*_AIRPLANES, "Drawn from both parts. " + _OTHER_FEATURES, frozen=frozen)
    for frozen in (False, True)
)
_DOGS_AS_PIXELS, _DOGS_AS_FEATURES = (
    _unlabelled(
        *_DOGS,
        ("" if frozen else "Means of 4 x 4 pixels, 32 x 32. ") + _FEWER + _OTHER_FEATURES,
        frozen=frozen,
    )
    for frozen in (False, True)
)
_UNLABELLED = (
    _MNIST_UNLABELLED, _AIRPLANES_AS_PIXELS, _DOGS_AS_PIXELS, _AIRPLANES_AS_FEATURES, _DOGS_AS_FEATURES
)  # fmt: skip

_MNIST_C = Protocol(
    key="cance-mnistc",
    title="MNIST-C: trained on all of MNIST's training part, corrupted test pictures are anomalous",
    dataset="MNIST-C",
    load=_mnist_c,
    split=_mnist_c_sides,
    judgements=_RANKING,
    scaling=None,
    pictures=True,
    answers="cance-mnistc",
    readings=(
        "MNIST-C: one AUROC over all corruptions; 10,000 normal test pictures against the first 2,000 under each "
        "of the 15 corruptions, 30,000 instead of 150,000.",
        _PIXELS,
    ),
)

PROTOCOLS.add_by(
    "key",
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
    _MNIST_C,
    replace(
        _MNIST_C,
        key="cance-mnistc-known",
        title="cance-mnistc with some pictures under one corruption known, for methods that learn from such",
        dataset="MNIST-C, one corruption known",
        split=_mnist_c_with_known,
        known_anomalies=True,
        answers=None,
        companion_of="cance-mnistc",
        readings=(
            "One corruption known: 600 pictures under a corruption that the seed draws are trained on as known "
            "anomalies, and not tested; the same digits otherwise corrupted, or not at all, are. Where a method with "
            "labels has them from for the paper's figure is not stated.",
            *_MNIST_C.readings,
        ),
    ),
    *_UNLABELLED,
    replace(
        _AIRPLANES_AS_PIXELS,
        key="deuad-cifar10-init",
        title="deuad-cifar10, by the clustering of the first choice",
        run_of="deuad-cifar10",
        answers="deuad-cifar10-init",
    ),
    *(_sweep(base) for base in _UNLABELLED),
    *(_from_normal(base) for base in (_MNIST_UNLABELLED, _AIRPLANES_AS_PIXELS, _DOGS_AS_PIXELS)),
    home=__name__,
)
