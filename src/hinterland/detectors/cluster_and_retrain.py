"""Cluster and retrain around another detector: DEUAD's choice of rows without DEUAD's network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from hinterland.clustering.base import standardised, unit_length
from hinterland.detectors import catalogue
from hinterland.detectors import parameters as shared
from hinterland.detectors.base import Detector
from hinterland.detectors.compact_choice import CompactChoice
from hinterland.parameter_table import parameter, positional
from hinterland.parameters import instance_of, options, whole
from hinterland.training.loop import interruptions

SHARED = ("contamination", "device", "n_threads", "random_state", "on_epoch")
"""Parameters of the inner detector that are set from outside and are no options."""


class ClusterAndRetrain(CompactChoice, Detector, name="ClusterAndRetrain"):
    """Another detector, fitted to rows of compact clusters that are chosen again and again, as in ``DEUAD``.

    The rows are clustered and those of the clusters with the greatest variance left out. The detector is fitted to the
    others; all rows are clustered anew by the features it gives them (``transform``), brought to unit length, and so
    on until the choice no longer changes. Unlike in ``DEUAD`` each fit starts from the beginning. Energies are the
    detector's own, and ``offset_`` is learnt from all training rows.

    Attributes
    ----------
    selected_, settled_ : as in ``DEUAD``.
    history_ : the entries of all fits, each with the number of its ``fit`` and those of the choice of its rows.

    The others are those of ``hinterland.detectors.base.Detector``.

    References
    ----------
    T. Li, Z. Wang, S. Liu and W.-Y. Lin, "Deep Unsupervised Anomaly Detection", IEEE Winter Conference on Applications
    of Computer Vision (WACV), 2021.
    https://openaccess.thecvf.com/content/WACV2021/papers/Li_Deep_Unsupervised_Anomaly_Detection_WACV_2021_paper.pdf

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import ClusterAndRetrain
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> options = {"hidden": (20, 10), "epochs": 5, "steps": 50}
    >>> detector = ClusterAndRetrain("DAGMM", options, fits=2, random_state=0).fit(X)
    >>> detector.energy(X).shape
    (569,)
    """

    # fmt: off
    detector: str = positional(default="DAGMM", check=instance_of(str, called="the name of a detector"),
        about="name of the detector, such as ``DAGMM``.")
    detector_options: Mapping[str, Any] | None = positional(default=None, check=options,
        about="its parameters by name, but for those that this one has too.")
    fits: int = parameter(5, whole(least=1), "most fits of the detector.")
    clip: float | None = shared.clip(
        about="columns are standardised for the first clustering and bounded by this; None for no bound.")
    contamination: float = shared.contamination()
    device: str = shared.device()
    # fmt: on

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if catalogue.detector_class(self.detector).needs_labels:
            raise ValueError(f"detector must be one that trains without labels, got {self.detector!r}")
        if taken := sorted(set(SHARED) & set(self.detector_options or {})):
            raise ValueError(
                f"detector_options must not hold {taken}, which are parameters of ClusterAndRetrain itself"
            )
        catalogue.check_parameter_names(catalogue.detector_class(self.detector), self.detector_options or {})
        self._detector(0, None).check_parameters()

    def _train(self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device) -> None:
        rows = rows[labels != -1]
        compact = self._compact_rows(len(rows), seed)
        compact.choose_first(standardised(rows, self.clip))
        self.history_ = []
        self.settled_: bool = False
        for fit in range(self.fits):

            def numbered(entry: dict[str, float], fit: int = fit) -> dict[str, float]:
                return {"fit": fit, **entry, **compact.numbers}

            fitted = self._detector(seed, _reporting(self.on_epoch, numbered))
            before = interruptions()
            fitted.fit(rows[compact.chosen])
            self.model_ = fitted.model_
            self.history_ += map(numbered, fitted.history_)
            self.selected_: np.ndarray = compact.chosen
            if interruptions() > before or fit + 1 == self.fits:
                break
            if not compact.choose_again(unit_length(fitted.transform(rows))):
                self.settled_ = True
                break

    def _detector(self, seed: int, on_epoch: Callable[[dict[str, float]], None] | None) -> Detector:
        """The unfitted detector."""
        return catalogue.detector_class(self.detector)(
            **(self.detector_options or {}),
            contamination=self.contamination,
            device=self.device,
            n_threads=self.n_threads,
            random_state=seed,
            on_epoch=on_epoch,
        )


def _reporting(
    on_epoch: Callable[[dict[str, float]], None] | None,
    placed: Callable[[dict[str, float]], dict[str, float]],
) -> Callable[[dict[str, float]], None] | None:
    return None if on_epoch is None else lambda entry: on_epoch(placed(entry))
