"""DEUAD: an autoencoder on rows of compact clusters that are chosen again and again, scored by an angle."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from hinterland.clustering import CLUSTERINGS, Clustering, check_clustering
from hinterland.clustering.base import standardised
from hinterland.detectors.base import Detector
from hinterland.detectors.dagmm import NETWORK_PARAMETERS
from hinterland.model.column_scales import Scaling
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.base import NETWORKS, Network
from hinterland.networks.layers import ACTIVATIONS
from hinterland.parameters import check_choice, check_integer, check_number, check_widths
from hinterland.threads import Threads
from hinterland.training.cluster_and_retrain import CompactRows, cluster_and_retrain
from hinterland.training.settings import LoopSettings

WIDEST_LATENT = 16


class FewerClustersWarning(UserWarning):
    """There are fewer rows than clusters asked for; a smaller number of clusters is taken."""


class DEUAD(Detector):
    """Deep end-to-end unsupervised anomaly detection: cluster, drop the loose clusters, retrain, and again.

    For training rows with many anomalies among them. Rows are clustered and those of the clusters with the greatest
    variance are left out; an autoencoder trains on the others. Every ``r`` epochs all rows are clustered anew, by their
    latent and the angle between row and reconstruction, and the rows to train on are chosen anew. It ends when the
    choice no longer changes. A row's energy is its angle in radians. The shares ``p0`` and ``p`` are those of the
    paper's KDD Cup 1999 experiment (methods.md section 4).

    Training is short, for a reason. The loosest clusters are small: where a third of them is dropped, all but a few
    rows in a hundred are still trained on, anomalies among them, and those are learnt with time. The paper's 200 epochs
    with a choice every 10 made it worse, as clusters count one each here (``docs/deuad-training.md``).

    Columns are scaled to [0, 1] for the network. An angle is one about the origin: on standardised columns that is the
    mean row, the most usual of all, near which directions and hence angles are chance. From the corner of the least
    values they are not, unless the usual rows lie in that corner. ``scoring="reconstruction"`` has no such corner, and
    ranked rows of smaller tables better than the paper's angle (``docs/deuad-training.md``). The first clustering sees
    standardised columns, the later ones what the network makes of them.

    Parameters
    ----------
    p0 : share of the clusters, those of the greatest variance, that the first choice leaves out, in (0, 1).
    p : share that the later choices leave out; less than ``p0``, as the features have got better.
    r : epochs between choices; more in proportion where ``min_steps`` takes more epochs.
    clustering : how rows are clustered: ``gaussian_mixture``, ``k_means``, ``hdbscan`` or ``distribution``.
    clustering_options : options of that clustering by name, such as ``{"covariance": "diag"}``.
    first_clustering : how rows are clustered for the first choice; None for ``clustering`` with its options.
    first_clustering_options : options of the first clustering, where one is named.
    n_clusters : clusters, for clusterings that are told; of fewer rows there are fewer clusters, with a warning.
    min_cluster_size : a cluster of fewer rows is left out, whatever its variance.
    hidden : widths of the encoder's hidden layers, mirrored in the decoder.
    latent_dim : width of the latent; None for half the columns, at most 16.
    network : kind of network, such as ``autoencoder``; ``hinterland.networks.NETWORKS`` has the names.
    network_options : options of that network by name.
    activation : of the hidden layers: tanh, relu, silu or gelu.
    scoring : what a row's energy is: ``angle``, or ``reconstruction``, the mean squared error.
    scaling : ``standard``, ``minmax`` or None: how columns are scaled for the network, by the training rows.
    clip : scaled values are bounded by this; None for no bound.
    epochs : most passes over the chosen rows; more where they would be fewer than ``min_steps`` steps over all rows.
    min_steps : least gradient steps, where choices go on changing.
    batch_size, learning_rate : of Adam's steps.
    gradient_norm : gradients are clipped at this norm; None for no clipping.
    contamination : expected share of anomalies in the training rows, in (0, 0.5]; sets ``offset_``.
    n_references : usual training rows kept in the detector, and in its file, for explanations to compare with; 0
        keeps the columns' medians instead, and no row.
    device : torch device of the network; rows are clustered on the processor.
    n_threads : torch threads; one is fastest for small networks. ``auto`` trains with one, and scores many rows with
        all cores where that measures faster.
    random_state : seed or generator; the same seed gives the same bits on the same machine.
    on_epoch : called with each entry of ``history_``, for progress.

    Attributes
    ----------
    selected_ : ndarray (n,) of bool, which of the rows that were not known to be anomalous it trained on in the end.
    settled_ : bool, whether training ended as the choice of rows no longer changed, and not at the limit of epochs.
    history_ : entries also have the numbers of the choice they trained on; see
        ``hinterland.training.cluster_and_retrain.CompactRows``.

    The others are those of ``hinterland.detectors.base.Detector``.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import DEUAD
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> detector = DEUAD(epochs=20, min_steps=100, random_state=0).fit(X)
    >>> detector.energy(X).shape
    (569,)
    """

    selected_: np.ndarray
    settled_: bool

    def __init__(
        self,
        p0: float = 0.35,
        p: float = 0.3,
        r: int = 2,
        *,
        clustering: str = "gaussian_mixture",
        clustering_options: Mapping[str, Any] | None = None,
        first_clustering: str | None = None,
        first_clustering_options: Mapping[str, Any] | None = None,
        n_clusters: int = 20,
        min_cluster_size: int = 5,
        hidden: Sequence[int] = (60, 30),
        latent_dim: int | None = None,
        network: str = "autoencoder",
        network_options: Mapping[str, Any] | None = None,
        activation: str = "tanh",
        scoring: str = "angle",
        scaling: Scaling | None = "minmax",
        clip: float | None = 10.0,
        epochs: int = 40,
        min_steps: int = 500,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        gradient_norm: float | None = 5.0,
        contamination: float = 0.05,
        n_references: int = 256,
        device: str = "cpu",
        n_threads: Threads = 1,
        random_state: Any = None,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> None:
        self.p0 = p0
        self.p = p
        self.r = r
        self.clustering = clustering
        self.clustering_options = clustering_options
        self.first_clustering = first_clustering
        self.first_clustering_options = first_clustering_options
        self.n_clusters = n_clusters
        self.min_cluster_size = min_cluster_size
        self.hidden = hidden
        self.latent_dim = latent_dim
        self.network = network
        self.network_options = network_options
        self.activation = activation
        self.scoring = scoring
        self.scaling = scaling
        self.clip = clip
        self.epochs = epochs
        self.min_steps = min_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.gradient_norm = gradient_norm
        self.contamination = contamination
        self.n_references = n_references
        self.device = device
        self.n_threads = n_threads
        self.random_state = random_state
        self.on_epoch = on_epoch

    def _check_parameters(self) -> None:
        check_choosing(self)
        check_integer("r", self.r, least=1)
        check_widths("hidden", self.hidden)
        check_integer("latent_dim", self.latent_dim, least=1, optional=True)
        NETWORKS.check_options(self.network, self.network_options or {}, taken=NETWORK_PARAMETERS)
        check_choice("activation", self.activation, ACTIVATIONS)
        check_choice("scoring", self.scoring, ("angle", "reconstruction"))
        check_choice("scaling", self.scaling, ("standard", "minmax", None))
        check_number("clip", self.clip, above=0, optional=True)
        check_integer("epochs", self.epochs, least=1)
        check_integer("min_steps", self.min_steps, least=0)
        check_integer("batch_size", self.batch_size, least=2)
        check_number("learning_rate", self.learning_rate, above=0)
        check_number("gradient_norm", self.gradient_norm, above=0, optional=True)

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
        steps = self.epochs * -(-len(rows) // self.batch_size)
        times = max(1, -(-self.min_steps // steps))
        compact = compact_rows(self, len(rows), seed)
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
        self.selected_, self.settled_ = result.selected, result.settled


def check_choosing(detector: Any) -> None:
    """Raise ValueError for a parameter out of its range among those that say which rows a detector trains on."""
    check_number("p0", detector.p0, above=0, below=1)
    check_number("p", detector.p, above=0, below=1)
    check_integer("n_clusters", detector.n_clusters, least=1)
    check_integer("min_cluster_size", detector.min_cluster_size, least=2)
    check_clustering("clustering", detector.clustering, detector.clustering_options or {})
    if detector.first_clustering is not None:
        check_clustering(
            "first_clustering", detector.first_clustering, detector.first_clustering_options or {}
        )
    elif detector.first_clustering_options:
        raise ValueError(
            "first_clustering_options must be None where first_clustering is, "
            f"got {detector.first_clustering_options!r}"
        )


def compact_rows(detector: Any, n_rows: int, seed: int) -> CompactRows:
    """Make what chooses among the rows to train on, from the parameters that ``check_choosing`` checks."""
    later = _clustering(detector, n_rows, detector.clustering, detector.clustering_options)
    first = later
    if detector.first_clustering is not None:
        first = _clustering(detector, n_rows, detector.first_clustering, detector.first_clustering_options)
    return CompactRows(
        first,
        later,
        first_dropped=detector.p0,
        later_dropped=detector.p,
        min_cluster_size=detector.min_cluster_size,
        seed=seed,
    )


def _clustering(detector: Any, n_rows: int, name: str, options: Mapping[str, Any] | None) -> Clustering:
    """A clustering with a detector's own parameters, so far as it has them, under the options.

    Of fewer rows than clusters there are as many clusters as can have ``min_cluster_size`` rows; it warns of that.
    """
    make = CLUSTERINGS.named(name)
    known = inspect.signature(make).parameters
    own = {key: getattr(detector, key) for key in ("n_clusters", "min_cluster_size") if key in known}
    settings = {**own, **(options or {})}
    if settings.get("n_clusters", 0) > n_rows:
        fewer = max(1, n_rows // detector.min_cluster_size)
        warnings.warn(
            f"{n_rows} rows are too few for n_clusters={settings['n_clusters']}: they are put into {fewer}, so that "
            f"a cluster can have min_cluster_size={detector.min_cluster_size} rows",
            FewerClustersWarning,
            stacklevel=6,
        )
        settings["n_clusters"] = fewer
    clustering: Clustering = make(**settings)
    return clustering
