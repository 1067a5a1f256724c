"""CADGMM: Correlation-aware Deep Generative Model for Unsupervised Anomaly Detection (Fan et al., PAKDD 2020)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch

from hinterland.detectors.joint_mixture import JointMixture
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.networks.attention import LOGIT_ACTIVATIONS
from hinterland.networks.graph import GRAPHS, Graph, GraphAutoencoder
from hinterland.networks.neighbours import DISTANCES, Distance
from hinterland.parameter_table import parameter
from hinterland.parameters import choice, flag, number, whole, widths
from hinterland.training.joint import JointWeights


class CADGMM(JointMixture, name="CADGMM"):
    """Correlation-aware DAGMM, whose encoder also sees a row's nearest neighbours, by graph attention.

    The paper joins each row with its nearest neighbours within the batch, so that a row's score depends on the rows
    it happens to be scored with. Here ``graph="reference"`` joins it with the nearest of ``n_graph_rows`` training rows
    that the detector keeps (and saves): its score is its own. ``graph="batch"`` is the paper's graph, to reproduce its
    numbers: rows are shuffled once and scored in batches, and what needs a row's own score is refused.

    The last of ``hidden`` is the attention's width too; ``batch_size`` is also the size of the batch's graph. No row
    known to be anomalous is in the reference, unless ``label_loss`` is ``reciprocal``.

    Neighbours and heads are the paper's for KDD Cup 1999, and ``latent_weight`` its satellite's; the other defaults are
    ours, as ``DAGMM``'s (``docs/dagmm-defaults.md``). The paper's for KDD Cup 1999 are ``CADGMM(**CADGMM.published)``,
    with the learning rate of its code.

    Attributes
    ----------
    seed_ : int, what the order of rows in batches is drawn from where the graph is the batch's.
    See also ``hinterland.detectors.base.Detector``.

    References
    ----------
    H. Fan, F. Zhang, R. Wang, L. Xi and Z. Li, "Correlation-Aware Deep Generative Model for Unsupervised Anomaly
    Detection", Advances in Knowledge Discovery and Data Mining (PAKDD), 2020. arXiv:2002.07349,
    doi:10.1007/978-3-030-47436-2_52

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import CADGMM
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> detector = CADGMM(hidden=(20, 10), latent_dim=2, epochs=5, steps=50, random_state=0).fit(X[y == 1])
    >>> detector.energy(X).shape
    (569,)
    """

    published: ClassVar[Mapping[str, Any]] = {
        "hidden": (64, 32),
        "latent_dim": 8,
        "activation": "tanh",
        "n_neighbors": 15,
        "heads": 2,
        "n_components": 4,
        "estimation_hidden": (20, 8),
        "dropout": 0.5,
        "reconstruction_features": ("relative_euclidean", "cosine_similarity"),
        "reconstruction": "sum",
        "energy_weight": 0.1,
        "penalty_weight": 0.005,
        "latent_weight": 10.0,
        "covariance_floor": 1e-6,
        "em_steps": 0,
        "steps": 0,
        "epochs": 300,
        "batch_size": 1024,
        "learning_rate": 1e-4,
        "gradient_norm": None,
    }
    hidden = (64, 32)
    # fmt: off
    decoder_hidden: Sequence[int] | None = parameter(None, widths(optional=True),
        "widths of the decoder's hidden layers; None for ``hidden`` mirrored.")
    graph: Graph = parameter("reference", choice(*GRAPHS), "``reference`` or ``batch``.")
    n_neighbors: int = parameter(15, whole(least=1),
        "rows that a row is joined with beside itself; all of a smaller reference, with a warning.")
    distance: Distance = parameter("cosine", choice(*DISTANCES),
        "``cosine`` or ``euclidean``, between scaled rows.")
    n_graph_rows: int = parameter(1024, whole(least=1),
        "training rows drawn for the graph's reference, of which copies are left out.", was="n_reference")
    symmetric: bool = parameter(True, flag,
        "whether neighbours within a batch are each other's, as the paper's text has them (its code has not). A "
        "reference's rows look at nothing.")
    self_loops: bool = parameter(True, flag, "whether a row attends to itself too.")
    heads: int = parameter(2, whole(least=1), "attentions side by side, which share its width.")
    latent_weight: float = parameter(0.005, number(least=0),
        "lambda3 of the loss, the weight of the squared norm.")
    penalised: str = parameter("latent", choice("latent", "composite"),
        "what that norm is of: the ``latent``, as in the paper's code, or the ``composite`` of latent and "
        "reconstruction features, as its equation 15 is printed.")
    logit_activation: str = parameter("leaky_relu", choice(*LOGIT_ACTIVATIONS),
        "of the attention's logits: ``leaky_relu``, as in the paper's code, or ``tanh``, which its text has for all.")
    # fmt: on

    def _check_parameters(self) -> None:
        super()._check_parameters()
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
            self._latent_width(rows.shape[1]),
            activation=self.activation,
            decoder_hidden=self.decoder_hidden,
            heads=self.heads,
            n_neighbors=self.n_neighbors,
            distance=self.distance,
            self_loops=self.self_loops,
            graph=self.graph,
            n_reference=self.n_graph_rows,
            batch_rows=self.batch_size,
            symmetric=self.symmetric,
            latent_weight=self.latent_weight if self.penalised == "latent" else 0.0,
            logit_activation=self.logit_activation,
            generator=generator,
        )

    def _weights(self) -> JointWeights:
        return replace(
            super()._weights(), composite=self.latent_weight if self.penalised == "composite" else 0.0
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
