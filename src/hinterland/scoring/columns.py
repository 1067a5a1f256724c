"""Columns that scoring adds to a table, and what they are called there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hinterland.errors import TableError
from hinterland.scoring.model_input import Floats
from hinterland.tables.messages import repeated

Masks = npt.NDArray[np.bool_]

ENERGY, LABEL, REASONS = "energy", "label", "top_features"


class EnergyColumn(Protocol):
    """A column of the output that follows from the rows' energies, as a p-value does; it must pickle."""

    @property
    def name(self) -> str:
        """What it is called, where no kept column is."""
        ...

    @property
    def type(self) -> pa.DataType:
        """Type of its values."""
        ...

    def values(self, energy: Floats) -> Any:
        """Values (n,) for energies (n,), an array of Arrow or of NumPy; each follows from its own energy alone."""
        ...


@dataclass(frozen=True)
class Energy:
    """The energy itself."""

    name: str = ENERGY
    type: pa.DataType = field(default_factory=pa.float64)

    def values(self, energy: Floats) -> Any:
        """The energies."""
        return energy


@dataclass(frozen=True)
class Label:
    """``anomaly`` where the energy is above a threshold, else ``normal``."""

    threshold: float
    name: str = LABEL
    type: pa.DataType = field(default_factory=pa.string)

    def is_anomaly(self, energy: Floats) -> Masks:
        """Whether each row (n,) is one."""
        return energy > self.threshold

    def values(self, energy: Floats) -> Any:
        """Words (n,)."""
        return np.where(self.is_anomaly(energy), "anomaly", "normal").astype(object)


def names_beside(kept: Collection[str], added: Sequence[str]) -> dict[str, str]:
    """What results are called beside kept columns: as they are, or with ``hinterland_`` in front.

    Raises
    ------
    TableError
        Where a kept column has that name too, or two results have one name.
    """
    if complaint := repeated(added):
        raise TableError(f"results: {complaint}")
    names = {name: f"hinterland_{name}" if name in kept else name for name in added}
    if clash := [name for name in names.values() if name in kept]:
        raise TableError(f"cannot keep column(s) {clash}: results are called so; name the columns to keep")
    return names
