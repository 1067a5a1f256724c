"""What a loader of pictures hands out: arrays of bytes, a class for each picture, and who is a test picture."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinterland.datasets._dataset import Dataset
from hinterland.shelf import Shelf

PICTURES: Shelf[Callable[..., PictureDataset]] = Shelf("set of pictures", "hinterland.datasets")
"""Loaders of pictures by name; each can be called without arguments."""


@dataclass(frozen=True, eq=False, repr=False)
class PictureDataset:
    """n pictures of one size, and the class of each.

    Attributes
    ----------
    name : the name under which ``load_pictures`` finds it.
    pictures : (n, h, w) uint8, grey, or (n, h, w, 3), red, green, blue.
    labels : (n,) int, each picture's class by its place in ``classes``.
    classes : names of the classes.
    is_test : (n,) bool, the public source's own test part; all False where it has none.
    source : where the pictures come from, in a few words.
    """

    name: str
    pictures: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    is_test: npt.NDArray[np.bool_]
    source: str

    def __post_init__(self) -> None:
        n = len(self.pictures)
        if self.pictures.dtype != np.uint8 or self.pictures.ndim not in (3, 4):
            raise ValueError(
                "pictures must be a uint8 array (n, h, w) or (n, h, w, channels); "
                f"got {self.pictures.dtype} of shape {self.pictures.shape}"
            )
        if self.labels.shape != (n,) or self.is_test.shape != (n,):
            raise ValueError(
                f"labels and is_test must have one value for each of the {n} pictures; "
                f"got shapes {self.labels.shape} and {self.is_test.shape}"
            )
        if n and not (self.labels.min() >= 0 and self.labels.max() < len(self.classes)):
            raise ValueError(
                f"labels must be places in the {len(self.classes)} classes; "
                f"got {self.labels.min()} to {self.labels.max()}"
            )

    def is_anomaly(self, normal: Collection[str | int]) -> npt.NDArray[np.bool_]:
        """Which pictures (n,) are of none of the normal classes: the truth of a one-class problem.

        Parameters
        ----------
        normal : names of the normal classes, or their places in ``classes``.

        Raises
        ------
        ValueError
            There is no such class, or no class is left on one of the sides.
        """
        return ~np.isin(self.labels, self._places(normal))

    def take(self, rows: npt.ArrayLike) -> PictureDataset:
        """Some of the pictures, by their numbers or by a mask (n,)."""
        chosen = np.asarray(rows)
        return replace(
            self,
            pictures=self.pictures[chosen],
            labels=self.labels[chosen],
            is_test=self.is_test[chosen],
        )

    def table(self, normal: Collection[str | int]) -> Dataset:
        """A row of pixels a picture, float32 in [0, 1], four bytes each, with the truth ``is_anomaly(normal)``.

        The columns are ``p0``, ``p1``, ...: pixels from left to right and top to bottom, a pixel's channels together.
        """
        is_anomaly = self.is_anomaly(normal)
        kept = ", ".join(self.classes[place] for place in self._places(normal))
        rows = np.divide(self.pictures.reshape(len(self.pictures), -1), np.float32(255), dtype=np.float32)
        columns = [f"p{j}" for j in range(rows.shape[1])]
        table = pd.DataFrame(rows, columns=columns, copy=False)
        return Dataset(f"{self.name}/{kept}", table, is_anomaly, f"{self.source}; normal: {kept}")

    def _places(self, normal: Collection[str | int]) -> list[int]:
        """Places of the normal classes, checked."""
        if isinstance(normal, str):
            raise ValueError(f"normal must be a collection of classes, such as [{normal!r}]; got {normal!r}")
        known: dict[str | int, int] = {}
        for place, name in enumerate(self.classes):
            known |= {name: place, place: place}
        unknown = [name for name in normal if name not in known]
        if unknown:
            raise ValueError(
                f"{self.name} has no class {unknown[0]!r}; its classes are {', '.join(self.classes)}"
            )
        chosen = {known[name] for name in normal}
        if not 0 < len(chosen) < len(self.classes):
            raise ValueError(
                f"normal must name at least one of {self.name}'s {len(self.classes)} classes and not all of them; "
                f"got {list(normal)}"
            )
        return sorted(chosen)

    def __repr__(self) -> str:
        n, *shape = self.pictures.shape
        size = f"{n:,} pictures of {' x '.join(map(str, shape))}, {self.is_test.sum():,} of them to test"
        return f"PictureDataset({self.name!r}, {size}, {len(self.classes)} classes)"
