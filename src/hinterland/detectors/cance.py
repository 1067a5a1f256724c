"""CANCE: composite features and augmented noise-contrastive estimation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import joblib
import numpy as np
import torch

from hinterland.detectors.base import Detector
from hinterland.detectors.contrastive_stage import ContrastiveStage
from hinterland.model.column_scales import Scaling
from hinterland.model.composite import composite_width
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.base import NETWORKS, Network
from hinterland.networks.mlp import Autoencoder
from hinterland.parameters import check_choice, check_integer, check_number, check_widths
from hinterland.threads import Threads
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
OF_THE_NETWORK = (
    "hidden", "latent_dim", "network", "network_options", "activation", "covariance_weight", "scaling", "clip", "steps",
    "decoder_steps", "batch_size", "learning_rate", "validation_share", "device",
)  # fmt: skip
"""Parameters that decide what the first two stages make of the same rows."""
PCA = "pca"
WIDEST_LATENT = 8


class CANCE(ContrastiveStage, Detector):
    """Composite features, and a density learnt by telling them from noise: three stages of training.

    First an autoencoder whose latent is batch-normalised and drawn to be uncorrelated; then its decoder alone; then, on
    the latent joined with the squared error and the cosine dissimilarity of each row and its reconstruction, a network
    that tells these features from Gaussian noise of their mean and covariance, which grows to make that harder. Half of
    the features it sees have errors drawn anew between zero and the usual, so that no error is too small to be normal.
    The energy is minus the log-density that follows. The papers' ablations are the other variants (methods.md section
    5). The paper gives neither networks nor steps; how the defaults were chosen is in ``docs/cance-defaults.md``.

    Parameters
    ----------
    hidden : widths of the encoder's hidden layers, mirrored in the decoder.
    latent_dim : width of the latent; None for half the columns, at most 8.
    variant : ``CANCE``; ``CNCE``, without the errors drawn anew; ``LatNCE``, which sees the latent alone; ``Error``,
        whose energy is the squared error, and which has no density.
    network : ``autoencoder``, another network with an encoder and a decoder in ``hinterland.networks.NETWORKS``, or
        ``pca``: principal components, which are computed and not trained (methods.md section 6).
    network_options : what that network takes beyond the parameters here; None for nothing.
    activation : of all networks' hidden layers: tanh, relu, silu or gelu.
    covariance_weight : lambda, the weight of the latent's covariances in the first stage.
    score_hidden : widths of the hidden layers of the network that tells features from noise.
    noise_ratio : nu, points of noise for each row.
    covariance_floor : share of each feature's variance that is added to its own in the noise.
    scaling : ``standard``, ``minmax`` or None: how columns are scaled by the training rows.
    clip : scaled values are bounded by this; None for no bound.
    steps, decoder_steps, contrastive_steps : gradient steps of the three stages; without ``decoder_steps`` there is no
        second stage.
    batch_size : of all stages.
    learning_rate, contrastive_learning_rate : of the first two stages, and of the third; each falls to zero along a
        cosine.
    weight_decay : of the third stage (AdamW).
    validation_share : share of the training rows that no stage sees: each keeps the state that is best on these. Less
        than 20 rows, or 0, is none.
    contamination : expected share of anomalies in the training rows, in (0, 0.5]; sets ``offset_``.
    n_references : usual training rows kept in the detector, and in its file, for explanations to compare with; 0
        keeps the columns' medians instead, and no row.
    device : torch device.
    n_threads : torch threads; one is fastest for small networks. ``auto`` trains with one, and scores many rows with
        all cores where that measures faster.
    random_state : seed or generator; the same seed gives the same bits on the same machine.
    memory : folder where trained networks are kept, as in scikit-learn's pipelines: a fit on the same rows from the
        same seed that differs in the third stage alone, a variant say, takes its network from there. None for none.
    on_epoch : called with each entry of ``history_``, for progress.

    Attributes
    ----------
    See ``hinterland.detectors.base.Detector``.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import CANCE
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> detector = CANCE(steps=50, contrastive_steps=50, random_state=0).fit(X[y == 1][:180])
    >>> detector.predict(X[y == 0]).min()
    np.int64(-1)
    """

    def __init__(
        self,
        hidden: Sequence[int] = (64, 32),
        latent_dim: int | None = None,
        *,
        variant: str = "CANCE",
        network: str = "autoencoder",
        network_options: Mapping[str, Any] | None = None,
        activation: str = "silu",
        covariance_weight: float = 0.1,
        score_hidden: Sequence[int] = (64, 64),
        noise_ratio: int = 4,
        covariance_floor: float = 1e-6,
        scaling: Scaling | None = "standard",
        clip: float | None = 10.0,
        steps: int = 600,
        decoder_steps: int = 300,
        contrastive_steps: int = 1000,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        contrastive_learning_rate: float = 3e-3,
        weight_decay: float = 0.01,
        validation_share: float = 0.1,
        contamination: float = 0.05,
        n_references: int = 256,
        device: str = "cpu",
        n_threads: Threads = 1,
        random_state: Any = None,
        memory: str | None = None,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> None:
        self.hidden = hidden
        self.latent_dim = latent_dim
        self.variant = variant
        self.network = network
        self.network_options = network_options
        self.activation = activation
        self.covariance_weight = covariance_weight
        self.score_hidden = score_hidden
        self.noise_ratio = noise_ratio
        self.covariance_floor = covariance_floor
        self.scaling = scaling
        self.clip = clip
        self.steps = steps
        self.decoder_steps = decoder_steps
        self.contrastive_steps = contrastive_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.contrastive_learning_rate = contrastive_learning_rate
        self.weight_decay = weight_decay
        self.validation_share = validation_share
        self.contamination = contamination
        self.n_references = n_references
        self.device = device
        self.n_threads = n_threads
        self.random_state = random_state
        self.memory = memory
        self.on_epoch = on_epoch

    def _check_parameters(self) -> None:
        check_widths("hidden", self.hidden)
        check_integer("latent_dim", self.latent_dim, least=1, optional=True)
        check_choice("variant", self.variant, VARIANTS)
        check_choice("network", self.network, (*NETWORKS.members(), PCA))
        taken = NETWORK_PARAMETERS if self.network != PCA else inspect.signature(Autoencoder).parameters
        options = self.network_options or {}
        NETWORKS.check_options("autoencoder" if self.network == PCA else self.network, options, taken=taken)
        check_number("covariance_weight", self.covariance_weight, least=0)
        check_choice("scaling", self.scaling, ("standard", "minmax", None))
        check_number("clip", self.clip, above=0, optional=True)
        check_integer("steps", self.steps, least=1)
        check_integer("decoder_steps", self.decoder_steps, least=0)
        check_number("learning_rate", self.learning_rate, above=0)
        if self.memory is not None and not isinstance(self.memory, str):
            raise ValueError(f"memory must be the path of a folder or None, got {self.memory!r}")
        self._check_contrastive_parameters()

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

        settings = {name: getattr(self, name) for name in OF_THE_NETWORK}
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
