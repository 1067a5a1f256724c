"""What all detectors share: scikit-learn's manners around models that give energies."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import OutlierMixin, TransformerMixin
from sklearn.utils import ClassifierTags, Tags, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from hinterland.cores import usable_cores
from hinterland.detectors.calibration import Decisions
from hinterland.detectors.display import Displayed, summary
from hinterland.detectors.fit_warnings import TOO_FEW_ROWS, fitting_parts, warn_of_few_rows, warn_of_surprises
from hinterland.detectors.parameters import check_callback, check_seed, check_threads
from hinterland.detectors.updatable import Updatable
from hinterland.labels import ANOMALY, check_rows_left, label_codes
from hinterland.model.base import Model
from hinterland.model.ensemble import as_one, members_of
from hinterland.parameter_table import Parameterised, attribute, parameter
from hinterland.parameters import check_device, whole
from hinterland.shelf import Shelf
from hinterland.threads import Threads, fastest_threads, threads
from hinterland.training.history import History

DETECTORS: Shelf[type[Detector]] = Shelf("detector", "hinterland.detectors")
"""Detectors by the name of their class."""

LOG = logging.getLogger(__name__)

ROWS_TO_MEASURE, ROWS_WORTH_MEASURING = 4_096, 200_000
FEW_THREADS = 16
"""No more are started than these or than there are cores: a system that cannot start them ends the process."""

OF_A_FIT = (
    "training_energy_",
    "calibration_energy_",
    "calibration_",
    "threshold_by_",
    "counted_",
    "sampled_fit_",
)
"""What a fit does not always set, and must not keep of the one before."""


class Detector(Displayed, Updatable, Decisions, TransformerMixin, OutlierMixin, Parameterised):
    """Base of the detectors: ``fit`` validates, trains, freezes the density and sets the threshold.

    A member has its parameters in its body, each with its check and description (``hinterland.parameter_table``), and
    implements ``_train``; what no check of a single parameter sees is checked by ``_check_parameters``.

    Attributes
    ----------
    model_ : Model, rows to energy: all that scores, is explained and saved.
    models_ : list of Model, the members of ``model_`` where it is an ensemble, as a rule the mean of their energies.
    history_ : list of dict, an entry an epoch (and a member, where there are several): loss terms, seconds.
    offset_ : float; ``predict`` calls a row anomalous where ``score_samples`` is below it.
    training_energy_ : ndarray (n,), the energies of the training rows, in nats.
    calibration_energy_ : ndarray (m,), the energies that ``offset_`` was learnt from: those of the training rows, or of
        training rows held out from a density that would know them too well.
    references_ : ndarray (m, d), usual rows that explanations compare with: up to ``n_references`` training rows
        of at most median energy, or, where ``n_references`` is 0, the columns' medians.
    calibration_, threshold_by_ : what ``calibrate`` and ``set_threshold`` set; see ``Decisions``.
    counted_ : how many rows count in what ``update`` adds to; see ``Updatable``.
    sampled_fit_ : dict, of how many rows a fit by ``hinterland.engines`` drew a sample; not there otherwise.
    n_features_in_, feature_names_in_ : as in scikit-learn.
    """

    needs_labels: ClassVar[bool] = False
    """Whether ``fit`` cannot do without labels."""

    built_on: ClassVar[tuple[str, ...]] = ()
    """Other detectors by name whose defaults are a part of what this one does."""

    # fmt: off
    n_references: int = parameter(256, whole(least=0),
        "usual training rows kept in the detector, and in its file, for explanations to compare with; 0 keeps the "
        "columns' medians instead, and no row.")
    n_threads: Threads = parameter(1, check_threads,
        "torch threads; one is fastest for small networks. ``auto`` trains with one, and scores many rows with all "
        "cores where that measures faster.")
    random_state: Any = parameter(None, check_seed,
        "seed or generator; the same seed gives the same bits on the same machine.")
    on_epoch: Callable[[dict[str, float]], None] | None = parameter(None, check_callback,
        "called with each entry of ``history_``, for progress.")
    # fmt: on

    contamination: float = attribute()  # a parameter, where the threshold is a share of the rows
    device: str = attribute()  # a parameter, where it is not an inner detector's
    model_: Model = attribute()
    history_: History = attribute()
    references_: np.ndarray = attribute()

    def __init_subclass__(cls, name: str = "", **kwargs: Any) -> None:
        """Put a class that gives a name on the shelf."""
        super().__init_subclass__(**kwargs)
        if name:
            DETECTORS.add(name, cls)

    def fit(self, X: Any, y: Any = None, *, is_anomaly: Any = None, is_normal: Any = None) -> Self:
        """Train on rows X (n, d).

        Rows known to be anomalous do not train the detector, but where it has a loss for them (``DAGMM``). Rows known
        to be normal train it as unlabelled ones do, but where it needs them (``PositiveUnlabelled``).

        Parameters
        ----------
        X : rows (n, d).
        y : (n,) label codes: +1 known normal, -1 known anomaly, 0 or missing unlabelled. None for no labels.
        is_anomaly, is_normal : (n,) 1 or True for rows known to be that, 0, False or missing for all others; instead
            of ``y``. In a pipeline: ``fit(X, detector__is_anomaly=...)``.

        Raises
        ------
        ValueError
            For a parameter out of its range, rows that are not a finite numeric matrix, fewer than two
            rows to train on, or a label code that is not +1, -1 or 0. The message names the thing.

        Warns
        -----
        UserWarning
            Where ``y`` marks rows with 1 and none with -1, which is what it would hold if 1 meant anomaly.
        """
        self.check_parameters()
        check_device("device", self.device, double=True)
        rows = self._validated(X, reset=True)
        labels = label_codes(y, len(rows), is_anomaly=is_anomaly, is_normal=is_normal)
        check_rows_left(labels)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        device = torch.device(self.device)
        for name in OF_A_FIT:  # the previous one
            self.__dict__.pop(name, None)
        with threads(self.training_threads()):
            with fitting_parts() as is_part:
                held_out_energy = self._train(rows, labels, seed, device)
            training_rows = rows[labels != ANOMALY]
            if not hasattr(self, "training_energy_"):
                self.training_energy_ = self.energy_of(training_rows)
        if not hasattr(self, "calibration_energy_"):
            self.calibration_energy_ = self.training_energy_
        self.offset_ = -self._threshold()
        if not is_part:  # of which the whole says it, of its own rows and threshold
            if len(training_rows) <= TOO_FEW_ROWS:
                warn_of_few_rows(len(training_rows))
            elif held_out_energy is not None:
                warn_of_surprises(held_out_energy, -self.offset_, self.contamination)
        self.references_ = usual_rows(training_rows, self.training_energy_, self.n_references, seed)
        if not is_part and LOG.isEnabledFor(logging.INFO):
            LOG.info("%s", summary(self))
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # features are float64 whatever comes in
        tags.classifier_tags = ClassifierTags(multi_class=False)  # y holds codes, not any number of classes
        return tags

    def _threshold(self) -> float:
        """Energy above which a row is called anomalous: few enough of ``calibration_energy_`` lie above it."""
        return self._at_contamination(self.contamination)

    def _train(
        self, rows: np.ndarray, labels: np.ndarray, seed: int, device: torch.device
    ) -> np.ndarray | None:
        """Set ``model_`` and ``history_`` from float64 rows (n, d) and label codes (n,).

        It may set ``calibration_energy_``, where the training rows' own energies would give a wrong threshold, and
        ``training_energy_`` where these are at hand. Returns
        the energies (m,) of rows that were held out from all that was learnt, or None.
        """
        raise NotImplementedError

    def _learnt_rule(self) -> str:
        return f"the highest {100 * self.contamination:.3g}% of {self._learnt_from()}"

    def rows(self, X: Any) -> np.ndarray:
        """Rows X as what the detector works on: a finite float64 matrix (n, d), as wide and named as in the fit.

        Raises
        ------
        ValueError
            For rows that are no finite numbers, or of other columns than the detector was fitted on.
        """
        check_is_fitted(self)
        return self._validated(X, reset=False)

    def energy_of(self, rows: np.ndarray) -> np.ndarray:
        """Energy in nats (n,) float64 of rows (n, d) that ``rows`` gave; nothing is checked again."""
        return self.model_.in_chunks(self.model_.energy, rows)

    @property
    def models_(self) -> list[Model]:
        """The members of ``model_``, or itself; set to a list of models it makes ``model_`` their mean."""
        return members_of(self.model_)

    @models_.setter
    def models_(self, models: Sequence[Model]) -> None:
        self.model_ = as_one(models)

    def energy(self, X: Any) -> np.ndarray:
        """Energy of rows X (n, d) in nats, (n,) float64: higher is more anomalous."""
        rows = self.rows(X)
        with threads(self._scoring_threads(rows)):
            energy = self.energy_of(rows)
        if np.isnan(energy).any():
            bad = np.flatnonzero(np.isnan(energy))
            raise ValueError(
                f"the detector gives {len(bad)} of {len(rows)} rows no energy (NaN; first rows: "
                f"{', '.join(map(str, bad[:5]))}): its numbers overflow on them, as those of an edited file may"
            )
        return energy

    def energies(self, X: Any) -> np.ndarray:
        """Energy of rows X (n, d) under each of the K ``models_``, (n, K) float64; ``energy`` is their mean."""
        rows = self.rows(X)
        with threads(self._scoring_threads(rows)):
            return np.stack([model.in_chunks(model.energy, rows) for model in self.models_], axis=1)

    def score_samples(self, X: Any) -> np.ndarray:
        """Log-likelihood of rows X under the detector's density, (n,): minus the energy."""
        return -self.energy(X)

    def decision_function(self, X: Any) -> np.ndarray:
        """``score_samples(X) - offset_``: negative for anomalies."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """Return +1 for normal and -1 for anomalous rows, (n,)."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def fit_predict(self, X: Any, y: Any = None, **labels: Any) -> np.ndarray:
        """Fit, and label the same rows: ``fit(X, y, **labels).predict(X)``."""
        return self.fit(X, y, **labels).predict(X)

    def score(self, X: Any, y: Any = None) -> float:
        """Mean of ``score_samples`` over rows X that are not known anomalies (-1 in y): higher is better.

        The mean log-likelihood, as that of scikit-learn's densities: it needs no labels, and compares detectors whose
        densities see the same features. To compare others, or to judge by labels, give a search a ``scoring``.
        """
        scores = self.score_samples(X)
        kept = label_codes(y, len(scores)) != ANOMALY
        if not kept.any():
            raise ValueError("score needs a row that is not a known anomaly (-1 in y), got none")
        return float(np.mean(scores[kept]))

    def transform(self, X: Any) -> np.ndarray:
        """Composite features of rows X (n, d): latent and reconstruction features, (n, D) float64.

        Those of several models lie side by side.
        """
        rows = self.rows(X)
        with threads(self._scoring_threads(rows)):
            return self.model_.in_chunks(self.model_.features, rows)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted detector to one file, atomically; ``hinterland.load`` reads it."""
        from hinterland.persistence import save

        save(self, path)

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted detector as an ONNX file, which scores without torch (docs/onnx.md), atomically.

        Rows ``rows`` (n, d) go in; ``energy``, ``label`` and, where the detector is calibrated, ``p_value`` come out.
        ``hinterland.export.export`` takes a pipeline with an encoder as well, and says what is raised.
        """
        from hinterland.export import export

        export(self, path)

    def check_rows_alone(self, what: str) -> None:
        """Raise ValueError, naming ``what`` needs it, where a fitted detector's energies depend on a row's company."""
        if not self.model_.rows_alone:
            raise ValueError(
                f"{what} needs a detector whose energy of a row depends on that row alone, and that of a "
                f"{type(self).__name__} with a graph within the batch does not"
            )

    def training_threads(self) -> int:
        """Torch threads to train with, and to score a few rows with."""
        if self.n_threads == "auto":
            return 1
        return min(self.n_threads, max(FEW_THREADS, usable_cores()))

    def _scoring_threads(self, rows: np.ndarray) -> int:
        """Threads to score rows with; measured on the first of them where it is to be, and worth it."""
        if self.n_threads != "auto" or len(rows) < ROWS_WORTH_MEASURING:
            return self.training_threads()
        return fastest_threads(lambda: self.energy_of(rows[:ROWS_TO_MEASURE]))

    def _validated(self, X: Any, *, reset: bool) -> np.ndarray:
        """Rows as a finite float64 matrix; their names and width learnt, or checked against those of the fit."""
        matrix = validate_data(
            self,
            X,
            reset=reset,
            dtype=np.float64,
            ensure_all_finite=False,
            ensure_min_samples=2 if reset else 1,
        )
        check_finite(matrix, getattr(self, "feature_names_in_", None))
        return matrix


def usual_rows(rows: np.ndarray, energy: np.ndarray, n_rows: int, seed: int) -> np.ndarray:
    """Up to ``n_rows`` random rows of at most median energy, (m, d); the columns' medians where that is none."""
    if n_rows == 0:
        return np.median(rows, axis=0, keepdims=True)
    usual = np.flatnonzero(energy <= np.median(energy))
    chosen = np.random.default_rng(seed).permutation(usual)[:n_rows]
    return rows[np.sort(chosen)]


def check_finite(matrix: np.ndarray, names: Sequence[str] | None) -> None:
    """Raise ValueError that names the columns and first rows where a matrix (n, d) has NaN or infinity."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(matrix.sum()):  # one pass without a temporary; a finite sum rules both out
            return
    bad = ~np.isfinite(matrix)
    if not bad.any():
        return
    kinds = " and ".join(
        kind
        for kind, there in (("NaN", np.isnan(matrix).any()), ("infinity", np.isinf(matrix).any()))
        if there
    )
    columns = np.flatnonzero(bad.any(0))
    shown = [repr(str(names[j])) if names is not None else str(j) for j in columns[:5]]
    rows = np.flatnonzero(bad.any(1))
    raise ValueError(
        f"Input X contains {kinds} in column{'s' if len(columns) > 1 else ''} {', '.join(shown)}"
        f"{', ...' if len(columns) > 5 else ''} (first rows: {', '.join(map(str, rows[:5]))}; "
        f"{len(rows)} in all). Fill or drop them first; hinterland.preprocessing.TabularEncoder fills missing values."
    )
