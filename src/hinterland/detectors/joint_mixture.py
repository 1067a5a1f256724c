"""What DAGMM and CADGMM share: a network and a mixture on its composite features, trained jointly."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from hinterland.densities.base import DENSITIES, Density
from hinterland.detectors import parameters as shared
from hinterland.detectors.base import Detector
from hinterland.detectors.own_density import check_density, make_density
from hinterland.model.column_scales import Scaling
from hinterland.model.composite import MEASURES, check_feature_names, composite_width
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.model.score import SCALINGS, SCORES, Score
from hinterland.networks.base import Network
from hinterland.parameter_table import parameter, positional
from hinterland.parameters import choice, flag, number, whole, widths
from hinterland.training.joint import JointWeights, fit_jointly
from hinterland.training.label_losses import LABEL_LOSSES
from hinterland.training.settings import LoopSettings

WIDEST_LATENT = 16
WIDEST_ROW = 100
"""Of wider rows the mixture sees no residual: a full covariance has the square of the width as its entries."""


def check_features(name: str, value: Any) -> None:
    """Raise ValueError for reconstruction features that there are not; None is for those that suit the columns."""
    if value is not None:
        check_feature_names(value)


class JointMixture(Detector, ABC):
    """Base of detectors whose network and mixture are trained jointly; a member makes the network."""

    # fmt: off
    hidden: Sequence[int] = positional(default=(64, 64), check=widths(), about=shared.HIDDEN)
    latent_dim: int | None = positional(default=None, check=whole(least=1, optional=True),
        about=f"width of the latent; None for half the columns, at most {WIDEST_LATENT}.")
    activation: str = shared.activation(about="of all hidden layers: tanh, relu, silu or gelu.")
    density: str = parameter("gaussian", shared.member(DENSITIES),
        "``gaussian``, ``laplacian``, or another in ``hinterland.densities.DENSITIES``. A mixture trains jointly "
        "with the network; another density is fitted to what the network gives that has learnt to reconstruct alone.")
    density_options: Mapping[str, Any] | None = shared.density_options()
    n_components: int = parameter(4, whole(least=1), "components of the mixture.")
    estimation_hidden: Sequence[int] = parameter((10,), widths(),
        "widths of the estimation network's hidden layers.")
    dropout: float = parameter(0.0, number(least=0, below=1),
        "before the estimation network's last layer, while training.")
    reconstruction_features: Sequence[str] | None = shared.reconstruction_features(
        default=None, check=check_features,
        about="names of the reconstruction features in the composite, see ``hinterland.model.composite``; None for "
        f"the residual vector, and on more than {WIDEST_ROW} columns for the logarithm of its length alone.")
    reconstruction: str = parameter("mean", choice(*MEASURES),
        "``mean`` averages the squared error over entries, ``sum`` sums it over a row's (the literal loss), "
        "``norm`` takes the root of that sum, as CADGMM's public code does.")
    energy_weight: float = parameter(0.1, number(least=0), "lambda1 of the loss.")
    penalty_weight: float = parameter(0.0, number(least=0),
        "lambda2 of the loss, the weight of the penalty on small variances.")
    label_loss: str | None = parameter("ranking", choice(*LABEL_LOSSES, None),
        "what rows known to be anomalous (-1 in y) add to the loss. ``ranking`` asks that they, and random "
        "variants of them, lie above the other rows' energies; they are neither reconstructed nor counted in the "
        "mixture. ``reciprocal`` is the modified loss of methods.md section 3.4, for reproduction: rows like the "
        "others, of which the loss takes 1 / energy. With None they are left out.")
    label_weight: float = parameter(1.0, number(least=0), "weight of the ranking loss.")
    em_steps: int = parameter(20, whole(least=0),
        "most steps of expectation-maximisation from the estimation network's memberships, after training; 0 for "
        "the mixture that these memberships make.", before=0)
    covariance_floor: float = shared.covariance_floor(default=0.003,
        about="share of each composite feature's variance that every component's is raised by.")
    scoring: str = parameter("energy", choice(*SCORES),
        "``energy``, ``reconstruction`` (the error), ``energy+reconstruction``, or ``angle`` (between a row and "
        "its reconstruction).")
    reconstruction_weight: float = parameter(1.0, number(above=0),
        "weight of the reconstruction in ``energy+reconstruction``.")
    reconstruction_scaling: str = parameter("learnt", choice(*SCALINGS),
        "``learnt`` weighs it in the units that make both vary alike over the training rows, ``literal`` adds it "
        "as it is.")
    scaling: Scaling | None = shared.scaling()
    clip: float | None = shared.clip()
    steps: int = parameter(600, whole(least=0),
        "gradient steps, in whole passes over the training rows and early stopping aside; more where ``epochs`` "
        "passes take more.", was="min_steps")
    epochs: int = parameter(1, whole(least=1), "least passes over the training rows, as papers count them.")
    batch_size: int = shared.batch_size()
    learning_rate: float = shared.learning_rate(about="of Adam's steps.")
    gradient_norm: float | None = shared.gradient_norm()
    mean_decay: float = parameter(0.9, number(least=0, below=1),
        "Adam's beta1, how much of the mean gradient stays from step to step; CADGMM's public code has 0.5.")
    exact_batches: bool = parameter(False, flag,
        "whether batches have exactly ``batch_size`` rows, and rows left over in an epoch wait for another; else they "
        "are of equal sizes, at most that.")
    validation_share: float = shared.validation_share(
        about="share of the training rows held out for early stopping; 0 for none.")
    patience: float = parameter(0.2, number(above=0, most=1),
        "training stops when the held-out loss has not improved over this share of the epochs.")
    contamination: float = shared.contamination()
    device: str = shared.device()
    # fmt: on

    def _check_parameters(self) -> None:
        check_density(self.density, self.density_options)

    def _train(self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device) -> None:
        trained = rows if self.label_loss == "reciprocal" else rows[labels != -1]
        generator = torch.Generator().manual_seed(seed)
        scaling = InputScaling.from_rows(trained, self.scaling, self.clip)
        network = self._network(trained, scaling, generator)
        if len(trained) < network.least_rows:
            raise ValueError(
                f"a {type(network).__name__} needs at least {network.least_rows} rows to train on "
                f"(a codebook one a code), got {len(trained)}"
            )
        features = self._features(rows.shape[1])
        density = self._density(composite_width(network.latent_dim, rows.shape[1], features), generator)
        score = Score(
            self.scoring,
            measure=self.reconstruction,
            weight=self.reconstruction_weight,
            scaling=self.reconstruction_scaling,
        )
        model = EnergyModel(scaling, network, density, features, score=score).to(device)
        settings = LoopSettings(
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            gradient_norm=self.gradient_norm,
            mean_decay=self.mean_decay,
            exact_batches=self.exact_batches,
        )
        epochs = max(self.epochs, -(-self.steps // settings.steps_an_epoch(len(trained))))
        result = fit_jointly(
            model,
            rows,
            replace(settings, epochs=epochs, patience=max(1, round(self.patience * epochs))),
            generator,
            self._weights(),
            is_anomaly=labels == -1,
            label_loss=self.label_loss,
            validation_share=self.validation_share,
            em_steps=self.em_steps,
            on_epoch=self.on_epoch,
        )
        self.model_, self.history_ = model, result.history
        self.counted_ = {"mixtures": [float(len(trained))]}

    def memberships_by_network(self) -> bool:
        """Whether a row's memberships are the estimation network's: where no step of the mixture came after it."""
        return self.em_steps == 0

    def _weights(self) -> JointWeights:
        """Weights of the loss's terms."""
        return JointWeights(self.energy_weight, self.penalty_weight, self.reconstruction, self.label_weight)

    def _latent_width(self, n_columns: int) -> int:
        return self.latent_dim or min(WIDEST_LATENT, max(1, n_columns // 2))

    def _features(self, n_columns: int) -> Sequence[str]:
        if self.reconstruction_features is not None:
            return self.reconstruction_features
        return ("residual",) if n_columns <= WIDEST_ROW else ("floored_log_error",)

    @abstractmethod
    def _network(self, rows: np.ndarray, scaling: InputScaling, generator: torch.Generator) -> Network:
        """The untrained network, for raw training rows (n, d) and their scaling."""

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
