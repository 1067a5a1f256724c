"""DAGMM: Deep Autoencoding Gaussian Mixture Model (Zong et al., ICLR 2018), with safe numerics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from hinterland.composite import check_feature_names, composite_width
from hinterland.densities.gaussian import GaussianMixture
from hinterland.detectors.base import Detector
from hinterland.energy_model import EnergyModel, InputScaling, Scaling
from hinterland.networks.base import ACTIVATIONS
from hinterland.networks.mlp import Autoencoder
from hinterland.parameters import check_choice, check_integer, check_number, check_widths
from hinterland.threads import Threads
from hinterland.training.joint import fit_jointly
from hinterland.training.loop import LoopSettings


class DAGMM(Detector):
    """Deep Autoencoding Gaussian Mixture Model: autoencoder, composite features and mixture, trained jointly.

    The method of the paper with numerics that cannot fail: energies by log-sum-exp and Cholesky factors in
    float64, a covariance floor relative to the features' own variance, the mixture re-estimated exactly on all
    training rows after training, dropout off when scoring. Defaults are the networks and weights of the public
    KDD Cup 1999 experiments; ``min_steps`` lets a small table train as long as it needs.
    For an unknown table prefer ``DeepMixture``.

    Parameters
    ----------
    hidden : widths of the encoder's hidden layers, mirrored in the decoder.
    latent_dim : width of the latent.
    activation : of both networks' hidden layers: tanh, relu, silu or gelu.
    n_components : Gaussians in the mixture.
    estimation_hidden : widths of the estimation network's hidden layers.
    dropout : before the estimation network's last layer, while training.
    reconstruction_features : names of the reconstruction features beside the latent; see ``hinterland.composite``.
    reconstruction : ``mean`` averages the squared error over entries, ``sum`` sums it over a row's (the literal loss).
    energy_weight : lambda1 of the loss.
    penalty_weight : lambda2 of the loss, the weight of the penalty on small variances.
    covariance_floor : share of each composite feature's variance added to every covariance's diagonal.
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
        activation: str = "tanh",
        n_components: int = 4,
        estimation_hidden: Sequence[int] = (10,),
        dropout: float = 0.5,
        reconstruction_features: Sequence[str] = ("relative_euclidean", "cosine_similarity"),
        reconstruction: str = "mean",
        energy_weight: float = 0.1,
        penalty_weight: float = 0.005,
        covariance_floor: float = 1e-6,
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
        self.activation = activation
        self.n_components = n_components
        self.estimation_hidden = estimation_hidden
        self.dropout = dropout
        self.reconstruction_features = reconstruction_features
        self.reconstruction = reconstruction
        self.energy_weight = energy_weight
        self.penalty_weight = penalty_weight
        self.covariance_floor = covariance_floor
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
        check_choice("activation", self.activation, ACTIVATIONS)
        check_integer("n_components", self.n_components, least=1)
        check_widths("estimation_hidden", self.estimation_hidden)
        check_number("dropout", self.dropout, least=0, below=1)
        check_feature_names(self.reconstruction_features)
        check_choice("reconstruction", self.reconstruction, ("mean", "sum"))
        check_number("energy_weight", self.energy_weight, least=0)
        check_number("penalty_weight", self.penalty_weight, least=0)
        check_number("covariance_floor", self.covariance_floor, above=0)
        check_choice("scaling", self.scaling, ("standard", "minmax", None))
        check_number("clip", self.clip, above=0, optional=True)
        check_integer("epochs", self.epochs, least=1)
        check_integer("min_steps", self.min_steps, least=0)
        check_integer("batch_size", self.batch_size, least=2)
        check_number("learning_rate", self.learning_rate, above=0)
        check_number("gradient_norm", self.gradient_norm, above=0, optional=True)
        check_number("validation_share", self.validation_share, least=0, below=1)
        check_number("patience", self.patience, above=0, most=1)

    def _train(self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device) -> None:
        rows = rows[labels != -1]
        generator = torch.Generator().manual_seed(seed)
        network = Autoencoder(
            rows.shape[1], self.hidden, self.latent_dim, activation=self.activation, generator=generator
        )
        density = GaussianMixture(
            composite_width(self.latent_dim, rows.shape[1], self.reconstruction_features),
            self.n_components,
            covariance_floor=self.covariance_floor,
            hidden=self.estimation_hidden,
            dropout=self.dropout,
            generator=generator,
        )
        scaling = InputScaling.from_rows(rows, self.scaling, self.clip)
        model = EnergyModel(scaling, network, density, self.reconstruction_features).to(device)
        epochs = max(self.epochs, -(-self.min_steps // -(-len(rows) // self.batch_size)))
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
            energy_weight=self.energy_weight,
            penalty_weight=self.penalty_weight,
            reconstruction=self.reconstruction,
            validation_share=self.validation_share,
            on_epoch=self.on_epoch,
        )
        self.models_, self.history_ = [model], result.history
