"""``report``: a fitted model and a table to a page."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hinterland.errors import TableError
from hinterland.parameters import check_integer
from hinterland.report.comparison import names
from hinterland.report.data import page_data
from hinterland.report.page import at_own_threshold, render
from hinterland.report.run import load_model
from hinterland.report.scored import energies_of, score_table
from hinterland.tables.source import as_table_file
from hinterland.whole_files import check_writable, write_atomically


@dataclass(frozen=True)
class Report:
    """What was written: where, how large, and what it says at the detector's own threshold.

    ``shift`` says that the model's calibration no longer holds on these rows, and since which; None where it does.
    """

    path: Path
    n_bytes: int
    n_rows: int
    n_flagged: int
    n_rows_carried: int
    shift: str | None = None


def report(
    model: Any,
    table: Any,
    path: str | os.PathLike[str],
    *,
    label: Any = None,
    anomaly: str | Collection[str] | None = None,
    comparison: Any = None,
    time_column: str | None = None,
    top: int = 500,
    title: str | None = None,
    random_state: int = 0,
    device: str = "cpu",
    n_threads: int | None = None,
    on_batch: Callable[[float], object] | None = None,
) -> Report:
    """Score a table, and write a page on it: one HTML file, whole or not at all.

    The same arguments give the same bytes. Memory and the page's size are bounded: beyond some thirty bytes a row, only
    the ``top`` rows and a random sample are kept, and the page says so.

    Parameters
    ----------
    model : fitted detector, Pipeline of a TabularEncoder and a detector, or the path of a saved one.
    table : path of a CSV or Parquet file, a DataFrame of pandas or polars, an Arrow table or a matrix (n, d).
    path : of the page.
    label : name of the column with the truth, or a boolean array (n,), true for an anomaly. Without it nothing on the
        page needs labels.
    anomaly : what the label column says of an anomaly, as text, one value or several. None understands anomaly,
        outlier, attack beside normal, inlier, benign, true and false, yes and no, 1 and 0, and the codes of
        ``predict``, -1 and 1. Rows without a label are counted apart.
    comparison : a second model, or its path: its map and curves are drawn beside the first's.
    time_column : name of a column of times or numbers that energies are drawn over, instead of the rows' order.
    top : most rows that the page holds as rows; fewer where they are too wide.
    title : of the page.
    random_state : seed of the sample and of t-SNE.
    device, n_threads : for models that are given by their paths.
    on_batch : called with the share of the table that has been read, again from 0 for the comparison.

    Raises
    ------
    TableError
        Where the table has no rows or does not fit a model, or the label or time column is missing or unfit, or a model
        was trained on the label column.
    OSError
        Where the page cannot be written; what was there is still there.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_wine
    >>> from hinterland import DAGMM
    >>> from hinterland.report import report
    >>> wine = load_wine(as_frame=True).data
    >>> detector = DAGMM(epochs=5, steps=50, random_state=0).fit(wine)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report(detector, wine, os.path.join(folder, "wine.html")).n_rows
    178
    """
    check_integer("top", top, least=1)
    check_integer("random_state", random_state, least=0)
    check_writable(path)
    loaded, saved = load_model(model, device, n_threads)
    source = as_table_file(table)
    scored = score_table(
        loaded,
        source,
        label=label,
        anomaly=anomaly,
        time_column=time_column,
        top=top,
        random_state=random_state,
        on_batch=on_batch,
    )
    other = (
        None
        if comparison is None
        else energies_of(load_model(comparison, device, n_threads)[0], source, on_batch, label=label)
    )
    if other is not None and len(other[1]) != scored.n_rows:
        raise TableError(
            f"the two models can read different rows of the table, {scored.n_rows:,} and {len(other[1]):,}, and cannot "
            "be compared on it; mend the rows with values that cannot be read"
        )
    data = page_data(scored, saved=saved, other=other, random_state=random_state)
    detector = type(scored.model.detector).__name__
    html = render(
        data,
        title=title or f"Anomalies in {source.path.name}",
        model_names=[detector] if other is None else names(scored.model, other[0]),
        has_encoder=scored.model.encoder is not None,
    ).encode()
    write_atomically(path, html)
    return Report(
        Path(path),
        len(html),
        scored.n_rows,
        at_own_threshold(data)["flagged"],
        len(data["rows"]["rows"]),
        data.get("decided", {}).get("shift"),
    )
