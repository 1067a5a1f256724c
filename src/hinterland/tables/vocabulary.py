"""The different values of a column as text, and which of them each row has."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.errors import TableError

_SHOWN = 6


class Vocabulary:
    """Gathers a column batch by batch.

    Attributes
    ----------
    values : the different values so far as text, as they are written; None for a missing one.
    """

    def __init__(self) -> None:
        self._places: dict[str | None, int] = {}
        self._codes: list[npt.NDArray[np.int32]] = []

    def add(self, column: Any) -> None:
        """Take rows of the column, an Arrow array (n,).

        Raises
        ------
        TableError
            For a column of a type that has no text.
        """
        for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
            encoded = pc.dictionary_encode(_text(chunk), null_encoding="encode")
            places = [
                self._places.setdefault(value, len(self._places)) for value in encoded.dictionary.to_pylist()
            ]
            local = encoded.indices.to_numpy(zero_copy_only=False)
            self._codes.append(np.array(places, np.int32)[local])

    @property
    def values(self) -> list[str | None]:
        """The different values."""
        return list(self._places)

    def codes(self) -> npt.NDArray[np.int32]:
        """For each row the place of its value in ``values``, (n,)."""
        return np.concatenate([np.empty(0, np.int32), *self._codes])

    def counts(self) -> npt.NDArray[np.intp]:
        """Rows of each value."""
        return np.bincount(self.codes(), minlength=len(self._places))

    def found(self) -> str:
        """Say which values there are most often, with their numbers of rows: ``'a' (3), 'b' (1)``."""
        return listed(self.values, self.counts().tolist())


def listed(values: list[str | None], counts: list[int]) -> str:
    """Name values by falling number of rows: ``'a' (3), 'b' (1) and 2 values more``."""
    common = sorted(zip(values, counts, strict=True), key=lambda entry: -entry[1])
    shown = ", ".join(f"{value!r} ({count:,})" for value, count in common[:_SHOWN])
    return shown + (f" and {len(common) - _SHOWN:,} values more" if len(common) > _SHOWN else "")


def _text(column: Any) -> Any:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    try:
        return pc.cast(column, pa.string())
    except pa.ArrowException as error:
        raise TableError(f"a column of type {column.type} cannot be compared with a value") from error
