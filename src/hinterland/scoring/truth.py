"""Energies beside the truth: a table's rows with a column that says what they are, and how well it is found."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any, Literal, NamedTuple

import numpy as np

from hinterland import metrics
from hinterland.detectors.base import Detector
from hinterland.errors import TableError
from hinterland.scoring.table import TableScorer
from hinterland.tables import (
    LabelColumn,
    TableFile,
)
from hinterland.tables.truth import ANOMALY, UNLABELLED


class Judgeable(NamedTuple):
    """Rows whose truth is known: energies (n,), whether each is an anomaly (n,), and how many rows have no truth."""

    energy: np.ndarray
    is_anomaly: np.ndarray
    n_unlabelled: int


def energy_and_truth(
    model: Any,
    table: TableFile,
    label: str,
    values: Collection[str],
    *,
    named: Literal["anomaly", "normal"] = "anomaly",
    on_batch: Callable[[float], object] | None = None,
) -> Judgeable:
    """Energies of a table's rows, and whether each is an anomaly by a column of the table.

    Rows without a truth are left out, and a warning counts them.

    Parameters
    ----------
    model, table : as for ``TableScorer``.
    label : name of the column with the truth.
    values : what it says, as text, of the rows ``named``; all other rows that it says something of are of the other
        kind. They match as values: see ``hinterland.tables.matching``.
    on_batch : called with the share of the table that has been read.

    Raises
    ------
    TableError
        Where a value is nowhere in the column (the message says which values are), the model was trained on that
        column, or no row has a truth.
    """
    scorer = TableScorer(model, table, keep=[label], explained="none")
    scorer.input.check_truth(label)
    column, energies = LabelColumn(label, values, named=named), [np.empty(0)]
    for scored in scorer.scored():
        energies.append(scored.energy)
        column.add(scored.table[label])
        if on_batch is not None:
            on_batch(table.share_read())
    energy = np.concatenate(energies)
    if not len(energy):
        raise TableError(f"{table.path} has no rows; to judge a model takes at least one")
    truth = column.truth(both=False)
    known = truth != UNLABELLED
    return Judgeable(energy[known], truth[known] == ANOMALY, int(np.sum(~known)))


def judge(
    detector: Detector,
    is_anomaly: np.ndarray,
    energy: np.ndarray,
    *,
    rule: str | None = None,
    share: float | None = None,
) -> dict[str, Any]:
    """Ranking metrics, and those of the labels at the detector's own threshold and under a named rule.

    Of rows of one class alone most of them cannot be told: they are None, and a warning says so.

    Parameters
    ----------
    detector : fitted; its ``offset_``, ``contamination`` and ``calibration_energy_`` are used.
    is_anomaly, energy : (n,) of the test rows.
    rule : a name in ``hinterland.metrics.RULES``, or None for no such metrics.
    share : share of the rule's rows to flag. If None the share of anomalies among them, training rows counting as
        normal; for the rule ``training`` the detector's ``contamination``, or what its own threshold flags of the
        training rows where it has none.

    Returns
    -------
    dict of plain values: ``rows``, ``anomalies``, ``auroc``, ``average_precision``, ``own_threshold`` with
    ``threshold``, ``flagged``, ``precision``, ``recall``, ``f1``, and under ``rule`` those of
    ``hinterland.metrics.ThresholdMetrics``.
    """
    n_rows, n_anomalies = len(energy), int(np.sum(is_anomaly))
    both = 0 < n_anomalies < n_rows
    threshold = -float(detector.offset_)
    flagged = energy > threshold
    n_flagged = int(flagged.sum())
    own = metrics.label_metrics(int(np.sum(flagged & is_anomaly)), n_flagged, n_anomalies)
    result: dict[str, Any] = {
        "rows": n_rows,
        "anomalies": n_anomalies,
        "auroc": metrics.auroc(is_anomaly, energy) if both else None,
        "average_precision": metrics.average_precision(is_anomaly, energy) if both else None,
        "own_threshold": {
            "threshold": threshold,
            "flagged": n_flagged,
            "precision": own.precision,
            "recall": own.recall if n_anomalies else None,
            "f1": own.f1 if n_anomalies else None,
        },
    }
    if not both:
        warnings.warn(_one_class(n_rows, n_anomalies, n_flagged), UserWarning, stacklevel=2)
    if rule is not None and both:
        training = detector.calibration_energy_
        if share is None:
            of_rows = {"natural_half": n_rows, "pooled": n_rows + len(training)}
            share = _training_share(detector) if rule == "training" else n_anomalies / of_rows[rule]
        judged = metrics.threshold_metrics(
            is_anomaly, energy, rule=rule, share=share, training_energy=training
        )
        result["rule"] = asdict(judged)
    elif rule is not None:
        result["rule"] = None
    return result


def _training_share(detector: Detector) -> float:
    """Share of its training rows that a detector means to flag."""
    asked = getattr(detector, "contamination", None)
    if asked is not None:
        return float(asked)
    flagged = detector.calibration_energy_ > -detector.offset_
    if flagged.all() or not flagged.any():
        raise ValueError(
            f"a {type(detector).__name__} asks for no share of rows, and its own threshold flags {flagged.sum():,} of "
            f"its {len(flagged):,} training rows, so the rule 'training' needs one: name a share, as --share 0.05"
        )
    return float(flagged.mean())


def _one_class(n_rows: int, n_anomalies: int, n_flagged: int) -> str:
    if n_anomalies:
        return (
            f"every one of the {n_rows:,} rows is an anomaly by the truth: without normal rows AUROC, average "
            "precision and a rule's threshold cannot be told, and precision says nothing"
        )
    return (
        f"none of the {n_rows:,} rows is an anomaly by the truth: without one AUROC, average precision, recall, F1 "
        f"and a rule's threshold cannot be told; the {n_flagged:,} flagged rows are all false alarms"
    )
