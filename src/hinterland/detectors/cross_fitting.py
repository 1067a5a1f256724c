"""Cross-fitting: a model for each fold of the rows, fitted without it, which judges the fold's rows as new ones.

Where rows are few none can be spared to calibrate on. Each of K models is fitted to all rows but those of its fold, and
each row's energy under the model that does not know it counts for p-values (``Calibration.cross``). The K models
together are the detector: a row's energy is the mean of theirs, and all K judge a new row. It costs K fits, and no
further one: a model fitted to all rows would know them all, and its energies could be compared with none.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.utils import _safe_indexing, check_random_state

from hinterland.decisions.calibration import Calibration
from hinterland.detectors.base import Detector, usual_rows
from hinterland.detectors.fit_warnings import TOO_FEW_ROWS, fitting_parts, warn_of_few_rows
from hinterland.labels import ANOMALY, NORMAL
from hinterland.model.ensemble import Ensemble
from hinterland.parameters import check_integer
from hinterland.threads import threads
from hinterland.training.history import Entry, History
from hinterland.training.loop import interruptions

D = TypeVar("D", bound=Detector)

FOLDS = 5
"""Folds where their number is not named."""

SOURCE = "training rows, each under a model that has not seen it"


def cross_fit(
    detector: D,
    rows: Any,
    labels: npt.NDArray[np.int8] | None = None,
    *,
    n_folds: int = FOLDS,
    groups: npt.ArrayLike | None = None,
    column: str = "",
    source: str = SOURCE,
    random_state: int | np.random.RandomState | None = 0,
) -> D:
    """Fit a detector as one model a fold, calibrated on all rows, and give it back.

    What it learns beside ``Detector``'s attributes (``CADGMM.seed_``, say) is that of the first fold's model.

    Parameters
    ----------
    detector : unfitted; it is fitted in place. ``models_`` are the folds' models, or ensembles of them.
    rows : (n, d), as the detector takes them.
    labels : codes (n,) as those of ``fit``; known anomalies are in no fold and judge nothing, and each model has them.
    n_folds : K, from 2 to half of the other rows.
    groups, column : (n,), as for ``Calibration.split``; each group is spread over all folds.
    source : where the calibration's rows come from, in words.
    random_state : seed of the folds.

    Raises
    ------
    ValueError
        For other numbers of folds; for a detector whose energies depend on a row's company; and as ``fit``.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import DAGMM
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> detector = cross_fit(DAGMM(epochs=1, steps=20, random_state=0), X[y == 1][:100])
    >>> detector.calibration().n_rows(), len(detector.models_)
    (100, 5)
    """
    detector.check_parameters()
    for name in [name for name in vars(detector) if name.endswith("_") and not name.startswith("_")]:
        delattr(detector, name)  # of a fit before
    matrix = detector._validated(rows, reset=True)
    codes = np.zeros(len(matrix), np.int8) if labels is None else labels
    judged = np.flatnonzero(codes != ANOMALY)
    check_integer("n_folds", n_folds, least=2, most=max(2, len(judged) // 2))
    if len(judged) < 4:
        raise ValueError(f"two folds take four rows that are not known anomalies, got {len(judged)}")
    group_of = None if groups is None else np.asarray(groups).astype(str)[judged]
    fold = folds(group_of, len(judged), n_folds, random_state)
    fitted, history = _fitted(detector, rows, codes, judged, fold, n_folds)
    known = fold < len(fitted)  # an interrupted training has judged the first folds alone
    judged, fold = judged[known], fold[known]
    for name, value in vars(fitted[0]).items():
        if name.endswith("_") and not name.startswith("_"):
            setattr(detector, name, value)
    detector.history_ = history
    detector.model_ = (
        Ensemble([each.model_ for each in fitted]).eval() if len(fitted) > 1 else fitted[0].model_
    )
    own = np.empty(len(judged))
    with threads(detector.training_threads()):
        for k, each in enumerate(fitted):
            own[fold == k] = each.energy_of(matrix[judged[fold == k]])
        detector.training_energy_ = detector.energy_of(matrix[codes != ANOMALY])
    detector.calibration_energy_ = own
    detector.calibration_ = _calibration(
        own, fold, None if group_of is None else group_of[known], column, source
    )
    detector.offset_ = -detector._threshold()
    if len(judged) <= TOO_FEW_ROWS:
        warn_of_few_rows(len(judged))
    seed = int(check_random_state(detector.random_state).randint(np.iinfo(np.int32).max))
    detector.references_ = usual_rows(
        matrix[codes != ANOMALY], detector.training_energy_, detector.n_references, seed
    )
    return detector


def folds(
    groups: npt.NDArray[np.str_] | None,
    n_rows: int,
    n_folds: int,
    random_state: int | np.random.RandomState | None,
) -> npt.NDArray[np.int64]:
    """Fold of each row, (n_rows,), from 0: at random, and as many of each group in each as can be."""
    order = check_random_state(random_state).permutation(n_rows)
    if groups is not None:
        order = order[np.argsort(groups[order], kind="stable")]
    fold = np.empty(n_rows, np.int64)
    fold[order] = np.arange(n_rows) % n_folds
    return fold


def _fitted(
    detector: D,
    rows: Any,
    codes: npt.NDArray[np.int8],
    judged: npt.NDArray[np.intp],
    fold: npt.NDArray[np.int64],
    n_folds: int,
) -> tuple[list[D], History]:
    """A clone fitted without each fold, fewer where training was interrupted, and the history of all."""
    fitted: list[D] = []
    history: History = []
    for k in range(n_folds):
        first = 1 + max((entry["fit"] for entry in history), default=-1)
        trains = np.ones(len(codes), bool)
        trains[judged[fold == k]] = False
        model = clone(detector)
        if (report := detector.on_epoch) is not None:
            model.on_epoch = lambda entry, first=first, report=report: report(_placed(entry, first))
        known = {
            name: codes[trains] == code
            for name, code in (("is_anomaly", ANOMALY), ("is_normal", NORMAL))
            if (codes == code).any()
        }
        before = interruptions()
        with fitting_parts():
            model.fit(_safe_indexing(rows, np.flatnonzero(trains)), **known)
        model.check_rows_alone("cross-fitting")
        fitted.append(model)
        history += [_placed(entry, first) for entry in model.history_]
        if interruptions() > before:
            break
    return fitted, history


def _placed(entry: Entry, first: float) -> Entry:
    return {**entry, "fit": first + entry.get("fit", 0)}


def _calibration(
    energy: npt.NDArray[np.float64],
    fold: npt.NDArray[np.int64],
    groups: npt.NDArray[np.str_] | None,
    column: str,
    source: str,
) -> Calibration:
    """Of several models' folds, or of the only one that an interrupted training has."""
    if not fold.any():
        return Calibration.split(energy, groups, source="rows set aside", column=column)
    return Calibration.cross(energy, fold, groups, source=source, column=column)
