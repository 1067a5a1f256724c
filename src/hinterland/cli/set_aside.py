"""Rows that ``hinterland fit`` sets aside to calibrate the model with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import typer


def rows_aside(
    detector: Any,
    n_rows: int,
    known: Mapping[str, Any],
    false_alarms: float | None,
    share: float | None,
    seed: int,
) -> npt.NDArray[np.bool_]:
    """Which training rows are set aside, (n_rows,); none where neither ``--false-alarms`` nor ``--set-aside`` asks.

    Raises the error of wrong usage, before anything is trained, where a rate of false alarms takes more rows.
    """
    from hinterland.decide import set_aside
    from hinterland.labels import label_codes
    from hinterland.parameters import check_number

    if false_alarms is None and share is None:
        return np.zeros(n_rows, bool)
    try:
        check_number("false_alarms", false_alarms, above=0, below=1, optional=True)
        codes = label_codes(None, n_rows, **{name.split("__")[1]: marked for name, marked in known.items()})
        aside = set_aside(detector, codes, share, random_state=seed)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--false-alarms") from None
    judges_own = getattr(detector, "novelty", False)
    if not aside.any() and not judges_own:
        raise typer.BadParameter(
            f"a {type(detector).__name__} judges no training row as if it were new: it takes rows set aside",
            param_hint="--set-aside",
        )
    n_calibration = int(aside.sum()) or n_rows
    if false_alarms is not None and n_calibration < (least := math.ceil(1 / false_alarms * (1 - 1e-12)) - 1):
        raise typer.BadParameter(
            f"{false_alarms:g} takes {least:,} calibration rows, and there are {n_calibration:,}; --set-aside SHARE "
            "sets more aside",
            param_hint="--false-alarms",
        )
    return aside
