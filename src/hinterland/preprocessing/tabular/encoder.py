"""Tables to matrices: `TabularEncoder`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from hinterland.errors import FileFormatError, TableError
from hinterland.preprocessing.base import ENCODERS
from hinterland.preprocessing.tabular.columns import Column, EmptyColumn
from hinterland.preprocessing.tabular.fitting import complaints_of, fit_column
from hinterland.preprocessing.tabular.matching import match
from hinterland.preprocessing.tabular.tabular_parameters import TabularParameters
from hinterland.preprocessing.tabular.tabular_state import column_state, columns_from_state
from hinterland.tables import frames
from hinterland.tables.columns.decide import decide_columns
from hinterland.tables.columns.decisions import Column as TableColumn
from hinterland.tables.columns.decisions import Decided
from hinterland.tables.columns.notes import ColumnsWarning, Note, sentences
from hinterland.tables.columns.read_values import RetypedError, read
from hinterland.tables.columns.readings import Reading
from hinterland.tables.columns.unreadable import Complaint, RowNames, UnreadableValuesError, counted_from
from hinterland.tables.messages import option

_ROWS = 16_384  # rows encoded at a time: bounds temporary memory, and a column of them stays in cache


@ENCODERS.member("TabularEncoder")
class TabularEncoder(TabularParameters):
    """Turn the rows of a table into a float32 matrix for a network.

    Reads DataFrames of pandas and polars, Arrow tables and 2-d arrays of numbers. What a column is, all of its
    training values decide (see ``kinds``): its type where that says it, and text by what is written there, numbers with
    units and decimal commas, dates day or month first, truth values. A warning, a sentence a topic, says what was
    decided that one may want otherwise. A column of integers is a number however few values it has, unless it is called
    an id. At transform the same readings are used, so that rows are never read otherwise than in training.

    - *Numbers* are counted in deviations from the middle of the training values (see ``numbers``). A
      heavy-tailed column (see ``heavy_tail``) goes through ``arcsinh`` first. A constant column is kept,
      its unit a thousandth of its value, so that a later change shows.
    - *Categories* are one-hot: two different ones are at squared distance 2, as two rows of a standardised
      number column are on average. Rare values share a column, and values never seen in training count as rare.
    - *Booleans* are 0 and 1.
    - *Dates and timestamps* are their hour of day and day of week, each as sine and cosine, where training spans two
      days, or weeks, of them; the moment itself only with ``absolute_time``, as every moment after training is new.
      *Times of day* are sine and cosine.
    - *Left out* are columns that tell rows apart or only count on (stored indexes, row numbers, counters, near-unique
      text), dates of which nothing recurs, and columns without a value. Columns without names are never left out.
    - *A missing value* takes the median, and a second column says so, where training had enough of them to learn from.
      Elsewhere it lies outside of the training values, by a bounded amount: odd, and never the calmest.

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
        A category seen in fewer rows (int), or in a smaller share of rows or fewer than five rows (float), counts as
        rare; a share is at least 0.005 where a column has more than ``max_categories`` values.
    max_categories : int or None, default=50
        Most one-hot columns of a column, the one of rare values included, that of missing values not; the most
        frequent values keep theirs.
    extra_columns : {"error", "ignore"}, default="error"
        What to do at transform with columns that training did not have.
    kinds : dict of str to str, optional
        What columns are, against what is decided: ``"number"``, ``"category"``, ``"boolean"``, ``"date"``, ``"text"``
        (as category) or ``"ignore"``.
    dates : dict of str to str, optional
        How dates and times of columns are written, in the letters of ``strptime``, as ``"%d.%m.%Y"``.
    missing : sequence of str, optional
        What stands for a missing value in all columns, beside the usual words, as ``["-200", "n.b."]``.
    infinite : {"error", "missing", "clip"}, default="error"
        What to do with infinite numbers; ``"clip"`` takes them as the farthest numbers.
    decimal : {".", ","}, optional
        Decimal mark of numbers in text; found out if None.
    absolute_time : bool or list of str, default=False
        Whether times are features as such, beside what recurs of them: all, none, or those of these columns.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Names of the training columns; only if all of them are text.
    kinds_ : dict of str to str
        For each column ``"number"``, ``"boolean"``, ``"category"``, ``"time"``, ``"zoned_time"``, ``"time_of_day"``,
        or why it is left out: ``"identifier"``, ``"ignored"`` or ``"empty"`` (no value in training). Columns that are
        only numbered are called x0, x1, ...
    readings_ : dict of str to hinterland.tables.Reading
        How each column's values are read, and why so.
    typical_values_ : dict of str to float, bool, str or None
        For each column its median, its most frequent value, or its median moment in ISO 8601.
    source_columns_ : ndarray of int, shape (width,)
        For each output column the position of the column it comes from, in the order of ``kinds_``.
    columns_ : list
        The fitted encoder of each column, from `hinterland.preprocessing.tabular.columns`.

    Examples
    --------
    >>> import pandas as pd
    >>> from hinterland.preprocessing import TabularEncoder
    >>> rows = pd.DataFrame({"bytes": [1.0, 2.0, 3.0], "service": ["http", "ftp", "http"]})
    >>> encoder = TabularEncoder().fit(rows)
    >>> encoder.get_feature_names_out().tolist()
    ['bytes', 'service=ftp', 'service=http']
    >>> encoder.transform(pd.DataFrame({"service": ["ftp"], "bytes": [2.0]})).tolist()
    [[0.0, 1.0, 0.0]]
    """

    def fit(self, X: Any, y: object = None) -> Self:
        """Learn each column's encoding from the training rows (n, n_features); ``y`` is ignored.

        Warns once of what was decided about columns (``ColumnsWarning``).

        Raises
        ------
        UnreadableValuesError
            For values that cannot be read as what their column is, or are infinite (named with their rows).
        TableError
            For a table without rows, columns or anything to encode, repeated column names, a column of
            another type than those above, or one that is not what it is said to be.
        """
        frame = self._read_training(X)
        names, decided = self._decide(frame)
        if complaints := complaints_of(frame, names, decided):
            raise UnreadableValuesError(complaints, _row_names(X))
        fitted = [
            fit_column(name, found, self._scales(), self._is_absolute(name))
            for name, found in zip(names, decided, strict=True)
        ]
        columns, readings = [column for column, _, _ in fitted], [reading for _, reading, _ in fitted]
        if not any(column.labels for column in columns):
            why = ", ".join(
                f"{name!r} ({reading.why})" for name, reading in zip(names, readings, strict=True)
            )
            raise TableError(
                f"nothing to encode: all columns are left out: {why}; "
                f"say what one is, as {option('--kind', names[0], 'number')} or kinds={{{names[0]!r}: 'number'}}"
            )
        self._set_columns(names, columns, readings)
        self._say([note for _, _, notes in fitted for note in notes])
        return self

    def readable(self, X: Any) -> npt.NDArray[np.bool_]:
        """Say which training rows (n,) hold only values that can be read as what their columns are, and are finite.

        Raises
        ------
        TableError
            As ``fit``, but for such values.
        """
        frame = self._read_training(X)
        bad = np.zeros(frame.n_rows, bool)
        for found in self._decide(frame)[1]:
            bad |= found.read.bad
        return ~bad

    def transform(self, X: Any) -> npt.NDArray[np.float32]:
        """Encode rows (n, n_features) as a float32 matrix (n, width).

        Raises
        ------
        UnreadableValuesError
            For values that cannot be read as training's were, or are infinite (named with their rows).
        TableError
            For missing or unexpected columns, or such of a type that holds no value of their kind.
        """
        check_is_fitted(self)
        frame = self._read(X, reset=False)
        positions = self._match(frame)
        matrix = np.empty((frame.n_rows, len(self.source_columns_)), np.float32)
        edges = np.cumsum([0, *(len(column.labels) for column in self.columns_)])
        complaints: dict[str, Complaint] = {}
        notes: dict[str, None] = {}
        for start in range(0, frame.n_rows, _ROWS):
            stop = min(start + _ROWS, frame.n_rows)
            self._refuse_retyped(frame, positions, start, stop)
            for j, (name, reading) in enumerate(self.readings_.items()):
                column = self.columns_[j]
                if not column.labels:
                    continue
                values = frame.column(positions[j], start, stop)
                if isinstance(column, EmptyColumn):
                    column.encode(frames.as_missing(values), matrix[start:stop, edges[j] : edges[j + 1]])
                    continue
                found = read(values, reading)
                if found.bad.any():
                    new = Complaint.of(name, values, found.bad, found.expected, first=start)
                    complaints[name] = complaints[name].joined(new) if name in complaints else new
                if found.note:
                    notes[f"{name!r}: {found.note}"] = None
                if not complaints:
                    column.encode(found.values, matrix[start:stop, edges[j] : edges[j + 1]])
        if complaints:
            raise UnreadableValuesError(list(complaints.values()), _row_names(X))
        for note in notes:
            warnings.warn(note, ColumnsWarning, stacklevel=2)
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
            "keys": self._keys,
            "columns": [
                column_state(name, reading, column, f"columns.{j}.", arrays)
                for j, ((name, reading), column) in enumerate(
                    zip(self.readings_.items(), self.columns_, strict=True)
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
            columns, readings = columns_from_state(state["columns"], arrays)
            keys = state.get("keys")
            if keys is not None and not (
                len(keys) == len(names) and all(isinstance(key, str) for key in keys)
            ):
                raise ValueError(f"keys are {keys!r}")
            encoder._keys = keys
            encoder.n_features_in_ = len(columns)
            if state["named"]:
                encoder.feature_names_in_ = np.array(names, dtype=object)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileFormatError(f"not the state of a TabularEncoder: {error!r}") from error
        encoder._set_columns(names, columns, readings)
        return encoder

    def _set_columns(self, names: list[str], columns: list[Column], readings: list[Reading]) -> None:
        self.columns_ = columns
        self.readings_ = dict(zip(names, readings, strict=True))
        self.kinds_ = {name: str(column.kind) for name, column in zip(names, columns, strict=True)}
        self.typical_values_ = {name: column.typical for name, column in zip(names, columns, strict=True)}
        self.source_columns_ = np.repeat(np.arange(len(columns)), [len(column.labels) for column in columns])

    def _read_training(self, X: Any) -> frames.Frame:
        self._validate_params()
        frame = self._read(X, reset=True)
        if frame.n_rows == 0:
            raise TableError("the table has no rows; expected at least one to learn from")
        self._keys = frame.keys
        return frame

    def _decide(self, frame: frames.Frame) -> tuple[list[str], list[Decided]]:
        """Names of the columns, and what each of them is."""
        names = frame.names or frame.keys or [f"x{position}" for position in range(frame.n_columns)]
        asked = self._asked(names)
        columns = [
            TableColumn(
                frame.column(position, 0, frame.n_rows), name, frame.keys is not None, name in frame.index
            )
            for position, name in enumerate(names)
        ]
        return names, decide_columns(columns, asked)

    def _say(self, notes: list[Note]) -> None:
        for sentence in sentences(notes):
            warnings.warn(sentence, ColumnsWarning, stacklevel=3)

    def _read(self, X: Any, reset: bool) -> frames.Frame:
        frames.refuse_lazy(X)
        X = frames.unmasked(X)
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
        """Find the position in ``frame`` of each training column; -1 where one that is left out is missing."""
        is_named = hasattr(self, "feature_names_in_")
        known = list(self.kinds_) if is_named else self._keys
        if (frame.names is not None) != is_named:
            return list(range(frame.n_columns))
        used = [bool(column.labels) for column in self.columns_]
        return match(known, used, frame, may_have_more=self.extra_columns == "ignore")

    def _refuse_retyped(self, frame: frames.Frame, positions: list[int], start: int, stop: int) -> None:
        """Raise where a column's type holds no value of its kind, all of such columns named."""
        wrong = []
        for (name, reading), position, column in zip(
            self.readings_.items(), positions, self.columns_, strict=True
        ):
            if column.labels and not isinstance(column, EmptyColumn):
                try:
                    read(frame.column(position, start, start), reading)
                except RetypedError as error:
                    wrong.append(f"column {name!r}: {error}")
        if wrong:
            raise TableError("columns changed their type since fit: " + "; ".join(wrong))


def _row_names(X: Any) -> RowNames:
    """What messages call rows: counted from 1 in an Arrow table, as in the file that it was, elsewhere from 0."""
    if frames.is_arrow(X):
        return counted_from(1)
    return lambda places: [f"row {place} (from 0)" for place in places]
