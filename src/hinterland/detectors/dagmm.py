"""DAGMM: Deep Autoencoding Gaussian Mixture Model (Zong et al., ICLR 2018), with safe numerics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from hinterland.densities.base import Density
from hinterland.detectors.base import Detector
from hinterland.detectors.own_density import check_density, make_density
from hinterland.model.column_scales import Scaling
from hinterland.model.composite import MEASURES, check_feature_names, composite_width
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score, check_score
from hinterland.networks.base import NETWORKS, Network
from hinterland.networks.layers import ACTIVATIONS
from hinterland.parameters import check_choice, check_integer, check_number, check_widths
from hinterland.threads import Threads
from hinterland.training.joint import JointWeights, fit_jointly
from hinterland.training.label_losses import LABEL_LOSSES
from hinterland.training.settings import LoopSettings

NETWORK_PARAMETERS = ("n_features", "hidden", "latent_dim", "activation", "generator")
"""What the parameters of a detector set of its network; all else are its options."""


class DAGMM(Detector):
    """Deep Autoencoding Gaussian Mixture Model: autoencoder, composite features and mixture, trained jointly.

    Any network goes with any mixture and any score, which makes the family's variants: ``network="vae"``,
    ``network="vqvae"``, ``density="laplacian"``, ``scoring="energy+reconstruction"`` (methods.md sections 3.1 to 3.5).

    The method of the paper with numerics that cannot fail: energies by log-sum-exp and Cholesky factors in
    float64, a covariance floor relative to the features' own variance, the mixture re-estimated exactly on all
    training rows after training, dropout off when scoring. Defaults are the networks and weights of the public
    KDD Cup 1999 experiments; ``min_steps`` lets a small table train as long as it needs.
    For an unknown table prefer ``DeepMixture``.

    Parameters
    ----------
    network : ``autoencoder``, ``vae``, ``vqvae``, or another name in ``hinterland.networks.NETWORKS``.
    network_options : what that network takes beyond the next three, such as ``{"n_codes": 32}``; None for none.
    hidden : widths of the encoder's hidden layers, mirrored in the decoder.
    latent_dim : width of the latent.
    activation : of both networks' hidden layers: tanh, relu, silu or gelu.
    density : ``gaussian``, ``laplacian``, or another in ``hinterland.densities.DENSITIES``. A mixture trains jointly
        with the network; another density is fitted to what the network gives that has learnt to reconstruct alone.
    density_options : what that density takes beyond the parameters here; None for nothing.
    n_components : components of the mixture.
    estimation_hidden : widths of the estimation network's hidden layers.
    dropout : before the estimation network's last layer, while training.
    reconstruction_features : names of the reconstruction features beside the latent; see
        ``hinterland.model.composite``.
    reconstruction : ``mean`` averages the squared error over entries, ``sum`` sums it over a row's (the literal loss),
        ``norm`` takes the root of that sum.
    energy_weight : lambda1 of the loss.
    penalty_weight : lambda2 of the loss, the weight of the penalty on small variances.
    label_loss : what rows known to be anomalous (-1 in y) add to the loss. ``ranking`` asks that they, and random
        variants of them, lie above the other rows' energies; they are neither reconstructed nor counted in the
        mixture. ``reciprocal`` is the modified loss of methods.md section 3.4, for reproduction: rows like the others,
        of which the loss takes 1 / energy. With None they are left out.
    label_weight : weight of the ranking loss.
    covariance_floor : share of each composite feature's variance that every component's is raised by.
    scoring : ``energy``, ``reconstruction`` (the squared error), ``energy+reconstruction``, or ``angle`` (between a row
        and its reconstruction).
    reconstruction_weight : weight of the reconstruction in ``energy+reconstruction``.
    reconstruction_scaling : ``learnt`` weighs it in the units that make both vary alike over the training rows,
        ``literal`` adds it as it is.
    scaling : ``standard``, ``minmax`` or None: how columns are scaled by the training rows.
    clip : scaled values are bounded by this; None for no bound.
    epochs : passes over the training rows; more where these take fewer than ``min_steps`` steps.
    min_steps : least gradient steps (early stopping aside).
    batch_size, learning_rate : of Adam's steps. The public experiments take 1e-4, for 40,000 steps.
    gradient_norm : gradients are clipped at this norm; None for no clipping.
    validation_share : share of the training rows held out for early stopping; 0 for none.
    patience : training stops when the held-out loss has not improved over this share of the epochs.
    contamination : expected share of anomalies in the training rows, in (0, 0.5]; sets ``offset_``.
    n_references : usual training rows kept in the detector, and in its file, for explanations to compare with; 0
        keeps the columns' medians instead, and no row.
    device : torch device.
    n_threads : torch threads; one is fastest for small networks. ``auto`` trains with one, and scores many rows with
        all cores where that measures faster.
    random_state : seed or generator; the same seed gives the same bits on the same machine.
    on_epoch : called with each epoch's entry of ``history_``, for progress.

    Attributes
    ----------
    See ``hinterland.detectors.base.Detector``.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import DAGMM
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> detector = DAGMM(hidden=(20, 10), epochs=5, min_steps=50, random_state=0).fit(X[y == 1])
    >>> detector.energy(X).shape
    (569,)
    """

    def __init__(
        self,
        hidden: Sequence[int] = (60, 30, 10),
        latent_dim: int = 1,
        *,
        network: str = "autoencoder",
        network_options: Mapping[str, Any] | None = None,
        activation: str = "tanh",
        density: str = "gaussian",
        density_options: Mapping[str, Any] | None = None,
        n_components: int = 4,
        estimation_hidden: Sequence[int] = (10,),
        dropout: float = 0.5,
        reconstruction_features: Sequence[str] = ("relative_euclidean", "cosine_similarity"),
        reconstruction: str = "mean",
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
        self.network = network
        self.network_options = network_options
        self.activation = activation
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

    def _check_parameters(self) -> None:
        check_widths("hidden", self.hidden)
        check_integer("latent_dim", self.latent_dim, least=1)
        self._check_network()
        check_density(self.density, self.density_options)
        check_choice("activation", self.activation, ACTIVATIONS)
        check_integer("n_components", self.n_components, least=1)
        check_widths("estimation_hidden", self.estimation_hidden)
        check_number("dropout", self.dropout, least=0, below=1)
        check_feature_names(self.reconstruction_features)
        check_choice("reconstruction", self.reconstruction, MEASURES)
        check_number("energy_weight", self.energy_weight, least=0)
        check_number("penalty_weight", self.penalty_weight, least=0)
        check_choice("label_loss", self.label_loss, (*LABEL_LOSSES, None))
        check_number("label_weight", self.label_weight, least=0)
        check_number("covariance_floor", self.covariance_floor, above=0)
        check_score(self.scoring, self.reconstruction_weight, self.reconstruction_scaling)
        check_choice("scaling", self.scaling, ("standard", "minmax", None))
        check_number("clip", self.clip, above=0, optional=True)
        check_integer("epochs", self.epochs, least=1)
        check_integer("min_steps", self.min_steps, least=0)
        check_integer("batch_size", self.batch_size, least=2)
        check_number("learning_rate", self.learning_rate, above=0)
        check_number("gradient_norm", self.gradient_norm, above=0, optional=True)
        check_number("validation_share", self.validation_share, least=0, below=1)
        check_number("patience", self.patience, above=0, most=1)

    def _check_network(self) -> None:
        """Raise ValueError for a network that there is not, or an option that it has not."""
        NETWORKS.check_options(self.network, self.network_options or {}, taken=NETWORK_PARAMETERS)

    def _train(self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device) -> None:
        trained = rows if self.label_loss == "reciprocal" else rows[labels != -1]
        generator = torch.Generator().manual_seed(seed)
        scaling = InputScaling.from_rows(trained, self.scaling, self.clip)
        network = self._network(trained, scaling, generator)
        if len(trained) < network.least_rows:
            raise ValueError(
                f"the network {self.network!r} needs at least {network.least_rows} rows to train on "
                f"(a codebook one a code), got {len(trained)}"
            )
        density = self._density(
            composite_width(network.latent_dim, rows.shape[1], self.reconstruction_features), generator
        )
        score = Score(
            self.scoring,
            measure=self.reconstruction,
            weight=self.reconstruction_weight,
            scaling=self.reconstruction_scaling,
        )
        model = EnergyModel(scaling, network, density, self.reconstruction_features, score=score).to(device)
        epochs = max(self.epochs, -(-self.min_steps // -(-len(trained) // self.batch_size)))
        result = fit_jointly(
            model,
            rows,
            LoopSettings(
                epochs=epochs,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                patience=max(1, round(self.patience * epochs)),
                gradient_norm=self.gradient_norm,
            ),
            generator,
            JointWeights(self.energy_weight, self.penalty_weight, self.reconstruction, self.label_weight),
            is_anomaly=labels == -1,
            label_loss=self.label_loss,
            validation_share=self.validation_share,
            on_epoch=self.on_epoch,
        )
        self.model_, self.history_ = model, result.history

    def _network(self, rows: np.ndarray, scaling: InputScaling, generator: torch.Generator) -> Network:
        """The untrained network, for raw training rows (n, d) and their scaling."""
        make = NETWORKS.named(self.network)
        network: Network = make(
            rows.shape[1],
            self.hidden,
            self.latent_dim,
            activation=self.activation,
            generator=generator,
            **(self.network_options or {}),
        )
        return network

    def _density(self, n_features: int, generator: torch.Generator) -> Density:
        """The untrained density over composite features of this width."""
        return make_density(
            self.density,
            n_features,
            self.density_options,
            generator,
            n_components=self.n_components,
            covariance_floor=self.covariance_floor,
            hidden=self.estimation_hidden,
            dropout=self.dropout,
        )
