"""What is kept of calibration rows, and what it makes of a new row's energy: a p-value; thresholds with a promise."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from hinterland.decisions.bounds import clopper_pearson
from hinterland.decisions.groups import EVERY_ROW, rows_by_group
from hinterland.decisions.p_values import ONE_MODEL, RULES, check_folds, from_counts, greatest_error
from hinterland.decisions.tail_counts import TailCounts
from hinterland.parameters import check_choice, check_number
from hinterland.printable import shown
from hinterland.sums import ValueCounts
from hinterland.thresholds import Energies, check_energy

FEW_ROWS = 20
"""With fewer calibration rows in a group a warning says what they can do."""

"""Name of the only group of a calibration without groups."""

Unseen = Literal["error", "one"]


class Promise(NamedTuple):
    """Share of normal rows above a threshold: about ``expected``, within the two others by ``confidence``.

    ``n_above`` of the calibration rows lie above it.
    """

    low: float
    expected: float
    high: float
    confidence: float
    n_above: int


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """Counts of calibration energies by group, those of a group in one part, or in one for each fold's model.

    Made by ``split``, ``as_new`` or ``cross``. It holds some thousands of numbers a part at most, whatever
    the number of rows.

    Parameters
    ----------
    parts : group's name to its counts, one a model. Groups are those of a column (Mondrian): a row is compared with
        rows of its own group alone, so that what is odd in one is not hidden by another. ``EVERY_ROW`` names the only
        one.
    rule : a name in ``hinterland.decisions.p_values.RULES``.
    source : where the rows came from, in words.
    column : of a table, whose values name the groups; empty where these do not come from a table.

    Examples
    --------
    >>> calibration = Calibration.split(range(99), source="99 rows set aside")
    >>> calibration.p_values([98.5, 50.0]).tolist()
    [0.01, 0.5]
    >>> calibration.threshold(0.05)
    94.0
    """

    parts: Mapping[str, tuple[TailCounts, ...]]
    rule: str = "split"
    source: str = "calibration rows"
    column: str = ""

    def __post_init__(self) -> None:
        check_choice("rule", self.rule, list(RULES))
        models = {len(parts) for parts in self.parts.values()}
        if len(models) != 1 or 0 in models or (self.rule in ONE_MODEL) != (models == {1}):
            raise ValueError(
                f"a calibration by the rule {self.rule!r} takes at least one group, and "
                f"{'one part' if self.rule in ONE_MODEL else 'two parts or more, as many'} in each, "
                f"got {models or 'none'}"
            )

    @classmethod
    def split(
        cls,
        energy: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        *,
        source: str = "rows set aside",
        column: str = "",
    ) -> Calibration:
        """Calibrate on the energies (n,) of normal rows that the model has not seen, of groups (n,) if given.

        The groups are the values of a table's ``column``, where they come from one.

        Raises
        ------
        TypeError, ValueError
            For energies that are no finite numbers, none, or groups of another length.

        Warns
        -----
        UserWarning
            Where a group has fewer than ``FEW_ROWS`` rows, or all its energies are equal; it says what that allows.
        """
        energy = check_energy(energy, name="calibration_energy")
        return cls(_counted(energy, groups), "split", source, column)._said()

    @classmethod
    def of_counts(cls, counts: ValueCounts, *, source: str) -> Calibration:
        """Calibrate as ``split`` on energies that were counted in parts; p-values err to the large side alone.

        Warnings as those of ``split``; ValueError where nothing was counted.
        """
        return cls({EVERY_ROW: (TailCounts.of_counts(counts),)}, "split", source)._said()

    @classmethod
    def as_new(
        cls,
        energy: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        *,
        source: str = "training rows",
        column: str = "",
    ) -> Calibration:
        """Calibrate on the energies (n,) of a model's own training rows, each under the parts that do not know it.

        Arguments, errors and warnings as those of ``split``. Anomalies among the rows make p-values larger.
        """
        energy = check_energy(energy, name="calibration_energy")
        return cls(_counted(energy, groups), "as_new", source, column)._said()

    @classmethod
    def cross(
        cls,
        energy: npt.ArrayLike,
        fold: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        *,
        rule: str = "cross",
        source: str = "training rows, each under a model that has not seen it",
        column: str = "",
    ) -> Calibration:
        """Calibrate on the energies (n,) of rows under the models that were fitted without their fold (n,), from 0.

        Errors and warnings as those of ``split``; each group must have rows in every fold.
        """
        energy = check_energy(energy, name="calibration_energy")
        folds = check_folds(fold, len(energy))
        n_folds = int(folds.max()) + 1
        parts = {}
        for name, rows in rows_by_group(groups, len(energy)).items():
            empty = sorted(set(range(n_folds)) - set(folds[rows].tolist()))
            if empty:
                raise ValueError(
                    f"{_group(name)} has calibration rows in every fold but {empty[:5]}: merge small groups"
                )
            parts[name] = tuple(TailCounts.of(energy[rows][folds[rows] == k]) for k in range(n_folds))
        return cls(parts, rule, source, column)._said()

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups; empty where rows are not told apart."""
        return () if tuple(self.parts) == (EVERY_ROW,) else tuple(self.parts)

    @property
    def n_models(self) -> int:
        """Models that give energies: 1, or as many as there are folds."""
        return len(next(iter(self.parts.values())))

    def n_rows(self, group: str | None = None) -> int:
        """Calibration rows of a group, or of all."""
        chosen = self.parts.values() if group is None else [self._parts(group)]
        return sum(part.n_rows for parts in chosen for part in parts)

    def smallest_p(self, group: str | None = None) -> float:
        """Smallest p-value that a row can have, in a group or in the largest of them."""
        names = self.parts if group is None else [group]
        return float(min(self._join(np.zeros(1, np.int64), self._parts(name))[0] for name in names))

    def p_values(
        self, energy: npt.ArrayLike, groups: npt.ArrayLike | None = None, *, unseen: Unseen = "error"
    ) -> Energies:
        """p-values (m,) of new rows.

        Parameters
        ----------
        energy : (m,), in nats; (m, K) where the calibration is of K models.
        groups : (m,), as text; needed where the calibration has groups.
        unseen : what a group without calibration rows does: ``error``, or ``one``, a p-value of 1, which is never
            flagged.

        Raises
        ------
        TypeError, ValueError
            For energies that are not finite or of another shape, groups that lack or are not expected, or a group that
            is not known. The message names it.
        """
        check_choice("unseen", unseen, ["error", "one"])
        energies = self._energies(energy)
        rows_of = rows_by_group(groups, len(energies))
        if (groups is None) != (not self.groups):
            raise ValueError(
                f"the calibration {'has' if self.groups else 'has no'} groups, so groups must "
                f"{'' if self.groups else 'not '}be given"
            )
        p = np.ones(len(energies))
        for name, rows in rows_of.items():
            if name in self.parts or unseen == "error":
                parts = self._parts(name)
                counts = sum(part.count_at_least(energies[rows, k]) for k, part in enumerate(parts))
                p[rows] = self._join(np.asarray(counts), parts)
        return p

    def threshold(self, false_alarms: float, group: str = EVERY_ROW) -> float:
        """Energy above which, and not at which, p-values are at most ``false_alarms``, in (0, 1); or infinity.

        A new normal row lies above it with at most that probability, over calibration rows and itself. Infinity, which
        flags none, is for fewer than 1 / ``false_alarms`` - 1 rows.
        """
        check_number("false_alarms", false_alarms, above=0, below=1)
        part = self._only_part(group, "a threshold")
        beyond = math.floor(false_alarms * (part.n_rows + 1) * (1 + 1e-12)) - 1
        return math.inf if beyond < 0 else part.threshold(beyond)

    def false_alarms(self, threshold: float, group: str = EVERY_ROW, *, confidence: float = 0.95) -> Promise:
        """Share of new normal rows above a threshold that was not chosen by looking at labels.

        With b of n calibration energies above it, Clopper and Pearson's interval of b of n holds for a threshold set
        before, and that of the order statistics, which is no wider, for one set by a share (Vovk, 2012; Bates et al.,
        2023).
        """
        check_number("confidence", confidence, above=0, below=1)
        part = self._only_part(group, "a promise")
        above = int(part.count_above(np.array([threshold], np.float64))[0])
        low, high = clopper_pearson(above, part.n_rows, (1 - confidence) / 2)
        return Promise(float(low), (above + 1) / (part.n_rows + 1), float(high), confidence, above)

    def updated(self, energy: npt.ArrayLike, groups: npt.ArrayLike | None = None) -> Calibration:
        """Calibration of these rows and of others that are normal, of known groups or new ones; by ``split`` alone."""
        if self.rule not in ("split", "updated"):
            raise ValueError(f"rows can be added to a calibration by the rule 'split', not {self.rule!r}")
        energy = check_energy(energy, name="calibration_energy")
        rows_of = rows_by_group(groups, len(energy))
        if (groups is None) != (not self.groups):
            raise ValueError("groups must be given where the calibration has them, and not otherwise")
        parts = dict(self.parts)
        for name, rows in rows_of.items():
            known = parts.get(name)
            parts[name] = (TailCounts.of(energy[rows]) if known is None else known[0].updated(energy[rows]),)
        return Calibration(parts, self.rule, self.source, self.column)._said()

    def forgotten(self, share: float) -> Calibration:
        """Calibration of the rows but for a share in [0, 1) of them, at even ranks; no p-value becomes smaller."""
        parts = {name: tuple(part.forgotten(share) for part in own) for name, own in self.parts.items()}
        return Calibration(parts, self.rule, self.source, self.column)

    def __repr__(self) -> str:
        return f"Calibration({self})"

    def __str__(self) -> str:
        return f"{self.n_rows():,} calibration rows ({self.source}): {self.promise()}"

    def promise(self) -> str:
        """What the p-values promise, in words."""
        words = RULES[self.rule]
        if self.rule == "cross":
            n = self.n_rows() if not self.groups else min(self.n_rows(name) for name in self.groups)
            bound = greatest_error(0.05, n, self.n_models, self.rule, equal_folds=False)
            words += f" (at or below 0.05 at most {bound:.1%} of the time)"
        if self.groups:
            of = f" of {shown(self.column)}" if self.column else ""
            words += f", each against the rows of its own of {len(self.groups):,} groups{of}"
        return f"{words}. No p-value is below {self.smallest_p():.2g}"

    def _said(self) -> Calibration:
        few = [name for name in self.parts if self.n_rows(name) < FEW_ROWS]
        if few:
            n, smallest = self.n_rows(few[0]), self.smallest_p(few[0])
            others = f" (and {len(few) - 1:,} other groups)" if len(few) > 1 else ""
            warnings.warn(
                f"{_group(few[0])} has {n} calibration rows{others}: no p-value is below {smallest:.2g}, so no rate "
                "of false alarms below that can be promised, and no false-discovery rate q flags fewer than "
                f"{smallest:.2g} / q of the rows at once",
                UserWarning,
                stacklevel=3,
            )
        flat = [
            name
            for name, parts in self.parts.items()
            if all(_is_flat(part) for part in parts) and name not in few
        ]
        if flat:
            warnings.warn(
                f"all calibration energies of {_group(flat[0])} are equal: a row has the smallest p-value "
                "where its energy is higher at all, and 1 otherwise",
                UserWarning,
                stacklevel=3,
            )
        return self

    def _join(self, at_least: npt.NDArray[np.int64], parts: tuple[TailCounts, ...]) -> Energies:
        return from_counts(at_least, sum(part.n_rows for part in parts), len(parts), self.rule)

    def _energies(self, energy: npt.ArrayLike) -> Energies:
        array = np.asarray(energy)
        if array.ndim == 1 and self.n_models == 1:
            return check_energy(array)[:, None]
        if array.ndim != 2 or array.shape[1] != self.n_models:
            raise ValueError(
                f"energy must have one number a row for each of the calibration's models, shape (m, {self.n_models}), "
                f"got shape {array.shape}"
            )
        return check_energy(array.ravel()).reshape(array.shape)

    def _parts(self, group: str) -> tuple[TailCounts, ...]:
        if group not in self.parts:
            known = f"; known are {shown(list(self.groups))}" if self.groups else "; it has no groups"
            raise ValueError(f"no calibration row is of the group {shown(group)}{known}")
        return self.parts[group]

    def _only_part(self, group: str, what: str) -> TailCounts:
        if self.rule not in ONE_MODEL:
            raise ValueError(
                f"{what} in energy needs a calibration by the rule 'split': by {self.rule!r} a row has an energy under "
                "each model; compare its p-value instead"
            )
        if self.groups and group == EVERY_ROW:
            raise ValueError(
                f"the calibration has groups, each with {what} of its own: name one of {shown(list(self.groups))}"
            )
        return self._parts(group)[0]


def _counted(energy: Energies, groups: npt.ArrayLike | None) -> dict[str, tuple[TailCounts, ...]]:
    return {name: (TailCounts.of(energy[rows]),) for name, rows in rows_by_group(groups, len(energy)).items()}


def _is_flat(part: TailCounts) -> bool:
    return len(part.values) == 1


def _group(name: str) -> str:
    return "the calibration" if name == EVERY_ROW else f"the group {shown(name)}"
