"""What a fitted detector decides: p-values, rows to flag at a false-discovery rate, another threshold."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from hinterland.decisions.calibration import Calibration, Unseen
from hinterland.decisions.contamination import Contamination, estimate_contamination
from hinterland.decisions.selection import Selection, select
from hinterland.parameters import check_number
from hinterland.thresholds import contamination_threshold, just_above

Floats = npt.NDArray[np.float64]

BY = ("false_alarms", "contamination", "energy")
"""What a threshold can be chosen by."""


class Decisions:
    """Base of ``Detector`` that turns its energies into decisions (docs/decisions.md).

    Attributes
    ----------
    calibration_ : Calibration, of the rows given to ``calibrate``; not there before.
    threshold_by_ : dict of one number by its name in ``BY``, what ``set_threshold`` was told; not there before.
    """

    offset_: float
    training_energy_: Floats
    calibration_energy_: Floats
    calibration_: Calibration
    threshold_by_: dict[str, float]
    contamination: float

    def energy(self, X: Any) -> Floats:
        """Energy (n,) of rows X."""
        raise NotImplementedError

    def check_rows_alone(self, what: str) -> None:
        """Raise ValueError where the energy of a row depends on others."""
        raise NotImplementedError

    def calibrate(self, normal_rows: Any, *, groups: npt.ArrayLike | None = None) -> Self:
        """Keep what p-values take of rows that are normal and that the fit has not seen; sets ``calibration_``.

        A threshold that was set by false alarms is set anew by these rows.

        Parameters
        ----------
        normal_rows : (n, d). Of rows that the detector was fitted on, which it knows, p-values of new rows would be
            too small. Anomalies among them make p-values too large, which costs finds and promises nothing false.
        groups : (n,), as text: each row is then compared with the rows of its own group alone.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            Before a fit; for rows of other columns, none, groups of another length; for a detector with a graph within
            the batch, whose energies depend on a row's company.

        Warns
        -----
        UserWarning
            Where a group has fewer than 20 rows, or all energies are equal; it says what that allows.
        """
        check_is_fitted(self)
        self.check_rows_alone("calibration")
        return self.set_calibration(
            Calibration.split(self.energy(normal_rows), groups, source="rows set aside")
        )

    def set_calibration(self, calibration: Calibration) -> Self:
        """Take a calibration of this detector's energies; a threshold by false alarms is set by it anew."""
        check_is_fitted(self)
        if calibration.n_models > 1:
            raise ValueError(
                f"a detector gives a row one energy, and the calibration is of {calibration.n_models}"
            )
        self.calibration_ = calibration
        share = getattr(self, "threshold_by_", {}).get("false_alarms")
        return self if share is None else self.set_threshold(false_alarms=share)

    def calibration(self) -> Calibration:
        """What p-values compare with: the rows given to ``calibrate``, or else training rows that were judged as new.

        Raises
        ------
        ValueError
            Where there are neither.
        """
        check_is_fitted(self)
        if hasattr(self, "calibration_"):
            return self.calibration_
        as_new = self.energy_as_new()
        if as_new is None:
            raise ValueError(
                f"this {type(self).__name__} is not calibrated, and has judged no row that it was not fitted on: give "
                "normal rows that the fit has not seen to calibrate(rows), or fit with a share of the rows set aside, "
                "by hinterland.fit_calibrated(detector, rows)"
            )
        return Calibration.as_new(as_new)

    def energy_as_new(self) -> Floats | None:
        """Energies of training rows under the parts of the model that do not know them; None where there are none."""
        return None

    def p_values(
        self, X: Any, *, groups: npt.ArrayLike | None = None, unseen: Unseen = "error"
    ) -> npt.NDArray[np.float64]:
        """p-values (n,) of rows X: the share of calibration rows, the row itself among them, with as much energy.

        A new normal row has p <= a with probability at most a, for every a. Where ``calibration()`` is of training rows
        judged as new, that holds approximately and is not proven.

        Parameters
        ----------
        X : rows (n, d).
        groups : (n,), where the calibration has groups.
        unseen : what a group without calibration rows does: ``error``, or ``one``, a p-value of 1.
        """
        calibration = self.calibration()
        return calibration.p_values(self.energy(X), groups, unseen=unseen)

    def select(
        self, X: Any, fdr: float = 0.1, *, method: str = "bh", groups: npt.ArrayLike | None = None
    ) -> Selection:
        """Flag rows X so that at most a share ``fdr`` of the flagged ones is expected to be false.

        Parameters
        ----------
        X : rows (n, d); the promise is about all of them together.
        fdr : in (0, 1).
        method : ``bh``, or ``storey``, which flags more where many rows are anomalous.
        groups : (n,), where the calibration has groups.

        Returns
        -------
        Selection, whose ``flagged`` (n,) is boolean; it says in words what was flagged, or what it would take.
        """
        p = self.p_values(X, groups=groups)
        return select(p, fdr, method=method, smallest_p=self.calibration().smallest_p())

    def estimate_contamination(self, X: Any, *, confidence: float = 0.95) -> Contamination:
        """Share of anomalies among rows X, at least, by the calibration rows, which must be normal."""
        return estimate_contamination(self.energy(X), self.calibration(), confidence=confidence)

    def set_threshold(
        self,
        *,
        false_alarms: float | None = None,
        contamination: float | None = None,
        energy: float | None = None,
    ) -> Self:
        """Choose another threshold without a fit; sets ``offset_``, and ``threshold_rule()`` says what it is.

        Parameters
        ----------
        false_alarms : share of new normal rows that may be flagged, in (0, 1), by ``calibration()``.
        contamination : share of the rows that the threshold was learnt from to flag, in (0, 0.5].
        energy : in nats; rows above it are flagged.

        Raises
        ------
        ValueError
            Unless exactly one is given, and in its range; for fewer calibration rows than ``false_alarms`` takes.
        """
        check_is_fitted(self)
        given = {
            name: value
            for name, value in zip(BY, (false_alarms, contamination, energy), strict=True)
            if value is not None
        }
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(BY)}, got {', '.join(given) or 'none'}")
        if false_alarms is not None:
            threshold = self._at_false_alarms(false_alarms)
        elif contamination is not None:
            threshold = self._at_contamination(contamination)
        else:
            check_number("energy", energy)
            threshold = float(given["energy"])
        self.offset_ = -threshold
        self.threshold_by_ = {name: float(value) for name, value in given.items()}
        return self

    def threshold_follows(self) -> None:
        """Set the threshold anew by the rule that it was set by, after energies or calibration changed.

        One that was set by hand, or that the fit learnt from labels, stays.
        """
        told: dict[str, float] | None = getattr(self, "threshold_by_", None)
        if told is None:
            if self.learns_by_contamination():
                self.offset_ = -self._at_contamination(self.contamination)
        elif "energy" not in told:
            self.set_threshold(**told)

    def learns_by_contamination(self) -> bool:
        """Whether the fit's threshold is a share of the energies that it was learnt from."""
        return True

    def threshold_rule(self) -> str:
        """Say in words which rows the threshold was learnt from, and what it flags of them."""
        check_is_fitted(self)
        match getattr(self, "threshold_by_", None):
            case None:
                return self._learnt_rule()
            case {"false_alarms": share}:
                return f"at most {100 * share:.3g}% of new normal rows, by {self.calibration()}"
            case {"contamination": share}:
                return f"the highest {100 * share:.3g}% of {self._learnt_from()}"
            case _:
                return "set by hand"

    def promise(self) -> str:
        """Say in words what share of new normal rows the threshold flags, by ``calibration()``."""
        calibration = self.calibration()
        if calibration.groups:
            return f"p-values alone, as the calibration has {len(calibration.groups):,} groups; {calibration}"
        told = calibration.false_alarms(-self.offset_)
        return (
            f"about {told.expected:.3g} of normal rows are flagged, from {told.low:.3g} to {told.high:.3g} at "
            f"{told.confidence:.0%} confidence; {calibration}"
        )

    def _learnt_rule(self) -> str:
        """Words for the threshold of the fit."""
        raise NotImplementedError

    def _learnt_from(self) -> str:
        """What ``calibration_energy_`` are the energies of."""
        calibration = getattr(self, "calibration_energy_", self.training_energy_)  # not in the oldest files
        return (
            "the training rows"
            if np.array_equal(calibration, self.training_energy_)
            else "held-out training rows"
        )

    def _at_contamination(self, contamination: float) -> float:
        """Energy above which few enough of ``calibration_energy_`` lie."""
        energy = getattr(self, "calibration_energy_", self.training_energy_)
        return just_above(energy, contamination_threshold(energy, contamination))

    def _at_false_alarms(self, false_alarms: float) -> float:
        calibration = self.calibration()
        threshold = calibration.threshold(false_alarms)
        if math.isinf(threshold):
            raise ValueError(
                f"{false_alarms:g} false alarms take {math.ceil(1 / false_alarms * (1 - 1e-12)) - 1:,} calibration "
                f"rows, and there are {calibration.n_rows():,}"
            )
        return threshold
