"""What a fit says of its rows, and once where a detector trains others inside of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

TOO_FEW_ROWS = 10
"""With no more training rows than this a fit says that nothing can be told."""

SURPRISING_SHARE = 3
"""A fit says so where this many times the share asked for is flagged of rows that were held out."""

_IS_FITTING: ContextVar[bool] = ContextVar("_IS_FITTING", default=False)


@contextmanager
def fitting_parts() -> Iterator[bool]:
    """While a detector trains those inside of it; gives whether it is itself inside of one that trains."""
    token = _IS_FITTING.set(True)
    try:
        yield token.old_value is True
    finally:
        _IS_FITTING.reset(token)


def warn_of_few_rows(n_rows: int) -> None:
    """Warn of a fit on a handful of rows."""
    warnings.warn(
        f"nothing can be told from so few rows: {n_rows} to train on; what is usual takes some dozens, and "
        "energies and labels mean little",
        UserWarning,
        stacklevel=3,
    )


def warn_of_surprises(held_out_energy: np.ndarray, threshold: float, contamination: float) -> None:
    """Warn where many more of the rows held out from training are flagged than were asked for."""
    if len(held_out_energy) == 0:
        return
    share = float(np.mean(held_out_energy > threshold))
    if share > SURPRISING_SHARE * contamination:
        warnings.warn(
            f"{share:.1%} of the rows that were held out from training are flagged, where {contamination:.1%} were "
            "asked for: expect the same of new rows. Such a detector knows its own training rows too well",
            UserWarning,
            stacklevel=3,
        )
