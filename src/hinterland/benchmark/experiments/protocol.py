"""What an experiment is: data, preparation, split, threshold rules. ``prepare`` makes one run of it.

A run hands a method its training rows and, later, bare test rows. The truth about the test rows stays in
the run, where ``judge`` compares it with the energies; scaling is fitted on the training rows alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import torch

from hinterland import datasets, metrics
from hinterland.benchmark.names import look_up
from hinterland.datasets import Dataset, splits
from hinterland.model.scaling import InputScaling
from hinterland.shelf import Shelf

PROTOCOLS: Shelf[Protocol] = Shelf("protocol", "hinterland.benchmark.experiments.protocols", by_name=False)
"""Protocols by their keys."""

Scaling = Literal["standard", "minmax"]


@dataclass(frozen=True)
class Sides:
    """Row numbers: what is trained on, and one or more test sets, none of which shares a row with it.

    Attributes
    ----------
    train : (n_train,) row numbers.
    tests : row numbers of each test set, by name.
    y_train : (n_train,) codes of ``fit`` (+1 normal, -1 anomaly, 0 unlabelled); None if all are unlabelled.
    """

    train: np.ndarray
    tests: Mapping[str, np.ndarray]
    y_train: np.ndarray | None = None


@dataclass(frozen=True)
class Judgement:
    """One way of reading a run: on which test rows, under which threshold rule, with which share flagged.

    ``share`` None flags as many test rows as there are anomalies among them: their number is taken as known. The rule
    ``own`` takes the threshold that the method brings along, and is passed over for a method that has none.
    """

    name: str
    rule: str
    share: float | None
    test: str = "test"


@dataclass(frozen=True)
class PreparedRun:
    """One run: scaled rows and the truth about the test rows, which no method is handed.

    Attributes
    ----------
    X_train : (n_train, d) float64; y_train as in ``Sides``.
    X_test : (n_test, d) float64, the rows of all test sets.
    is_anomaly_test : (n_test,) bool.
    tests : (n_test,) bool for each test set: which rows of ``X_test`` are its own.
    judgements : how to read the energies.
    """

    X_train: np.ndarray
    y_train: np.ndarray | None
    X_test: np.ndarray
    is_anomaly_test: np.ndarray
    tests: Mapping[str, np.ndarray]
    judgements: tuple[Judgement, ...]

    @property
    def needs_training_energy(self) -> bool:
        """Whether a judgement takes its threshold from training rows too."""
        return any(judgement.rule in ("pooled", "training") for judgement in self.judgements)

    def auroc(self, energy: np.ndarray) -> float:
        """AUROC of test energies (n_test,) on the first judgement's test set."""
        mask = self.tests[self.judgements[0].test]
        return metrics.auroc(self.is_anomaly_test[mask], energy[mask])

    def judge(
        self, energy: np.ndarray, training_energy: np.ndarray | None, own_threshold: float | None = None
    ) -> dict[str, dict[str, Any]]:
        """Metrics of test energies (n_test,) by judgement; see ``hinterland.metrics.Evaluation``."""
        result = {}
        for judgement in self.judgements:
            own = judgement.rule == metrics.OWN
            if own and own_threshold is None:
                continue
            mask = self.tests[judgement.test]
            truth = self.is_anomaly_test[mask]
            result[judgement.name] = metrics.evaluate(
                truth,
                energy[mask],
                rule=judgement.rule,
                share=float(truth.mean()) if judgement.share is None else judgement.share,
                training_energy=training_energy,
                threshold=own_threshold if own else None,
            ).as_dict()
        return result


def _one_subset() -> tuple[str, ...]:
    return ("",)


@dataclass(frozen=True)
class Protocol:
    """An experiment as its source describes it, or as read where the source is silent.

    Attributes
    ----------
    key : its name; papers' keys are those of the reported numbers.
    title : one line for a list.
    dataset : name of the data in tables.
    load : the data set of a subset.
    split : data set, subset and seed to sides.
    judgements : the first is the one that reported numbers are read under.
    scaling : how columns are scaled by the training rows, or None.
    subsets : the variants a grid runs over, ``("",)`` where there is one.
    answers : key of the reported protocol whose numbers stand beside ours; None where there is none.
    run_of : key of the protocol whose runs this one reads again: the same rows, under judgements that are all that
        one's too. No job is ever made for this one.
    companion_of : key of the protocol in whose tables this one is shown as a second opinion.
    read_subset : a reported subset to the run's subset and the judgement's name.
    average : the reported subset that is the mean over all subsets, such as ``class=avg``; empty where none is.
    pictures : whether rows are the pixels of pictures, for methods that need such.
    known_anomalies : whether some training rows are known to be anomalous, for methods that need such.
    scores_training_rows : whether rows are trained on and tested too, as in wholly unlabelled experiments; refused
        elsewhere.
    readings : what was decided where the source is silent, and what flatters; printed under tables.
    """

    key: str
    title: str
    dataset: str
    load: Callable[[str], Dataset]
    split: Callable[[Dataset, str, int], Sides]
    judgements: tuple[Judgement, ...]
    scaling: Scaling | None = "standard"
    subsets: Callable[[], tuple[str, ...]] = _one_subset
    answers: str | None = None
    run_of: str = ""
    companion_of: str | None = None
    read_subset: Callable[[str], tuple[str, str]] | None = None
    average: str = ""
    pictures: bool = False
    known_anomalies: bool = False
    scores_training_rows: bool = False
    readings: tuple[str, ...] = field(default=())

    def prepare(self, seed: int, subset: str = "") -> PreparedRun:
        """One run: load, split by the seed, scale by the training rows.

        Raises
        ------
        UnknownNameError
            No such subset.
        DataNotFoundError
            The data are not on this machine and cannot be downloaded.
        """
        look_up(f"subset of {self.key}", subset, dict.fromkeys(self.subsets()))
        data = self.load(subset)
        sides = self.split(data, subset, seed)
        single = all(dtype == np.float32 for dtype in data.X.dtypes)
        X = data.matrix(np.float32 if single else np.float64)
        train, test = X[sides.train], np.unique(np.concatenate(list(sides.tests.values())))
        both = np.intersect1d(sides.train, test)
        if len(both) and not self.scores_training_rows:
            raise ValueError(f"protocol {self.key!r}: {len(both)} rows are both trained on and tested")
        X_train, X_test = scale(train.astype(np.float64), X[test].astype(np.float64), self.scaling)
        return PreparedRun(
            X_train=X_train,
            y_train=sides.y_train,
            X_test=X_test,
            is_anomaly_test=data.is_anomaly[test],
            tests={name: np.isin(test, rows) for name, rows in sides.tests.items()},
            judgements=self.judgements,
        )

    @property
    def run_key(self) -> str:
        """Key that jobs and results of this protocol are kept under."""
        return self.run_of or self.key

    def reading_of(self, reported_subset: str) -> tuple[str, str]:
        """Subset and judgement under which a reported number is to be compared."""
        if self.read_subset is not None:
            return self.read_subset(reported_subset)
        return reported_subset, self.judgements[0].name


def scale(train: np.ndarray, test: np.ndarray, how: Scaling | None) -> tuple[np.ndarray, np.ndarray]:
    """Both sides scaled by the training rows' mean and standard deviation, or minimum and range."""
    scaling = InputScaling.from_rows(train, how, clip=None)
    return scaling(torch.from_numpy(train)).numpy(), scaling(torch.from_numpy(test)).numpy()


def from_split(split: splits.Split) -> Sides:
    """Sides with the one test set ``test``."""
    return Sides(split.train, {"test": split.test}, split.y_train if split.y_train.any() else None)


def possible_share(is_anomaly: np.ndarray, share: float, seed: int) -> float:
    """``share``, or the share of anomalies in that seed's training half where it holds fewer."""
    clean = splits.contaminated(is_anomaly, share=0, random_state=seed)
    anomalies = int(is_anomaly.sum() - is_anomaly[clean.test].sum())
    return min(share, anomalies / (anomalies + len(clean.train)))


@lru_cache(maxsize=1)
def load_once(name: str) -> Dataset:
    """``hinterland.datasets.load``, remembering the last data set: jobs of one protocol follow one another."""
    return datasets.load(name)
