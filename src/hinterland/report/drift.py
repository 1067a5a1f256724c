"""Whether the scored rows are like those of training, as far as what a detector keeps can tell.

A detector keeps the energies of all its training rows, and up to ``n_references`` usual rows: a random sample of the
less anomalous half. So energies are compared as a whole, and columns between the less anomalous halves of both.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hinterland.report.cells import cell, significant
from hinterland.report.scored import Scored
from hinterland.tables import frames
from hinterland.tables.python_values import python_value, value_counts

Floats = npt.NDArray[np.float64]

MOST_COLUMNS = 15
FEWEST_REFERENCES = 20
"""Usual rows below which columns are not compared: chance alone would move them."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
PSI_BINS = 10


def drift(scored: Scored) -> dict[str, Any]:
    """Compare scored with training rows.

    Returns
    -------
    dict with ``energy``: ``quantiles`` (rows of share, training, scored), ``above`` (shares of training and of scored
    rows above the detector's threshold), ``distance`` and ``chance`` as below, ``stability`` (the population stability
    index over the tenths of the training energies) and its ``verdict`` in words, ``n_training``; and ``columns``, None
    where the detector keeps too few rows: ``n_references``, ``n_scored``, ``chance``, ``n_columns``, ``n_moved`` and
    ``found``, dicts with ``column``, ``distance``, ``usual`` (training's typical value), ``here`` (the sample's),
    ``feature`` (the encoded column that moved, where it has a name of its own).

    A ``distance`` is Kolmogorov and Smirnov's: the largest difference between the shares of rows up to a value; of a
    category, the difference of its shares. Rows of one source exceed ``chance`` in a hundredth of the comparisons.
    """
    training, energy = scored.model.detector.calibration_energy_, scored.energy
    threshold = scored.model.threshold
    stability = stability_index(training, energy)
    result: dict[str, Any] = {
        "energy": {
            "quantiles": [
                [share, float(before), float(after)]
                for share, before, after in zip(
                    QUANTILES, np.quantile(training, QUANTILES), np.quantile(energy, QUANTILES), strict=True
                )
            ],
            "above": [float((training > threshold).mean()), float((energy > threshold).mean())],
            "distance": ks_distance(training, energy),
            "chance": chance(len(training), len(energy)),
            "stability": stability,
            "verdict": verdict(stability),
            "n_training": len(training),
        },
        "columns": None,
    }
    references = scored.model.detector.references_
    if len(references) >= FEWEST_REFERENCES:
        result["columns"] = _columns(scored, references)
    return result


def ks_distance(before: Floats, after: Floats) -> float:
    """Two samples' largest difference of cumulative shares, in [0, 1]."""
    before, after = np.sort(before), np.sort(after)
    values = np.concatenate([before, after])
    shares = [np.searchsorted(part, values, side="right") / len(part) for part in (before, after)]
    return float(np.abs(shares[0] - shares[1]).max())


def chance(n_before: int, n_after: int) -> float:
    """The distance that two samples of one source exceed once in a hundred times, for large samples; at most 1."""
    return min(1.0, math.sqrt(-0.5 * math.log(0.01 / 2)) * math.sqrt(1 / n_before + 1 / n_after))


def stability_index(before: Floats, after: Floats) -> float:
    """Population stability index: sum of (q - p) log(q / p) over the tenths of ``before``, half a row added to each."""
    edges = np.unique(np.quantile(before, np.linspace(0, 1, PSI_BINS + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(edges, part, side="left"), minlength=len(edges) + 1)
        for part in (before, after)
    ]
    p, q = ((count + 0.5) / (count.sum() + 0.5 * len(count)) for count in counts)
    return float(((q - p) * np.log(q / p)).sum())


def verdict(stability: float) -> str:
    """A stability index in words, by the customary limits 0.1 and 0.25."""
    if stability < 0.1:
        return "The energies are spread much as in training."
    if stability < 0.25:
        return "The energies are spread somewhat differently from training."
    return "The energies are spread quite differently from training: the rows have changed, or more are anomalies."


def _columns(scored: Scored, references: Floats) -> dict[str, Any]:
    model = scored.model
    energy = scored.energy[scored.sample_index]
    encoded = model.encoded(scored.sample)
    usual = encoded[energy <= np.median(energy)]
    distances = np.array([ks_distance(references[:, j], usual[:, j]) for j in range(references.shape[1])])
    names, features = list(model.kinds), model.encoded_names()
    typed = model.typed(scored.sample)
    sources = model.sources()
    largest: dict[int, int] = {}  # of each source column, the encoded column that moved most
    for j in np.argsort(-distances, kind="stable"):
        largest.setdefault(int(sources[j]), int(j))
    found = []
    for source, j in list(largest.items())[:MOST_COLUMNS]:
        name = names[source]
        entry: dict[str, Any] = {"column": name, "distance": significant(distances[j])}
        entry["feature"] = features[j] if features[j] != name else None
        entry["usual"] = (
            cell(model.encoder.typical_values_[name])
            if model.encoder is not None
            else significant(float(np.median(references[:, j])), 6)
        )
        entry["here"] = _typical(typed[name].combine_chunks(), model.kinds[name])
        found.append(entry)
    limit = chance(len(references), len(usual))
    return {
        "n_references": len(references),
        "n_scored": len(usual),
        "chance": limit,
        "n_columns": len(largest),
        "n_moved": int(sum(distances[j] > limit for j in largest.values())),
        "found": found,
    }


def _typical(column: Any, kind: str) -> Any:
    """Median, or most frequent value, of a column of the sample."""
    present = column.drop_null()
    if not len(present):
        return None
    if kind == "number" and not pa.types.is_dictionary(present.type):
        numbers = frames.as_numbers(present)
        return significant(float(np.nanmedian(numbers)), 6) if np.isfinite(numbers).any() else None
    if kind in ("time", "zoned_time"):
        ordered = present.sort()
        return cell(python_value(ordered[len(ordered) // 2]))
    return cell(max(value_counts(present), key=lambda entry: entry[1])[0])
