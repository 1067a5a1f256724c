"""Surprisal: the default detector for an unknown table."""

from __future__ import annotations

import math

import numpy as np
import torch

from hinterland.densities.autoregressive import AutoregressiveDensity
from hinterland.detectors import parameters as shared
from hinterland.detectors.deep_mixture import DeepMixture
from hinterland.detectors.novelty import NoveltyDetector
from hinterland.model.calibrated import Calibrated
from hinterland.model.column_scales import Scaling
from hinterland.model.column_view import ColumnView
from hinterland.model.ensemble import Ensemble
from hinterland.model.scaling import InputScaling
from hinterland.parameter_table import parameter
from hinterland.parameters import number, whole
from hinterland.preprocessing.tabular.columns import CONSTANT_SHARE
from hinterland.training.as_new import AsNew, autoregressive, nearest_neighbour
from hinterland.training.history import Entry, History
from hinterland.training.loop import interruptions, warn_interrupted
from hinterland.training.trimming import usual

FEWEST_STEPS, MOST_STEPS, ROWS_A_STEP = 300, 2_000, 25
"""Steps of a network where none are given: one for so many rows, within these bounds."""

MOST_OUTPUTS, FEWEST_BINS = 4_096, 8
"""A wide table has fewer bins a column, so that a network has no more outputs."""

MOST_INPUTS = 2_048
"""A wide table has fewer frequencies a column, so that a network has no more inputs."""

FEWEST_NEIGHBOR_ROWS, MOST_NEIGHBOR_ROWS, MOST_NEIGHBOR_NUMBERS = 4_096, 32_768, 2**19
"""Rows that neighbours are sought among where none are given: as many as so many numbers hold, within these bounds."""

VIEW_CLIP = 10.0
"""What bounds the view of the nearest neighbour where nothing else does."""


class Surprisal(NoveltyDetector, name="Surprisal"):
    """How surprising a row is to densities of three kinds, in nats: the default for a table.

    A nearest neighbour, in each column's standard deviations and its normal scores, knows where rows lie.
    Autoregressive networks over the columns' bins know which values go together, and how rare a value is. Mixtures of
    Gaussians over the row and its reconstruction error (``DeepMixture``) know smooth shapes. Each is calibrated on
    the training rows as if they were new to it: of the networks and mixtures each leaves a third of the rows out and
    judges it, and a stored row does not count as its own neighbour. An energy then becomes its surprisal, -log of the
    share of such rows that have as high a one, and the energy of a row is the mean of the three surprisals: 3 nats
    are as surprising as one row of twenty to all three, on average. What each kind is worth is in
    ``docs/default-choices.md``; the choices were made on the ADBench and OddBench sets.

    Attributes
    ----------
    See ``hinterland.detectors.base.Detector``.

    References
    ----------
    The method is this library's own. Its network is that of M. Germain, K. Gregor, I. Murray and H. Larochelle, "MADE:
    Masked Autoencoder for Distribution Estimation", International Conference on Machine Learning (ICML), 2015.
    arXiv:1502.03509

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from hinterland import Surprisal
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> detector = Surprisal(steps=20, random_state=0).fit(X[y == 1][:180])
    >>> detector.predict(X[y == 0]).min()
    np.int64(-1)
    """

    built_on = ("DeepMixture",)

    # fmt: off
    n_neighbor_rows: int | None = parameter(None, whole(least=2, optional=True),
        "training rows, at most, among which the nearest neighbour is sought; they are kept in the detector and its "
        "file. None for 32,768 of up to 8 columns, fewer of more, and 4,096 of 64 and more.")
    n_members: int = parameter(3, whole(least=2),
        "autoregressive networks, and mixtures; each leaves this part of the training rows out.")
    n_bins: int = parameter(32, whole(least=8),
        "most bins of a column in the networks; no more than the root of the rows' number, and fewer on wide tables.")
    width: int = parameter(128, whole(least=1), "of the networks' hidden layers.")
    steps: int | None = parameter(None, whole(least=1, optional=True),
        "gradient steps of each network, and of each mixture's autoencoder at most 200 of them; None for 300 to 2,000, "
        "by the number of rows.")
    batch_size: int = shared.batch_size()
    learning_rate: float = shared.learning_rate(default=3e-3)
    scaling: Scaling | None = shared.scaling(
        about="``standard``, ``minmax`` or None: how columns are scaled by the training rows. None takes rows as "
        "scaled already, to a variance of about 1.")
    clip: float | None = shared.clip()
    trimmed_share: float = parameter(0.0, number(least=0, most=0.5),
        "share of the training rows that train nothing: those that an isolation forest finds oddest. 0.1 where some of "
        "them may be anomalies that are like each other, and so usual to each other; it costs accuracy where none are. "
        "The threshold is learnt from all rows.")
    contamination: float = shared.contamination(about="share of rows to flag, in (0, 0.5]; sets ``offset_``.")
    device: str = shared.device()
    # fmt: on

    def energy_as_new(self) -> np.ndarray | None:
        """Energies of the training rows, each judged as if it were new; None without ``novelty``."""
        return self.calibration_energy_ if self.novelty else None

    def _learnt_from(self) -> str:
        return "the training rows, each judged as if it were new" if self.novelty else super()._learnt_from()

    def _train(
        self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device
    ) -> np.ndarray | None:
        rows = rows[labels != -1]
        generator = torch.Generator().manual_seed(seed)
        kept = usual(rows, self.trimmed_share, seed)
        kinds = [_over_all(kind, rows, kept) for kind in self._kinds(rows[kept], generator, device)]
        members = [_calibrated(kind).to(device) for kind in kinds]
        self.model_ = Ensemble(members).eval()
        self.history_: History = [entry for kind in kinds for entry in kind.history]
        if not self.novelty:
            return None
        surprisals = [member.surprisals_of(kind.energy) for member, kind in zip(members, kinds, strict=True)]
        self.calibration_energy_ = np.mean(surprisals, axis=0)
        return self.calibration_energy_

    def _kinds(self, rows: np.ndarray, generator: torch.Generator, device: torch.device) -> list[AsNew]:
        """The densities of the kinds that are ready when training ends, or is interrupted."""
        kinds: list[AsNew] = []
        for fit in (self._nearest_neighbour, self._autoregressive, self._deep_mixture):
            try:
                kind = fit(rows, generator, device)
            except KeyboardInterrupt:  # outside of the training loop, which ends by itself
                if not kinds:
                    raise
                warn_interrupted(
                    "training was interrupted; the kinds of density that are ready are kept", stacklevel=3
                )
                break
            if kind.interrupted:  # of the rows some are new to none of its models
                break
            kinds.append(kind)
        return kinds

    def _nearest_neighbour(self, rows: np.ndarray, generator: torch.Generator, device: torch.device) -> AsNew:
        view = ColumnView.from_rows(rows, self.scaling, self.clip or VIEW_CLIP, constant_unit=CONSTANT_SHARE)
        most = self.n_neighbor_rows or min(
            MOST_NEIGHBOR_ROWS, max(FEWEST_NEIGHBOR_ROWS, MOST_NEIGHBOR_NUMBERS // (2 * rows.shape[1]))
        )
        return nearest_neighbour(rows, view, most, generator, device)

    def _autoregressive(self, rows: np.ndarray, generator: torch.Generator, device: torch.device) -> AsNew:
        n, d = rows.shape
        n_bins = max(FEWEST_BINS, min(self.n_bins, math.isqrt(n), MOST_OUTPUTS // d))

        def make() -> AutoregressiveDensity:
            return AutoregressiveDensity(
                d,
                n_bins,
                width=self.width,
                n_frequencies=min(6, max(0, MOST_INPUTS // (2 * d) - 1)),
                generator=generator,
            )

        return autoregressive(
            rows,
            InputScaling.from_rows(rows, self.scaling, self.clip, constant_unit=CONSTANT_SHARE),
            make,
            self.n_members,
            self.steps or min(MOST_STEPS, max(FEWEST_STEPS, len(rows) // ROWS_A_STEP)),
            self.batch_size,
            self.learning_rate,
            generator,
            device,
            on_epoch=self.on_epoch,
        )

    def _deep_mixture(self, rows: np.ndarray, generator: torch.Generator, device: torch.device) -> AsNew:
        before = interruptions()
        report = self.on_epoch

        def placed(entry: Entry) -> Entry:
            return {"stage": 3, **entry}

        mixture = DeepMixture(
            self.n_members,
            steps=min(200, self.steps or 200),
            validation_share=1 / self.n_members,
            scaling=self.scaling,
            clip=self.clip,
            n_references=0,
            n_threads=self.n_threads,
            device=self.device,
            random_state=int(torch.randint(2**31 - 1, (), generator=generator)),
            on_epoch=None if report is None else lambda entry: report(placed(entry)),
        )
        mixture.fit(rows)
        history = [placed(entry) for entry in mixture.history_]
        return AsNew(mixture.model_, mixture.calibration_energy_, history, interruptions() > before)


def _calibrated(kind: AsNew) -> Calibrated:
    """The model of a kind with its energies as surprisal."""
    model = Calibrated(kind.model)
    model.learn(kind.energy)
    model.ready_to_score()
    return model


def _over_all(kind: AsNew, rows: np.ndarray, kept: np.ndarray) -> AsNew:
    """The kind that knows the rows that were kept, with energies of all: the others are new to it."""
    energy = np.empty(len(rows))
    energy[kept] = kind.energy
    energy[~kept] = kind.model.in_chunks(kind.model.energy, rows[~kept])
    return kind._replace(energy=energy)
