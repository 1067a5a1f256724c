"""What every loader hands out: a table and which of its rows are anomalies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_numeric_dtype

from hinterland.datasets.splits import Split
from hinterland.errors import TableError
from hinterland.shelf import Shelf


class Family(NamedTuple):
    """Data sets that are found by their files: the names on this machine, and what loads one of them."""

    names: Callable[[], list[str]]
    load: Callable[..., Dataset]


TABLES: Shelf[Callable[..., Dataset]] = Shelf("data set", "hinterland.datasets")
"""Loaders of tables by name; each can be called without arguments."""
FAMILIES: Shelf[Family] = Shelf("family of data sets", "hinterland.datasets")
"""Families of tables by the word before the slash, as ``adbench`` in ``adbench/38_thyroid``."""


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A table of n rows with a truth for each row.

    Attributes
    ----------
    name : the name under which ``load`` finds it.
    X : features, n rows; the public source's column names where it has any, else ``f0``, ``f1``, ...
    is_anomaly : (n,) bool. ``hinterland.datasets.splits`` turns it into the labels that ``fit`` takes.
    source : where the rows come from, in a few words.
    split : training and test rows, where the source fixes them.
    """

    name: str
    X: pd.DataFrame
    is_anomaly: npt.NDArray[np.bool_]
    source: str
    split: Split | None = None

    def __post_init__(self) -> None:
        if self.is_anomaly.dtype != np.bool_ or self.is_anomaly.shape != (len(self.X),):
            raise ValueError(
                f"is_anomaly must be a boolean array of shape ({len(self.X)},), one value a row of X; "
                f"got {self.is_anomaly.dtype} of shape {self.is_anomaly.shape}"
            )

    def matrix(self, dtype: npt.DTypeLike = np.float64) -> npt.NDArray[np.floating]:
        """``X`` as a float array (n, columns); raises ``TableError`` where a column is not numeric."""
        text = [str(column) for column in self.X if not is_numeric_dtype(self.X[column].dtype)]
        if text:
            raise TableError(
                f"the data set {self.name!r} has columns that are not numeric: {', '.join(text)}; "
                "encode them first (hinterland.preprocessing), or load an encoded form"
            )
        return self.X.to_numpy(dtype=dtype)

    def __repr__(self) -> str:
        n, n_anomalies = len(self.X), int(self.is_anomaly.sum())
        share = f" = {n_anomalies / n:.1%}" if n else ""
        size = f"{n:,} rows x {self.X.shape[1]} columns, {n_anomalies:,} anomalies{share}"
        return f"Dataset({self.name!r}, {size})"
