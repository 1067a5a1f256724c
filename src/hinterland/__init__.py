"""Unsupervised anomaly detection by deep mixture density models.

The flow, one stage a line:

1. ``hinterland.datasets``       rows, and splits that keep training and test apart 2. ``hinterland.preprocessing``
rows to a float32 matrix, every column traceable to its source 3. ``hinterland.networks``       matrix to latent and
reconstruction 4. ``hinterland.densities``      composite features (``hinterland.model.composite``) to energy 5.
``hinterland.training``       how parameters are learnt, over one loop 6. ``hinterland.detectors``      the named
methods: ``Surprisal``, ``DeepMixture``, ``DAGMM``, ``CADGMM``, ``CANCE``, ``DEUAD``, more 7.
``hinterland.thresholds``     energy to label 8. ``hinterland.metrics``        how good the energies and labels are,
under a named rule 9. ``hinterland.explain``        which columns made a row anomalous

Importing the package is cheap; a name imports what it needs when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from hinterland.moved import keep_old_modules

if TYPE_CHECKING:
    from hinterland.decide import fit_calibrated
    from hinterland.detectors.cadgmm import CADGMM
    from hinterland.detectors.cance import CANCE
    from hinterland.detectors.cluster_and_retrain import ClusterAndRetrain
    from hinterland.detectors.contrastive_scorer import ContrastiveScorer
    from hinterland.detectors.dagmm import DAGMM
    from hinterland.detectors.deep_mixture import DeepMixture
    from hinterland.detectors.deuad import DEUAD
    from hinterland.detectors.positive_unlabelled import PositiveUnlabelled
    from hinterland.detectors.surprisal import Surprisal
    from hinterland.persistence import load, save
    from hinterland.precision import in_single_precision
    from hinterland.preprocessing import TabularEncoder
    from hinterland.pyod_style import PyODStyle
    from hinterland.scoring.batch import BatchScorer
    from hinterland.scoring.frame import score_frame

__version__ = "0.2.0"

keep_old_modules()

_HOMES = {
    "BatchScorer": "hinterland.scoring.batch",
    "CADGMM": "hinterland.detectors.cadgmm",
    "CANCE": "hinterland.detectors.cance",
    "ContrastiveScorer": "hinterland.detectors.contrastive_scorer",
    "ClusterAndRetrain": "hinterland.detectors.cluster_and_retrain",
    "DAGMM": "hinterland.detectors.dagmm",
    "DEUAD": "hinterland.detectors.deuad",
    "DeepMixture": "hinterland.detectors.deep_mixture",
    "PositiveUnlabelled": "hinterland.detectors.positive_unlabelled",
    "PyODStyle": "hinterland.pyod_style",
    "Surprisal": "hinterland.detectors.surprisal",
    "TabularEncoder": "hinterland.preprocessing",
    "fit_calibrated": "hinterland.decide",
    "in_single_precision": "hinterland.precision",
    "load": "hinterland.persistence",
    "save": "hinterland.persistence",
    "score_frame": "hinterland.scoring.frame",
}

__all__ = [
    "CADGMM",
    "CANCE",
    "DAGMM",
    "DEUAD",
    "BatchScorer",
    "ClusterAndRetrain",
    "ContrastiveScorer",
    "DeepMixture",
    "PositiveUnlabelled",
    "PyODStyle",
    "Surprisal",
    "TabularEncoder",
    "__version__",
    "fit_calibrated",
    "in_single_precision",
    "load",
    "save",
    "score_frame",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None and name[:1].isupper():  # a detector that is found on its shelf alone
        home = "hinterland.detectors"
    found = None if home is None else getattr(importlib.import_module(home), name, None)
    if found is None:
        raise AttributeError(f"module 'hinterland' has no attribute {name!r}")
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
