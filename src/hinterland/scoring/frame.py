"""Score a frame of pandas, polars or Arrow: the same frame with what the model says of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from hinterland.errors import TableError
from hinterland.scoring.batch import Explained
from hinterland.scoring.columns import AddedColumn, Masks, names_beside, reads_of
from hinterland.scoring.model_input import ModelInput
from hinterland.scoring.table import TableScorer
from hinterland.tables import BadRows, as_table_file, frames
from hinterland.tables.messages import few


def score_frame(
    model: Any,
    frame: Any,
    *,
    keep: Sequence[Any] | Literal["all"] = "all",
    explained: Explained = "flagged",
    top: int = 3,
    bad_rows: BadRows = "error",
    columns: Sequence[AddedColumn] = (),
) -> Any:
    """Give a frame's columns, and beside them the energy, label and reasons of each row, as ``hinterland score`` does.

    Parameters
    ----------
    model : fitted detector, or fitted Pipeline of a TabularEncoder and a detector.
    frame : DataFrame of pandas or polars, or Arrow table or record batch.
    keep : columns of the frame to give, or ``"all"``.
    explained, top, columns : as for ``BatchScorer``.
    bad_rows : whether rows with values that cannot be read are an ``"error"``, or left out with a warning: ``"skip"``.

    Returns
    -------
    A frame of the same make (a table for a record batch), with the rows in their order and, in pandas, their index; and
    columns ``energy`` (nats), ``label`` (``normal`` or ``anomaly``) and ``top_features``, with ``hinterland_`` in front
    of a name that a kept column has.

    Raises
    ------
    TypeError
        For what is no frame or no fitted model.
    TableError
        Where columns are missing or have changed their types, or values cannot be read.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from hinterland import DAGMM, score_frame
    >>> wine = load_wine(as_frame=True).data
    >>> detector = DAGMM(epochs=5, min_steps=50, random_state=0).fit(wine)
    >>> score_frame(detector, wine, keep=["alcohol"]).columns.tolist()
    ['alcohol', 'energy', 'label', 'top_features']
    """
    frames.refuse_lazy(frame)
    if not frames.is_frame(frame):
        raise TypeError(
            f"frame must be a DataFrame of pandas or polars or an Arrow table, got {type(frame).__name__}; a matrix "
            "has the model's energy(X) and predict(X)"
        )
    frame = pa.Table.from_batches([frame]) if isinstance(frame, pa.RecordBatch) else frame
    labels = list(frame.column_names if isinstance(frame, pa.Table) else frame.columns)
    kept = labels if isinstance(keep, str) and keep == "all" else list(dict.fromkeys(keep))
    if unknown := [label for label in kept if label not in labels]:
        raise TableError(
            f"cannot keep column(s) [{few(list(map(str, unknown)))}]: not in the frame, which has "
            f"{few(list(map(str, labels)), 20)}"
        )
    names = [str(label) for label in labels]
    needed = {*ModelInput(model, names).needed, *reads_of(columns)}
    used = _select(frame, [label for label, name in zip(labels, names, strict=True) if name in needed])
    scorer = TableScorer(
        model, as_table_file(used), keep=[], explained=explained, top=top, bad_rows=bad_rows, columns=columns
    )
    tables, good = [scorer.schema.empty_table()], np.ones(len(frame), bool)
    first = 0
    for scored in scorer.scored():
        tables.append(scored.table)
        good[first + scored.unreadable] = False
        first += scored.table.num_rows + len(scored.unreadable)
    called = names_beside({str(label) for label in kept}, scorer.schema.names)
    results = pa.concat_tables(tables).rename_columns([called[name] for name in scorer.schema.names])
    return _beside(_select(frame, kept), good, results)


def _select(frame: Any, labels: list[Any]) -> Any:
    return frame[labels] if isinstance(frame, pd.DataFrame) else frame.select(labels)


def _beside(kept: Any, good: Masks, results: pa.Table) -> Any:
    """Rows that are good (n,) of a frame, and their results in further columns."""
    if isinstance(kept, pd.DataFrame):
        rows = kept[good]
        return pd.concat([rows, results.to_pandas().set_axis(rows.index)], axis=1)
    if isinstance(kept, pa.Table):
        rows = kept.filter(pa.array(good))
        for field, values in zip(results.schema, results.columns, strict=True):
            rows = rows.append_column(field, values)
        return rows
    import polars

    return kept.filter(polars.Series(good)).hstack(polars.DataFrame(results).get_columns())
