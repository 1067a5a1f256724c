"""The demonstration: the default detector on a small medical table that scikit-learn carries, offline.

Wisconsin breast cancer (Street, Wolberg and Mangasarian, 1993): 569 tumours by thirty measurements of their cells'
nuclei. Benign is normal: training sees half of the benign rows, and all others are scored.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import Pipeline

from hinterland import persistence
from hinterland.datasets.splits import one_class
from hinterland.decisions.selection import select
from hinterland.detectors.catalogue import DEFAULT_DETECTOR
from hinterland.explain import Contribution, explain
from hinterland.pipeline import table_pipeline
from hinterland.report import report
from hinterland.scoring.truth import judge
from hinterland.tables import open_writer

TRUTH, ANOMALY, NORMAL = "diagnosis", "malignant", "benign"
FDR = 0.1
"""Expected share of false ones among the rows that are selected."""
METHOD = "storey"
"""As more than half of the rows that are scored are malignant."""


@dataclass(frozen=True)
class Finding:
    """One of the most anomalous rows: its number in ``tumours.csv``, and the columns that raise its energy most."""

    row: int
    energy: float
    truth: str
    because: list[Contribution]


@dataclass(frozen=True)
class Selected:
    """Rows selected at a false-discovery rate: what was expected of them, and what the truth says."""

    fdr: float
    flagged: int
    expected_false: float
    false: int
    recall: float
    by: str


@dataclass(frozen=True)
class Demonstration:
    """What the demonstration found, and the files it wrote; ``selected`` is None without a calibration."""

    metrics: dict[str, Any]
    selected: Selected | None
    findings: list[Finding]
    n_training: int
    table: Path
    scores: Path
    model: Path
    page: Path


def tumours() -> pd.DataFrame:
    """The table: thirty measurements, and the column ``diagnosis``, ``benign`` or ``malignant``."""
    bunch = load_breast_cancer(as_frame=True)
    table: pd.DataFrame = bunch.data.assign(**{TRUTH: np.where(bunch.target == 1, NORMAL, ANOMALY)})
    return table


def demonstrate(
    folder: str | os.PathLike[str],
    *,
    detector: str = DEFAULT_DETECTOR,
    n_findings: int = 10,
    n_columns: int = 3,
    watching: Callable[[Pipeline], Any] | None = None,
    **parameters: Any,
) -> Demonstration:
    """Train, score, judge and explain, and write ``tumours.csv``, ``scores.csv``, the model and a page into a folder.

    Parameters
    ----------
    folder : made if it is not there; files of these names are replaced.
    detector : name of a detector.
    n_findings : most anomalous rows to explain, with ``n_columns`` columns each.
    watching : gives a context manager around the training, for progress; called with the unfitted pipeline.
    parameters : of the detector; ``random_state`` is also the seed of the split.
    """
    table = tumours()
    is_anomaly = (table[TRUTH] == ANOMALY).to_numpy()
    split = one_class(is_anomaly, random_state=parameters.setdefault("random_state", 0))
    rows = table.drop(columns=TRUTH)
    training, test, truth = rows.iloc[split.train], rows.iloc[split.test], is_anomaly[split.test]

    model = table_pipeline(detector, **parameters)
    if watching is None:
        model.fit(training)
    else:
        with watching(model):
            model.fit(training)

    energy = -model.score_samples(test)
    label = np.where(model.predict(test) == -1, "anomaly", "normal")
    most = np.argsort(-energy, kind="stable")[:n_findings]
    explanation = explain(model, test.iloc[most])
    findings = [
        Finding(int(split.test[i]) + 1, float(energy[i]), str(table[TRUTH].iloc[split.test[i]]), because)
        for i, because in zip(most, explanation.top(n_columns), strict=True)
    ]

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    scores = {"row": split.test + 1, TRUTH: table[TRUTH].iloc[split.test], "energy": energy, "label": label}
    selected = None
    if model[-1].energy_as_new() is not None:
        calibration = model[-1].calibration()
        p = calibration.p_values(energy)
        selection = select(p, FDR, method=METHOD, smallest_p=calibration.smallest_p())
        scores |= {"p_value": p, "flagged": selection.flagged}
        hits = int(np.sum(selection.flagged & truth))
        selected = Selected(
            FDR,
            selection.n_flagged,
            selection.expected_false,
            selection.n_flagged - hits,
            hits / int(truth.sum()),
            str(calibration),
        )
    names = ("tumours.csv", "scores.csv", "model" + persistence.SUFFIX, "report.html")
    paths = [folder / name for name in names]
    _write(table, paths[0])
    _write(pd.DataFrame(scores), paths[1])
    persistence.save(model, paths[2])
    report(
        paths[2],
        table.iloc[split.test].assign(row=split.test + 1),
        paths[3],
        label=TRUTH,
        anomaly=ANOMALY,
        title="Tumours that look unlike benign ones",
    )
    return Demonstration(judge(model[-1], truth, energy), selected, findings, len(split.train), *paths)


def _write(frame: pd.DataFrame, path: Path) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with open_writer(path, table.schema) as writer:
        writer.write(table)
