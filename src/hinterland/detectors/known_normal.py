"""How many of some rows are anomalies, by rows among them that are known to be normal: the positive-unlabelled head.

On a fitted detector's features a head learns which rows are known (methods.md section 3.6). Where these are a random
part of the normal rows, the share of the normal rows that is known follows, and from it how many of the others are
normal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from hinterland.decisions.contamination import Contamination
from hinterland.densities.label_probability import LabelProbability
from hinterland.parameters import check_integer
from hinterland.training.positive_unlabelled import CONFIDENCE, anomaly_share, fit_label_probability
from hinterland.training.settings import LoopSettings

LEAST_KNOWN = 50
"""Known normal rows, and other rows: a fifth of the known ones is held out to estimate by."""

WIDEST = 0.25
"""An interval that is wider tells nothing."""

ASSUMPTION = (
    "the rows known to be normal are a random part of the normal ones, and the detector's features tell anomalies from "
    "these: where they do not there are more"
)


def estimate_by_known_normal(
    detector: Any, X: Any, is_normal: npt.ArrayLike, *, steps: int = 500, random_state: int = 0
) -> Contamination:
    """Share of anomalies among the rows X (n, d) that are not known to be normal.

    Parameters
    ----------
    detector : fitted; its ``transform`` gives the features.
    X : rows, those known to be normal among them.
    is_normal : (n,) of bool.
    steps : gradient steps of the head.
    random_state : seed of the head.

    Returns
    -------
    Contamination at 95 %, whose interval is of the mean over held-out rows; ``estimate`` is None, and ``reason`` says
    why, with fewer than 50 rows of either kind, or where the interval is wider than 25 points.

    Raises
    ------
    ValueError
        For marks of another shape or kind.
    """
    check_integer("steps", steps, least=1)
    features = np.asarray(detector.transform(X), np.float64)
    known = np.asarray(is_normal)
    if known.shape != (len(features),) or known.dtype != np.bool_:
        raise ValueError(
            f"is_normal must hold a truth value for each of the {len(features)} rows, got {known.dtype} of shape "
            f"{known.shape}"
        )
    n_known, n_others = int(known.sum()), int((~known).sum())

    def untold(reason: str) -> Contamination:
        return Contamination(None, None, None, n_others, CONFIDENCE, ASSUMPTION, reason=reason)

    if min(n_known, n_others) < LEAST_KNOWN:
        return untold(
            f"it takes {LEAST_KNOWN} rows known to be normal and as many others, got {n_known} and {n_others}"
        )
    generator = torch.Generator().manual_seed(random_state)
    head = LabelProbability(features.shape[1], (32, 32), generator=generator)
    settings = LoopSettings.of_steps(steps, len(features), min(1024, len(features)), learning_rate=3e-3)
    _, rate = fit_label_probability(head, torch.from_numpy(features), known, settings, generator)
    found = anomaly_share(rate, n_known, n_others)
    if found.high - found.low > WIDEST:
        return untold(f"anything from {found.low:.0%} to {found.high:.0%} fits")
    return Contamination(found.low, found.value, found.high, n_others, CONFIDENCE, ASSUMPTION)
