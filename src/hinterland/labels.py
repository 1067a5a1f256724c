"""Labels as users have them, to the codes of ``fit``: +1 known normal, -1 known anomaly, 0 unlabelled.

Elsewhere 1 mostly means anomaly and 0 normal. These values are codes here too, with another meaning, so ``y`` is never
taken for them: ``is_anomaly`` is the argument that says so, and ``from_is_anomaly`` converts.
"""

from __future__ import annotations

import warnings
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

NORMAL: Final = 1
UNLABELLED: Final = 0
ANOMALY: Final = -1
LABEL_CODES = (ANOMALY, UNLABELLED, NORMAL)
_CODES = "label codes: +1 known normal, -1 known anomaly, 0 unlabelled"
_SHOWN = 5

Codes = npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]


def from_is_anomaly(is_anomaly: Any, *, others: Literal[0, 1] = UNLABELLED) -> Codes:
    """Codes (n,) for ``fit`` and for scikit-learn's scorers, from 1 or True for an anomaly.

    Parameters
    ----------
    is_anomaly : (n,) 1 or True for an anomaly, 0 or False for any other row; a missing value is unlabelled.
    others : code of the other rows: 0 unlabelled, or +1 known normal, which is what ``predict`` calls them.

    Raises
    ------
    ValueError
        For other values.

    Examples
    --------
    >>> from hinterland.labels import from_is_anomaly
    >>> from_is_anomaly([0, 1, 0]).tolist(), from_is_anomaly([False, True, None], others=1).tolist()
    ([0, -1, 0], [1, -1, 0])
    """
    if others not in (UNLABELLED, NORMAL):
        raise ValueError(f"others must be 0 (unlabelled) or 1 (known normal), got {others!r}")
    numbers = _numbers("is_anomaly", is_anomaly)
    anomalous = _marked("is_anomaly", numbers)
    return np.where(anomalous, ANOMALY, np.where(np.isnan(numbers), UNLABELLED, others)).astype(np.int8)


def label_codes(y: Any, n_rows: int, *, is_anomaly: Any = None, is_normal: Any = None) -> Codes:
    """Check the labels that ``fit`` was given, and give a code a row, (n_rows,).

    Parameters
    ----------
    y : (n_rows,) codes, or None. A missing value is unlabelled.
    is_anomaly, is_normal : (n_rows,) 1 or True marks rows known to be that, instead of ``y``; 0, False or a missing
        value says nothing of a row.

    Raises
    ------
    ValueError
        For other values or lengths, or labels given twice. The message says what to do.

    Warns
    -----
    UserWarning
        Where ``y`` marks rows with 1 (or True) and none with -1, as it would if 1 meant anomaly; and where it holds
        positive classes alone, which mark nothing.
    """
    given = {"is_anomaly": is_anomaly, "is_normal": is_normal}
    if y is None:
        marked = {
            name: np.zeros(n_rows, bool) if values is None else _marked(name, _numbers(name, values, n_rows))
            for name, values in given.items()
        }
        return _joined(**marked)
    if is_anomaly is None and is_normal is None:
        return _codes(y, n_rows)
    raise ValueError(
        "labels must be given once: as codes in y, or as is_anomaly and is_normal, got y and "
        + " and ".join(name for name, values in given.items() if values is not None)
    )


def check_rows_left(codes: Codes) -> None:
    """Raise ValueError where known anomalies leave fewer than two rows to train on."""
    if np.sum(codes != ANOMALY) < 2:
        raise ValueError(
            "the labels leave fewer than two rows to train on: all others are known anomalies (-1 in y, or is_anomaly)"
        )


def _codes(y: Any, n_rows: int) -> Codes:
    numbers = _numbers("y", y, n_rows)
    missing = np.isnan(numbers)
    values = np.unique(numbers[~missing])
    unknown = values[~np.isin(values, LABEL_CODES)]
    if len(unknown) and values.min() > 0 and np.asarray(y).dtype.kind in "iu":
        warnings.warn(
            f"y holds {_listed(unknown)}, which are no {_CODES}; "
            "as it marks no row as anomalous or unlabelled it is ignored, as scikit-learn's detectors ignore y",
            UserWarning,
            stacklevel=4,
        )
        return np.zeros(n_rows, np.int8)
    if len(unknown):
        raise ValueError(
            f"y must hold {_CODES}; got {_listed(unknown)}. "
            "Known anomalies can also be given as fit(X, is_anomaly=...), 1 or True for each of them"
        )
    codes = np.where(missing, UNLABELLED, numbers).astype(np.int8)
    n_marked = int(np.sum(codes == NORMAL))
    if n_marked and ANOMALY not in values and (n_marked < n_rows or _is_boolean(y)):
        one, zero = ("True", "False") if _is_boolean(y) else ("1", "0")
        warnings.warn(
            f"y holds {one} and no -1: {one} was read as known normal ({n_marked:,} rows), {zero} as unlabelled "
            f"({n_rows - n_marked:,} rows), and no row as a known anomaly. If {one} means anomaly, as in PyOD and in "
            "most data sets, call fit(X, is_anomaly=y) instead; if it does mean known normal, fit(X, is_normal=y) "
            "says so without this warning. All signs: docs/signs.md",
            UserWarning,
            stacklevel=4,
        )
    return codes


def _joined(is_anomaly: Mask, is_normal: Mask) -> Codes:
    both = np.flatnonzero(is_anomaly & is_normal)
    if len(both):
        raise ValueError(
            f"is_anomaly and is_normal must not mark the same row, got {len(both):,} that both mark: first "
            f"{both[:_SHOWN].tolist()}"
        )
    return (is_normal.astype(np.int8) - is_anomaly).astype(np.int8)


def _marked(name: str, numbers: npt.NDArray[np.float64]) -> Mask:
    """Which rows a 0/1 array marks."""
    present = np.unique(numbers[~np.isnan(numbers)])
    other = present[~np.isin(present, (0, 1))]
    if len(other):
        hint = ". The code -1 belongs in y" if ANOMALY in other else ""
        raise ValueError(
            f"{name} must hold 1 or True for rows that it marks, 0 or False for others; got {_listed(other)}{hint}"
        )
    marked: Mask = numbers == 1
    return marked


def _numbers(name: str, given: Any, n_rows: int | None = None) -> npt.NDArray[np.float64]:
    """Labels of any make as float64, NaN where missing.

    pandas' nullable types arrive as objects with ``pd.NA``, those of polars and Arrow with None.
    """
    masked = np.ma.getmaskarray(given) if isinstance(given, np.ma.MaskedArray) else None
    array = np.asarray(given)
    expected = (len(array) if array.ndim else 0,) if n_rows is None else (n_rows,)
    if array.shape != expected or array.ndim != 1:
        rows = "row" if n_rows is None else f"of the {n_rows} rows"
        raise ValueError(f"{name} must have one label for each {rows}, got shape {array.shape}")
    if array.dtype.kind == "O":
        missing = np.array([_is_missing(value) for value in array], bool)
        present = array[~missing]
        if all(isinstance(value, bool | int | float | np.bool_ | np.number) for value in present):
            array = np.where(missing, np.nan, array).astype(np.float64)
        else:
            array = np.array([str(value) for value in present])
    if array.dtype.kind not in "biuf":
        found = np.unique(array.astype(str)).tolist()
        raise ValueError(
            f"{name} must hold {_CODES if name == 'y' else '1 or True for rows that it marks'}; got {_listed(found)}. "
            f"Text does not say what it marks: compare it, as in fit(X, is_anomaly=labels == {found[0]!r}) with the "
            "text that marks an anomaly"
        )
    numbers = array.astype(np.float64)
    if masked is not None:
        numbers[masked] = np.nan
    return numbers


def _is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ in ("NAType", "NaTType") or bool(value != value)


def _is_boolean(y: Any) -> bool:
    values = np.asarray(y)
    if values.dtype.kind == "O":
        return any(isinstance(value, bool | np.bool_) for value in values)
    return values.dtype.kind == "b"


def _listed(values: Any) -> str:
    shown = [value.item() if isinstance(value, np.generic) else value for value in list(values)[:_SHOWN]]
    plain = [int(value) if isinstance(value, float) and value.is_integer() else value for value in shown]
    return f"{plain}{' and more' if len(values) > _SHOWN else ''}"
