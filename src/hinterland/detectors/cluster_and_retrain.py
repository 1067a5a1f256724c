"""Cluster and retrain around another detector: DEUAD's choice of rows without DEUAD's network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from hinterland.clustering.base import standardised, unit_length
from hinterland.detectors import catalogue
from hinterland.detectors.base import Detector
from hinterland.detectors.deuad import check_choosing, compact_rows
from hinterland.parameters import check_integer, check_number
from hinterland.threads import Threads
from hinterland.training.loop import interruptions

SHARED = ("contamination", "device", "n_threads", "random_state", "on_epoch")
"""Parameters of the inner detector that are set from outside and are no options."""


class ClusterAndRetrain(Detector):
    """Another detector, fitted to rows of compact clusters that are chosen again and again, as in ``DEUAD``.

    The rows are clustered and those of the clusters with the greatest variance left out. The detector is fitted to the
    others; all rows are clustered anew by the features it gives them (``transform``), brought to unit length, and so
    on until the choice no longer changes. Unlike in ``DEUAD`` each fit starts from the beginning. Energies are the
    detector's own, and ``offset_`` is learnt from all training rows.

    Parameters
    ----------
    detector : name of the detector, such as ``DAGMM``.
    detector_options : its parameters by name, but for those that this one has too.
    p0 : share of the clusters, those of the greatest variance, that the first choice leaves out, in (0, 1).
    p : share that the later choices leave out.
    fits : most fits of the detector.
    clustering, clustering_options, first_clustering, first_clustering_options, n_clusters, min_cluster_size : how rows
        are clustered; see ``DEUAD``.
    clip : columns are standardised for the first clustering and bounded by this; None for no bound.
    contamination : expected share of anomalies in the training rows, in (0, 0.5]; sets ``offset_``.
    n_references : usual training rows kept in the detector, and in its file, for explanations to compare with; 0
        keeps the columns' medians instead, and no row.
    device : torch device.
    n_threads : torch threads; see ``DAGMM``.
    random_state : seed or generator; the same seed gives the same bits on the same machine.
    on_epoch : called with each entry of ``history_``, for progress.

    Attributes
    ----------
    selected_, settled_ : as in ``DEUAD``.
    history_ : the entries of all fits, each with the number of its ``fit`` and those of the choice of its rows.

    The others are those of ``hinterland.detectors.base.Detector``.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import ClusterAndRetrain
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> options = {"hidden": (20, 10), "epochs": 5, "min_steps": 50}
    >>> detector = ClusterAndRetrain("DAGMM", options, fits=2, random_state=0).fit(X)
    >>> detector.energy(X).shape
    (569,)
    """

    selected_: np.ndarray
    settled_: bool

    def __init__(
        self,
        detector: str = "DAGMM",
        detector_options: Mapping[str, Any] | None = None,
        *,
        p0: float = 0.35,
        p: float = 0.3,
        fits: int = 5,
        clustering: str = "gaussian_mixture",
        clustering_options: Mapping[str, Any] | None = None,
        first_clustering: str | None = None,
        first_clustering_options: Mapping[str, Any] | None = None,
        n_clusters: int = 20,
        min_cluster_size: int = 5,
        clip: float | None = 10.0,
        contamination: float = 0.05,
        n_references: int = 256,
        device: str = "cpu",
        n_threads: Threads = 1,
        random_state: Any = None,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> None:
        self.detector = detector
        self.detector_options = detector_options
        self.p0 = p0
        self.p = p
        self.fits = fits
        self.clustering = clustering
        self.clustering_options = clustering_options
        self.first_clustering = first_clustering
        self.first_clustering_options = first_clustering_options
        self.n_clusters = n_clusters
        self.min_cluster_size = min_cluster_size
        self.clip = clip
        self.contamination = contamination
        self.n_references = n_references
        self.device = device
        self.n_threads = n_threads
        self.random_state = random_state
        self.on_epoch = on_epoch

    def _check_parameters(self) -> None:
        check_choosing(self)
        check_integer("fits", self.fits, least=1)
        check_number("clip", self.clip, above=0, optional=True)
        if not isinstance(self.detector, str):
            raise ValueError(f"detector must be the name of a detector, got {self.detector!r}")
        if not isinstance(self.detector_options or {}, Mapping):
            raise ValueError(f"detector_options must be a dictionary or None, got {self.detector_options!r}")
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
        compact = compact_rows(self, len(rows), seed)
        compact.choose_first(standardised(rows, self.clip))
        self.history_, self.settled_ = [], False
        for fit in range(self.fits):

            def numbered(entry: dict[str, float], fit: int = fit) -> dict[str, float]:
                return {"fit": fit, **entry, **compact.numbers}

            fitted = self._detector(seed, _reporting(self.on_epoch, numbered))
            before = interruptions()
            fitted.fit(rows[compact.chosen])
            self.model_ = fitted.model_
            self.history_ += map(numbered, fitted.history_)
            self.selected_ = compact.chosen
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
