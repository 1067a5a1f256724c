"""All numbers of a page, of bounded size whatever the table's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from hinterland.report import run
from hinterland.report.comparison import compared
from hinterland.report.components import mixtures
from hinterland.report.decided import decided
from hinterland.report.drift import drift
from hinterland.report.embedding import chosen_points, embed
from hinterland.report.energies import Axis, curves, histogram, stops
from hinterland.report.order import along_order
from hinterland.report.rows import anomalous_rows
from hinterland.report.scored import Floats, Places, Scored
from hinterland.report.truth import ANOMALY, UNLABELLED
from hinterland.scoring.model_input import ModelInput

SECONDS_A_DAY = 86_400


def page_data(
    scored: Scored,
    *,
    saved: dict[str, str],
    other: tuple[ModelInput, Floats] | None = None,
    random_state: int = 0,
) -> dict[str, Any]:
    """Give everything that a page shows, as JSON can hold it; what needs labels is there only with labels."""
    axis = Axis(scored.energy)
    models = [scored.model] if other is None else [scored.model, other[0]]
    embedding, places = _embedding(scored, models, random_state)
    data: dict[str, Any] = {
        "n_rows": scored.n_rows,
        "has_truth": scored.truth is not None,
        "facts": run.facts(scored, saved),
        "settings": run.settings(scored.model),
        "training": run.training_curves(scored.model),
        "axis": axis.as_dict(),
        "histogram": histogram(scored.energy, scored.truth, axis),
        "stops": stops(scored.energy, scored.truth, scored.model.threshold),
        "rows": anomalous_rows(scored),
        "order": along_order(scored),
        "mixtures": mixtures(scored),
        "drift": drift(scored),
        "embedding": embedding,
        "n_sampled": len(scored.sample_index),
        "days": _days(scored),
    }
    if (found := decided(scored, data["stops"], len(data["rows"]["rows"]))) is not None:
        data["decided"] = found
    if scored.truth is not None:
        data["curves"] = curves(scored.energy, scored.truth)
        data["n_unlabelled"] = int((scored.truth == UNLABELLED).sum())
    if other is not None:
        data["comparison"] = compared(scored, *other)
        # Exact, as what is drawn as flagged depends on which side of the threshold a row lies.
        data["comparison"]["energy"] = other[1][places].tolist()
    return data


def _days(scored: Scored) -> float | None:
    """Days that the scored rows span, where their times are known and they are one or more."""
    if scored.time is None or not scored.is_time or not np.isfinite(scored.time).any():
        return None
    days = float(np.nanmax(scored.time) - np.nanmin(scored.time)) / SECONDS_A_DAY
    return days if days >= 1 else None


def _embedding(scored: Scored, models: list[ModelInput], seed: int) -> tuple[dict[str, Any], Places]:
    """The same rows through each model, and which scored rows they are.

    ``row`` (from 1), ``energy``, with labels ``truth``; ``views``, one a model.
    """
    fresh, top = chosen_points(scored.sample_index, scored.top_index)
    table = pa.concat_tables([scored.sample.take(pa.array(fresh)), scored.top.take(pa.array(top))])
    places = np.concatenate([scored.sample_index[fresh], scored.top_index[top]])
    result: dict[str, Any] = {
        "row": scored.numbers(places),
        "energy": scored.energy[places].tolist(),
        "n_top": len(top),
        "views": [],
    }
    if scored.truth is not None:
        result["truth"] = (scored.truth[places] == ANOMALY).astype(int).tolist()
    for model in models:
        of_all = model.detector.model_
        features = of_all.in_chunks(of_all.features, model.encoded(table))
        result["views"].append(embed(features, len(fresh), seed))
    return result, places
