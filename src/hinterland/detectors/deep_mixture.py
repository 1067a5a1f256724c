"""DeepMixture: mixtures over a row and its reconstruction error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from hinterland.densities.base import DENSITIES
from hinterland.detectors import parameters as shared
from hinterland.detectors.novelty import NoveltyDetector
from hinterland.detectors.own_density import check_density, make_density
from hinterland.model.column_scales import Scaling
from hinterland.model.composite import composite_width
from hinterland.model.energy_model import EnergyModel, View
from hinterland.model.ensemble import as_one
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.mlp import Autoencoder
from hinterland.parameter_table import parameter, positional
from hinterland.parameters import check_integer, check_widths, choice, number, whole
from hinterland.preprocessing.tabular.columns import CONSTANT_SHARE
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


def component_numbers(value: Any) -> Sequence[int]:
    """The numbers of components that ``n_components`` stands for."""
    return value if isinstance(value, Sequence) else (value,)


def check_component_numbers(name: str, value: Any) -> None:
    """Raise ValueError for what is neither a positive integer nor a sequence of some."""
    if not isinstance(value, Sequence):
        check_integer(name, value, least=1)
        return
    check_widths(name, value)
    if not value:
        raise ValueError(f"{name} must hold at least one number of Gaussians, got none")


class DeepMixture(NoveltyDetector, name="DeepMixture"):
    """Mixtures of Gaussians over each row and the error of its denoising autoencoder.

    Each member trains an autoencoder on rows with added noise, joins the scaled row (its latent, for a wide
    table) with the logarithm of its reconstruction error, and fits a mixture of many Gaussians to that, by
    expectation-maximisation. A member leaves a part of the rows out, and each row is left out by some: the threshold is
    learnt from the energies that rows have under the members that do not know them, so that it holds for new rows and
    very nearly for the training rows too. An odd row that the members which have seen it took for usual is odd to the
    others. The energy is the mean of the members'; above what nearly all rows have a member's goes on as a logarithm
    (``hinterland.model.score.eased``), so that no column can add thousands of nats.
    What each choice is worth is in ``docs/default-choices.md``; they were made on the ADBench and OddBench sets.

    Attributes
    ----------
    See ``hinterland.detectors.base.Detector``.

    References
    ----------
    The method is this library's own. Its autoencoder is that of P. Vincent, H. Larochelle, Y. Bengio and P.-A.
    Manzagol, "Extracting and Composing Robust Features with Denoising Autoencoders", International Conference on
    Machine Learning (ICML), 2008. doi:10.1145/1390156.1390294

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import DeepMixture
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> detector = DeepMixture(steps=50, random_state=0).fit(X[y == 1][:180])
    >>> detector.predict(X[y == 0]).min()
    np.int64(-1)
    """

    # fmt: off
    n_members: int = positional(default=6, check=whole(least=1),
        about="autoencoders with a mixture each; their energies are averaged.")
    density: str = parameter("gaussian", shared.member(DENSITIES),
        "``gaussian``, the mixture of Gaussians, or another density in ``hinterland.densities.DENSITIES``.")
    density_options: Mapping[str, Any] | None = shared.density_options()
    n_components: int | Sequence[int] = parameter((20, 60), check_component_numbers,
        "Gaussians in a member's mixture; of several numbers the members of a round take one after the other. "
        "Never more than one for five of its rows, and fewer on many columns.")
    covariance_floor: float = shared.covariance_floor(default=0.03,
        about="share of each composite feature's variance added to every covariance's diagonal; never less than a "
        "few hundredths of a scaled column's usual variance.")
    reconstruction_features: Sequence[str] = shared.reconstruction_features(default=("floored_log_error",))
    view: View | None = parameter(None, choice("row", "latent", None),
        "what the mixture sees beside them: ``row``, ``latent``, or None for the row of up to 100 columns and the "
        "latent of more.")
    hidden: Sequence[int] = shared.hidden(default=(64, 64))
    latent_dim: int | None = parameter(None, whole(least=1, optional=True),
        "width of the latent; None for half the columns, at most 16.")
    activation: str = shared.activation()
    input_noise: float = parameter(0.3, number(least=0),
        "standard deviation of the noise added to scaled rows while training.")
    scaling: Scaling | None = shared.scaling(
        about="``standard``, ``minmax`` or None: how columns are scaled by the training rows. None takes rows as "
        "scaled already, to a variance of about 1.")
    clip: float | None = shared.clip()
    steps: int = parameter(200, whole(least=1), "gradient steps of each autoencoder.")
    batch_size: int = shared.batch_size()
    learning_rate: float = shared.learning_rate()
    validation_share: float = shared.validation_share(default=1 / 3,
        about="share of the training rows that a member does not see. Members come in rounds, of three for a "
        "third, in which each row is left out once. An autoencoder keeps the state that is best on the rows left "
        "out. 0 leaves none out, and the threshold is then of the training rows themselves.")
    contamination: float = shared.contamination(about="share of rows to flag, in (0, 0.5]; sets ``offset_``.")
    device: str = shared.device()
    # fmt: on

    def _check_parameters(self) -> None:
        check_density(self.density, self.density_options)

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
        self.counted_ = {"mixtures": [float(own.sum()) for own in trained[: len(models)]]}
        self.training_energy_ = np.mean(energies, axis=0)
        new = energies_of_new_rows(np.stack(energies), trained[: len(energies)])
        if not self.novelty or not len(new):
            return None
        self.calibration_energy_ = new
        return new

    def parts_left_out(self) -> int:
        """Into how many parts rows are dealt of which each member leaves one out; 0 where none does."""
        return round(1 / self.validation_share) if self.validation_share else 0

    def _model(
        self, which: int, n_rows: int, scaling: InputScaling, generator: torch.Generator
    ) -> EnergyModel:
        """An untrained model of ``n_rows`` rows, with the density of a round's number, ``which``."""
        n_features = len(scaling.center)
        latent_dim = self.latent_dim or min(WIDEST_LATENT, max(1, n_features // 2))
        view = self.view or ("row" if n_features <= WIDEST_ROW else "latent")
        numbers = component_numbers(self.n_components)
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
