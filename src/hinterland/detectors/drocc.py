"""DROCC: a network that tells the training rows from the rows around them that it finds hardest."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from hinterland.detectors import parameters as shared
from hinterland.detectors.base import Detector
from hinterland.labels import ANOMALY
from hinterland.model.base import Model
from hinterland.model.column_scales import Scaling
from hinterland.model.scaling import InputScaling
from hinterland.networks.gradients import without_gradients
from hinterland.networks.layers import ACTIVATIONS, layers
from hinterland.parameter_table import parameter, positional
from hinterland.parameters import check_widths, number, whole, widths
from hinterland.training.hold_out import hold_out
from hinterland.training.loop import train
from hinterland.training.settings import LoopSettings
from hinterland.training.staged_history import StagedHistory

SMALLEST_NORM = 1e-12


class RowClassifier(Model, name="row_classifier"):
    """Scaled rows to the log-odds f(x) of a row being usual; its energy is -f(x), in nats.

    Parameters
    ----------
    scaling : of raw rows.
    hidden : widths of the hidden layers, the last of which gives the features.
    activation : of the hidden layers.
    generator : source of the initial weights.
    """

    def __init__(
        self,
        scaling: InputScaling,
        hidden: Sequence[int],
        activation: str,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_widths("hidden", hidden)
        self.scaling, self.hidden, self.activation = scaling, list(hidden), activation
        self.n_features = len(scaling.center)
        widths = [self.n_features, *self.hidden]
        hidden_layers = [*layers(widths, activation, generator), ACTIVATIONS[activation]()]
        self.encoder = nn.Sequential(*(hidden_layers if self.hidden else []))
        self.head = nn.Sequential(*layers([widths[-1], 1], activation, generator))

    @property
    def features_width(self) -> int:
        """Width of the last hidden layer, or of a row where there is none."""
        return self.hidden[-1] if self.hidden else self.n_features

    def scaled(self, x: Tensor) -> Tensor:
        """Raw rows (n, d) scaled."""
        return self.scaling(x).to(next(self.parameters()).dtype)

    def features_of_scaled(self, scaled: Tensor) -> Tensor:
        """Last hidden layer (n, D) of scaled rows."""
        features: Tensor = self.encoder(scaled)
        return features

    def energy_of_scaled(self, scaled: Tensor) -> Tensor:
        """Log-odds (n,) against scaled rows (n, d) being usual."""
        return -self.log_odds(scaled)

    def log_odds(self, scaled: Tensor) -> Tensor:
        """f(x), (n,), of scaled rows (n, d)."""
        odds: Tensor = self.head(self.encoder(scaled))[:, 0]
        return odds


class DROCC(Detector, name="DROCC"):
    """Deep robust one-class classification: training rows against the rows around them that look most like them.

    A network's log-odds f are learnt to be high on the training rows x and low on rows x + h, whose displacement h is
    drawn at random, climbs the loss and is kept in a shell around x: no anomaly is needed, and no reconstruction. It
    minimises the mean over training rows of

        ``l(f(x), 1) + adversarial_weight max l(f(x + h), -1),   radius <= |h| <= shell radius``,

    l being the logistic loss (equation 1 and algorithm 1 of the paper). It takes the training rows to be usual and to
    lie on a manifold, with no usual rows at the radius off it. A row's energy is -f(x).

    Attributes
    ----------
    radius_ : float, the radius that was taken.
    Others as in ``hinterland.detectors.base.Detector``.

    References
    ----------
    S. Goyal, A. Raghunathan, M. Jain, H. V. Simhadri and P. Jain, "DROCC: Deep Robust One-Class Classification",
    International Conference on Machine Learning (ICML), 2020. arXiv:2002.12718

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import DROCC
    >>> X, benign = load_breast_cancer(return_X_y=True)
    >>> detector = DROCC(steps=50, random_state=0).fit(X[benign == 1])
    >>> detector.predict(X).shape
    (569,)
    """

    # fmt: off
    hidden: Sequence[int] = positional(default=(128,), check=widths(),
        about="widths of the hidden layers; empty for log-odds that are linear in the columns.")
    activation: str = shared.activation()
    radius: float | None = parameter(None, number(above=0, optional=True),
        "least distance of a generated row from its training row, in scaled columns; None for the root of their "
        "number, which is how far standardised rows lie from their mean, and near what the paper chose for each table.")
    shell: float = parameter(2.0, number(least=1),
        "greatest such distance, as a multiple of the radius (the paper's gamma).")
    ascent_steps: int = parameter(10, whole(least=0), "steps of gradient ascent that move a generated row.")
    ascent_rate: float = parameter(0.01, number(above=0), "length of such a step, as a share of the radius.")
    adversarial_weight: float = parameter(1.0, number(above=0),
        "of the generated rows' loss beside the training rows' (the paper's mu).")
    warm_up: float = parameter(0.1, number(least=0, below=1),
        "share of the gradient steps, the first, that see training rows alone.")
    scaling: Scaling | None = shared.scaling()
    clip: float | None = shared.clip()
    steps: int = parameter(1000, whole(least=1), "gradient steps.")
    batch_size: int = shared.batch_size()
    learning_rate: float = shared.learning_rate()
    weight_decay: float = parameter(0.0, number(least=0), "of Adam's steps (AdamW).")
    validation_share: float = shared.validation_share(
        about="share of the training rows that are held out, to say so where many more of them are flagged than asked "
        "for; none where that is under 20 rows.")
    contamination: float = shared.contamination()
    device: str = shared.device()
    # fmt: on

    def _train(self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device) -> np.ndarray:
        rows = rows[labels != ANOMALY]
        generator = torch.Generator().manual_seed(seed)
        scaling = InputScaling.from_rows(rows, self.scaling, self.clip)
        model = RowClassifier(scaling, self.hidden, self.activation, generator=generator).to(device)
        self.radius_: float = math.sqrt(rows.shape[1]) if self.radius is None else float(self.radius)
        warm_up = round(self.warm_up * self.steps)
        history = StagedHistory(self.on_epoch)
        fitted, held_out = hold_out(len(rows), self.validation_share, generator)
        scaled = model.scaled_rows(rows[fitted])

        def usual(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
            return {"usual_rows": softplus(-model.log_odds(batch[0])).mean()}

        def against_adversaries(batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
            with without_gradients(model):
                hardest = adversaries(
                    model.log_odds,
                    batch[0],
                    self.radius_,
                    self.shell * self.radius_,
                    n_steps=self.ascent_steps,
                    step=self.ascent_rate * self.radius_,
                    generator=generator,
                )
            return {
                **usual(batch),
                "adversarial": self.adversarial_weight * softplus(model.log_odds(hardest)).mean(),
            }

        for stage, (steps, objective) in enumerate(
            [(warm_up, usual), (self.steps - warm_up, against_adversaries)], start=1
        ):
            if steps:
                settings = LoopSettings.of_steps(
                    steps,
                    len(fitted),
                    self.batch_size,
                    learning_rate=self.learning_rate,
                    weight_decay=self.weight_decay,
                )
                train([model], objective, (scaled,), settings, generator, on_epoch=history.stage(stage))
        model.ready_to_score()
        self.model_, self.history_ = model, history.entries
        return self.energy_of(rows[held_out])


def adversaries(
    log_odds: Callable[[Tensor], Tensor],
    rows: Tensor,
    least: float,
    most: float,
    *,
    n_steps: int,
    step: float,
    generator: torch.Generator,
) -> Tensor:
    """Rows (n, d) at a distance of ``least`` to ``most`` from given ones that are taken for usual ones, if any are.

    Each starts at a random displacement and takes ``n_steps`` of length ``step`` up the gradient of its own loss
    l(f, -1) = ln(1 + exp f), each followed by the projection onto the shell (algorithm 1, step 2 of the paper).
    """
    start = torch.randn(rows.shape, generator=generator, device=generator.device).to(rows)
    displacement = on_shell(start, least, most)
    for _ in range(n_steps):
        displacement.requires_grad_()
        (ascent,) = torch.autograd.grad(softplus(log_odds(rows + displacement)).sum(), displacement)
        length = torch.linalg.vector_norm(ascent, dim=1, keepdim=True).clamp_min(SMALLEST_NORM)
        displacement = on_shell(displacement.detach() + step * ascent / length, least, most)
    return rows + displacement


def on_shell(displacement: Tensor, least: float, most: float) -> Tensor:
    """Displacements (n, d) shortened or lengthened where their norm is not from ``least`` to ``most``."""
    length = torch.linalg.vector_norm(displacement, dim=1, keepdim=True).clamp_min(SMALLEST_NORM)
    return displacement * (length.clamp(least, most) / length)
