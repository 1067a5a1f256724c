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


class RowColumn(Protocol):
    """A column of the output that follows from a row's energy and from values of it that the model may not use."""

    @property
    def name(self) -> str:
        """What it is called, where no kept column is."""
        ...

    @property
    def type(self) -> pa.DataType:
        """Type of its values."""
        ...

    @property
    def reads(self) -> Sequence[str]:
        """Columns of the table that it looks at; where there are none it is as an ``EnergyColumn``."""
        ...

    @property
    def by_model(self) -> bool:
        """Whether it takes energies under each of the detector's K models, (n, K); each alike, or it is not there."""
        ...

    def values(self, energy: Floats, rows: pa.Table | None = None) -> Any:
        """Values (n,) for energies (n,) or (n, K), and rows with the columns that it reads, each from its row alone."""
        ...


AddedColumn = EnergyColumn | RowColumn


def reads_of(columns: Sequence[AddedColumn]) -> list[str]:
    """Columns of the table that these look at."""
    return list(dict.fromkeys(name for column in columns for name in getattr(column, "reads", ())))


def is_by_model(column: AddedColumn) -> bool:
    """Whether it takes energies under each of the detector's models."""
    return bool(getattr(column, "by_model", False))


def values_of(column: AddedColumn, energy: Floats, energies: Floats | None, rows: pa.Table) -> Any:
    """Values (n,) of a column for energies (n,) of these rows, and those under each model, (n, K), if it takes them."""
    taken = energies if is_by_model(column) else energy
    reads = list(getattr(column, "reads", ()))
    return column.values(taken, rows.select(reads)) if reads else column.values(taken)  # type: ignore[call-arg,arg-type]


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
