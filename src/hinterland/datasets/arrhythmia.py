"""Arrhythmia: electrocardiograms of 452 patients, where the rare diagnoses are the anomalies."""

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from hinterland.datasets._arrays import read_labelled
from hinterland.datasets._dataset import TABLES, Dataset
from hinterland.datasets._fetch import PublicFile, fetch
from hinterland.errors import FileFormatError

ODDS_FILE = PublicFile(
    path="tabular/arrhythmia.mat",
    url="https://www.dropbox.com/s/lmlwuspn1sey48r/arrhythmia.mat?dl=1",
    sha256="e4d47e499591ae31e5d7f0cd983367092353eac240f48e14c9b36457edb3460d",
)
UCI_FILE = PublicFile(
    path="tabular/arrhythmia.data",
    url="https://archive.ics.uci.edu/ml/machine-learning-databases/arrhythmia/arrhythmia.data",
    sha256="a7f0f4ca289a4c58b5ed85a9adb793189acd38425828ce3dfbb70adb45f30169",
)
ANOMALOUS_DIAGNOSES = (3, 4, 5, 7, 8, 9, 14, 15)

# fmt: off
_PATIENT = (
    "age", "sex", "height", "weight", "QRS_duration", "PR_interval", "QT_interval", "T_interval",
    "P_interval", "QRS_angle", "T_angle", "P_angle", "QRST_angle", "J_angle", "heart_rate",
)
_LEADS = (
    "DI", "DII", "DIII", "AVR", "AVL", "AVF", "V1", "V2", "V3", "V4", "V5", "V6",
)
_LEAD_SHAPE = (
    "Q_width", "R_width", "S_width", "R'_width", "S'_width", "deflections", "R_ragged", "R_diphasic",
    "P_ragged", "P_diphasic", "T_ragged", "T_diphasic",
)
_LEAD_AMPLITUDE = (
    "JJ_amplitude", "Q_amplitude", "R_amplitude", "S_amplitude", "R'_amplitude", "S'_amplitude",
    "P_amplitude", "T_amplitude", "QRSA", "QRSTA",
)
# fmt: on

# The header that some copies of the file carry names only its first columns (the rest are AA, AB, ...),
# so the names follow the order of attributes in UCI's description.
COLUMNS = (
    *_PATIENT,
    *(f"{lead}_{name}" for lead in _LEADS for name in _LEAD_SHAPE),
    *(f"{lead}_{name}" for lead in _LEADS for name in _LEAD_AMPLITUDE),
)
INCOMPLETE_COLUMNS = ("T_angle", "P_angle", "QRST_angle", "J_angle", "heart_rate")


@TABLES.member("arrhythmia")
def load_arrhythmia(*, source: Literal["odds", "uci"] = "odds") -> Dataset:
    """Arrhythmia: 452 rows, of which 66 are anomalies (the diagnoses 3, 4, 5, 7, 8, 9, 14 and 15).

    Parameters
    ----------
    source : ``"odds"``, the 274 columns that papers use, without missing values; or ``"uci"``, all
        279 columns, NaN where the source has ``?``. The rows are the same, in the same order; ODDS
        leaves out the five columns that are incomplete.

    Raises
    ------
    DataNotFoundError
        Not on this machine, and it cannot be downloaded.
    FileFormatError
        Not such a file.
    """
    if source == "odds":
        columns = [name for name in COLUMNS if name not in INCOMPLETE_COLUMNS]
        return read_labelled(fetch(ODDS_FILE), name="arrhythmia", source="ODDS arrhythmia", columns=columns)
    if source == "uci":
        table, diagnosis = _read_uci(fetch(UCI_FILE))
        is_anomaly = np.isin(diagnosis, ANOMALOUS_DIAGNOSES)
        return Dataset("arrhythmia", table, is_anomaly, "UCI arrhythmia, with missing values")
    raise ValueError(f"source must be 'odds' or 'uci'; got {source!r}")


def _read_uci(path: Path) -> tuple[pd.DataFrame, np.ndarray]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        has_header = lines.readline().startswith("age")
    try:
        values = pd.read_csv(
            path, header=None, skiprows=int(has_header), na_values="?", dtype=np.float64
        ).to_numpy()
    except ValueError as error:
        raise FileFormatError(f"{path}: not a table of numbers and '?': {error}") from error
    if values.shape[1] != len(COLUMNS) + 1:
        raise FileFormatError(f"{path}: expected {len(COLUMNS) + 1} columns; got {values.shape[1]}")
    return pd.DataFrame(values[:, :-1], columns=list(COLUMNS)), values[:, -1]
