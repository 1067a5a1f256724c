"""How good a ranking is: energies beside the truth, without a threshold; the anomaly is the positive class."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_scalar

from hinterland.thresholds import best_f1_threshold, check_energy, check_is_anomaly, count


def auroc(is_anomaly: npt.ArrayLike, energy: npt.ArrayLike) -> float:
    """Area under the ROC curve: the chance that an anomaly has more energy than a normal row.

    A pair with equal energies counts one half.

    Parameters
    ----------
    is_anomaly : shape (n,), boolean, both classes present.
    energy : shape (n,), finite, rising with anomaly.

    Raises
    ------
    TypeError
        If the labels are not boolean or the energies not numbers.
    ValueError
        If a class is missing, the lengths differ or an energy is not finite.
    """
    energy = check_energy(energy)
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(check_is_anomaly(is_anomaly, rows=len(energy)), energy))


def average_precision(is_anomaly: npt.ArrayLike, energy: npt.ArrayLike) -> float:
    """Mean of the precision over the recall steps, rows of equal energy taken as one step.

    Arguments and errors as in ``auroc``. The value of a random ranking is the share of anomalies.
    """
    energy = check_energy(energy)
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(check_is_anomaly(is_anomaly, rows=len(energy)), energy))


def precision_at_k(is_anomaly: npt.ArrayLike, energy: npt.ArrayLike, k: int) -> float:
    """Share of anomalies among the ``k`` rows of highest energy.

    Where the last of the k places are contested by rows of equal energy, the value is the one expected
    when they are filled at random, so the order of the rows does not matter.

    Parameters
    ----------
    k : from 1 to n; other arguments and errors as in ``auroc``.

    Examples
    --------
    >>> precision_at_k([True, False, False, True], [9.0, 5.0, 5.0, 1.0], k=2)
    0.5
    """
    energy = check_energy(energy)
    is_anomaly = check_is_anomaly(is_anomaly, rows=len(energy))
    k = int(check_scalar(k, "k", Integral, min_val=1, max_val=len(energy)))
    place = len(energy) - k
    last = np.partition(energy, place)[place]
    above, tied = energy > last, energy == last
    contested = k - count(above)
    return (count(is_anomaly & above) + contested * count(is_anomaly & tied) / count(tied)) / k


def best_f1(is_anomaly: npt.ArrayLike, energy: npt.ArrayLike) -> float:
    """Flattering: the highest F1 that any threshold reaches, chosen with the labels it is judged by.

    An upper bound, comparable only with numbers made the same way, and never a detector's F1. To choose
    a threshold on other labelled rows use ``hinterland.thresholds.best_f1_threshold``. Arguments and
    errors as in ``auroc``.
    """
    return best_f1_threshold(energy, is_anomaly).f1


def anomaly_scorer(
    metric: Callable[[npt.ArrayLike, npt.ArrayLike], float] = average_precision,
) -> Callable[[Any, Any, Any], float]:
    """Make a scorer for scikit-learn's searches of a metric of anomalies, such as ``average_precision``.

    Its ``y`` holds the codes of ``fit``, in which -1 marks an anomaly; all other rows count as normal.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from hinterland import DeepMixture
    >>> search = GridSearchCV(DeepMixture(), {"n_components": [5, 20]}, scoring=anomaly_scorer())
    """
    return partial(_scored, metric)


def _scored(metric: Callable[[npt.ArrayLike, npt.ArrayLike], float], detector: Any, X: Any, y: Any) -> float:
    is_anomaly = np.asarray(y) == -1
    if not is_anomaly.any():
        raise ValueError(
            f"y must mark anomalies with -1 to score by them, got {np.unique(np.asarray(y))[:5].tolist()}; "
            "hinterland.labels.from_is_anomaly converts 1 for an anomaly, and StratifiedKFold puts some in every fold"
        )
    return metric(is_anomaly, -np.asarray(detector.score_samples(X)))
