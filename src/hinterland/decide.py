"""Decisions by a fitted model: a detector, or a pipeline that ends in one; and a fit that sets rows aside for them.

Each function takes rows as the model takes them, and hands them to the method of its name of the detector at the end
(``hinterland.detectors.calibration.Decisions``), which says what it promises.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing, check_random_state

from hinterland.decisions.calibration import Unseen
from hinterland.decisions.contamination import Contamination
from hinterland.decisions.selection import Selection
from hinterland.detectors.base import Detector
from hinterland.detectors.novelty import NoveltyDetector
from hinterland.labels import ANOMALY, label_codes
from hinterland.parameters import check_number

Model = TypeVar("Model", bound=BaseEstimator)

SHARE, MOST_SET_ASIDE = 0.2, 10_000
"""Share of the training rows that is set aside where none is named, and the most rows."""

ROWS_TO_SPARE = 5_000
"""From so many training rows on a share is set aside also for detectors that could judge their own training rows."""


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


def calibrate(model: Model, normal_rows: Any, *, groups: npt.ArrayLike | None = None) -> Model:
    """Calibrate on normal rows that the model has not seen, and give it back: ``Decisions.calibrate``."""
    detector_of(model).calibrate(rows_for(model, normal_rows), groups=groups)
    return model


def p_values(
    model: Any, rows: Any, *, groups: npt.ArrayLike | None = None, unseen: Unseen = "error"
) -> npt.NDArray[np.float64]:
    """p-values (n,) of rows: ``Decisions.p_values``."""
    return detector_of(model).p_values(rows_for(model, rows), groups=groups, unseen=unseen)


def select(
    model: Any, rows: Any, fdr: float = 0.1, *, method: str = "bh", groups: npt.ArrayLike | None = None
) -> Selection:
    """Rows to flag at a false-discovery rate: ``Decisions.select``."""
    return detector_of(model).select(rows_for(model, rows), fdr, method=method, groups=groups)


def estimate_contamination(model: Any, rows: Any, *, confidence: float = 0.95) -> Contamination:
    """Share of anomalies among rows: ``Decisions.estimate_contamination``."""
    return detector_of(model).estimate_contamination(rows_for(model, rows), confidence=confidence)


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


def share_to_set_aside(detector: Detector, n_rows: int) -> float:
    """Share of ``n_rows`` training rows that is set aside where none is named.

    It is 0 where the detector judges its own training rows as if they were new and the rows are few; else a fifth of
    them, and 10,000 rows at most.
    """
    judges_own = isinstance(detector, NoveltyDetector) and detector.novelty
    if judges_own and n_rows < ROWS_TO_SPARE:
        return 0.0
    return min(SHARE, MOST_SET_ASIDE / n_rows)


def fit_calibrated(
    model: Model,
    rows: Any,
    *,
    share: float | None = None,
    is_anomaly: Any = None,
    is_normal: Any = None,
    random_state: int | np.random.RandomState | None = 0,
) -> Model:
    """Fit a detector, or a pipeline that ends in one, and calibrate it on a share of the rows that nothing else saw.

    Parameters
    ----------
    model : unfitted; it is fitted in place and given back.
    rows : (n, d), as the model takes them: an array, a frame of pandas or polars, an Arrow table.
    share : of the rows to set aside, in [0, 1); 0 for none. None: a fifth, and 10,000 rows at most; none of fewer than
        5,000 rows where the detector judges its own training rows as if they were new, as ``Surprisal`` does, whose
        p-values are then approximate. ``calibration()`` says which it was.
    is_anomaly, is_normal : (n,) of the fit, where there are labels. Known anomalies are not set aside.
    random_state : seed of the draw.

    Raises
    ------
    TypeError, ValueError
        For what is no such model, a share out of its range, or one of which no row is set aside; and as ``fit``.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import DAGMM, fit_calibrated
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = fit_calibrated(DAGMM(epochs=2, steps=20, random_state=0), X[y == 1][:300])
    >>> model.calibration().n_rows()
    60
    """
    n_rows = rows.num_rows if isinstance(rows, pa.Table) else len(rows)
    labels = label_codes(None, n_rows, is_anomaly=is_anomaly, is_normal=is_normal)
    aside = set_aside(model, labels, share, random_state=random_state)
    prefix = f"{model.steps[-1][0]}__" if isinstance(model, Pipeline) else ""
    known = {
        prefix + name: np.asarray(value)[~aside]
        for name, value in (("is_anomaly", is_anomaly), ("is_normal", is_normal))
        if value is not None
    }
    model.fit(taken(rows, ~aside), **known)
    return calibrate(model, taken(rows, aside)) if aside.any() else model


def set_aside(
    model: Any,
    labels: npt.NDArray[np.int8],
    share: float | None = None,
    *,
    random_state: int | np.random.RandomState | None = 0,
) -> npt.NDArray[np.bool_]:
    """Which rows, of label codes (n,), are drawn to be set aside, (n,); as ``fit_calibrated`` does."""
    check_number("share", share, least=0, below=1, optional=True)
    may = np.flatnonzero(labels != ANOMALY)
    share = share_to_set_aside(detector_of(model), len(may)) if share is None else share
    n_aside = int(share * len(may) * (1 + 1e-12))
    if share and not n_aside:
        raise ValueError(f"a share of {share:g} sets none of {len(may):,} rows aside")
    aside = np.zeros(len(labels), bool)
    aside[check_random_state(random_state).permutation(may)[:n_aside]] = True
    return aside


def taken(rows: Any, which: npt.NDArray[np.bool_]) -> Any:
    """Rows of a table or a matrix where ``which`` (n,) is true."""
    if isinstance(rows, pa.Table):
        return rows.filter(pa.array(which))
    return _safe_indexing(rows, np.flatnonzero(which))
