"""DeepMixture: the default detector for an unknown table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from hinterland.composite import check_feature_names, composite_width
from hinterland.densities.gaussian import GaussianMixture
from hinterland.detectors.base import Detector
from hinterland.energy_model import EnergyModel, InputScaling, Scaling, View
from hinterland.networks.base import ACTIVATIONS
from hinterland.networks.mlp import Autoencoder
from hinterland.parameters import check_choice, check_integer, check_number, check_widths
from hinterland.threads import Threads
from hinterland.training.hold_out import hold_out
from hinterland.training.in_turn import fit_in_turn
from hinterland.training.loop import History, LoopSettings, warn_interrupted

WIDEST_ROW = 100
"""Wider rows are seen through their latent: a full covariance has the square of the width as its entries."""

WIDEST_LATENT = 16
ROWS_A_COMPONENT = 5
"""A mixture has at most one component for this many training rows."""


class DeepMixture(Detector):
    """Mixtures of Gaussians over each row and the error of its denoising autoencoder: the default for a table.

    Each member trains an autoencoder on rows with added noise, joins the scaled row (its latent, for a wide
    table) with the logarithm of its reconstruction error, and fits a mixture of many Gaussians with a firm
    covariance floor to that, by expectation-maximisation. The energy is the mean of the members' energies.
    What each choice is worth is in ``docs/default-choices.md``; they were made on the ADBench sets.

    Parameters
    ----------
    n_members : autoencoders with a mixture each; their energies are averaged.
    n_components : Gaussians in a member's mixture; of several numbers the members take one after the other. Never
        more than one for five training rows.
    covariance_floor : share of each composite feature's variance added to every covariance's diagonal.
    reconstruction_features : names of the reconstruction features in the composite; see ``hinterland.composite``.
    view : what the mixture sees beside them: ``row``, ``latent``, or None for the row of up to 100 columns and the
        latent of more.
    hidden : widths of the encoder's hidden layers, mirrored in the decoder.
    latent_dim : width of the latent; None for half the columns, at most 16.
    activation : of the hidden layers: tanh, relu, silu or gelu.
    input_noise : standard deviation of the noise added to scaled rows while training.
    scaling : ``standard``, ``minmax`` or None: how columns are scaled by the training rows.
    clip : scaled values are bounded by this; None for no bound.
    steps : gradient steps of each autoencoder.
    batch_size, learning_rate : of Adam's steps; the learning rate falls to zero along a cosine.
    validation_share : share of the training rows that the autoencoders do not see: they keep the state that is best
        on these. Less than 20 rows, or 0, is none.
    contamination : share of rows to flag, in (0, 0.5]; sets ``offset_``.
    novelty : whether that share is of new rows like the training rows, or of the training rows themselves (as in
        scikit-learn's LocalOutlierFactor). Mixtures of many components know the rows they were fitted to, whose
        energies are lower; the threshold for new rows is learnt from the held-out rows, where there are any.
    n_references : usual training rows kept in the detector, and in its file, for explanations to compare with; 0
        keeps the columns' medians instead, and no row.
    device : torch device.
    n_threads : torch threads; one is fastest for small networks. ``auto`` trains with one, and scores many rows with
        all cores where that measures faster.
    random_state : seed or generator; the same seed gives the same bits on the same machine.
    on_epoch : called with each entry of ``history_``, for progress.

    Attributes
    ----------
    See ``hinterland.detectors.base.Detector``.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import DeepMixture
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> detector = DeepMixture(steps=50, random_state=0).fit(X[y == 1][:180])
    >>> detector.predict(X[y == 0]).min()
    np.int64(-1)
    """

    def __init__(
        self,
        n_members: int = 2,
        *,
        n_components: int | Sequence[int] = (20, 100),
        covariance_floor: float = 0.1,
        reconstruction_features: Sequence[str] = ("log_error",),
        view: View | None = None,
        hidden: Sequence[int] = (128, 128),
        latent_dim: int | None = None,
        activation: str = "silu",
        input_noise: float = 0.3,
        scaling: Scaling | None = "standard",
        clip: float | None = 10.0,
        steps: int = 1200,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        validation_share: float = 0.2,
        contamination: float = 0.05,
        novelty: bool = True,
        n_references: int = 256,
        device: str = "cpu",
        n_threads: Threads = 1,
        random_state: Any = None,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> None:
        self.n_members = n_members
        self.n_components = n_components
        self.covariance_floor = covariance_floor
        self.reconstruction_features = reconstruction_features
        self.view = view
        self.hidden = hidden
        self.latent_dim = latent_dim
        self.activation = activation
        self.input_noise = input_noise
        self.scaling = scaling
        self.clip = clip
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_share = validation_share
        self.contamination = contamination
        self.novelty = novelty
        self.n_references = n_references
        self.device = device
        self.n_threads = n_threads
        self.random_state = random_state
        self.on_epoch = on_epoch

    @property
    def fit_predict(self) -> Callable[..., np.ndarray]:
        """Fit, and label the same rows; only with ``novelty=False``, as in scikit-learn's LocalOutlierFactor."""
        if self.novelty:
            raise AttributeError(
                "fit_predict labels the training rows themselves, and with novelty=True the threshold is one for new "
                "rows, as in scikit-learn's LocalOutlierFactor: set novelty=False for it, or use fit(X).predict(X)"
            )
        return super().fit_predict

    def _check_parameters(self) -> None:
        check_integer("n_members", self.n_members, least=1)
        check_widths("n_components", self._component_numbers())
        if not self._component_numbers():
            raise ValueError("n_components must hold at least one number of Gaussians, got none")
        check_number("covariance_floor", self.covariance_floor, above=0)
        check_feature_names(self.reconstruction_features)
        check_choice("view", self.view, ("row", "latent", None))
        check_widths("hidden", self.hidden)
        check_integer("latent_dim", self.latent_dim, least=1, optional=True)
        check_choice("activation", self.activation, ACTIVATIONS)
        check_number("input_noise", self.input_noise, least=0)
        check_choice("scaling", self.scaling, ("standard", "minmax", None))
        check_number("clip", self.clip, above=0, optional=True)
        check_integer("steps", self.steps, least=1)
        check_integer("batch_size", self.batch_size, least=2)
        check_number("learning_rate", self.learning_rate, above=0)
        check_number("validation_share", self.validation_share, least=0, below=1)
        check_choice("novelty", self.novelty, (True, False))

    def _component_numbers(self) -> Sequence[int]:
        return self.n_components if isinstance(self.n_components, Sequence) else (self.n_components,)

    def _train(self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device) -> None:
        rows = rows[labels != -1]
        generator = torch.Generator().manual_seed(seed)
        scaling = InputScaling.from_rows(rows, self.scaling, self.clip)
        _, held_out = hold_out(len(rows), self.validation_share, generator)
        self.models_: list[EnergyModel] = []
        self.history_: History = []
        held_out_energies = []
        for member in range(self.n_members):
            model = self._model(member, len(rows), scaling, generator).to(device)
            try:
                result, held_out_energy = fit_in_turn(
                    model,
                    rows,
                    held_out,
                    LoopSettings.of_steps(
                        self.steps,
                        len(rows) - len(held_out),
                        self.batch_size,
                        learning_rate=self.learning_rate,
                    ),
                    generator,
                    on_epoch=self._report(member),
                )
            except KeyboardInterrupt:  # outside of the training loop, which ends by itself
                if not self.models_:
                    raise
                warn_interrupted(
                    f"training was interrupted; the {member} of {self.n_members} members that were ready are kept",
                    stacklevel=3,
                )
                break
            self.models_.append(model)
            self.history_ += [{"member": member, **entry} for entry in result.history]
            held_out_energies.append(held_out_energy)
            if result.interrupted:
                break
        if self.novelty and len(held_out):
            self.calibration_energy_ = np.mean(held_out_energies, axis=0)

    def _model(
        self, member: int, n_rows: int, scaling: InputScaling, generator: torch.Generator
    ) -> EnergyModel:
        n_features = len(scaling.center)
        latent_dim = self.latent_dim or min(WIDEST_LATENT, max(1, n_features // 2))
        view = self.view or ("row" if n_features <= WIDEST_ROW else "latent")
        numbers = self._component_numbers()
        network = Autoencoder(
            n_features,
            self.hidden,
            latent_dim,
            activation=self.activation,
            normalise_latent=True,
            input_noise=self.input_noise,
            generator=generator,
        )
        density = GaussianMixture(
            composite_width(
                latent_dim if view == "latent" else n_features, n_features, self.reconstruction_features
            ),
            max(1, min(numbers[member % len(numbers)], n_rows // ROWS_A_COMPONENT)),
            covariance_floor=self.covariance_floor,
            hidden=None,
        )
        return EnergyModel(scaling, network, density, self.reconstruction_features, view)

    def _report(self, member: int) -> Callable[[dict[str, float]], None] | None:
        on_epoch = self.on_epoch
        return None if on_epoch is None else lambda entry: on_epoch({"member": member, **entry})
