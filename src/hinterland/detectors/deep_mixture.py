"""DeepMixture: the default detector for an unknown table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from hinterland.detectors.base import Detector
from hinterland.detectors.own_density import check_density, make_density
from hinterland.model.column_scales import Scaling
from hinterland.model.composite import check_feature_names, composite_width
from hinterland.model.energy_model import EnergyModel, View
from hinterland.model.ensemble import as_one
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.layers import ACTIVATIONS
from hinterland.networks.mlp import Autoencoder
from hinterland.parameters import check_choice, check_integer, check_number, check_widths
from hinterland.preprocessing.tabular.columns import CONSTANT_SHARE
from hinterland.threads import Threads
from hinterland.training.history import History
from hinterland.training.hold_out import energies_of_new_rows, out_of_bag
from hinterland.training.in_turn import fit_in_turn
from hinterland.training.loop import warn_interrupted
from hinterland.training.settings import LoopSettings

WIDEST_ROW = 100
"""Wider rows are seen through their latent: a full covariance has the square of the width as its entries."""

WIDEST_LATENT = 16
ROWS_A_COMPONENT = 5
"""A mixture has at most one component for this many of its rows."""

MOST_ROWS = 5_000
"""Rows that a member trains on; a random part of more."""

MOST_ENTRIES = 250_000_000
"""Rows x components x squared features of a mixture, by which wide rows have fewer components: a fit's time."""

LEAST_ROWS = 3
"""A component that has fewer rows is none: a few odd rows must not be the most ordinary ones of all."""

SHARED_ROWS = 5.0
"""Rows that vary as those of all components do and count in each one's covariance: few rows make no narrow one."""

LEAST_VARIANCE: dict[Scaling | None, float] = {"standard": 0.03, "minmax": 0.001, None: 0.03}
"""Of a scaled column, in a component: a value that was never seen is odd by tens of nats and no more."""


class DeepMixture(Detector):
    """Mixtures of Gaussians over each row and the error of its denoising autoencoder: the default for a table.

    Each member trains an autoencoder on rows with added noise, joins the scaled row (its latent, for a wide
    table) with the logarithm of its reconstruction error, and fits a mixture of many Gaussians to that, by
    expectation-maximisation. A member leaves a part of the rows out, and each row is left out by some: the threshold is
    learnt from the energies that rows have under the members that do not know them, so that it holds for new rows and
    very nearly for the training rows too. An odd row that the members which have seen it took for usual is odd to the
    others. The energy is the mean of the members'; above what nearly all rows have a member's goes on as a logarithm
    (``hinterland.model.score.eased``), so that no column can add thousands of nats.
    What each choice is worth is in ``docs/default-choices.md``; they were made on the ADBench and OddBench sets.

    Parameters
    ----------
    n_members : autoencoders with a mixture each; their energies are averaged.
    density : ``gaussian``, the mixture of Gaussians, or another density in ``hinterland.densities.DENSITIES``.
    density_options : what that density takes beyond the parameters here; None for nothing.
    n_components : Gaussians in a member's mixture; of several numbers the members of a round take one after the other.
        Never more than one for five of its rows, and fewer on many columns.
    covariance_floor : share of each composite feature's variance added to every covariance's diagonal; never less than
        a few hundredths of a scaled column's usual variance.
    reconstruction_features : names of the reconstruction features in the composite; see ``hinterland.model.composite``.
    view : what the mixture sees beside them: ``row``, ``latent``, or None for the row of up to 100 columns and the
        latent of more.
    hidden : widths of the encoder's hidden layers, mirrored in the decoder.
    latent_dim : width of the latent; None for half the columns, at most 16.
    activation : of the hidden layers: tanh, relu, silu or gelu.
    input_noise : standard deviation of the noise added to scaled rows while training.
    scaling : ``standard``, ``minmax`` or None: how columns are scaled by the training rows. None takes rows as scaled
        already, to a variance of about 1.
    clip : scaled values are bounded by this; None for no bound.
    steps : gradient steps of each autoencoder.
    batch_size, learning_rate : of Adam's steps; the learning rate falls to zero along a cosine.
    validation_share : share of the training rows that a member does not see. Members come in rounds, of three for a
        third, in which each row is left out once. An autoencoder keeps the state that is best on the rows left out. 0
        leaves none out, and the threshold is then of the training rows themselves.
    contamination : share of rows to flag, in (0, 0.5]; sets ``offset_``.
    novelty : whether that share is of rows that are new to the members that judge them, or exactly that of the training
        rows under all members. They differ little: mixtures know the rows they were fitted to, but each row is new to
        a part of the members.
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
        n_members: int = 6,
        *,
        density: str = "gaussian",
        density_options: Mapping[str, Any] | None = None,
        n_components: int | Sequence[int] = (20, 60),
        covariance_floor: float = 0.03,
        reconstruction_features: Sequence[str] = ("floored_log_error",),
        view: View | None = None,
        hidden: Sequence[int] = (64, 64),
        latent_dim: int | None = None,
        activation: str = "silu",
        input_noise: float = 0.3,
        scaling: Scaling | None = "standard",
        clip: float | None = 10.0,
        steps: int = 200,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        validation_share: float = 1 / 3,
        contamination: float = 0.05,
        novelty: bool = True,
        n_references: int = 256,
        device: str = "cpu",
        n_threads: Threads = 1,
        random_state: Any = None,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> None:
        self.n_members = n_members
        self.density = density
        self.density_options = density_options
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
        check_density(self.density, self.density_options)
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

    def _train(
        self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device
    ) -> np.ndarray | None:
        rows = rows[labels != -1]
        generator = torch.Generator().manual_seed(seed)
        scaling = InputScaling.from_rows(rows, self.scaling, self.clip, constant_unit=CONSTANT_SHARE)
        trained = out_of_bag(len(rows), self.validation_share, self.n_members, generator, most=MOST_ROWS)
        a_round = max(1, round(1 / self.validation_share)) if self.validation_share else 1
        models: list[EnergyModel] = []
        self.history_: History = []
        energies = []
        for member, own in enumerate(trained):
            model = self._model(member // a_round, int(own.sum()), scaling, generator).to(device)
            try:
                result = fit_in_turn(
                    model,
                    rows[own],
                    rows[~own],
                    LoopSettings.of_steps(
                        self.steps, int(own.sum()), self.batch_size, learning_rate=self.learning_rate
                    ),
                    generator,
                    least_rows=LEAST_ROWS,
                    on_epoch=self._report(member),
                )
                energy = model.in_chunks(model.energy, rows)
            except KeyboardInterrupt:  # outside of the training loop, which ends by itself
                if not models:
                    raise
                warn_interrupted(
                    f"training was interrupted; the {member} of {self.n_members} members that were ready are kept",
                    stacklevel=3,
                )
                break
            models.append(model)
            self.history_ += [{"member": member, **entry} for entry in result.history]
            energies.append(energy)
            if result.interrupted:
                break
        self.model_ = as_one(models)
        self.training_energy_ = np.mean(energies, axis=0)
        new = energies_of_new_rows(np.stack(energies), trained[: len(energies)])
        if not self.novelty or not len(new):
            return None
        self.calibration_energy_ = new
        return new

    def _model(
        self, which: int, n_rows: int, scaling: InputScaling, generator: torch.Generator
    ) -> EnergyModel:
        """An untrained model of ``n_rows`` rows, with the density of a round's number, ``which``."""
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
        width = composite_width(
            latent_dim if view == "latent" else n_features, n_features, self.reconstruction_features
        )
        bearable = min(n_rows // ROWS_A_COMPONENT, MOST_ENTRIES // (n_rows * width**2))
        density = make_density(
            self.density,
            width,
            self.density_options,
            generator,
            n_components=max(1, min(numbers[which % len(numbers)], bearable)),
            covariance_floor=self.covariance_floor,
            least_variance=LEAST_VARIANCE[self.scaling],
            shared_rows=SHARED_ROWS,
            hidden=None,
        )
        return EnergyModel(scaling, network, density, self.reconstruction_features, view, Score(tail=True))

    def _report(self, member: int) -> Callable[[dict[str, float]], None] | None:
        on_epoch = self.on_epoch
        return None if on_epoch is None else lambda entry: on_epoch({"member": member, **entry})
