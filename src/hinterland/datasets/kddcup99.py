"""KDD Cup 1999, the 10 percent sample: 494,021 network connections, most of them attacks."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from hinterland.datasets._dataset import TABLES, Dataset
from hinterland.datasets._fetch import PublicFile, fetch
from hinterland.errors import FileFormatError

FILE = PublicFile(
    path="tabular/kddcup.data_10_percent.gz",
    url="https://archive.ics.uci.edu/ml/machine-learning-databases/kddcup99-mld/kddcup.data_10_percent.gz",
    sha256="f8c8267ebcd9c0ed1fd7d6277fe5bfff8732e9b7db8e61b873542b2a534b6f9a",
    gzipped=True,
)

NOMINAL = ("protocol_type", "service", "flag")
BINARY = ("land", "logged_in", "is_host_login", "is_guest_login")
CATEGORICAL = (*NOMINAL, *BINARY)
# the official names and their order
# fmt: off
FEATURES = (
    "duration", "protocol_type", "service", "flag", "src_bytes", "dst_bytes", "land", "wrong_fragment",
    "urgent", "hot", "num_failed_logins", "logged_in", "num_compromised", "root_shell", "su_attempted",
    "num_root", "num_file_creations", "num_shells", "num_access_files", "num_outbound_cmds",
    "is_host_login", "is_guest_login", "count", "srv_count", "serror_rate", "srv_serror_rate",
    "rerror_rate", "srv_rerror_rate", "same_srv_rate", "diff_srv_rate", "srv_diff_host_rate",
    "dst_host_count", "dst_host_srv_count", "dst_host_same_srv_rate", "dst_host_diff_srv_rate",
    "dst_host_same_src_port_rate", "dst_host_srv_diff_host_rate", "dst_host_serror_rate",
    "dst_host_srv_serror_rate", "dst_host_rerror_rate", "dst_host_srv_rerror_rate",
)
# fmt: on
_LABEL = "label"
_NORMAL = "normal."


@TABLES.member("kddcup99")
def load_kddcup99(
    *,
    encoding: Literal["mixed", "one_hot", "one_hot_all"] = "mixed",
    anomaly: Literal["normal", "attack"] = "normal",
) -> Dataset:
    """KDD Cup 1999, 494,021 rows.

    Attacks are four fifths of the rows, so the papers turn the task round: attacks are what a model
    learns, and the 97,278 rows (19.7 %) labelled normal are the anomalies. Mind that most attack rows are
    copies of one another (``splits.deduplicate``).

    Parameters
    ----------
    encoding : ``"mixed"``: the 41 columns as they are, 7 of them pandas categories with sorted levels.
        ``"one_hot"``: 118 float32 columns, one for each level of protocol_type, service and flag, then
        the other 38 columns. ``"one_hot_all"``: 121 float32 columns, all 7 categorical columns one-hot.
        Nothing is scaled: minimum and maximum belong to the training rows.
    anomaly : which class is the anomaly, ``"normal"`` (the papers') or ``"attack"``.

    Raises
    ------
    DataNotFoundError
        Not on this machine, and it cannot be downloaded.
    FileFormatError
        Not such a file.
    """
    if encoding not in ("mixed", "one_hot", "one_hot_all"):
        raise ValueError(f"encoding must be 'mixed', 'one_hot' or 'one_hot_all'; got {encoding!r}")
    if anomaly not in ("normal", "attack"):
        raise ValueError(f"anomaly must be 'normal' or 'attack'; got {anomaly!r}")
    table = _read(fetch(FILE))
    is_normal = (table.pop(_LABEL) == _NORMAL).to_numpy()
    if encoding != "mixed":
        table = _one_hot(table, NOMINAL if encoding == "one_hot" else CATEGORICAL)
    is_anomaly = is_normal if anomaly == "normal" else ~is_normal
    return Dataset("kddcup99", table, is_anomaly, f"KDD Cup 1999, 10 percent sample, {encoding}")


@TABLES.member("kddcup99_encoded")
def load_kddcup99_encoded() -> Dataset:
    """The 118-column one-hot form, ``load_kddcup99(encoding="one_hot")``."""
    return replace(load_kddcup99(encoding="one_hot"), name="kddcup99_encoded")


def _read(path: Path) -> pd.DataFrame:
    # counts and bytes fit 32 bits, and rates have two decimals
    types = {
        name: pa.dictionary(pa.int32(), pa.string())
        if name in CATEGORICAL
        else (pa.float32() if name.endswith("_rate") else pa.int32())
        for name in FEATURES
    }
    types[_LABEL] = pa.dictionary(pa.int32(), pa.string())
    try:
        table: pd.DataFrame = pa.csv.read_csv(
            path,
            read_options=pa.csv.ReadOptions(column_names=list(types)),
            convert_options=pa.csv.ConvertOptions(column_types=types, null_values=[]),
        ).to_pandas()
    except (pa.ArrowInvalid, OSError) as error:
        raise FileFormatError(
            f"{path}: not the KDD Cup 1999 table of {len(types)} columns and no header: {error}"
        ) from error
    for name in CATEGORICAL:
        levels = table[name].cat
        table[name] = levels.reorder_categories(sorted(levels.categories))
    foreign = [label for label in table[_LABEL].cat.categories if not label.endswith(".")]
    if foreign:
        raise FileFormatError(f"{path}: labels must end in a full stop, like {_NORMAL!r}; got {foreign[0]!r}")
    return table


def _one_hot(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Indicators of the levels found in ``columns``, then the other columns, as one float32 block."""
    others = [name for name in table if name not in columns]
    names = [f"{column}={level}" for column in columns for level in table[column].cat.categories]
    matrix: npt.NDArray[np.float32] = np.zeros((len(table), len(names) + len(others)), dtype=np.float32)
    rows, offset = np.arange(len(table)), 0
    for column in columns:
        matrix[rows, offset + table[column].cat.codes.to_numpy()] = 1
        offset += len(table[column].cat.categories)
    for j, name in enumerate(others, start=offset):
        matrix[:, j] = table[name].to_numpy(dtype=np.float32)
    return pd.DataFrame(matrix, columns=[*names, *others])
