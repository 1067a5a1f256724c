"""Decisions by a fitted model: a detector, or a pipeline that ends in one; and a fit that sets rows aside for them.

Each function takes rows as the model takes them, and hands them to the method of its name of the detector at the end
(``hinterland.detectors.calibration.Decisions``), which says what it promises. Groups are given as there, (n,), or as
the name of a column of the rows, which may be one that the model does not use; a model that was calibrated so finds the
groups of other rows by itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing, check_random_state

from hinterland.decisions.calibration import Calibration, Unseen
from hinterland.decisions.contamination import Contamination
from hinterland.decisions.selection import Selection
from hinterland.detectors.base import Detector
from hinterland.detectors.cross_fitting import FOLDS, SOURCE, cross_fit
from hinterland.detectors.novelty import NoveltyDetector
from hinterland.errors import TableError
from hinterland.labels import ANOMALY, NORMAL, label_codes
from hinterland.parameters import check_integer, check_number
from hinterland.tables import as_table_file, frames, group_names
from hinterland.tables.messages import few

Model = TypeVar("Model", bound=BaseEstimator)

SHARE, MOST_SET_ASIDE = 0.2, 10_000
"""Share of the training rows that is set aside where none is named, and the most rows."""

ROWS_TO_SPARE = 5_000
"""From so many training rows on a share is set aside also for detectors that could judge their own training rows."""

ROWS_TO_SPLIT = 1_000
"""With fewer a fifth of the rows is too few to compare with, and five fits are quick."""

ROUNDING = 1 + 1e-12


def detector_of(model: Any) -> Detector:
    """The detector that a model is, or that ends it; TypeError for anything else."""
    last = model.steps[-1][1] if isinstance(model, Pipeline) and model.steps else model
    if not isinstance(last, Detector):
        raise TypeError(
            f"a model is a hinterland detector or a Pipeline that ends in one, got {type(last).__name__}"
        )
    return last


def rows_for(model: Any, rows: Any) -> Any:
    """Rows as the model's detector sees them."""
    return model[:-1].transform(rows) if isinstance(model, Pipeline) and len(model.steps) > 1 else rows


def told_apart(
    model: Any, rows: Any, groups: npt.ArrayLike | None, *, of_model: bool = True
) -> tuple[Any, npt.ArrayLike | None, str]:
    """Rows without a column that the model does not know, each row's group or None, and the column of these or none.

    Where no groups are given they are those ``of_model``, if it has any by a column.

    Raises
    ------
    TableError
        Where the rows lack the column that names the groups.
    """
    column = groups if isinstance(groups, str) else ""
    if groups is None and of_model:
        calibration = getattr(detector_of(model), "calibration_", None)
        column = "" if calibration is None else calibration.column
    if not column:
        return rows, groups, ""
    if not frames.is_frame(rows):
        raise TypeError(f"groups by the column {column!r} take rows in a frame, got {type(rows).__name__}")
    names = list(rows.column_names if isinstance(rows, pa.Table) else rows.columns)
    if column not in names:
        raise TableError(
            f"the rows have no column {column!r}, which names their groups; they have {few(names, 20)}"
        )
    first = model.steps[0][1] if isinstance(model, Pipeline) else model
    found = group_names(as_table_file(_columns(rows, [column])).read()[column])
    if column not in getattr(first, "feature_names_in_", [column]):  # of an unfitted one, it is to learn from
        rows = _columns(rows, [name for name in names if name != column])
    return rows, found, column


def _columns(rows: Any, names: list[str]) -> Any:
    return rows[names] if isinstance(rows, pd.DataFrame) else rows.select(names)


def calibrate(model: Model, normal_rows: Any, *, groups: npt.ArrayLike | None = None) -> Model:
    """Calibrate on normal rows that the model has not seen, and give it back: ``Decisions.calibrate``."""
    rows, found, column = told_apart(model, normal_rows, groups, of_model=False)
    detector_of(model).calibrate(rows_for(model, rows), groups=found, column=column)
    return model


def p_values(
    model: Any, rows: Any, *, groups: npt.ArrayLike | None = None, unseen: Unseen = "error"
) -> npt.NDArray[np.float64]:
    """p-values (n,) of rows: ``Decisions.p_values``."""
    rows, found, _ = told_apart(model, rows, groups)
    return detector_of(model).p_values(rows_for(model, rows), groups=found, unseen=unseen)


def select(
    model: Any,
    rows: Any,
    fdr: float = 0.1,
    *,
    method: str = "bh",
    groups: npt.ArrayLike | None = None,
    unseen: Unseen = "error",
) -> Selection:
    """Rows to flag at a false-discovery rate: ``Decisions.select``."""
    rows, found, _ = told_apart(model, rows, groups)
    return detector_of(model).select(rows_for(model, rows), fdr, method=method, groups=found, unseen=unseen)


def estimate_contamination(
    model: Any, rows: Any, *, is_normal: npt.ArrayLike | None = None, confidence: float = 0.95
) -> Contamination:
    """Share of anomalies among rows: ``Decisions.estimate_contamination``."""
    return detector_of(model).estimate_contamination(
        rows_for(model, rows), is_normal=is_normal, confidence=confidence
    )


def estimate_unlabelled(
    model: Any, rows: Any = None, *, calm: float = 0.6, confidence: float = 0.95
) -> Contamination:
    """Share of anomalies among rows of which none is known to be normal: ``Decisions.estimate_unlabelled``."""
    seen = None if rows is None else rows_for(model, rows)
    return detector_of(model).estimate_unlabelled(seen, calm=calm, confidence=confidence)


def set_threshold(
    model: Model,
    *,
    false_alarms: float | None = None,
    contamination: float | None = None,
    energy: float | None = None,
) -> Model:
    """Choose another threshold without a fit, and give the model back: ``Decisions.set_threshold``."""
    detector_of(model).set_threshold(false_alarms=false_alarms, contamination=contamination, energy=energy)
    return model


def decides(model: Any) -> dict[str, str]:
    """What a model's threshold and p-values promise, in words; nothing of what has no detector at its end."""
    try:
        detector = detector_of(model)
    except TypeError:
        return {}
    try:
        promise = detector.promise()
    except ValueError:
        promise = "nothing of new rows, as no normal rows were set aside: hinterland calibrate"
    return {"threshold is": detector.threshold_rule(), "threshold promises": promise}


class Plan(NamedTuple):
    """How a fit comes to its calibration.

    A ``share`` of the rows is set aside, or ``n_folds`` models leave out a fold each, or, where both are 0, the
    detector judges its training rows as if they were new, if it can.
    """

    share: float = 0.0
    n_folds: int = 0


def plan(
    detector: Detector,
    n_rows: int,
    share: float | None = None,
    n_folds: int | None = None,
    *,
    grouped: bool = False,
) -> Plan:
    """What is done with ``n_rows`` training rows; where neither share nor folds are named, by their number.

    Raises
    ------
    ValueError
        For a share out of [0, 1) or of which no row is set aside, folds out of their range, or both.
    """
    check_number("share", share, least=0, below=1, optional=True)
    check_integer("n_folds", n_folds, least=2, most=max(2, n_rows // 2), optional=True)
    if share is not None and n_folds is not None:
        raise ValueError(f"give one of share and n_folds, got {share:g} and {n_folds}")
    if n_folds is not None:
        return Plan(0.0, n_folds)
    if share is not None:
        if share and not int(share * n_rows * ROUNDING):
            raise ValueError(f"a share of {share:g} sets none of {n_rows:,} rows aside")
        return Plan(share)
    judges_own = isinstance(detector, NoveltyDetector) and detector.novelty
    if grouped and judges_own and not detector.judges_every_row:
        judges_own = False  # of the rows that it judges, which they are is not known
    if judges_own and n_rows < ROWS_TO_SPARE:
        return Plan()
    if not judges_own and 2 * FOLDS <= n_rows < ROWS_TO_SPLIT:
        return Plan(0.0, FOLDS)
    return Plan(min(SHARE, MOST_SET_ASIDE / n_rows))


def fit_calibrated(
    model: Model,
    rows: Any,
    *,
    share: float | None = None,
    n_folds: int | None = None,
    groups: npt.ArrayLike | None = None,
    is_anomaly: Any = None,
    is_normal: Any = None,
    random_state: int | np.random.RandomState | None = 0,
) -> Model:
    """Fit a detector, or a pipeline that ends in one, so that it has rows to compare with that did not train it.

    Where nothing is named, the number of rows decides, and ``calibration()`` says in words what was done:

    - ``Surprisal``, and others that judge their own training rows as if they were new, do so up to 5,000 rows;
    - others are fitted five times below 1,000 rows, each time without one fold (``cross_fit``);
    - else a fifth of the rows is set aside, 10,000 at most.

    Parameters
    ----------
    model : unfitted; it is fitted in place and given back.
    rows : (n, d), as the model takes them: an array, a frame of pandas or polars, an Arrow table.
    share : of the rows to set aside, in [0, 1); 0 for none.
    n_folds : of the rows, each judged by a model of the others; from 2. It costs as many fits. What stands before the
        detector in a pipeline is fitted once, to all rows.
    groups : (n,), or the name of a column of the rows: each row is compared within its group.
    is_anomaly, is_normal : (n,) of the fit, where there are labels. Known anomalies calibrate nothing.
    random_state : seed of the draw.

    Raises
    ------
    TypeError, ValueError
        For what is no such model, a share or a number of folds out of range; and as ``fit``.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import DAGMM, fit_calibrated
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = fit_calibrated(DAGMM(epochs=2, steps=20, random_state=0), X[y == 1][:300], share=0.2)
    >>> model.calibration().n_rows()
    60
    """
    detector = detector_of(model)
    rows, found, column = told_apart(model, rows, groups, of_model=False)
    n_rows = rows.num_rows if isinstance(rows, pa.Table) else len(rows)
    labels = label_codes(None, n_rows, is_anomaly=is_anomaly, is_normal=is_normal)
    n_judged = int(np.sum(labels != ANOMALY))
    planned = plan(detector, n_judged, share, n_folds, grouped=groups is not None)
    aside = set_aside(labels, planned.share, random_state=random_state)
    fit_as_planned(
        model, rows, labels, planned, aside, groups=found, column=column, random_state=random_state
    )
    if aside.any():
        within = None if found is None else np.asarray(found)[aside]
        detector.calibrate(rows_for(model, taken(rows, aside)), groups=within, column=column)
    return model


def fit_as_planned(
    model: Any,
    rows: Any,
    labels: npt.NDArray[np.int8],
    planned: Plan,
    aside: npt.NDArray[np.bool_],
    *,
    groups: npt.ArrayLike | None = None,
    column: str = "",
    random_state: int | np.random.RandomState | None = 0,
) -> None:
    """Fit to the rows that are not set ``aside``, (n,), and calibrate by folds or groups where no rows are."""
    detector = detector_of(model)
    if planned.n_folds:
        encoded, source = rows, SOURCE
        if isinstance(model, Pipeline) and len(model.steps) > 1:
            before = model[:-1]
            encoded = before.fit_transform(rows)
            model.steps[:-1] = before.steps
            source += ", behind steps that have seen all"
        cross_fit(
            detector,
            encoded,
            labels,
            n_folds=planned.n_folds,
            groups=groups,
            column=column,
            source=source,
            random_state=random_state,
        )
        return
    prefix = f"{model.steps[-1][0]}__" if isinstance(model, Pipeline) else ""
    known = {
        prefix + name: labels[~aside] == code
        for name, code in (("is_anomaly", ANOMALY), ("is_normal", NORMAL))
        if (labels == code).any()
    }
    model.fit(taken(rows, ~aside), **known)
    if groups is not None and not aside.any():
        as_new = detector.energy_as_new()
        if as_new is None or len(as_new) != np.sum(labels != ANOMALY):
            raise ValueError(
                f"groups take rows to compare with, and a {type(detector).__name__} does not judge every row as if it "
                "were new: give a share to set aside, or folds"
            )
        within = np.asarray(groups)[labels != ANOMALY]
        detector.set_calibration(Calibration.as_new(as_new, within, column=column))


def set_aside(
    labels: npt.NDArray[np.int8],
    share: float,
    *,
    random_state: int | np.random.RandomState | None = 0,
) -> npt.NDArray[np.bool_]:
    """Which rows, of label codes (n,), are drawn to be set aside, (n,): a share of all but known anomalies."""
    may = np.flatnonzero(labels != ANOMALY)
    aside = np.zeros(len(labels), bool)
    aside[check_random_state(random_state).permutation(may)[: int(share * len(may) * ROUNDING)]] = True
    return aside


def taken(rows: Any, which: npt.NDArray[np.bool_]) -> Any:
    """Rows of a table or a matrix where ``which`` (n,) is true."""
    if isinstance(rows, pa.Table):
        return rows.filter(pa.array(which))
    return _safe_indexing(rows, np.flatnonzero(which))
