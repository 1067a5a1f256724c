"""Values that cannot be read, named with their columns and rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hinterland.errors import TableError
from hinterland.tables.values import is_text

SHOWN = 5
RowNames = Callable[[Sequence[int]], Sequence[str]]
"""What messages call rows, given by their places from 0."""


@dataclass(frozen=True)
class Complaint:
    """Values of a column that cannot be read.

    Attributes
    ----------
    column : its name.
    places : of the rows, from 0, (k,).
    texts : the first few values.
    expected : what was expected instead.
    remedy : what can be done, or nothing.
    """

    column: str
    places: npt.NDArray[np.intp]
    texts: tuple[str, ...]
    expected: str
    remedy: str = ""

    @classmethod
    def of(
        cls,
        column: str,
        values: Any,
        bad: npt.NDArray[np.bool_],
        expected: str,
        remedy: str = "",
        first: int = 0,
    ) -> Complaint:
        """Complain of the values (n,) that are ``bad`` (n,); the first of them is in row ``first``."""
        places = np.flatnonzero(bad)
        shown = [values[int(place)] for place in places[:SHOWN]]
        plain = [value.as_py() if hasattr(value, "as_py") else value.item() for value in shown]
        texts = tuple(repr(value) if is_text(values) else str(value) for value in plain)
        return cls(column, places + first, texts, expected, remedy)

    def joined(self, other: Complaint) -> Complaint:
        """The complaint joined with one of later rows of the same column."""
        return replace(
            self, places=np.concatenate([self.places, other.places]), texts=(self.texts + other.texts)[:SHOWN]
        )


class UnreadableValuesError(TableError):
    """Values of a table cannot be read as what their columns are.

    Attributes
    ----------
    complaints : list of Complaint, a column each.
    """

    def __init__(self, complaints: Sequence[Complaint], row_names: RowNames) -> None:
        self.complaints = list(complaints)
        super().__init__("; ".join(_sentence(complaint, row_names) for complaint in self.complaints))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with the text as it is: what calls the rows may hold a file."""
        return _raised_elsewhere, (type(self), self.complaints, str(self))

    def called(self, row_names: RowNames) -> UnreadableValuesError:
        """The same with other names of the rows."""
        return type(self)(self.complaints, row_names)


def _raised_elsewhere(
    kind: type[UnreadableValuesError], complaints: list[Complaint], text: str
) -> UnreadableValuesError:
    error = kind(complaints, counted_from(1))
    error.args = (text,)
    return error


def _sentence(complaint: Complaint, row_names: RowNames) -> str:
    n_shown = len(complaint.texts)
    names = row_names([int(place) for place in complaint.places[:n_shown]])
    shown = ", ".join(f"{name} has {text}" for name, text in zip(names, complaint.texts, strict=True))
    n_more = len(complaint.places) - n_shown
    more = f" and {n_more:,} rows more" if n_more else ""
    remedy = f" ({complaint.remedy})" if complaint.remedy else ""
    return f"column {complaint.column!r}: {shown}{more}; expected {complaint.expected}{remedy}"


def counted_from(first: int) -> RowNames:
    """Names of rows of which the one at place 0 has number ``first``."""
    return lambda places: [f"row {place + first}" for place in places]
