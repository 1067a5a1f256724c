"""Detectors whose threshold is one for new rows, or else for the training rows themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from hinterland.detectors.base import Detector
from hinterland.parameter_table import parameter
from hinterland.parameters import flag


class NoveltyDetector(Detector):
    """Base of detectors of models that each leave a part of the training rows out.

    The threshold is learnt from the energies that the training rows have under the models that do not know them, and so
    holds for new rows.
    """

    judges_every_row: ClassVar[bool] = False
    """Whether each training row is new to a part of the models, whatever the parameters."""

    # fmt: off
    novelty: bool = parameter(True, flag,
        "whether the share that is flagged is of rows that are new to the models that judge them, or exactly that of "
        "the training rows under all models. They differ little: models know the rows they were fitted to, but each "
        "row is new to a part of them.")
    # fmt: on

    def energy_as_new(self) -> np.ndarray | None:
        """Energies of training rows under the models that do not know them; None where none was left out."""
        energy: np.ndarray | None = getattr(self, "calibration_energy_", None)
        if not self.novelty or energy is None:
            return None
        # Equal to the energies under all models, these are of no rows left out, but where all rows are the same.
        known = np.array_equal(energy, self.training_energy_) and np.ptp(energy) > 0
        return None if known else energy

    @property
    def fit_predict(self) -> Callable[..., np.ndarray[Any, Any]]:
        """Fit, and label the same rows; only with ``novelty=False``, as in scikit-learn's LocalOutlierFactor."""
        if self.novelty:
            raise AttributeError(
                "fit_predict labels the training rows themselves, and with novelty=True the threshold is one for new "
                "rows, as in scikit-learn's LocalOutlierFactor: set novelty=False for it, or use fit(X).predict(X)"
            )
        return super().fit_predict
