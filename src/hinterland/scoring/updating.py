"""Update a saved model by a table of any size: two passes in bounded memory, but for an energy a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hinterland.detectors.update import Update
from hinterland.errors import TableError
from hinterland.scoring.table import TableScorer
from hinterland.tables import BadRows, TableFile


def update_by_table(
    model: Any,
    table: TableFile,
    *,
    forget: float = 0.0,
    batch_rows: int | None = None,
    bad_rows: BadRows | None = None,
    on_share: Callable[[float], object] = lambda share: None,
) -> tuple[Update, int]:
    """Update a model in place, and give what was done and how many rows there were.

    Parameters
    ----------
    model, table, batch_rows, bad_rows : as for ``TableScorer``; an encoder stays as it is.
    forget : as for ``Detector.update``.
    on_share : called with the share of both passes that is done.

    Raises
    ------
    CannotUpdateError
        As ``Detector.update``.
    TableError
        For a table without rows, or as ``TableScorer``.
    """
    scorer = TableScorer(model, table, keep=[], explained="none", batch_rows=batch_rows, bad_rows=bad_rows)
    update = Update(scorer.input.detector, forget)
    n_rows = 0
    for begun, take in ((0.0, update.add), (0.5, update.judge)):
        n_rows = 0
        for scored in scorer.scored():
            if scored.typed.num_rows:
                take(scorer.input.for_detector(scored.typed))
                n_rows += scored.typed.num_rows
            on_share(begun + table.share_read() / 2)
        if not n_rows:
            raise TableError(f"{table.path} has no rows; an update takes at least one")
        if take == update.add:
            update.store()
    update.finish()
    return update, n_rows
