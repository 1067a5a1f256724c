"""What a baseline is: another method, of a library or written here, behind ``fit`` and ``energy``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, ClassVar, Self

import numpy as np

from hinterland.errors import MissingExtraError
from hinterland.shelf import Shelf

BASELINES: Shelf[type[Baseline]] = Shelf("baseline", "hinterland.baselines", by_name=False)
"""Baselines by name. None imports its library before it is fitted, so that all can be listed where some are missing."""


class Baseline(ABC):
    """A method to compare with; the constructor takes ``random_state`` and the method's own parameters.

    Rows come scaled by the protocol, the same for all methods; ``energy`` rises with anomaly.

    Attributes
    ----------
    name : as papers' tables write it, or as the library calls it; what puts a class on the shelf.
    library : the package to import; ``extra``: the optional dependency that brings it.
    footnote : what a reader of a table must know, or "".
    only_pictures : whether rows have to be pictures, so that it is no method for tables.
    needs_known_anomalies : whether some training rows have to be known as anomalous.
    candidates : parameters tried in turn, of which the benchmark keeps those with the best AUROC on the
        test labels. Empty for every baseline that is judged honestly.
    """

    name: ClassVar[str]
    library: ClassVar[str]
    extra: ClassVar[str] = "bench"
    footnote: ClassVar[str] = ""
    only_pictures: ClassVar[bool] = False
    needs_known_anomalies: ClassVar[bool] = False
    candidates: ClassVar[tuple[Mapping[str, Any], ...]] = ()

    rows_at_once: ClassVar[int | None] = 16_384
    """Rows scored in one call, which bounds the memory it takes; None for all, where a row's score depends on the
    others."""

    def __init_subclass__(cls, name: str = "", **kwargs: Any) -> None:
        """Put a class that gives a name on the shelf."""
        super().__init_subclass__(**kwargs)
        if name:
            cls.name = name
            BASELINES.add(name, cls)

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> Self:
        """Learn from rows X (n, d); y, where used, is +1 normal, -1 anomalous, 0 unlabelled.

        Raises
        ------
        MissingExtraError
            The library is not installed.
        """
        if not self.is_installed():
            raise self.missing()
        self._fit(X, y)
        return self

    def energy(self, X: np.ndarray) -> np.ndarray:
        """Anomaly scores (n,) of rows X, rising with anomaly, in the method's unit."""
        size = self.rows_at_once or max(1, len(X))
        parts = [X[start : start + size] for start in range(0, len(X), size)]
        return np.concatenate([np.asarray(self._energy(part), dtype=np.float64) for part in parts])

    @abstractmethod
    def _fit(self, X: np.ndarray, y: np.ndarray | None) -> None:
        """Learn; set what ``_energy`` needs."""

    @abstractmethod
    def _energy(self, X: np.ndarray) -> np.ndarray:
        """Scores of some rows."""

    @classmethod
    def is_installed(cls) -> bool:
        """Whether the library is there to be imported."""
        return find_spec(cls.library) is not None

    @classmethod
    def missing(cls) -> MissingExtraError:
        """The error to raise where the library is not installed; its message says how to get it."""
        return MissingExtraError(cls.library, cls.extra, f"the baseline {cls.name}")


def sampled(X: np.ndarray, max_rows: int | None, random_state: int | None) -> np.ndarray:
    """X, or ``max_rows`` random rows of it where it has more: for methods whose cost grows with n squared."""
    if max_rows is None or len(X) <= max_rows:
        return X
    chosen = np.random.default_rng(random_state).permutation(len(X))[:max_rows]
    return X[np.sort(chosen)]
