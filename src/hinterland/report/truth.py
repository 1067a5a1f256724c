"""Labels and times of a table's rows, gathered batch by batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.errors import TableError
from hinterland.preprocessing import frames
from hinterland.tables import equals, to_kinds

Codes = npt.NDArray[np.int8]

ANOMALY, NORMAL, UNLABELLED = 1, 0, -1
MOST_VALUES = 10_000
"""A label column with more different values than this is none."""
_PAIRS = (("anomaly", "normal"), ("outlier", "inlier"), ("true", "false"), ("1", "0"), ("-1", "1"))
"""What is known to mark an anomaly, and a normal row beside it."""
_SHOWN = 6


class LabelColumn:
    """Gathers a column of labels, and says at the end which rows are anomalies.

    Parameters
    ----------
    name : of the column.
    anomaly : what it says of an anomaly, as text: one value or several; all others are normal. If None, the
        column must hold one of the known pairs: anomaly and normal, outlier and inlier, true and false, 1 and 0, or
        the codes of ``predict``, -1 for an anomaly and 1. Rows without a value are unlabelled.
    """

    def __init__(self, name: str, anomaly: str | Collection[str] | None = None) -> None:
        self.name = name
        self._anomaly = None if anomaly is None else [anomaly] if isinstance(anomaly, str) else list(anomaly)
        self._vocabulary: dict[Any, int] = {}
        self._codes: list[npt.NDArray[np.int32]] = []
        self._type: Any = pa.string()

    def add(self, column: Any, *, is_text: bool) -> None:
        """Take a batch of the column, an Arrow array (n,); an empty text of a CSV file is a missing label."""
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_nested(column.type):
            raise TableError(f"label column {self.name!r} of type {column.type} cannot hold labels")
        if is_text:
            trimmed = pc.utf8_trim_whitespace(column)
            column = pc.if_else(pc.equal(trimmed, ""), None, trimmed)
        if pa.types.is_null(column.type):
            self._codes.append(np.full(len(column), -1, np.int32))
            return
        self._type = column.type
        encoded = pc.dictionary_encode(column)
        places = [
            self._vocabulary.setdefault(value, len(self._vocabulary))
            for value in encoded.dictionary.to_pylist()
        ]
        if len(self._vocabulary) > MOST_VALUES:
            raise TableError(
                f"label column {self.name!r} has more than {MOST_VALUES:,} different values; expected a few, of which "
                "some mark an anomaly"
            )
        local = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        self._codes.append(np.where(local < 0, -1, np.array([*places, -1])[local]).astype(np.int32))

    def truth(self) -> Codes:
        """Give a code a row: 1 anomaly, 0 normal, -1 unlabelled.

        Raises
        ------
        TableError
            Where the values are no known pair and ``anomaly`` was not given, a value given is nowhere, or only one
            class is there.
        """
        places = np.concatenate(self._codes) if self._codes else np.empty(0, np.int32)
        counts = np.bincount(places[places >= 0], minlength=len(self._vocabulary))
        anomalous = self._anomalous_values(counts)
        if all(anomalous) or not any(anomalous):
            which = "every row" if anomalous and all(anomalous) else "no row"
            raise TableError(
                f"label column {self.name!r} marks {which} as an anomaly: both classes are needed; "
                f"found {self._found(counts)}"
            )
        return np.where(places < 0, UNLABELLED, np.array([*anomalous, False], np.int8)[places]).astype(
            np.int8
        )

    def _anomalous_values(self, counts: npt.NDArray[np.intp]) -> list[bool]:
        """Whether each value of the vocabulary marks an anomaly."""
        values = list(self._vocabulary)
        if self._anomaly is not None:
            vocabulary = pa.array(values, self._type)
            matches = [equals(vocabulary, value) for value in self._anomaly]
            absent = [value for value, match in zip(self._anomaly, matches, strict=True) if not match.any()]
            if absent:
                raise TableError(
                    f"label column {self.name!r} holds no {' and no '.join(map(repr, absent))}; "
                    f"found {self._found(counts)}"
                )
            return np.any(matches, axis=0).tolist()
        words = [_word(value) for value in values]
        for pair in _PAIRS:
            if words and set(words) <= set(pair):
                return [word == pair[0] for word in words]
        raise TableError(
            f"label column {self.name!r} holds {self._found(counts) or 'nothing'}, and none of these is known to mark "
            "an anomaly: say which does (anomaly, or --anomaly on the command line)"
        )

    def _found(self, counts: npt.NDArray[np.intp]) -> str:
        common = Counter(dict(zip(map(str, self._vocabulary), counts.tolist(), strict=True))).most_common()
        shown = ", ".join(f"{value!r} ({count:,})" for value, count in common[:_SHOWN])
        return shown + (f" and {len(common) - _SHOWN:,} values more" if len(common) > _SHOWN else "")


def truth_from_array(label: Any, n_rows: int) -> Codes:
    """Check labels given as a boolean array (n,), true for an anomaly.

    Raises
    ------
    TypeError, ValueError
        For another type, another length, or one class.
    """
    array = np.asarray(label)
    if array.dtype != np.bool_:
        raise TypeError(
            f"label must be a column's name or a boolean array, true for an anomaly, got dtype {array.dtype}"
        )
    if array.shape != (n_rows,):
        raise ValueError(f"label must have one value for each of the {n_rows} rows, got shape {array.shape}")
    if array.all() or not array.any():
        raise ValueError(
            f"label marks {'every' if array.all() else 'no'} row as an anomaly: both classes are needed"
        )
    return array.astype(np.int8)


def _word(value: Any) -> str:
    text = str(value).strip().casefold()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number == int(number) else text


class TimeColumn:
    """Gathers a column of times or numbers as float64: seconds since 1970, or the number itself; NaN where missing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_time = False
        self._kind: str | None = None
        self._parts: list[npt.NDArray[np.float64]] = []
        self._n_rows = 0

    def add(self, column: Any, *, is_text: bool) -> None:
        """Take a batch of the column; the first with a value decides what it holds.

        Raises
        ------
        TableError
            Where a value is neither a number nor a time; it names the row.
        """
        values = pa.table({self.name: column})[self.name].combine_chunks()
        kind = frames.kind_of(values)
        if kind == "category":  # text, which only its values tell from numbers and times
            values, is_text = values.cast(pa.string()), True
        if is_text:
            kind = self._kind or self._kind_of_text(values)
        elif kind not in ("number", "time", "zoned_time", "empty"):
            raise TableError(
                f"time column {self.name!r} of type {column.type} holds neither times nor numbers"
            )
        values = self._typed(values, kind, is_text)
        is_time = kind in ("time", "zoned_time")
        numbers = frames.seconds(frames.as_times(values)) if is_time else frames.as_numbers(values)
        if np.isfinite(numbers).any():
            self._kind, self.is_time = kind, is_time
        self._parts.append(np.asarray(numbers, np.float64))
        self._n_rows += len(numbers)

    def _kind_of_text(self, values: Any) -> str:
        for kind in ("number", "time", "zoned_time"):
            try:
                self._typed(values, kind, True)
            except TableError:
                continue
            return kind
        self._typed(values, "time", True)
        raise AssertionError("unreachable: the line above raises")

    def _typed(self, values: Any, kind: str, is_text: bool) -> Any:
        table = pa.table({self.name: values})
        typed = to_kinds(table, {self.name: kind}, is_text=is_text, first_row=self._n_rows + 1)
        return typed[self.name].combine_chunks()

    def values(self) -> npt.NDArray[np.float64]:
        """All rows, (n,).

        Raises
        ------
        TableError
            Where no row has a value.
        """
        values = np.concatenate(self._parts) if self._parts else np.empty(0)
        if not np.isfinite(values).any():
            raise TableError(f"time column {self.name!r} has no value in any row")
        return values
