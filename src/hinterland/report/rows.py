"""The most anomalous rows, with what is usual and what each column adds to their energies."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland.explain import explain
from hinterland.report.cells import Cell, cell, cells, significant
from hinterland.report.scored import Scored
from hinterland.scoring.model_input import ModelInput
from hinterland.tables import frames
from hinterland.tables.python_values import python_values, value_counts

MOST_BYTES = 2_500_000
"""Of the rows a page carries: where they are wide or their cells long it carries fewer."""
TELLING = 5
"""Columns of the table that the list shows, beside the reasons."""
_COMMON = 3


def anomalous_rows(scored: Scored) -> dict[str, Any]:
    """Give the top rows, highest energy first, as many as fit.

    Returns
    -------
    dict with ``columns`` (names, the model's first), ``n_model`` (how many are the model's), ``kinds``, ``usual`` (of
    each of the model's columns, as ``usual_values``), ``telling`` (positions of columns that the list shows), ``asked``
    (rows that there would be, did they fit) and ``rows``: dicts with ``row`` (number in the table, from 1), ``energy``,
    ``truth`` (with labels), ``cells`` (a value a column), ``contributions`` (nats, a number a model's column),
    ``reference`` (energy of the usual row compared with) and, without an encoder, ``compared`` (that row).
    """
    model = scored.model
    others = [name for name in model.unused if name not in (scored.label, scored.time_column)]
    shown = [name for name in (scored.time_column,) if name in model.unused]
    columns = [*model.kinds, *shown, *others]
    values = _values(model, scored.top, columns)
    n_rows = _that_fit(values, len(model.kinds))
    index = scored.top_index[:n_rows]
    energy, numbers = scored.energy[index], scored.numbers(index)
    explanation = explain(model.model, model.given(scored.top.slice(0, n_rows)), energy=energy)
    rows: list[dict[str, Any]] = []
    for i in range(n_rows):
        row: dict[str, Any] = {
            "row": numbers[i],
            "energy": float(energy[i]),
            "cells": [column[i] for column in values],
            "contributions": [significant(value) for value in explanation.contributions[i]],
            "reference": significant(explanation.reference_energy[i], 6),
        }
        if scored.truth is not None:
            row["truth"] = int(scored.truth[index[i]])
        rows.append(row)
    usual = usual_values(scored)
    if model.encoder is None:  # the nearest usual row itself is known, column by column
        for row, reference in zip(rows, explanation.usual_values, strict=True):
            row["compared"] = [cell(value) for value in reference]
    pull = np.clip(explanation.contributions, 0, None).sum(0)
    telling = [int(j) for j in np.argsort(-pull, kind="stable")[:TELLING] if pull[j] > 0]
    return {
        "columns": columns,
        "n_model": len(model.kinds),
        "kinds": list(model.kinds.values()),
        "usual": [usual[name] for name in model.kinds],
        "telling": telling,
        "asked": len(scored.top_index),
        "rows": rows,
    }


def usual_values(scored: Scored) -> dict[str, dict[str, Any]]:
    """What is usual in each of the model's columns, among the less anomalous half of the sampled rows.

    A number has ``low``, ``middle`` and ``high``: quantiles 5, 50 and 95 of 100. Anything else has ``common``: its most
    frequent values with their shares. ``missing`` is the share without a value.
    """
    energy = scored.energy[scored.sample_index]
    half = scored.sample.filter(pa.array(energy <= np.median(energy)))
    typed = scored.model.typed(half)
    result: dict[str, dict[str, Any]] = {}
    for name, kind in scored.model.kinds.items():
        column = typed[name].combine_chunks()
        present = column.drop_null()
        if pa.types.is_floating(present.type):
            present = present.filter(pc.invert(pc.is_nan(present)))
        entry: dict[str, Any] = {"missing": significant(1 - len(present) / max(1, len(column)))}
        if kind == "number" and len(present) and not pa.types.is_dictionary(present.type):
            numbers = frames.as_numbers(present)
            entry["low"], entry["middle"], entry["high"] = (
                significant(float(q)) for q in np.quantile(numbers, [0.05, 0.5, 0.95])
            )
        elif kind in ("boolean", "category") and len(present):
            counted = sorted(value_counts(present), key=lambda entry: -entry[1])[:_COMMON]
            entry["common"] = [[_brief(value), significant(n / len(column))] for value, n in counted]
        elif kind in ("time", "zoned_time") and len(present):
            ordered = python_values(present.sort())
            entry["low"], entry["middle"], entry["high"] = (
                cell(ordered[round(share * (len(ordered) - 1))]) for share in (0.05, 0.5, 0.95)
            )
        result[name] = entry
    return result


def _brief(value: Any, most: int = 60) -> Cell:
    found = cell(value)
    return f"{found[:most]}…" if isinstance(found, str) and len(found) > most else found


def _values(model: ModelInput, rows: pa.Table, columns: list[str]) -> list[list[Cell]]:
    """Cells column by column: those of the model with its types, others as they are."""
    typed = model.typed(rows)
    return [
        cells(typed[name] if name in model.kinds and name in rows.column_names else _there(rows, name))
        for name in columns
    ]


def _there(rows: pa.Table, name: str) -> Any:
    return rows[name] if name in rows.column_names else pa.nulls(rows.num_rows)


def _that_fit(values: list[list[Cell]], n_model: int) -> int:
    """How many rows fit into the page's share for them; at least one."""
    n_rows, taken = len(values[0]), 0
    for i in range(n_rows):
        taken += (
            sum(len(json.dumps(column[i], ensure_ascii=False).encode()) + 1 for column in values)
            + 8 * n_model
        )
        if taken > MOST_BYTES:
            return max(1, i)
    return n_rows
