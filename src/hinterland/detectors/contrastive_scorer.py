"""ContrastiveScorer: a contrastive density on the features of another detector (DAGMM-CANCE)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from hinterland.detectors import parameters as shared
from hinterland.detectors.base import Detector
from hinterland.detectors.contrastive_stage import ContrastiveStage
from hinterland.detectors.inner import check_inner, name_or_detector, unfitted_inner
from hinterland.labels import ANOMALY, NORMAL
from hinterland.model.base import Model
from hinterland.model.energy_model import EnergyModel
from hinterland.model.ensemble import as_one
from hinterland.model.on_features import OnFeatures, under_density
from hinterland.parameter_table import parameter, positional
from hinterland.parameters import flag, options
from hinterland.training.hold_out import hold_out
from hinterland.training.staged_history import StagedHistory


class ContrastiveScorer(ContrastiveStage, Detector, name="ContrastiveScorer"):
    """Another detector's features, scored by a density that is learnt by telling them from noise.

    The detector is fitted first; then its networks stay as they are, and its densities give way to that of CANCE's
    third stage. On DAGMM this is DAGMM-CANCE (CANCE, Appendix D; methods.md section 7). Of several models of a
    detector each gets a density of its own, and the energy is their mean.

    Attributes
    ----------
    See ``hinterland.detectors.base.Detector``.

    References
    ----------
    Y. Liao and A. J. Brockmeier, "Anomaly Detection via Autoencoder Composite Features and NCE", appendix D, 2025.
    arXiv:2502.01920

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import ContrastiveScorer
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> options = {"epochs": 5, "min_steps": 50, "reconstruction_features": ["squared_error", "cosine_dissimilarity"]}
    >>> detector = ContrastiveScorer("DAGMM", options, contrastive_steps=50, random_state=0).fit(X[y == 1])
    >>> detector.energy(X).shape
    (569,)
    """

    # fmt: off
    detector: str | Detector = positional(default="DAGMM", check=name_or_detector,
        about="name of a detector, or an instance, of which a clone is fitted.")
    detector_options: Mapping[str, Any] | None = positional(default=None, check=options,
        about="parameters of a detector by name; None for its defaults. Seed, contamination, device and threads "
        "are those given here.")
    prefit: bool = parameter(False, flag,
        "whether the instance is fitted already, and its networks are to be taken as they are.")
    augment: bool = parameter(True, flag,
        "whether errors are drawn anew for half of the rows, as in CANCE: of the features ``squared_error``, "
        "``relative_euclidean`` and ``cosine_dissimilarity``, where the detector has them.")
    contamination: float = shared.contamination()
    device: str = shared.device(about="torch device; a fitted or given instance has its own.")
    # fmt: on

    def _check_parameters(self) -> None:
        check_inner(self.detector, self.detector_options)
        if self.prefit and isinstance(self.detector, str):
            raise ValueError(f"prefit needs a fitted detector, got the name {self.detector!r}")

    def _train(self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device) -> np.ndarray:
        history = StagedHistory(self.on_epoch)
        fitted = self._fitted_detector(rows, labels, seed, history)
        rows = rows[labels != ANOMALY]
        generator = torch.Generator().manual_seed(seed)
        _, held_out = hold_out(len(rows), self.validation_share, generator)
        models: list[Model] = []
        for number, of_detector in enumerate(fitted.models_, start=2):
            model = self._model(of_detector, generator)
            self._fit_contrastive(
                model, rows, held_out, generator, augment=self.augment, on_epoch=history.stage(number)
            )
            models.append(model)
        self.model_, self.history_ = as_one(models), history.entries
        return self.energy_of(rows[held_out])

    def _fitted_detector(
        self, rows: np.ndarray, labels: np.ndarray, seed: int, history: StagedHistory
    ) -> Detector:
        if self.prefit and not isinstance(self.detector, str):
            check_is_fitted(self.detector, "model_")
            if self.detector.n_features_in_ != rows.shape[1]:
                raise ValueError(
                    f"detector must be fitted on rows of {rows.shape[1]} columns like these, got one fitted on "
                    f"{self.detector.n_features_in_}"
                )
            return self.detector
        detector = unfitted_inner(
            self.detector,
            self.detector_options,
            seed,
            history.stage(1),
            contamination=self.contamination,
            device=self.device,
            n_threads=self.n_threads,
        )
        return detector.fit(rows, is_anomaly=labels == ANOMALY, is_normal=labels == NORMAL)

    def _model(self, of_detector: Model, generator: torch.Generator) -> EnergyModel | OnFeatures:
        """The detector's model with an untrained contrastive density in place of its own."""
        density = self._contrastive_density(of_detector.features_width, generator)
        return under_density(of_detector, density.to(of_detector.device))
