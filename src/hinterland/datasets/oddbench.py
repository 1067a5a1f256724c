"""OddBench's sets: real tables whose split into training and test rows is fixed, one .npz file each."""

import numpy as np
import pandas as pd

from hinterland.datasets._arrays import read_npz
from hinterland.datasets._dataset import FAMILIES, Dataset, Family
from hinterland.datasets._fetch import find, on_this_machine, places
from hinterland.datasets.splits import Split
from hinterland.errors import FileFormatError
from hinterland.nearest import did_you_mean

FOLDER = "tabular/oddbench"
ARRAYS = ("train", "test", "is_anomaly", "feature_names")


def oddbench_names() -> list[str]:
    """The OddBench sets on this machine (data folder and cache), in the order of the alphabet."""
    return sorted({file.stem for folder in places(FOLDER).values() for file in folder.glob("*.npz")})


def load_oddbench(name: str) -> Dataset:
    """One of OddBench's sets; its ``split`` trains on the first rows, all normal, and tests on all others.

    Parameters
    ----------
    name : as OddBench's file, ``"AirQualityKolkata"``.

    Raises
    ------
    ValueError
        No set of that name is on this machine.
    FileFormatError
        The file does not hold ``train``, ``test``, ``is_anomaly`` and ``feature_names``.
    """
    path = f"{FOLDER}/{name}.npz"
    if on_this_machine(path) is None and (known := oddbench_names()):
        hint = did_you_mean(name, known, after=" ")
        raise ValueError(f"no OddBench set is called {name!r}; {hint}Known: {', '.join(known)}")
    file = find(path, f"the arrays {', '.join(ARRAYS)} of an OddBench set (psorus/Outformer on GitHub)")
    arrays = read_npz(file)
    if missing := set(ARRAYS) - arrays.keys():
        raise FileFormatError(f"{file}: no array {sorted(missing)}; it has {sorted(arrays)}")
    train, test, truth, columns = (arrays[key] for key in ARRAYS)
    shapes = {"train": (len(train), len(columns)), "test": (len(truth), len(columns))}
    for side, shape in shapes.items():
        if arrays[side].shape != shape or arrays[side].dtype.kind not in "biuf":
            raise FileFormatError(
                f"{file}: {side} must be a numeric matrix of shape {shape}, a row for each truth in is_anomaly and "
                f"a column for each of feature_names; got {arrays[side].dtype} of shape {arrays[side].shape}"
            )
    if truth.ndim != 1 or not np.isin(truth, (0, 1)).all():
        raise FileFormatError(f"{file}: is_anomaly must be a list of true or false, got {truth.dtype}")
    n_train, n_rows = len(train), len(train) + len(test)
    X = pd.DataFrame(np.concatenate([train, test]), columns=[str(column) for column in columns])
    is_anomaly = np.concatenate([np.zeros(n_train, bool), truth.astype(bool)])
    split = Split(np.arange(n_train), np.arange(n_train, n_rows), np.zeros(n_train, np.int8))
    return Dataset(f"oddbench/{name}", X, is_anomaly, f"OddBench {name}", split)


FAMILIES.add("oddbench", Family(oddbench_names, load_oddbench))
