"""What a fitted detector decides: p-values, rows to flag at a false-discovery rate, another threshold."""

from __future__ import annotations

from typing import Any, NoReturn, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from hinterland.decisions.calibration import Calibration, Unseen
from hinterland.decisions.contamination import Contamination, estimate_contamination
from hinterland.decisions.local import local_fdr
from hinterland.decisions.promises import highest_share, promise, threshold_at
from hinterland.decisions.selection import Selection, select
from hinterland.decisions.unlabelled import estimate_unlabelled
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

    def energies(self, X: Any) -> Floats:
        """Energy (n, K) of rows X under each of the models."""
        raise NotImplementedError

    @property
    def models_(self) -> list[Any]:
        """The K models."""
        raise NotImplementedError

    def check_rows_alone(self, what: str) -> None:
        """Raise ValueError where the energy of a row depends on others."""
        raise NotImplementedError

    def calibrate(self, normal_rows: Any, *, groups: npt.ArrayLike | None = None, column: str = "") -> Self:
        """Keep what p-values take of rows that are normal and that the fit has not seen; sets ``calibration_``.

        A threshold that was set by false alarms is set anew by these rows.

        Parameters
        ----------
        normal_rows : (n, d). Of rows that the detector was fitted on, which it knows, p-values of new rows would be
            too small. Anomalies among them make p-values too large, which costs finds and promises nothing false.
        groups : (n,), as text: each row is then compared with the rows of its own group alone.
        column : of a table, where its values are the groups: those of a table to score are then found in it.

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
            Calibration.split(self.energy(normal_rows), groups, source="rows set aside", column=column)
        )

    def set_calibration(self, calibration: Calibration) -> Self:
        """Take a calibration of this detector's energies; a threshold by false alarms is set by it anew."""
        check_is_fitted(self)
        if calibration.n_models not in (1, len(self.models_)):
            raise ValueError(
                f"a detector of {len(self.models_)} models was given a calibration of {calibration.n_models}"
            )
        share = getattr(self, "threshold_by_", {}).get("false_alarms")
        if share is not None:
            threshold_at(calibration, share)  # a calibration that cannot do as promised is not taken
        self.calibration_ = calibration
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
        energy = self.energy(X) if calibration.n_models == 1 else self.energies(X)
        return calibration.p_values(energy, groups, unseen=unseen)

    def select(
        self,
        X: Any,
        fdr: float = 0.1,
        *,
        method: str = "bh",
        groups: npt.ArrayLike | None = None,
        unseen: Unseen = "error",
    ) -> Selection:
        """Flag rows X so that at most a share ``fdr`` of the flagged ones is expected to be false.

        Parameters
        ----------
        X : rows (n, d); the promise is about all of them together.
        fdr : in (0, 1).
        method : ``bh``, or ``storey``, which flags more where many rows are anomalous.
        groups, unseen : as for ``p_values``.

        Returns
        -------
        Selection, whose ``flagged`` (n,) is boolean; it says in words what was flagged, or what it would take.
        """
        p = self.p_values(X, groups=groups, unseen=unseen)
        return select(p, fdr, method=method, smallest_p=self.calibration().smallest_p())

    def estimate_contamination(
        self, X: Any, *, is_normal: npt.ArrayLike | None = None, confidence: float = 0.95
    ) -> Contamination:
        """Share of anomalies among rows X (n, d).

        By the calibration rows, which must be normal, there are so many at least. Where some of the rows are known to
        be normal, ``is_normal`` (n,), it is the share among the others, by the positive-unlabelled head, at 95 %: see
        ``hinterland.detectors.known_normal``. Its ``estimate`` is None where it cannot be told.
        """
        if is_normal is not None:
            from hinterland.detectors.known_normal import estimate_by_known_normal

            return estimate_by_known_normal(self, X, is_normal)
        calibration = self.calibration()
        energy = self.energy(X) if calibration.n_models == 1 else self.energies(X)
        return estimate_contamination(energy, calibration, confidence=confidence)

    def estimate_unlabelled(
        self, X: Any = None, *, calm: float = 0.6, confidence: float = 0.95
    ) -> Contamination:
        """Share of anomalies among rows X (n, d) of which none is known to be normal, by an assumption or not at all.

        None are the training rows, where the detector judged them as if they were new. Rows that it was fitted on would
        be too well known. Parameters as those of ``hinterland.decisions.estimate_unlabelled``.

        Raises
        ------
        ValueError
            Without X, where the detector judged no training row as if it were new.
        """
        check_is_fitted(self)
        if X is not None:
            return estimate_unlabelled(self.energy(X), calm=calm, confidence=confidence)
        folds = getattr(self, "calibration_", None)
        of_folds = folds is not None and folds.n_models > 1
        energy = self.calibration_energy_ if of_folds else self.energy_as_new()
        if energy is None:
            raise ValueError(
                f"this {type(self).__name__} has judged no training row as if it were new: give rows that it was not "
                "fitted on"
            )
        return estimate_unlabelled(energy, calm=calm, confidence=confidence)

    def local_fdr(self, X: Any, *, groups: npt.ArrayLike | None = None) -> npt.NDArray[np.float64]:
        """Estimate for each row (n,) the share of normal ones among rows of X with just such a p-value.

        It is of all rows X together, an estimate without a guarantee, and the nearest thing there is to a probability
        of being normal: ``hinterland.decisions.local_fdr``.
        """
        return local_fdr(self.p_values(X, groups=groups))

    @property
    def predict_proba(self) -> NoReturn:
        """There is none, and the error says why and what there is instead."""
        raise AttributeError(
            "there is no predict_proba: an energy says nothing of how many anomalies there are, and so of no row how "
            "probably it is one; p_values(X) are shares of normal rows, and local_fdr(X) estimates from all rows X "
            "together how probably each is normal"
        )

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
        false_alarms : share of new normal rows that may be flagged, in (0, 1), by ``calibration()``; of each group,
            where it has groups.
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
            threshold = threshold_at(self.calibration(), false_alarms)
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
                calibration = self.calibration()
                of_each = " of each group" if calibration.groups else ""
                how = "at most" if calibration.n_models == 1 else "about"
                return f"{how} {100 * share:.3g}% of new normal rows{of_each}, by {calibration}"
            case {"contamination": share}:
                return f"the highest {100 * share:.3g}% of {self._learnt_from()}"
            case _:
                return "set by hand"

    def promise(self) -> str:
        """Say in words what share of new normal rows the threshold flags, by ``calibration()``."""
        return promise(self.calibration(), -self.offset_)

    def _learnt_rule(self) -> str:
        """Words for the threshold of the fit."""
        raise NotImplementedError

    def _learnt_from(self) -> str:
        """What ``calibration_energy_`` are the energies of."""
        if hasattr(self, "calibration_") and self.calibration_.n_models > 1:
            return "each fold's training rows under the model that has not seen them"
        calibration = getattr(self, "calibration_energy_", self.training_energy_)  # not in the oldest files
        return (
            "the training rows"
            if np.array_equal(calibration, self.training_energy_)
            else "held-out training rows"
        )

    def _at_contamination(self, contamination: float) -> float:
        """Energy above which few enough of ``calibration_energy_`` lie; of each fold's under its own model."""
        calibration = getattr(self, "calibration_", None)
        if calibration is not None and calibration.n_models > 1:
            check_number("contamination", contamination, above=0, most=0.5)
            return highest_share(calibration, contamination)
        energy = getattr(self, "calibration_energy_", self.training_energy_)
        return just_above(energy, contamination_threshold(energy, contamination))
