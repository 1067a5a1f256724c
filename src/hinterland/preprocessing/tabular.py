"""Tables to matrices: `TabularEncoder`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from hinterland.errors import FileFormatError, TableError
from hinterland.preprocessing import frames
from hinterland.preprocessing.columns import (
    BooleanColumn,
    CategoryColumn,
    Column,
    EmptyColumn,
    IdentifierColumn,
    NumberColumn,
    TimeColumn,
)
from hinterland.preprocessing.state import pack, unpack

_ROWS = 16_384  # rows encoded at a time: bounds temporary memory, and a column of them stays in cache
_SHOWN = 5

_READERS: Mapping[str, Callable[[frames.Values], Any]] = {
    "number": frames.as_numbers,
    "boolean": frames.as_numbers,
    "category": frames.as_texts,
    "identifier": frames.as_missing,
    "time": frames.as_times,
    "zoned_time": frames.as_times,
    "empty": frames.as_missing,
}
_CLASSES: Mapping[str, type[Any]] = {
    "number": NumberColumn,
    "boolean": BooleanColumn,
    "category": CategoryColumn,
    "identifier": IdentifierColumn,
    "time": TimeColumn,
    "zoned_time": TimeColumn,
    "empty": EmptyColumn,
}


class TabularEncoder(TransformerMixin, BaseEstimator):
    """Turn the rows of a table into a float32 matrix for a network.

    Reads DataFrames of pandas and polars, Arrow tables and 2-d arrays of numbers. A column's type says
    what it is: numbers (durations in seconds among them), booleans, categories (text, pandas or polars
    categories, Arrow dictionaries), dates and timestamps. A column of integers is a number however few
    values it has; cast codes to text or to a category first, e.g. ``df.astype({"code": "category"})``.

    - *Numbers* are counted in deviations from the middle of the training values (see ``numbers``). A
      heavy-tailed column (see ``heavy_tail``) goes through ``arcsinh`` first. A constant column is kept,
      its unit a thousandth of its value, so that a later change shows. A missing value takes the median;
      if training had missing values in that column, a second column says which. Infinity is an error.
    - *Categories* are one-hot: two different ones are at squared distance 2, as two rows of a standardised
      number column are on average. Rare values share a column, values never seen in training have one of
      their own. A column with almost a value a row is taken for an identifier, and dropped with a warning.
    - *Booleans* are 0 and 1.
    - *A column without a value in training*, of whatever type, tells whether one is missing.
    - *Dates and timestamps* are a number (a moment later than all training moments is far off, so leave
      the column out if this is not meant), and hour of day and day of week as sine and cosine if they vary.

    At transform, columns are found by name, in any order. A row's result depends on that row alone.

    Parameters
    ----------
    numbers : {"standard", "robust", "minmax", "quantile"}, default="standard"
        Unit of a number column: its standard deviation around its mean; its interquartile range (in
        normal deviations) around its median; its range from its minimum; the standard deviation of the
        normal scores of its ranks, for which values beyond the training range count as the outermost.
    clip : float or None, default=10.0
        Numbers further away than this many units are held at it: still far, but no single value
        swamps a network. None holds them only within float32.
    heavy_tail : float or None, default=3.0
        A number column is heavy-tailed if its differences from the median, zeros left out, have a root
        mean square of more than ``heavy_tail`` times their median size: 1.2 for a uniform, 1.5 for a
        normal, 2.2 for an exponential, 3.8 for a standard log-normal column. None: no column is.
        ``numbers="quantile"`` has no use for it.
    min_frequency : int, float or None, default=0.001
        A category seen in fewer rows (int), or in a smaller share of rows (float), counts as rare.
    max_categories : int or None, default=50
        Most one-hot columns of a column, the one of rare values included, those of missing and of unseen
        values not; the most frequent values keep theirs.
    extra_columns : {"error", "ignore"}, default="error"
        What to do at transform with columns that training did not have.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Names of the training columns; only if all of them are text.
    kinds_ : dict of str to str
        For each column ``"number"``, ``"boolean"``, ``"category"``, ``"time"``, ``"zoned_time"``,
        ``"identifier"`` (dropped) or ``"empty"`` (no value in training). Columns without a name are
        called x0, x1, ...
    typical_values_ : dict of str to float, bool, str or None
        For each column its median, its most frequent value, or its median moment in ISO 8601.
    source_columns_ : ndarray of int, shape (width,)
        For each output column the position of the column it comes from, in the order of ``kinds_``.
    columns_ : list
        The fitted encoder of each column, from `hinterland.preprocessing.columns`.

    Examples
    --------
    >>> import pandas as pd
    >>> from hinterland.preprocessing import TabularEncoder
    >>> rows = pd.DataFrame({"bytes": [1.0, 2.0, 3.0], "service": ["http", "ftp", "http"]})
    >>> encoder = TabularEncoder().fit(rows)
    >>> encoder.get_feature_names_out().tolist()
    ['bytes', 'service=ftp', 'service=http', 'service=<unseen>']
    >>> encoder.transform(pd.DataFrame({"service": ["gopher"], "bytes": [2.0]})).tolist()
    [[0.0, 0.0, 0.0, 1.0]]
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "numbers": [StrOptions({"standard", "robust", "minmax", "quantile"})],
        "clip": [Interval(Real, 0, None, closed="neither"), None],
        "heavy_tail": [Interval(Real, 1, None, closed="left"), None],
        "min_frequency": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="neither"),
            None,
        ],
        "max_categories": [Interval(Integral, 1, None, closed="left"), None],
        "extra_columns": [StrOptions({"error", "ignore"})],
    }

    def __init__(
        self,
        *,
        numbers: str = "standard",
        clip: float | None = 10.0,
        heavy_tail: float | None = 3.0,
        min_frequency: float | None = 0.001,
        max_categories: int | None = 50,
        extra_columns: str = "error",
    ) -> None:
        self.numbers = numbers
        self.clip = clip
        self.heavy_tail = heavy_tail
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.extra_columns = extra_columns

    def fit(self, X: Any, y: object = None) -> Self:
        """Learn each column's encoding from the training rows (n, n_features); ``y`` is ignored.

        Raises
        ------
        TableError
            For a table without rows, columns or anything to encode, repeated column names, a column of
            another type than those above, or infinite values (named with their rows).
        """
        self._validate_params()
        frame = self._read(X, reset=True)
        if frame.n_rows == 0:
            raise TableError("the table has no rows; expected at least one to learn from")
        names = frame.names or [f"x{position}" for position in range(frame.n_columns)]
        columns = [self._fit_column(frame, position, name) for position, name in enumerate(names)]
        if not any(column.labels for column in columns):
            raise TableError(f"nothing to encode: all columns look like identifiers: {names}")
        self._set_columns(names, columns)
        return self

    def transform(self, X: Any) -> npt.NDArray[np.float32]:
        """Encode rows (n, n_features) as a float32 matrix (n, width).

        Raises
        ------
        TableError
            For missing, unexpected or retyped columns, or infinite values (named with their rows).
        """
        check_is_fitted(self)
        frame = self._read(X, reset=False)
        positions = self._match(frame)
        matrix = np.empty((frame.n_rows, len(self.source_columns_)), np.float32)
        edges = np.cumsum([0, *(len(column.labels) for column in self.columns_)])
        for start in range(0, frame.n_rows, _ROWS):
            stop = min(start + _ROWS, frame.n_rows)
            stretch = [frame.column(position, start, stop) for position in positions]
            self._refuse_retyped(stretch)
            for j, (name, kind) in enumerate(self.kinds_.items()):
                values = _READERS[kind](stretch[j])
                if kind == "number":
                    _refuse_infinite(values, frame, positions[j], name)
                self.columns_[j].encode(values, matrix[start:stop, edges[j] : edges[j + 1]])
        return matrix

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Name the output columns, as ``age``, ``age=<missing>``, ``service=http``, ``when:hour_sin``."""
        check_is_fitted(self)
        sources = _check_feature_names_in(self, input_features)
        names: dict[str, None] = {}
        for source, column in zip(sources, self.columns_, strict=True):
            for label in column.labels:
                name = f"{source}{label}"
                while name in names:  # a category called "<unseen>", say
                    name += "'"
                names[name] = None
        return np.array(list(names), dtype=object)

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give all that `from_state` needs: what JSON can hold, and arrays by name."""
        check_is_fitted(self)
        arrays: dict[str, npt.NDArray[Any]] = {}
        state = {
            "params": {
                key: getattr(value, "item", lambda v=value: v)() for key, value in self.get_params().items()
            },
            "named": hasattr(self, "feature_names_in_"),
            "columns": [
                {"name": name, "kind": kind, **pack(column, f"columns.{j}.", arrays)}
                for j, ((name, kind), column) in enumerate(
                    zip(self.kinds_.items(), self.columns_, strict=True)
                )
            ],
        }
        return state, arrays

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Restore a fitted encoder, whose output is the same to the bit.

        Raises
        ------
        FileFormatError
            Where the state is not one that `to_state` gives.
        """
        try:
            encoder = cls(**state["params"])
            encoder._validate_params()
            names = [str(entry["name"]) for entry in state["columns"]]
            if not names or len(set(names)) < len(names):
                raise ValueError(f"column names must be there and differ, found {names}")
            columns = [
                unpack(_CLASSES[entry["kind"]], entry, f"columns.{j}.", arrays)
                for j, entry in enumerate(state["columns"])
            ]
            encoder.n_features_in_ = len(columns)
            if state["named"]:
                encoder.feature_names_in_ = np.array(names, dtype=object)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileFormatError(f"not the state of a TabularEncoder: {error!r}") from error
        encoder._set_columns(names, columns)
        return encoder

    def _set_columns(self, names: list[str], columns: list[Any]) -> None:
        self.columns_ = columns
        self.kinds_ = {name: str(column.kind) for name, column in zip(names, columns, strict=True)}
        self.typical_values_ = {name: column.typical for name, column in zip(names, columns, strict=True)}
        self.source_columns_ = np.repeat(np.arange(len(columns)), [len(column.labels) for column in columns])

    def _fit_column(self, frame: frames.Frame, position: int, name: str) -> Column:
        found = frame.column(position, 0, frame.n_rows)
        kind = frames.kind_of(found)
        if kind is None:
            raise TableError(
                f"column {name!r} cannot be encoded: found type {frames.type_of(found)}; "
                f"expected one of {frames.KINDS_READ}"
            )
        if frames.as_missing(found).all():
            return EmptyColumn()
        values = _READERS[kind](found)
        scale: Any = (self.numbers, self.clip, self.heavy_tail)
        match kind:
            case "number":
                _refuse_infinite(values, frame, position, name)
                return NumberColumn.fit(values, *scale)
            case "boolean":
                return BooleanColumn.fit(values)
            case "category":
                column = CategoryColumn.fit(values, self.min_frequency, self.max_categories)
                if isinstance(column, IdentifierColumn):
                    warnings.warn(
                        f"column {name!r} has {column.n_distinct} different values in {frame.n_rows} rows; "
                        "it is taken for an identifier and left out",
                        stacklevel=3,
                    )
                return column
            case _:
                return TimeColumn.fit(values, *scale)

    def _read(self, X: Any, reset: bool) -> frames.Frame:
        frames.refuse_lazy(X)
        if not frames.is_frame(X):
            return frames.read_array(
                validate_data(self, X, reset=reset, ensure_all_finite=False, ensure_min_samples=int(reset))
            )
        frame = frames.read_frame(X)
        if reset or frame.names is None or not hasattr(self, "feature_names_in_"):
            if type(X).__name__ == "RecordBatch":
                X = X.slice(0, 0).to_pandas()  # scikit-learn reads names from tables only
            validate_data(self, X, reset=reset, skip_check_array=True)
        return frame

    def _match(self, frame: frames.Frame) -> list[int]:
        """Find the position in ``frame`` of each training column."""
        if frame.names is None or not hasattr(self, "feature_names_in_"):
            return list(range(frame.n_columns))
        missing = [name for name in self.kinds_ if name not in frame.names]
        extra = [name for name in frame.names if name not in self.kinds_]
        if missing or (extra and self.extra_columns == "error"):
            raise TableError(
                "the columns should match those that were passed during fit: "
                f"missing {missing}, unexpected {extra}; found {frame.names}, expected {list(self.kinds_)}"
            )
        place = {name: position for position, name in enumerate(frame.names)}
        return [place[name] for name in self.kinds_]

    def _refuse_retyped(self, stretch: list[frames.Values]) -> None:
        wrong = [
            f"column {name!r}: found {found or 'unreadable'} ({frames.type_of(values)}), expected {kind}"
            for (name, kind), values in zip(self.kinds_.items(), stretch, strict=True)
            if kind not in ("identifier", "empty")
            and (found := frames.kind_of(values)) not in (kind, "empty")
        ]
        if wrong:
            raise TableError("columns changed their type since fit: " + "; ".join(wrong))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _refuse_infinite(values: npt.NDArray[np.float64], frame: frames.Frame, position: int, name: str) -> None:
    if not np.isinf(values).any():
        return
    rows = np.flatnonzero(np.isinf(frames.as_numbers(frame.column(position, 0, frame.n_rows)))).tolist()
    shown = ", ".join(str(row) for row in rows[:_SHOWN]) + (", ..." if len(rows) > _SHOWN else "")
    raise TableError(
        f"column {name!r}: found {len(rows)} infinite value(s), in row(s) {shown} (counted from 0); "
        "expected finite numbers, or missing values"
    )
