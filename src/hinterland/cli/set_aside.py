"""How ``hinterland fit`` comes to rows that calibrate the model: which it sets aside, or how many folds it makes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from hinterland.decide import Plan


class Asked(NamedTuple):
    """What the options ask for; nothing is done for a calibration where all are None."""

    false_alarms: float | None = None
    share: float | None = None
    n_folds: int | None = None
    group: str | None = None

    @property
    def anything(self) -> bool:
        """Whether a calibration is asked for."""
        return any(each is not None for each in self)


def planned(
    detector: Any, codes: npt.NDArray[np.int8], asked: Asked, seed: int
) -> tuple[Plan, npt.NDArray[np.bool_]]:
    """What is done with the training rows, of label codes (n,), and which of them are set aside, (n,).

    Raises the error of wrong usage, before anything is trained, where a rate of false alarms takes more rows.
    """
    import numpy as np

    from hinterland.decide import Plan, plan, set_aside
    from hinterland.labels import ANOMALY
    from hinterland.parameters import check_number

    if not asked.anything:
        return Plan(), np.zeros(len(codes), bool)
    n_rows = int(np.sum(codes != ANOMALY))
    try:
        check_number("false_alarms", asked.false_alarms, above=0, below=1, optional=True)
        found = plan(detector, n_rows, asked.share, asked.n_folds, grouped=asked.group is not None)
    except ValueError as error:
        options = {"share": "--set-aside", "n_folds": "--folds", "false_alarms": "--false-alarms"}
        hint = next((option for name, option in options.items() if name in str(error)), "--set-aside")
        raise typer.BadParameter(str(error), param_hint=hint) from None
    if found == Plan() and not getattr(detector, "novelty", False):
        raise typer.BadParameter(
            f"a {type(detector).__name__} judges no training row as if it were new: it takes rows set aside, or folds",
            param_hint="--set-aside",
        )
    aside = set_aside(codes, found.share, random_state=seed)
    _check_enough(int(aside.sum()) or n_rows, found.n_folds, asked)
    return found, aside


def _check_enough(n_rows: int, n_folds: int, asked: Asked) -> None:
    if asked.false_alarms is None:
        return
    least = math.ceil(1 / asked.false_alarms * (1 - 1e-12)) - 1
    n_each = n_rows // n_folds if n_folds else n_rows
    if n_each < least:
        of_each = f" for each of {n_folds} models" if n_folds else ""
        raise typer.BadParameter(
            f"{asked.false_alarms:g} takes {least:,} calibration rows{of_each}, and there are {n_each:,}; --set-aside "
            "SHARE sets more aside",
            param_hint="--false-alarms",
        )
