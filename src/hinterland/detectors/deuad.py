"""DEUAD: an autoencoder on rows of compact clusters that are chosen again and again, scored by an angle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from hinterland.clustering.base import standardised
from hinterland.detectors import parameters as shared
from hinterland.detectors.base import Detector
from hinterland.detectors.compact_choice import P0, SHARE, CompactChoice, FewerClustersWarning, P
from hinterland.detectors.dagmm import NETWORK_PARAMETERS
from hinterland.model.column_scales import Scaling
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.base import NETWORKS, Network
from hinterland.parameter_table import parameter, positional
from hinterland.parameters import choice, whole
from hinterland.training.cluster_and_retrain import cluster_and_retrain
from hinterland.training.settings import LoopSettings

__all__ = ["DEUAD", "FewerClustersWarning"]

WIDEST_LATENT = 16


class DEUAD(CompactChoice, Detector, name="DEUAD"):
    """Deep end-to-end unsupervised anomaly detection: cluster, drop the loose clusters, retrain, and again.

    For training rows with many anomalies among them. Rows are clustered and those of the clusters with the greatest
    variance are left out; an autoencoder trains on the others. Every ``r`` epochs all rows are clustered anew, by their
    latent and the angle between row and reconstruction, and the rows to train on are chosen anew. It ends when the
    choice no longer changes. A row's energy is its angle in radians. The shares ``p0`` and ``p`` are those of the
    paper's KDD Cup 1999 experiment (methods.md section 4).

    Training is short, for a reason. The loosest clusters are small: where a third of them is dropped, all but a few
    rows in a hundred are still trained on, anomalies among them, and those are learnt with time. The paper's 200 epochs
    with a choice every 10 made it worse, as clusters count one each by default. With ``percentile_over="rows"`` they
    count by their rows, loose ones are dropped in earnest, and training may be long (``docs/deuad-training.md``).

    Columns are scaled to [0, 1] for the network. An angle is one about the origin: on standardised columns that is the
    mean row, the most usual of all, near which directions and hence angles are chance. From the corner of the least
    values they are not, unless the usual rows lie in that corner. ``scoring="reconstruction"`` has no such corner, and
    ranked rows of smaller tables better than the paper's angle (``docs/deuad-training.md``). The first clustering sees
    standardised columns, the later ones what the network makes of them.

    Attributes
    ----------
    selected_ : ndarray (n,) of bool, which of the rows that were not known to be anomalous it trained on in the end.
    settled_ : bool, whether training ended as the choice of rows no longer changed, and not at the limit of epochs.
    history_ : entries also have the numbers of the choice they trained on; see
        ``hinterland.training.cluster_and_retrain.CompactRows``.

    The others are those of ``hinterland.detectors.base.Detector``.

    References
    ----------
    T. Li, Z. Wang, S. Liu and W.-Y. Lin, "Deep Unsupervised Anomaly Detection", IEEE Winter Conference on Applications
    of Computer Vision (WACV), 2021.
    https://openaccess.thecvf.com/content/WACV2021/papers/Li_Deep_Unsupervised_Anomaly_Detection_WACV_2021_paper.pdf

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import DEUAD
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> detector = DEUAD(epochs=20, steps=100, random_state=0).fit(X)
    >>> detector.energy(X).shape
    (569,)
    """

    # fmt: off
    p0: float = positional(default=0.35, check=SHARE, about=P0)
    p: float = positional(default=0.3, check=SHARE, about=P)
    r: int = positional(default=2, check=whole(least=1),
        about="epochs between choices; more in proportion where ``steps`` takes more epochs.")
    hidden: Sequence[int] = shared.hidden(default=(60, 30))
    latent_dim: int | None = parameter(None, whole(least=1, optional=True),
        "width of the latent; None for half the columns, at most 16.")
    network: str = shared.network()
    network_options: Mapping[str, Any] | None = shared.network_options()
    activation: str = shared.activation(default="tanh")
    scoring: str = parameter("angle", choice("angle", "reconstruction"),
        "what a row's energy is: ``angle``, or ``reconstruction``, the mean squared error.")
    scaling: Scaling | None = shared.scaling(default="minmax")
    clip: float | None = shared.clip()
    steps: int = parameter(500, whole(least=0),
        "gradient steps, in whole passes and where choices go on changing; more where ``epochs`` passes take more.",
        was="min_steps")
    epochs: int = parameter(40, whole(least=1),
        "most passes over the chosen rows, where these take more than ``steps`` over all rows.")
    batch_size: int = shared.batch_size()
    learning_rate: float = shared.learning_rate(about="of Adam's steps.")
    gradient_norm: float | None = shared.gradient_norm()
    contamination: float = shared.contamination()
    device: str = shared.device(about="torch device of the network; rows are clustered on the processor.")
    # fmt: on

    def _check_parameters(self) -> None:
        super()._check_parameters()
        NETWORKS.check_options(self.network, self.network_options or {}, taken=NETWORK_PARAMETERS)

    def _train(self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device) -> None:
        rows = rows[labels != -1]
        generator = torch.Generator().manual_seed(seed)
        scaling = InputScaling.from_rows(rows, self.scaling, self.clip)
        network: Network = NETWORKS.named(self.network)(
            rows.shape[1],
            self.hidden,
            self.latent_dim or min(WIDEST_LATENT, max(1, rows.shape[1] // 2)),
            activation=self.activation,
            generator=generator,
            **(self.network_options or {}),
        )
        model = EnergyModel(scaling, network, None, ("angle",), score=Score(self.scoring)).to(device)
        times = max(1, -(-self.steps // (self.epochs * -(-len(rows) // self.batch_size))))
        compact = self._compact_rows(len(rows), seed)
        # However the network sees the rows, a distance between them is to weigh all columns alike.
        compact.choose_first(standardised(rows, self.clip))
        result = cluster_and_retrain(
            model.network,
            model.scaled_rows(rows),
            compact,
            times * self.r,
            LoopSettings(
                epochs=times * self.epochs,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                gradient_norm=self.gradient_norm,
            ),
            generator,
            on_epoch=self.on_epoch,
        )
        model.freeze(rows)
        self.model_, self.history_ = model, result.history
        self.selected_: np.ndarray = result.selected
        self.settled_: bool = result.settled
