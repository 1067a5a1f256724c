"""CADGMM: Correlation-aware Deep Generative Model for Unsupervised Anomaly Detection (Fan et al., PAKDD 2020)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from hinterland.detectors.dagmm import DAGMM
from hinterland.model.column_scales import Scaling
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.networks.graph import GRAPHS, Graph, GraphAutoencoder
from hinterland.networks.neighbours import DISTANCES, Distance
from hinterland.parameters import check_choice, check_integer, check_number, check_widths
from hinterland.threads import Threads


class CADGMM(DAGMM):
    """DAGMM whose encoder also sees a row's nearest neighbours, by graph attention.

    The paper joins each row with its nearest neighbours within the batch, so that a row's score depends on the rows
    it happens to be scored with. Here ``graph="reference"`` joins it with the nearest of ``n_reference`` training rows
    that the detector keeps (and saves): its score is its own. ``graph="batch"`` is the paper's graph, to reproduce its
    numbers: rows are shuffled once and scored in batches, and what needs a row's own score is refused.

    Networks, weights and number of neighbours are the paper's for KDD Cup 1999, but for ``latent_weight``, which is
    its satellite's.

    Parameters
    ----------
    hidden : widths of the row's own encoder; the last is the attention's too. At least one.
    latent_dim : width of the latent.
    decoder_hidden : widths of the decoder's hidden layers; None for ``hidden`` mirrored.
    activation : of all hidden layers and of the attention: tanh, relu, silu or gelu.
    graph : ``reference`` or ``batch``.
    n_neighbors : rows that a row is joined with beside itself; all of a smaller reference, with a warning.
    distance : ``cosine`` or ``euclidean``, between scaled rows.
    n_reference : training rows drawn for the reference, of which copies are left out.
    symmetric : whether neighbours within a batch are each other's, as the paper's text has them (its code has not).
        A reference's rows look at nothing.
    self_loops : whether a row attends to itself too.
    heads : attentions side by side, which share its width.
    latent_weight : lambda3 of the loss, the weight of the latent's squared norm.
    density : ``gaussian``, ``laplacian``, or another in ``hinterland.densities.DENSITIES``, as in ``DAGMM``.
    density_options : what that density takes beyond the parameters here; None for nothing.
    n_components : components of the mixture.
    estimation_hidden : widths of the estimation network's hidden layers.
    dropout : before the estimation network's last layer, while training.
    reconstruction_features : names of the reconstruction features beside the latent; see
        ``hinterland.model.composite``.
    reconstruction : ``mean`` averages the squared error over entries, ``sum`` sums it over a row's, ``norm`` takes the
        root of that sum, as the public code does.
    energy_weight : lambda1 of the loss.
    penalty_weight : lambda2 of the loss, the weight of the penalty on small variances.
    label_loss : what rows known to be anomalous (-1 in y) add to the loss: ``ranking``, ``reciprocal`` or None; see
        ``DAGMM``. With None or ``ranking`` none of them is in the reference.
    label_weight : weight of the ranking loss.
    covariance_floor : share of each composite feature's variance that every component's is raised by.
    scoring : ``energy``, ``reconstruction`` (the error), ``energy+reconstruction``, or ``angle`` (between a row and its
        reconstruction).
    reconstruction_weight : weight of the reconstruction in ``energy+reconstruction``.
    reconstruction_scaling : ``learnt`` weighs it in the units that make both vary alike over the training rows,
        ``literal`` adds it as it is.
    scaling : ``standard``, ``minmax`` or None: how columns are scaled by the training rows.
    clip : scaled values are bounded by this; None for no bound.
    epochs : passes over the training rows; more where these take fewer than ``min_steps`` steps.
    min_steps : least gradient steps (early stopping aside).
    batch_size, learning_rate : of Adam's steps; the batch is also the paper's graph.
    gradient_norm : gradients are clipped at this norm; None for no clipping.
    validation_share : share of the training rows held out for early stopping; 0 for none.
    patience : training stops when the held-out loss has not improved over this share of the epochs.
    contamination : expected share of anomalies in the training rows, in (0, 0.5]; sets ``offset_``.
    n_references : usual training rows kept for explanations to compare with, which have nothing to do with the graph;
        0 keeps the columns' medians instead.
    device : torch device.
    n_threads : torch threads; one is fastest for small networks. ``auto`` trains with one, and scores many rows with
        all cores where that measures faster.
    random_state : seed or generator; the same seed gives the same bits on the same machine.
    on_epoch : called with each epoch's entry of ``history_``, for progress.

    Attributes
    ----------
    seed_ : int, what the order of rows in batches is drawn from where the graph is the batch's.
    See also ``hinterland.detectors.base.Detector``.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import CADGMM
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> detector = CADGMM(hidden=(20, 10), latent_dim=2, epochs=5, min_steps=50, random_state=0).fit(X[y == 1])
    >>> detector.energy(X).shape
    (569,)
    """

    seed_: int

    def __init__(
        self,
        hidden: Sequence[int] = (64, 32),
        latent_dim: int = 8,
        *,
        decoder_hidden: Sequence[int] | None = None,
        activation: str = "tanh",
        graph: Graph = "reference",
        n_neighbors: int = 15,
        distance: Distance = "cosine",
        n_reference: int = 1024,
        symmetric: bool = True,
        self_loops: bool = True,
        heads: int = 2,
        latent_weight: float = 0.005,
        density: str = "gaussian",
        density_options: Mapping[str, Any] | None = None,
        n_components: int = 4,
        estimation_hidden: Sequence[int] = (20, 8),
        dropout: float = 0.5,
        reconstruction_features: Sequence[str] = ("relative_euclidean", "cosine_similarity"),
        reconstruction: str = "sum",
        energy_weight: float = 0.1,
        penalty_weight: float = 0.005,
        label_loss: str | None = "ranking",
        label_weight: float = 1.0,
        covariance_floor: float = 1e-6,
        scoring: str = "energy",
        reconstruction_weight: float = 1.0,
        reconstruction_scaling: str = "learnt",
        scaling: Scaling | None = "standard",
        clip: float | None = 10.0,
        epochs: int = 200,
        min_steps: int = 2000,
        batch_size: int = 1024,
        learning_rate: float = 1e-3,
        gradient_norm: float | None = 5.0,
        validation_share: float = 0.1,
        patience: float = 0.2,
        contamination: float = 0.05,
        n_references: int = 256,
        device: str = "cpu",
        n_threads: Threads = 1,
        random_state: Any = None,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> None:
        self.hidden = hidden
        self.latent_dim = latent_dim
        self.decoder_hidden = decoder_hidden
        self.activation = activation
        self.graph = graph
        self.n_neighbors = n_neighbors
        self.distance = distance
        self.n_reference = n_reference
        self.symmetric = symmetric
        self.self_loops = self_loops
        self.heads = heads
        self.latent_weight = latent_weight
        self.density = density
        self.density_options = density_options
        self.n_components = n_components
        self.estimation_hidden = estimation_hidden
        self.dropout = dropout
        self.reconstruction_features = reconstruction_features
        self.reconstruction = reconstruction
        self.energy_weight = energy_weight
        self.penalty_weight = penalty_weight
        self.label_loss = label_loss
        self.label_weight = label_weight
        self.covariance_floor = covariance_floor
        self.scoring = scoring
        self.reconstruction_weight = reconstruction_weight
        self.reconstruction_scaling = reconstruction_scaling
        self.scaling = scaling
        self.clip = clip
        self.epochs = epochs
        self.min_steps = min_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.gradient_norm = gradient_norm
        self.validation_share = validation_share
        self.patience = patience
        self.contamination = contamination
        self.n_references = n_references
        self.device = device
        self.n_threads = n_threads
        self.random_state = random_state
        self.on_epoch = on_epoch

    def _check_network(self) -> None:
        check_widths("decoder_hidden", self.decoder_hidden, optional=True)
        check_choice("graph", self.graph, GRAPHS)
        check_integer("n_neighbors", self.n_neighbors, least=1)
        check_choice("distance", self.distance, DISTANCES)
        check_integer("n_reference", self.n_reference, least=1)
        check_choice("symmetric", self.symmetric, (True, False))
        check_choice("self_loops", self.self_loops, (True, False))
        check_integer("heads", self.heads, least=1)
        check_number("latent_weight", self.latent_weight, least=0)
        if not self.hidden or self.hidden[-1] % self.heads:
            raise ValueError(
                f"hidden must end in a width that heads ({self.heads}) divides, got {self.hidden!r}"
            )

    def _network(
        self, rows: np.ndarray, scaling: InputScaling, generator: torch.Generator
    ) -> GraphAutoencoder:
        return GraphAutoencoder(
            rows.shape[1],
            self.hidden,
            self.latent_dim,
            activation=self.activation,
            decoder_hidden=self.decoder_hidden,
            heads=self.heads,
            n_neighbors=self.n_neighbors,
            distance=self.distance,
            self_loops=self.self_loops,
            graph=self.graph,
            n_reference=self.n_reference,
            batch_rows=self.batch_size,
            symmetric=self.symmetric,
            latent_weight=self.latent_weight,
            generator=generator,
        )

    def _train(self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device) -> None:
        self.seed_ = seed
        super()._train(rows, labels, seed, device)
        assert isinstance(self.model_, EnergyModel)
        there = self.model_.network.settings["n_reference"]
        if self.graph == "reference" and there <= self.n_neighbors:
            warnings.warn(
                f"the reference has {there} different rows, and n_neighbors={self.n_neighbors}: all of them are "
                "a row's neighbours",
                UserWarning,
                stacklevel=3,
            )

    def energy_of(self, rows: np.ndarray) -> np.ndarray:
        """Energy of rows; before a graph within the batch they are shuffled, as their order is not to matter."""
        if self.graph == "reference":
            return super().energy_of(rows)
        order = np.random.default_rng(self.seed_).permutation(len(rows))
        energy = np.empty(len(rows))
        energy[order] = super().energy_of(rows[order])
        return energy
