"""DAGMM: Deep Autoencoding Gaussian Mixture Model (Zong et al., ICLR 2018), with safe numerics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from hinterland.detectors import parameters as shared
from hinterland.detectors.joint_mixture import JointMixture
from hinterland.model.scaling import InputScaling
from hinterland.networks.base import NETWORKS, Network

NETWORK_PARAMETERS = ("n_features", "hidden", "latent_dim", "activation", "generator")
"""What the parameters of a detector set of its network; all else are its options."""


class DAGMM(JointMixture, name="DAGMM"):
    """Deep Autoencoding Gaussian Mixture Model: autoencoder, composite features and mixture, trained jointly.

    Any network goes with any mixture and any score, which makes the family's variants: ``network="vae"``,
    ``network="vqvae"``, ``density="laplacian"``, ``scoring="energy+reconstruction"`` (methods.md sections 3.1 to 3.5).

    The method of the paper with numerics that cannot fail: energies by log-sum-exp and Cholesky factors in
    float64, a covariance floor relative to the features' own variance, the mixture re-estimated exactly on all
    training rows after training, dropout off when scoring. Defaults are the networks and weights of the public
    KDD Cup 1999 experiments, but for the learning rate, which is 1e-4 there, for 40,000 steps; ``steps`` lets a small
    table train as long as it needs. For an unknown table prefer ``Surprisal``.

    Attributes
    ----------
    See ``hinterland.detectors.base.Detector``.

    References
    ----------
    B. Zong, Q. Song, M. R. Min, W. Cheng, C. Lumezanu, D. Cho and H. Chen, "Deep Autoencoding Gaussian Mixture Model
    for Unsupervised Anomaly Detection", International Conference on Learning Representations (ICLR), 2018.
    https://openreview.net/forum?id=BJJLHbb0-

    The variants: K. Gandhi, A. Singh, A. Dikshit and A. Khot, "Gaussian Mixture Models for Anomaly Detection", slides
    of the course CS 328, 2025.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import DAGMM
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> detector = DAGMM(hidden=(20, 10), epochs=5, steps=50, random_state=0).fit(X[y == 1])
    >>> detector.energy(X).shape
    (569,)
    """

    network: str = shared.network()
    network_options: Mapping[str, Any] | None = shared.network_options()

    def _check_parameters(self) -> None:
        super()._check_parameters()
        NETWORKS.check_options(self.network, self.network_options or {}, taken=NETWORK_PARAMETERS)

    def _network(self, rows: np.ndarray, scaling: InputScaling, generator: torch.Generator) -> Network:
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
