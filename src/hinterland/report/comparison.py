"""A second model beside the first: how far the two agree on the same rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from hinterland.report.energies import curves
from hinterland.report.scored import Scored
from hinterland.scoring.model_input import ModelInput

Floats = npt.NDArray[np.float64]


def compared(scored: Scored, other: ModelInput, other_energy: Floats) -> dict[str, Any]:
    """Say how alike two models' energies of all rows are.

    Returns
    -------
    dict with ``names`` of both; ``rank_correlation`` (Spearman's); ``flagged`` by the first, by the second and by both,
    each at its own threshold; ``curves`` of the second, with labels.
    """
    first = scored.energy > scored.model.threshold
    second = other_energy > other.threshold
    constant = np.ptp(scored.energy) == 0 or np.ptp(other_energy) == 0
    result: dict[str, Any] = {
        "names": names(scored.model, other),
        "rank_correlation": None if constant else float(spearmanr(scored.energy, other_energy).statistic),
        "flagged": [int(first.sum()), int(second.sum()), int((first & second).sum())],
        "threshold": other.threshold,
    }
    if scored.truth is not None:
        result["curves"] = curves(other_energy, scored.truth)
    return result


def names(model: ModelInput, other: ModelInput) -> list[str]:
    """What to call the two; detectors of one class are told apart."""
    found = [type(part.detector).__name__ for part in (model, other)]
    return found if found[0] != found[1] else [f"{found[0]} (this model)", f"{found[1]} (comparison)"]
