"""Updates of a fitted detector by new rows: sums are added, the threshold follows, and no network is trained again."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from hinterland.decisions.calibration import Calibration
from hinterland.detectors.base import Detector
from hinterland.errors import CannotUpdateError
from hinterland.parameters import check_number
from hinterland.threads import threads
from hinterland.thresholds import check_energy
from hinterland.training.added_rows import AddedRows
from hinterland.training.hold_out import energies_of_new_rows

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

SET_ASIDE = 5
"""Of a calibrated detector's new rows every so many is set aside: it is judged, and not added to the mixture."""

MOST_ENERGIES = 100_000
"""Energies that a detector keeps after an update; of more, as many at even ranks."""


class Update:
    """An update in two passes over new rows, each in parts or whole: ``add``, ``store``, ``judge``, ``finish``.

    Parameters
    ----------
    detector : fitted; it is changed by ``store`` and ``finish``.
    forget : share of what was counted before that is forgotten, in [0, 1].

    Attributes
    ----------
    has_mixtures : whether mixtures change, or the calibration and the threshold alone.

    Raises
    ------
    CannotUpdateError
        Where there is nothing that rows could be added to; the message says why.
    """

    def __init__(self, detector: Detector, forget: float = 0.0) -> None:
        check_number("forget", forget, least=0, most=1)
        detector.check_rows_alone("an update")
        self._detector, self._forget = detector, forget
        self._is_calibrated = hasattr(detector, "calibration_")
        if self._is_calibrated and detector.calibration_.groups:
            raise CannotUpdateError(
                f"this {type(detector).__name__} is calibrated by groups, and the new rows name none"
            )
        n_parts = detector.parts_left_out()
        self._is_judged_as_new = n_parts > 1 and detector.energy_as_new() is not None
        self._rows: AddedRows | None = None
        try:
            self._rows = AddedRows(
                detector.model_, by_network=detector.memberships_by_network(), n_parts=n_parts
            )
            self._n_rows = _rows_counted(detector)
        except CannotUpdateError as error:
            if not self._is_calibrated:
                raise CannotUpdateError(
                    f"this {type(detector).__name__} cannot be updated: {error}. Calibrated on rows that were set "
                    "aside, its calibration and threshold can be"
                ) from None
        self._n_added = self._n_judged = 0
        self._known: list[Floats] = []
        self._new: list[Floats] = []
        self._aside: list[Floats] = []

    def __call__(self, X: Any) -> None:
        """Update by rows X that are all at hand."""
        self.add(X)
        self.store()
        self.judge(X)
        self.finish()

    @property
    def has_mixtures(self) -> bool:
        """Whether mixtures change."""
        return self._rows is not None

    def add(self, X: Any) -> None:
        """Count rows X in the mixtures; the first pass."""
        rows = self._detector.rows(X)
        places = self._places(len(rows), self._n_added)
        self._n_added += len(rows)
        if self._rows is not None:
            added = ~self._set_aside(places)
            self._rows.add(rows[added], places[added])

    def store(self) -> None:
        """End the first pass: the mixtures become those of old and new rows."""
        if not self._n_added:
            raise ValueError("an update takes at least one row, got none")
        if self._rows is not None:
            self._n_rows = self._rows.finish(self._n_rows, self._forget)

    def judge(self, X: Any) -> None:
        """Take the energies that rows X have now; the second pass, over the same rows in the same order."""
        detector = self._detector
        energy = check_energy(detector.energy(X))
        places = self._places(len(energy), self._n_judged)
        self._n_judged += len(places)
        aside = self._set_aside(places)
        self._aside.append(energy[aside] if self.has_mixtures else energy)
        self._known.append(energy[~aside])
        if self._rows is not None and self._is_judged_as_new:
            rows = detector.rows(X)[~aside]
            members = np.stack([member.in_chunks(member.energy, rows) for member in detector.models_])
            self._new.append(energies_of_new_rows(members, self._rows.counted(places[~aside])))
        else:
            self._new.append(energy[~aside])

    def finish(self) -> None:
        """End the second pass: calibration and threshold follow."""
        detector = self._detector
        before = getattr(detector, "calibration_energy_", detector.training_energy_)
        counted = getattr(detector, "counted_", {})
        n_before = (1 - self._forget) * float(counted.get("energies", len(before)))
        known, new = np.concatenate(self._known), np.concatenate(self._new)
        detector.training_energy_ = joined(detector.training_energy_, n_before, known)
        detector.calibration_energy_ = joined(before, n_before, new)
        detector.counted_ = {"energies": n_before + len(new)}
        if self.has_mixtures:
            detector.counted_["mixtures"] = self._n_rows
        if self._is_calibrated:
            aside = np.concatenate(self._aside)
            detector.calibration_ = updated_calibration(
                detector.calibration_, aside, self._forget, model_moved=self.has_mixtures
            )
        detector.threshold_follows()

    def _set_aside(self, places: Places) -> npt.NDArray[np.bool_]:
        if not (self._is_calibrated and self.has_mixtures):
            return np.zeros(len(places), bool)
        return places % SET_ASIDE == SET_ASIDE - 1

    @staticmethod
    def _places(n_rows: int, first: int) -> Places:
        return np.arange(first, first + n_rows)


def update_detector(detector: Detector, X: Any, forget: float) -> None:
    """``Detector.update``."""
    check_is_fitted(detector)
    with threads(detector.training_threads()):
        Update(detector, forget)(X)


def joined(old: Floats, n_old: float, new: Floats) -> Floats:
    """Energies that stand for ``n_old`` rows, which ``old`` are a sample of, and for the new rows together.

    They are as many as these rows, or ``MOST_ENERGIES``: those at even ranks of both, in which each counts for as many
    rows as it stands for. Where all count for one, all are kept.
    """
    energy = np.concatenate([old, new])
    weights = np.concatenate([np.full(len(old), n_old / len(old)), np.ones(len(new))])
    order = np.argsort(energy, kind="stable")
    ranks = np.cumsum(weights[order])
    n_kept = max(1, min(MOST_ENERGIES, round(float(ranks[-1]))))
    wanted = (np.arange(n_kept) + 0.5) * (ranks[-1] / n_kept)
    return energy[order][np.minimum(np.searchsorted(ranks, wanted), len(energy) - 1)]


def updated_calibration(
    calibration: Calibration, energy: Floats, forget: float, *, model_moved: bool
) -> Calibration:
    """Calibration of the rows before, but for a share that is forgotten, and of new ones' energies (n,).

    Where the model has moved the rows before were judged by another one, and the calibration says so.
    """
    if forget == 1 and len(energy):
        return Calibration.split(energy, source=calibration.source)
    kept = calibration.forgotten(forget) if forget else calibration
    if len(energy):
        kept = kept.updated(energy)
    return Calibration(kept.parts, "updated", kept.source) if model_moved else kept


def _rows_counted(detector: Detector) -> list[float]:
    """How many rows count in each mixture; where an older file does not say so of its only one, its training rows."""
    counted: list[float] = getattr(detector, "counted_", {}).get("mixtures", [])
    n_mixtures = len(detector.models_)
    if len(counted) == n_mixtures:
        return counted
    if n_mixtures > 1:
        raise CannotUpdateError(
            "it was saved by a version that did not keep how many rows each of its mixtures was made of, or its models "
            "were replaced; fit it again"
        )
    return [float(len(detector.training_energy_))]
