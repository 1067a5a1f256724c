"""CANCE: composite features and augmented noise-contrastive estimation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import joblib
import numpy as np
import torch

from hinterland.detectors import parameters as shared
from hinterland.detectors.base import Detector
from hinterland.detectors.contrastive_stage import ContrastiveStage
from hinterland.model.column_scales import Scaling
from hinterland.model.composite import composite_width
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.base import NETWORKS, Network
from hinterland.networks.mlp import Autoencoder
from hinterland.parameter_table import parameter, positional, table
from hinterland.parameters import check_choice, choice, instance_of, number, whole, widths
from hinterland.training.history import History
from hinterland.training.hold_out import hold_out
from hinterland.training.principal_components import fit_principal_components
from hinterland.training.settings import LoopSettings
from hinterland.training.staged_history import StagedHistory
from hinterland.training.two_stage import fit_decoder, fit_encoder_and_decoder

COMPOSITE = ("squared_error", "cosine_dissimilarity")
VARIANTS: dict[str, tuple[str, ...]] = {"CANCE": COMPOSITE, "CNCE": COMPOSITE, "LatNCE": (), "Error": ()}
"""Reconstruction features of each variant."""

NETWORK_PARAMETERS = ("n_features", "hidden", "latent_dim", "activation", "generator", "normalise_latent")
SEEN_BY_ALL_STAGES = {"activation", "batch_size", "validation_share"}
BESIDE_TRAINING = {"variant", "contamination", "memory"}
"""Parameters of the third stage that the others see too, and parameters that none of the first two stages sees."""
PCA = "pca"
WIDEST_LATENT = 8


def check_network(name: str, value: Any) -> None:
    """Raise ValueError for a network that there is not."""
    check_choice(name, value, (*NETWORKS.members(), PCA))


class CANCE(ContrastiveStage, Detector, name="CANCE"):
    """Composite features and augmented noise-contrastive estimation: a density learnt by telling them from noise.

    Training has three stages.

    First an autoencoder whose latent is batch-normalised and drawn to be uncorrelated; then its decoder alone; then, on
    the latent joined with the squared error and the cosine dissimilarity of each row and its reconstruction, a network
    that tells these features from Gaussian noise of their mean and covariance, which grows to make that harder. Half of
    the features it sees have errors drawn anew between zero and the usual, so that no error is too small to be normal.
    The energy is minus the log-density that follows. The papers' ablations are the other variants (methods.md section
    5). The paper gives neither networks nor steps; how the defaults were chosen is in ``docs/cance-defaults.md``.

    Attributes
    ----------
    See ``hinterland.detectors.base.Detector``.

    References
    ----------
    Y. Liao and A. J. Brockmeier, "Anomaly Detection via Autoencoder Composite Features and NCE", arXiv, 2025.
    arXiv:2502.01920

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import CANCE
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> detector = CANCE(steps=50, contrastive_steps=50, random_state=0).fit(X[y == 1][:180])
    >>> detector.predict(X[y == 0]).min()
    np.int64(-1)
    """

    # fmt: off
    hidden: Sequence[int] = positional(default=(64, 32), check=widths(), about=shared.HIDDEN)
    latent_dim: int | None = positional(default=None, check=whole(least=1, optional=True),
        about="width of the latent; None for half the columns, at most 8.")
    variant: str = parameter("CANCE", choice(*VARIANTS),
        "``CANCE``; ``CNCE``, without the errors drawn anew; ``LatNCE``, which sees the latent alone; ``Error``, "
        "whose energy is the squared error, and which has no density.")
    network: str = shared.network(check=check_network,
        about="``autoencoder``, another network with an encoder and a decoder in ``hinterland.networks.NETWORKS``, "
        "or ``pca``: principal components, which are computed and not trained (methods.md section 6).")
    network_options: Mapping[str, Any] | None = shared.network_options()
    covariance_weight: float = parameter(0.1, number(least=0),
        "lambda, the weight of the latent's covariances in the first stage, beside the mean squared error; beside the "
        "paper's sum over columns it is as many times more.")
    scaling: Scaling | None = shared.scaling()
    clip: float | None = shared.clip()
    steps: int = parameter(600, whole(least=1), "gradient steps of the first stage.")
    decoder_steps: int = parameter(300, whole(least=0),
        "gradient steps of the second stage; with 0 there is none.")
    learning_rate: float = shared.learning_rate(
        about="of the first two stages; in each it falls to zero along a cosine.")
    contamination: float = shared.contamination()
    device: str = shared.device()
    memory: str | None = parameter(None, instance_of(str, type(None), called="the path of a folder or None"),
        "folder where trained networks are kept, as in scikit-learn's pipelines: a fit on the same rows from the "
        "same seed that differs in the third stage alone, a variant say, takes its network from there. None for "
        "none.")
    # fmt: on

    def _check_parameters(self) -> None:
        taken = NETWORK_PARAMETERS if self.network != PCA else inspect.signature(Autoencoder).parameters
        options = self.network_options or {}
        NETWORKS.check_options("autoencoder" if self.network == PCA else self.network, options, taken=taken)

    def _train(self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device) -> np.ndarray:
        rows = rows[labels != -1]
        generator = torch.Generator().manual_seed(seed)
        _, held_out = hold_out(len(rows), self.validation_share, generator)
        model = self._model(rows, generator, seed).to(device)
        history = StagedHistory(self.on_epoch)

        def train() -> bool:
            return self._train_network(model, rows, held_out, generator, history)

        if self.memory is None:
            finished = train()
        else:
            finished = self._remembered(train, seed, rows, model.network, generator, history)
        if finished and model.density is not None:
            augment, report = self.variant == "CANCE", history.stage(3)
            self._fit_contrastive(model, rows, held_out, generator, augment=augment, on_epoch=report)
        else:
            model.freeze(rows)
        self.model_, self.history_ = model, history.entries
        return self.energy_of(rows[held_out])

    def _model(self, rows: np.ndarray, generator: torch.Generator, seed: int) -> EnergyModel:
        """The untrained model; the density draws from the seed anew, so that all variants train the same network."""
        names = VARIANTS[self.variant]
        network = self._network(rows.shape[1], generator)
        scaling = InputScaling.from_rows(rows, self.scaling, self.clip)
        if self.variant == "Error":
            return EnergyModel(scaling, network, None, names, score=Score("reconstruction"))
        width = composite_width(network.latent_dim, rows.shape[1], names)
        density = self._contrastive_density(width, torch.Generator().manual_seed(seed))
        return EnergyModel(scaling, network, density, names)

    def _network(self, n_columns: int, generator: torch.Generator) -> Network:
        latent_dim = self.latent_dim or min(WIDEST_LATENT, max(1, n_columns // 2))
        if self.network == PCA:
            return Autoencoder(n_columns, (), min(latent_dim, n_columns), generator=generator)
        make = NETWORKS.named(self.network)
        offers = inspect.signature(make).parameters
        normalised = {"normalise_latent": True} if "normalise_latent" in offers else {}
        network: Network = make(
            n_columns,
            self.hidden,
            latent_dim,
            activation=self.activation,
            generator=generator,
            **normalised,
            **(self.network_options or {}),
        )
        return network

    def _remembered(
        self,
        train: Callable[[], bool],
        seed: int,
        rows: np.ndarray,
        network: Network,
        generator: torch.Generator,
        history: StagedHistory,
    ) -> bool:
        """What ``train`` makes of the other arguments, taken from the memory where it is there."""

        def trained() -> _TrainedNetwork:
            finished = train()
            return _TrainedNetwork(network.state_dict(), generator.get_state(), history.entries, finished)

        settings = {name: getattr(self, name) for name in parameters_of_the_network()}
        cached = joblib.Memory(self.memory, verbose=0).cache(_trained, ignore=["train"])
        kept = cached.call_and_shelve(settings, seed, rows, trained)
        state: _TrainedNetwork = kept.get()
        if not state.finished:
            kept.clear()
        if not history.entries:  # it was not trained here and now
            network.load_state_dict(state.network)
            generator.set_state(state.generator)
            history.repeat(state.history)
        return state.finished

    def _train_network(
        self,
        model: EnergyModel,
        rows: np.ndarray,
        held_out: np.ndarray,
        generator: torch.Generator,
        history: StagedHistory,
    ) -> bool:
        """Train the network in its two stages, or compute it; whether that was not interrupted."""
        scaled = model.scaled_rows(rows)
        if self.network == PCA:
            fit_principal_components(model.network, scaled)
            return True
        kept = np.setdiff1d(np.arange(len(rows)), held_out)
        sides = scaled[kept], scaled[held_out]
        first, second = (
            LoopSettings.of_steps(steps, len(kept), self.batch_size, learning_rate=self.learning_rate)
            for steps in (self.steps, self.decoder_steps)
        )
        result = fit_encoder_and_decoder(
            model.network,
            *sides,
            first,
            generator,
            covariance_weight=self.covariance_weight,
            on_epoch=history.stage(1),
        )
        if self.decoder_steps and not result.interrupted:
            result = fit_decoder(model.network, *sides, second, generator, on_epoch=history.stage(2))
        return not result.interrupted


def parameters_of_the_network() -> list[str]:
    """Names of the parameters that decide what the first two stages make of the same rows from the same seed.

    All in the table but those that the third stage alone reads, and those of what comes after or beside training.
    """
    third = table(ContrastiveStage).keys() - SEEN_BY_ALL_STAGES
    return [name for name in table(CANCE) if name not in {*third, *table(Detector), *BESIDE_TRAINING}]


class _TrainedNetwork(NamedTuple):
    """All that a detector's third stage goes on from."""

    network: dict[str, torch.Tensor]
    generator: torch.Tensor
    history: History
    finished: bool


def _trained(
    settings: dict[str, Any], seed: int, rows: np.ndarray, train: Callable[[], _TrainedNetwork]
) -> _TrainedNetwork:
    """What ``train`` makes; the other arguments are what it is remembered by."""
    return train()
