"""The demonstration: the default detector on a small table, or on small pictures, that scikit-learn carries; offline.

Wisconsin breast cancer (Street, Wolberg and Mangasarian, 1993): 569 tumours by thirty measurements of their cells'
nuclei, of which benign ones are normal. Handwritten digits (Alpaydin and Kaynak, 1998), a picture a row: zeros are
normal. Training sees half of the normal rows, and all others are scored.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.pipeline import Pipeline

from hinterland import persistence
from hinterland.datasets.splits import one_class
from hinterland.decisions.selection import select
from hinterland.detectors.catalogue import DEFAULT_DETECTOR
from hinterland.explain import Contribution, explain
from hinterland.parameters import check_choice
from hinterland.pipeline import table_pipeline
from hinterland.report import report
from hinterland.scoring.truth import judge
from hinterland.tables import open_writer

FDR = 0.1
"""Expected share of false ones among the rows that are selected."""
METHOD = "storey"
"""As there are many anomalies among the rows that are scored."""
SIDE = 8
"""Pixels of a picture from top to bottom, and from left to right."""
N_OTHERS = 60
"""Pictures of other digits than zero."""
INK = " ░▒▓█"


@dataclass(frozen=True)
class Case:
    """A table, and the words for it: what its rows are, and what the two values of the column of its truth are."""

    table: Callable[[], pd.DataFrame]
    name: str
    truth: str
    normal: str
    anomaly: str
    title: str


def tumours() -> pd.DataFrame:
    """The table: thirty measurements, and the column ``diagnosis``, ``benign`` or ``malignant``."""
    bunch = load_breast_cancer(as_frame=True)
    table: pd.DataFrame = bunch.data.assign(diagnosis=np.where(bunch.target == 1, "benign", "malignant"))
    return table


def digits() -> pd.DataFrame:
    """All 178 pictures of a zero and 60 of others: a column a pixel, 0 to 16, and ``digit``, ``zero`` or ``other``."""
    pictures, digit = load_digits(return_X_y=True)
    others = np.random.default_rng(0).choice(np.flatnonzero(digit), N_OTHERS, replace=False)
    shown = np.sort(np.r_[np.flatnonzero(digit == 0), others])
    names = [f"row {i + 1} column {j + 1}" for i in range(SIDE) for j in range(SIDE)]
    table = pd.DataFrame(pictures[shown].astype(np.int64), columns=names)
    return table.assign(digit=np.where(digit[shown] == 0, "zero", "other"))


def drawn(pixels: npt.ArrayLike) -> str:
    """A picture of ``digits`` (64,) as lines of text, two characters a pixel."""
    strength = np.asarray(pixels, dtype=np.float64).reshape(SIDE, SIDE) / 16 * (len(INK) - 1)
    return "\n".join("".join(2 * INK[round(value)] for value in line) for line in strength)


CASES: Mapping[str, Case] = {
    "tumours": Case(
        tumours, "tumours", "diagnosis", "benign", "malignant", "Tumours that look unlike benign ones"
    ),
    "pictures": Case(digits, "pictures", "digit", "zero", "other", "Pictures that look unlike a zero"),
}
"""What can be shown, by name."""


@dataclass(frozen=True)
class Finding:
    """One of the most anomalous rows: its number in the table, and the columns that raise its energy most.

    ``p_value`` is None without a calibration.
    """

    row: int
    energy: float
    p_value: float | None
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

    case: str
    metrics: dict[str, Any]
    selected: Selected | None
    findings: list[Finding]
    n_training: int
    table: Path
    scores: Path
    model: Path
    page: Path


def demonstrate(
    folder: str | os.PathLike[str],
    case: str = "tumours",
    *,
    detector: str = DEFAULT_DETECTOR,
    n_findings: int = 10,
    n_columns: int = 3,
    watching: Callable[[Pipeline], Any] | None = None,
    **parameters: Any,
) -> Demonstration:
    """Train, score, judge and explain, and write the table, ``scores.csv``, the model and a page into a folder.

    Parameters
    ----------
    folder : made if it is not there; files of these names are replaced.
    case : a name in ``CASES``.
    detector : name of a detector.
    n_findings : most anomalous rows to explain, with ``n_columns`` columns each.
    watching : gives a context manager around the training, for progress; called with the unfitted pipeline.
    parameters : of the detector; ``random_state`` is also the seed of the split.
    """
    check_choice("case", case, list(CASES))
    shown = CASES[case]
    table = shown.table()
    is_anomaly = (table[shown.truth] == shown.anomaly).to_numpy()
    split = one_class(is_anomaly, random_state=parameters.setdefault("random_state", 0))
    rows = table.drop(columns=shown.truth)
    training, test, truth = rows.iloc[split.train], rows.iloc[split.test], is_anomaly[split.test]

    model = table_pipeline(detector, **parameters)
    if watching is None:
        model.fit(training)
    else:
        with watching(model):
            model.fit(training)

    energy = -model.score_samples(test)
    label = np.where(model.predict(test) == -1, "anomaly", "normal")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    told = table[shown.truth].iloc[split.test]
    scores = {"row": split.test + 1, shown.truth: told, "energy": energy, "label": label}
    p, selected = None, None
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
    most = np.argsort(-energy, kind="stable")[:n_findings]
    findings = [
        Finding(
            int(split.test[i]) + 1,
            float(energy[i]),
            None if p is None else float(p[i]),
            str(told.iloc[i]),
            because,
        )
        for i, because in zip(most, explain(model, test.iloc[most]).top(n_columns), strict=True)
    ]
    names = (f"{shown.name}.csv", "scores.csv", "model" + persistence.SUFFIX, "report.html")
    paths = [folder / name for name in names]
    _write(table, paths[0])
    _write(pd.DataFrame(scores), paths[1])
    persistence.save(model, paths[2])
    report(
        paths[2],
        table.iloc[split.test].assign(row=split.test + 1),
        paths[3],
        label=shown.truth,
        anomaly=shown.anomaly,
        title=shown.title,
    )
    return Demonstration(case, judge(model[-1], truth, energy), selected, findings, len(split.train), *paths)


def _write(frame: pd.DataFrame, path: Path) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with open_writer(path, table.schema) as writer:
        writer.write(table)
