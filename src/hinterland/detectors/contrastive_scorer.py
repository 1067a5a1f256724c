"""ContrastiveScorer: a contrastive density on the features of another detector (DAGMM-CANCE)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from hinterland.detectors.base import Detector
from hinterland.detectors.contrastive_stage import ContrastiveStage
from hinterland.detectors.inner import check_inner, unfitted_inner
from hinterland.labels import ANOMALY, NORMAL
from hinterland.model.base import Model
from hinterland.model.energy_model import EnergyModel
from hinterland.model.ensemble import as_one
from hinterland.model.on_features import OnFeatures, under_density
from hinterland.parameters import check_choice
from hinterland.threads import Threads
from hinterland.training.hold_out import hold_out
from hinterland.training.staged_history import StagedHistory


class ContrastiveScorer(ContrastiveStage, Detector):
    """Another detector's features, scored by a density that is learnt by telling them from noise.

    The detector is fitted first; then its networks stay as they are, and its densities give way to that of CANCE's
    third stage. On DAGMM this is DAGMM-CANCE (CANCE, Appendix D; methods.md section 7). Of several models of a
    detector each gets a density of its own, and the energy is their mean.

    Parameters
    ----------
    detector : name of a detector, or an instance, of which a clone is fitted.
    detector_options : parameters of a detector by name; None for its defaults. Seed, contamination, device and threads
        are those given here.
    prefit : whether the instance is fitted already, and its networks are to be taken as they are.
    augment : whether errors are drawn anew for half of the rows, as in CANCE: of the features ``squared_error``,
        ``relative_euclidean`` and ``cosine_dissimilarity``, where the detector has them.
    activation : of the hidden layers of the network that tells features from noise: tanh, relu, silu or gelu.
    score_hidden : their widths.
    noise_ratio : nu, points of noise for each row.
    covariance_floor : share of each feature's variance that is added to its own in the noise.
    contrastive_steps, batch_size : gradient steps, and rows of each.
    contrastive_learning_rate, weight_decay : of AdamW; the learning rate falls to zero along a cosine.
    validation_share : share of the training rows that the density keeps the state that is best on, and does not train
        on. Less than 20 rows, or 0, is none.
    contamination : expected share of anomalies in the training rows, in (0, 0.5]; sets ``offset_``.
    n_references : usual training rows kept in the detector, and in its file, for explanations to compare with; 0
        keeps the columns' medians instead, and no row.
    device : torch device; a fitted or given instance has its own.
    n_threads : torch threads; one is fastest for small networks. ``auto`` trains with one, and scores many rows with
        all cores where that measures faster.
    random_state : seed or generator; the same seed gives the same bits on the same machine.
    on_epoch : called with each entry of ``history_``, for progress.

    Attributes
    ----------
    See ``hinterland.detectors.base.Detector``.

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

    def __init__(
        self,
        detector: str | Detector = "DAGMM",
        detector_options: Mapping[str, Any] | None = None,
        *,
        prefit: bool = False,
        augment: bool = True,
        activation: str = "silu",
        score_hidden: Sequence[int] = (64, 64),
        noise_ratio: int = 4,
        covariance_floor: float = 1e-6,
        contrastive_steps: int = 1000,
        batch_size: int = 256,
        contrastive_learning_rate: float = 3e-3,
        weight_decay: float = 0.01,
        validation_share: float = 0.1,
        contamination: float = 0.05,
        n_references: int = 256,
        device: str = "cpu",
        n_threads: Threads = 1,
        random_state: Any = None,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> None:
        self.detector = detector
        self.detector_options = detector_options
        self.prefit = prefit
        self.augment = augment
        self.activation = activation
        self.score_hidden = score_hidden
        self.noise_ratio = noise_ratio
        self.covariance_floor = covariance_floor
        self.contrastive_steps = contrastive_steps
        self.batch_size = batch_size
        self.contrastive_learning_rate = contrastive_learning_rate
        self.weight_decay = weight_decay
        self.validation_share = validation_share
        self.contamination = contamination
        self.n_references = n_references
        self.device = device
        self.n_threads = n_threads
        self.random_state = random_state
        self.on_epoch = on_epoch

    def _check_parameters(self) -> None:
        check_choice("prefit", self.prefit, (True, False))
        check_choice("augment", self.augment, (True, False))
        check_inner(self.detector, self.detector_options)
        if self.prefit and isinstance(self.detector, str):
            raise ValueError(f"prefit needs a fitted detector, got the name {self.detector!r}")
        self._check_contrastive_parameters()

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
            contamination=self.contamination,
            device=self.device,
            n_threads=self.n_threads,
        )
        if "on_epoch" in detector.get_params(deep=False):  # not every detector has epochs
            detector.set_params(on_epoch=history.stage(1))
        return detector.fit(rows, is_anomaly=labels == ANOMALY, is_normal=labels == NORMAL)

    def _model(self, of_detector: Model, generator: torch.Generator) -> EnergyModel | OnFeatures:
        """The detector's model with an untrained contrastive density in place of its own."""
        density = self._contrastive_density(of_detector.features_width, generator)
        return under_density(of_detector, density.to(of_detector.device))
