"""PositiveUnlabelled: a threshold from rows known to be normal, on the features of any detector."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from hinterland.densities.label_probability import LabelProbability
from hinterland.detectors import parameters as shared
from hinterland.detectors.base import Detector
from hinterland.detectors.inner import check_inner, name_or_detector, unfitted_inner
from hinterland.labels import ANOMALY, NORMAL
from hinterland.model.base import Model
from hinterland.model.ensemble import as_one
from hinterland.model.on_features import under_density
from hinterland.parameter_table import parameter, positional
from hinterland.parameters import choice, options, whole, widths
from hinterland.training.positive_unlabelled import Estimate, anomaly_share, fit_label_probability
from hinterland.training.settings import LoopSettings
from hinterland.training.staged_history import StagedHistory

LEAST_LABELLED = 10
LARGEST_PLAUSIBLE_SHARE = 0.8
"""Where more of the unlabelled rows come out as anomalies, the labels are likelier to be wrong."""
TRAINED_ON = ("all", "labelled")


class PositiveUnlabelled(Detector, name="PositiveUnlabelled"):
    """Learns its threshold from known normal rows among unlabelled ones, without a known anomaly.

    A detector is trained on all rows that are not known to be anomalous, or on the known normal rows alone. On its
    composite features z a network learns h(z), the probability of being labelled; the share alpha of the normal rows
    that is labelled is the mean of h over labelled rows that it has not seen; and a row is called anomalous where
    h(z) < alpha / 2: where it is more likely anomalous than normal (methods.md section 3.6). The energy is
    -log(2 h(z) / alpha), with the threshold at zero.
    The labelled rows must be a random part of the normal ones.

    Attributes
    ----------
    labelling_rate_ : dict with ``value``, ``low`` and ``high``: alpha, with a 95 % interval for the error of the mean
        alone, which knows nothing of how well the network learnt.
    anomaly_share_ : dict like it: the share of anomalies among the unlabelled training rows. Where anomalies look like
        normal rows it is too low, and so is its interval: take ``low`` for a lower bound (docs/decisions.md).
    models_ : the detector's, with the head in the place of the density. Others as in
        ``hinterland.detectors.base.Detector``.

    References
    ----------
    C. Elkan and K. Noto, "Learning Classifiers from Only Positive and Unlabeled Data", ACM SIGKDD International
    Conference on Knowledge Discovery and Data Mining (KDD), 2008. doi:10.1145/1401890.1401920

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland.detectors import PositiveUnlabelled
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> known = (benign == 1) & (np.arange(len(X)) % 3 == 0)
    >>> options = {"hidden": (20, 10), "latent_dim": 4, "epochs": 5, "steps": 50}
    >>> detector = PositiveUnlabelled("DAGMM", options, steps=100, random_state=0).fit(X, is_normal=known)
    >>> detector.predict(X).shape
    (569,)
    """

    needs_labels = True

    # fmt: off
    detector: str | Detector = positional(default="DAGMM", check=name_or_detector,
        about="name of the detector whose features are used, with its network; or an instance, of which a clone is "
        "fitted, with this one's ``random_state`` where it has none.")
    detector_options: Mapping[str, Any] | None = positional(default=None, check=options,
        about="parameters of a detector by name; None for its defaults.")
    trained_on: str = parameter("all", choice(*TRAINED_ON),
        "``all``, or ``labelled``: the rows that the detector itself learns from. Where enough rows are labelled "
        "to learn from, those alone are free of anomalies.")
    head_hidden: Sequence[int] = parameter((32, 32), widths(), "widths of the head's hidden layers.")
    steps: int = parameter(2000, whole(least=1),
        "gradient steps of the head; the state that is best on held-out rows is kept.")
    batch_size: int = shared.batch_size(default=1024)
    learning_rate: float = shared.learning_rate(default=3e-3)
    # fmt: on

    def _check_parameters(self) -> None:
        check_inner(self.detector, self.detector_options)

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
        history = StagedHistory(self.on_epoch)
        base = unfitted_inner(
            self.detector, self.detector_options, seed, history.stage(1), n_threads=self.n_threads
        )
        base.fit(rows[is_labelled] if self.trained_on == "labelled" else rows)
        generator = torch.Generator().manual_seed(seed)
        models: list[Model] = []
        settings = LoopSettings.of_steps(
            self.steps, len(rows), self.batch_size, learning_rate=self.learning_rate
        )
        rates = []
        for stage, model in enumerate(base.models_, start=2):
            features = model.features_of(rows)
            head = LabelProbability(features.shape[1], self.head_hidden, generator=generator).to(device)
            _, rate = fit_label_probability(
                head, features, is_labelled, settings, generator, on_epoch=history.stage(stage)
            )
            models.append(under_density(model, head).eval())
            rates.append(rate)
        self.model_, self.history_ = as_one(models), history.entries
        self.labelling_rate_: dict[str, float] = _mean(rates)
        self.anomaly_share_: dict[str, float] = _mean(
            [anomaly_share(rate, n_labelled, n_unlabelled) for rate in rates]
        )
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

    def learns_by_contamination(self) -> bool:
        """Whether the threshold is a share of energies; it is learnt from labels."""
        return False

    def _learnt_rule(self) -> str:
        return "rows that are more likely anomalous than normal, by the rows known to be normal"

    @property  # type: ignore[misc]
    def device(self) -> str:  # type: ignore[override]
        """The detector's device."""
        return getattr(self.detector, "device", "cpu")


def _mean(estimates: list[Estimate]) -> dict[str, float]:
    """Means of value and interval over members, as a dictionary that a file can hold."""
    values = np.mean([(e.value, e.low, e.high) for e in estimates], axis=0)
    return dict(zip(("value", "low", "high"), values.tolist(), strict=True))
