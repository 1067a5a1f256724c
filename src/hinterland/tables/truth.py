"""A column that says of each row whether it is an anomaly."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hinterland.errors import TableError
from hinterland.tables.matching import blanks, fold, is_boolean, matching
from hinterland.tables.vocabulary import Vocabulary, listed

Codes = npt.NDArray[np.int8]

ANOMALY, NORMAL, UNLABELLED = 1, 0, -1
MOST_VALUES = 10_000
"""A label column with more different values than this is none."""
ANOMALOUS_WORDS = (
    "anomaly",
    "anomalous",
    "abnormal",
    "outlier",
    "attack",
    "malicious",
    "fraud",
    "fraudulent",
)
NORMAL_WORDS = ("normal", "inlier", "benign", "legitimate", "genuine")
"""What is known to mark an anomaly, and what a normal row beside it."""


class LabelColumn:
    """Gathers a column of labels, and says at the end which rows are anomalies.

    Rows without a value (nothing, or a text such as NA) are unlabelled, and a warning counts them.

    Parameters
    ----------
    name : of the column.
    values : what it says, as text, of the rows ``named``: one value or several; all others are of the other kind. They
        match as values: see ``hinterland.tables.matching``. If None, the column must hold nothing but known words
        (anomaly, outlier, attack beside normal, inlier, benign, and more), truth values (true and false, yes and no, 1
        and 0), or the codes of ``predict``, -1 for an anomaly and 1.
    named : which rows the values mark.
    """

    def __init__(
        self,
        name: str,
        values: str | Collection[str] | None = None,
        *,
        named: Literal["anomaly", "normal"] = "anomaly",
    ) -> None:
        self.name = name
        self._wanted = None if values is None else [values] if isinstance(values, str) else list(values)
        self._named = named
        self._column = Vocabulary()

    def add(self, column: Any) -> None:
        """Take a batch of the column, an Arrow array (n,)."""
        try:
            self._column.add(column)
        except TableError as error:
            raise TableError(
                f"label column {self.name!r} of type {column.type} cannot hold labels"
            ) from error
        if len(self._column.values) > MOST_VALUES:
            raise TableError(
                f"label column {self.name!r} has more than {MOST_VALUES:,} different values; expected a few, of which "
                "some mark an anomaly"
            )

    def truth(self, *, both: bool = True) -> Codes:
        """Give a code a row: 1 anomaly, 0 normal, -1 unlabelled.

        Raises
        ------
        TableError
            Where the values are not known and none were given, a value given is nowhere (and is not the known
            counterpart of those that are), no row has a label, or only one class is there though ``both`` are needed.
        """
        codes = self._codes_of_values()
        labelled = codes != UNLABELLED
        if not labelled.any():
            raise TableError(f"label column {self.name!r} holds nothing: no row has a label")
        if both and len(set(codes[labelled].tolist())) < 2:
            raise TableError(
                f"label column {self.name!r} marks {'every' if ANOMALY in codes else 'no'} row as an anomaly: both "
                f"classes are needed; found {self._column.found()}"
            )
        n_rows, n_blank = len(self._column.codes()), int(self._column.counts()[~labelled].sum())
        if n_blank:
            warnings.warn(
                f"{n_blank:,} of {n_rows:,} rows have no label in column {self.name!r} "
                f"({self._listed(~labelled)}) and are left out of every number that needs one",
                UserWarning,
                stacklevel=2,
            )
        return codes[self._column.codes()]

    def reading(self) -> str:
        """Say what each value was taken for: ``anomaly: '1' (20); normal: '0' (980)``."""
        codes = self._codes_of_values()
        words = ((ANOMALY, "anomaly"), (NORMAL, "normal"), (UNLABELLED, "no label"))
        return "; ".join(f"{word}: {self._listed(codes == code)}" for code, word in words if code in codes)

    def _codes_of_values(self) -> Codes:
        """Code of each different value."""
        values = self._column.values
        marked = self._marked(values)
        blank = np.array(blanks(values), bool)
        if self._wanted is not None:
            blank &= ~marked  # a blank that is asked for is a value
        anomalous = marked if self._named == "anomaly" else ~marked
        codes: Codes = np.where(blank, UNLABELLED, np.where(anomalous, ANOMALY, NORMAL)).astype(np.int8)
        return codes

    def _marked(self, values: list[str | None]) -> npt.NDArray[np.bool_]:
        """Whether each different value is one of those asked for, or known to mark an anomaly."""
        if self._wanted is None:
            known = known_anomalies(values)
            if known is None:
                raise TableError(
                    f"label column {self.name!r} holds {self._column.found() or 'nothing'}, and none of these is known "
                    "to mark an anomaly: say which does (anomaly, or --anomaly on the command line)"
                )
            return np.array(known, bool)
        matches = {wanted: matching(values, wanted) for wanted in self._wanted}
        absent = [
            wanted
            for wanted, match in matches.items()
            if not any(match) and known_anomalies([*values, wanted]) is None
        ]
        if absent:
            raise TableError(
                f"label column {self.name!r} holds no {' and no '.join(map(repr, absent))}; "
                f"found {self._column.found() or 'nothing'}"
            )
        return np.any(list(matches.values()), axis=0) if values else np.empty(0, bool)

    def _listed(self, chosen: npt.NDArray[np.bool_]) -> str:
        places = np.flatnonzero(chosen)
        return listed(
            [self._column.values[place] for place in places], self._column.counts()[places].tolist()
        )


def known_anomalies(values: list[str | None]) -> list[bool] | None:
    """Whether each of a column's different values is known to mark an anomaly; None where one is not known."""
    present = [
        value for value, blank in zip(values, blanks(values), strict=True) if value is not None and not blank
    ]
    if is_boolean(present):
        return matching(values, "true")
    is_code = [matching(present, code) for code in ("-1", "1")]
    if present and all(map(max, *is_code)):
        return matching(values, "-1")
    if present and {fold(value) for value in present} <= {*ANOMALOUS_WORDS, *NORMAL_WORDS}:
        return [value is not None and fold(value) in ANOMALOUS_WORDS for value in values]
    return None
