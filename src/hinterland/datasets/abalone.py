"""Abalone: shells measured, and the number of rings, which gives the age."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from hinterland.datasets._dataset import TABLES, Dataset
from hinterland.datasets._fetch import PublicFile, fetch
from hinterland.errors import FileFormatError

FILE = PublicFile(
    path="tabular/abalone.data",
    url="https://archive.ics.uci.edu/ml/machine-learning-databases/abalone/abalone.data",
    sha256="de37cdcdcaaa50c309d514f248f7c2302a5f1f88c168905eba23fe2fbc78449f",
)
COLUMNS = (
    "sex",
    "length",
    "diameter",
    "height",
    "whole_weight",
    "shucked_weight",
    "viscera_weight",
    "shell_weight",
    "rings",
)
SEX = {"M": 0, "F": 1, "I": 2}


def read_abalone() -> pd.DataFrame:
    """The whole table, 4,177 x 9: sex (0 male, 1 female, 2 infant), seven measurements, rings.

    Lengths are in 200 mm and weights in 200 g, as in the source. Both forms in circulation are read: sex as
    a letter (UCI) and as a number.

    Raises
    ------
    DataNotFoundError
        Not on this machine, and it cannot be downloaded.
    FileFormatError
        Not such a file.
    """
    path = fetch(FILE)
    try:
        table = pd.read_csv(path, header=None, dtype={0: str}).set_axis(list(COLUMNS), axis="columns")
        sex = table["sex"].map(lambda code: SEX.get(code, code)).astype(np.int8)
        table = table.assign(sex=sex).astype({"rings": np.int16} | dict.fromkeys(COLUMNS[1:-1], np.float64))
    except (ValueError, TypeError) as error:  # pandas' parser errors are ValueErrors
        raise FileFormatError(
            f"{path}: not the abalone table of {len(COLUMNS)} columns and no header: {error}"
        ) from error
    unknown = sorted(set(table["sex"]) - set(SEX.values()))
    if unknown or table.isna().to_numpy().any():
        raise FileFormatError(f"{path}: sex must be M, F, I or 0, 1, 2, and no value may be missing")
    return table


@TABLES.member("abalone")
def load_abalone(
    *,
    anomalous_rings: Collection[int] = (3, 21),
    normal_rings: Collection[int] | None = (8, 9, 10),
) -> Dataset:
    """Abalone with anomalies by the number of rings; the rings themselves are not a feature.

    The default values are the reading behind published F1 figures (public code of DROCC, Goyal et al.,
    ICML 2020): 1,920 rows, 29 of them anomalies. Rows with any other number of rings are left out;
    ``normal_rings=None`` makes all of them normal.

    Parameters
    ----------
    anomalous_rings : the numbers of rings that make an anomaly.
    normal_rings : the numbers of rings that make a normal row, or None for all others.

    Raises
    ------
    ValueError
        A number of rings is named as both.
    DataNotFoundError
        Not on this machine, and it cannot be downloaded.
    """
    both = set(anomalous_rings) & set(normal_rings or ())
    if both:
        raise ValueError(f"anomalous_rings and normal_rings must not overlap; both have {sorted(both)}")
    table = read_abalone()
    is_anomaly = table["rings"].isin(list(anomalous_rings)).to_numpy()
    if normal_rings is None:
        kept = np.ones(len(table), dtype=bool)
    else:
        kept = is_anomaly | table["rings"].isin(list(normal_rings)).to_numpy()
    X = table.loc[kept].drop(columns="rings").reset_index(drop=True)
    return Dataset("abalone", X, is_anomaly[kept], "UCI abalone, anomalies by the number of rings")
