"""Files that hold a matrix ``X`` and labels ``y`` (1 = anomaly): NumPy's .npz and MATLAB's .mat."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hinterland.datasets._dataset import Dataset
from hinterland.errors import FileFormatError
from hinterland.printable import printable


def read_labelled(path: Path, *, name: str, source: str, columns: list[str] | None = None) -> Dataset:
    """The data set in ``path``; without ``columns`` they are called ``f0``, ``f1``, ...

    Raises
    ------
    FileFormatError
        Not such a file, or ``X`` and ``y`` do not belong together.
    """
    arrays = _read_mat(path) if path.suffix == ".mat" else read_npz(path)
    missing = {"X", "y"} - arrays.keys()
    if missing:
        raise FileFormatError(f"{path}: no array {sorted(missing)}; it has {sorted(arrays)}")
    X, y = np.asarray(arrays["X"]), np.asarray(arrays["y"]).ravel()
    if X.ndim != 2 or len(X) != len(y) or X.dtype.kind not in "biuf":
        raise FileFormatError(
            f"{path}: X must be a numeric matrix with a row for each of the {len(y)} labels in y; "
            f"got {X.dtype} of shape {X.shape}"
        )
    labels = np.unique(y)
    if not np.isin(labels, (0, 1)).all():
        raise FileFormatError(f"{path}: y must hold 0 (normal) and 1 (anomaly); got {labels[:10].tolist()}")
    if columns is not None and len(columns) != X.shape[1]:
        raise FileFormatError(f"{path}: X must have {len(columns)} columns; got {X.shape[1]}")
    names = columns or [f"f{j}" for j in range(X.shape[1])]
    return Dataset(name, pd.DataFrame(X, columns=names), y == 1, source)


def read_npz(path: Path) -> dict[str, Any]:
    """The arrays of an .npz file by name; FileFormatError where it is none, or holds pickled objects."""
    return read_arrays(path, "a readable .npz file of plain arrays")


def read_arrays(path: Path, what: str) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name; FileFormatError, that it is not ``what``, where it is none."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            read = {str(name): arrays[name] for name in arrays}
        if strange := [name for name, array in read.items() if not isinstance(array, np.ndarray)]:
            raise ValueError(f"{strange[:5]} are no arrays")  # of what is none NumPy gives the bytes
        return read
    except FileNotFoundError:
        raise
    except Exception as error:  # NumPy's reader has no error of its own: it parses a header as Python
        reason = printable(f"{type(error).__name__}: {error}")
        raise FileFormatError(f"{path}: not {what}: {reason}") from error


def _read_mat(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat  # slow to import, and few data sets need it

    try:
        arrays = loadmat(path)
    except Exception as error:  # scipy's reader has no error of its own: a foreign file can raise anything
        raise FileFormatError(f"{path}: not a readable .mat file: {type(error).__name__}: {error}") from error
    return {key: value for key, value in arrays.items() if not key.startswith("__")}
