"""Groups of rows, each of which is compared with its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST_GROUPS = 1_000
EVERY_ROW = "every row"
"""The only group where there are none."""


def rows_by_group(groups: npt.ArrayLike | None, n_rows: int) -> dict[str, npt.NDArray[np.int64]]:
    """Places of each group's rows, by its name as text."""
    if groups is None:
        return {EVERY_ROW: np.arange(n_rows)}
    array = np.asarray(groups)
    if array.shape != (n_rows,):
        raise ValueError(f"groups must have one name for each of the {n_rows} rows, got shape {array.shape}")
    names, codes, counts = np.unique(array.astype(str), return_inverse=True, return_counts=True)
    if len(names) > MOST_GROUPS:
        raise ValueError(f"groups must have at most {MOST_GROUPS:,} different names, got {len(names):,}")
    places = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])
    return dict(zip(names.tolist(), places, strict=True))
