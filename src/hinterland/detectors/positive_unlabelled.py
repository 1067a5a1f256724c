"""PositiveUnlabelled: a threshold from rows known to be normal, on the features of any detector."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from hinterland.densities.label_probability import LabelProbability
from hinterland.detectors.base import Detector
from hinterland.detectors.inner import check_inner, unfitted_inner
from hinterland.labels import ANOMALY, NORMAL
from hinterland.model.base import Model
from hinterland.model.ensemble import as_one
from hinterland.model.on_features import under_density
from hinterland.parameters import check_choice, check_integer, check_number, check_widths
from hinterland.threads import Threads
from hinterland.training.positive_unlabelled import Estimate, anomaly_share, fit_label_probability
from hinterland.training.settings import LoopSettings

LEAST_LABELLED = 10
LARGEST_PLAUSIBLE_SHARE = 0.8
"""Where more of the unlabelled rows come out as anomalies, the labels are likelier to be wrong."""
TRAINED_ON = ("all", "labelled")


class PositiveUnlabelled(Detector):
    """Learns its threshold from known normal rows among unlabelled ones, without a known anomaly.

    A detector is trained on all rows that are not known to be anomalous, or on the known normal rows alone. On its
    composite features z a network learns h(z), the probability of being labelled; the share alpha of the normal rows
    that is labelled is the mean of h over labelled rows that it has not seen; and a row is called anomalous where
    h(z) < alpha / 2: where it is more likely anomalous than normal (methods.md section 3.6). The energy is
    -log(2 h(z) / alpha), with the threshold at zero.
    The labelled rows must be a random part of the normal ones.

    Parameters
    ----------
    detector : name of the detector whose features are used, with its network; or an instance, of which a clone is
        fitted, with this one's ``random_state`` where it has none.
    detector_options : parameters of a detector by name; None for its defaults.
    trained_on : ``all``, or ``labelled``: the rows that the detector itself learns from. Where enough rows are labelled
        to learn from, those alone are free of anomalies.
    head_hidden : widths of the head's hidden layers.
    steps : gradient steps of the head, at most; the state that is best on held-out rows is kept.
    batch_size, learning_rate : of Adam's steps of the head; the learning rate falls to zero along a cosine.
    n_references, n_threads, random_state, on_epoch : as in ``DAGMM``; ``on_epoch`` sees the head's training.

    Attributes
    ----------
    labelling_rate_ : dict with ``value``, ``low`` and ``high``: alpha, with a 95 % interval.
    anomaly_share_ : dict like it: the share of anomalies among the unlabelled training rows.
    models_ : the detector's, with the head in the place of the density. Others as in
        ``hinterland.detectors.base.Detector``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland.detectors import PositiveUnlabelled
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> known = (benign == 1) & (np.arange(len(X)) % 3 == 0)
    >>> options = {"hidden": (20, 10), "latent_dim": 4, "epochs": 5, "min_steps": 50}
    >>> detector = PositiveUnlabelled("DAGMM", options, steps=100, random_state=0).fit(X, is_normal=known)
    >>> detector.predict(X).shape
    (569,)
    """

    needs_labels = True
    labelling_rate_: dict[str, float]
    anomaly_share_: dict[str, float]

    def __init__(
        self,
        detector: str | Detector = "DAGMM",
        detector_options: Mapping[str, Any] | None = None,
        *,
        trained_on: str = "all",
        head_hidden: tuple[int, ...] = (32, 32),
        steps: int = 2000,
        batch_size: int = 1024,
        learning_rate: float = 3e-3,
        n_references: int = 256,
        n_threads: Threads = 1,
        random_state: Any = None,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> None:
        self.detector = detector
        self.detector_options = detector_options
        self.trained_on = trained_on
        self.head_hidden = head_hidden
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.n_references = n_references
        self.n_threads = n_threads
        self.random_state = random_state
        self.on_epoch = on_epoch

    def _check_parameters(self) -> None:
        check_inner(self.detector, self.detector_options)
        check_choice("trained_on", self.trained_on, TRAINED_ON)
        check_widths("head_hidden", self.head_hidden)
        check_integer("steps", self.steps, least=1)
        check_integer("batch_size", self.batch_size, least=2)
        check_number("learning_rate", self.learning_rate, above=0)

    def _train(self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device) -> None:
        kept = labels != ANOMALY
        rows, is_labelled = rows[kept], labels[kept] == NORMAL
        n_labelled, n_unlabelled = int(is_labelled.sum()), int((~is_labelled).sum())
        if n_labelled < LEAST_LABELLED or n_unlabelled < LEAST_LABELLED:
            raise ValueError(
                f"y must mark at least {LEAST_LABELLED} rows as known normal (+1) and leave at least "
                f"{LEAST_LABELLED} unlabelled (0), got {n_labelled} and {n_unlabelled}; fit(X, is_normal=...) marks "
                "them with True"
            )
        base = unfitted_inner(self.detector, self.detector_options, seed)
        base.fit(rows[is_labelled] if self.trained_on == "labelled" else rows)
        generator = torch.Generator().manual_seed(seed)
        models: list[Model] = []
        self.history_ = [{"stage": 1.0, **entry} for entry in base.history_]
        settings = LoopSettings.of_steps(
            self.steps, len(rows), self.batch_size, learning_rate=self.learning_rate
        )
        rates = []
        for member, model in enumerate(base.models_):
            features = model.features_of(rows)
            head = LabelProbability(features.shape[1], self.head_hidden, generator=generator).to(device)
            result, rate = fit_label_probability(
                head, features, is_labelled, settings, generator, on_epoch=self.on_epoch
            )
            models.append(under_density(model, head).eval())
            self.history_ += [{"stage": 2.0, "member": float(member), **entry} for entry in result.history]
            rates.append(rate)
        self.model_ = as_one(models)
        self.labelling_rate_ = _mean(rates)
        self.anomaly_share_ = _mean([anomaly_share(rate, n_labelled, n_unlabelled) for rate in rates])
        if self.anomaly_share_["value"] > LARGEST_PLAUSIBLE_SHARE:
            warnings.warn(
                f"by the {n_labelled:,} rows known to be normal {self.anomaly_share_['value']:.0%} of the "
                f"{n_unlabelled:,} unlabelled rows are anomalies. These rows must be a random part of the normal ones; "
                "if those marked with 1 are in truth the anomalies, mark rows known to be normal instead",
                UserWarning,
                stacklevel=3,
            )

    def _threshold(self) -> float:
        return 0.0

    def threshold_rule(self) -> str:
        """Say in words where the threshold lies."""
        return "rows that are more likely anomalous than normal, by the rows known to be normal"

    def _check_threshold_parameters(self) -> None:
        """There are none: the threshold follows from the labelling rate."""

    @property
    def device(self) -> str:  # type: ignore[override]
        """The detector's device."""
        return getattr(self.detector, "device", "cpu")


def _mean(estimates: list[Estimate]) -> dict[str, float]:
    """Means of value and interval over members, as a dictionary that a file can hold."""
    values = np.mean([(e.value, e.low, e.high) for e in estimates], axis=0)
    return dict(zip(("value", "low", "high"), values.tolist(), strict=True))
