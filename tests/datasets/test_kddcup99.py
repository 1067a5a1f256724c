import gzip
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hinterland.datasets import Dataset, kddcup99, load_kddcup99, load_kddcup99_encoded
from hinterland.datasets.kddcup99 import BINARY, CATEGORICAL, FEATURES, NOMINAL
from hinterland.errors import FileFormatError


def line(protocol="tcp", service="http", flag="SF", label="normal.", src_bytes=181, land=0) -> str:
    values = dict.fromkeys(FEATURES, 0) | {
        "protocol_type": protocol,
        "service": service,
        "flag": flag,
        "src_bytes": src_bytes,
        "land": land,
        "dst_host_srv_rerror_rate": "0.25",
    }
    return ",".join(map(str, values.values())) + f",{label}\n"


def write(folder: Path, text: str) -> None:
    (folder / kddcup99.FILE.path).write_bytes(gzip.compress(text.encode()))


def test_feature_names_are_scikit_learns():
    import inspect

    from sklearn.datasets import _kddcup99

    source = inspect.getsource(_kddcup99)
    positions = [source.index(f'("{name}", ') for name in FEATURES]
    assert len(set(FEATURES)) == 41
    assert positions == sorted(positions)
    assert len(FEATURES) - len(CATEGORICAL) == 34


def test_mixed_form_keeps_values_and_types(own_folder):
    write(own_folder, line() + line("udp", "private", "S0", "smurf.", 9, 1) + line("icmp", "NA", label="a."))
    data = load_kddcup99()
    assert tuple(data.X.columns) == FEATURES
    assert data.is_anomaly.tolist() == [True, False, False]
    assert data.X["src_bytes"].tolist() == [181, 9, 181]
    assert data.X["dst_host_srv_rerror_rate"].tolist() == [0.25] * 3
    assert data.X["service"].tolist() == ["http", "private", "NA"], (
        "NA is a service here, not a missing value"
    )
    assert data.X["service"].cat.categories.tolist() == ["NA", "http", "private"]
    assert data.X["land"].tolist() == ["0", "1", "0"]
    assert all(isinstance(data.X[name].dtype, pd.CategoricalDtype) for name in CATEGORICAL)
    assert not data.X.isna().to_numpy().any()


def test_attacks_can_be_the_anomalies(own_folder):
    write(own_folder, line() + line(label="smurf."))
    assert load_kddcup99(anomaly="attack").is_anomaly.tolist() == [False, True]


@pytest.mark.parametrize(("encoding", "columns"), [("one_hot", NOMINAL), ("one_hot_all", CATEGORICAL)])
def test_one_hot_is_what_pandas_makes(own_folder, encoding, columns):
    write(own_folder, line() + line("udp", "private", "S0", "smurf.", 9, 1) + line("icmp", flag="REJ"))
    mixed, encoded = load_kddcup99().X, load_kddcup99(encoding=encoding).X
    indicators = pd.get_dummies(mixed[list(columns)], prefix_sep="=", dtype=np.float32)
    expected = pd.concat([indicators, mixed.drop(columns=list(columns))], axis="columns").astype(np.float32)
    pd.testing.assert_frame_equal(encoded, expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (line() + "1,2,3\n", "table of 42 columns and no header"),
        (line(src_bytes="many"), "many"),
        (line(label="normal"), "labels must end in a full stop, like 'normal.'; got 'normal'"),
        ("", "not the KDD Cup 1999 table"),
    ],
)
def test_foreign_table_is_refused(own_folder, text, message):
    write(own_folder, text)
    with pytest.raises(FileFormatError, match=message):
        load_kddcup99()


def test_truncated_archive_is_refused(own_folder):
    write(own_folder, "".join(line(src_bytes=i) for i in range(2000)))
    path = own_folder / kddcup99.FILE.path
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(FileFormatError, match="not the KDD Cup 1999 table"):
        load_kddcup99()


def test_unknown_options_are_named():
    with pytest.raises(ValueError, match=r"encoding must be .* got 'onehot'"):
        load_kddcup99(encoding="onehot")
    with pytest.raises(ValueError, match="anomaly must be 'normal' or 'attack'; got 1"):
        load_kddcup99(anomaly=1)


@pytest.fixture(scope="module")
def encoded(real_folder: Path) -> Dataset:
    return load_kddcup99_encoded()


@pytest.mark.slow
def test_public_file_is_read_fast_and_lean(real_folder):
    start = time.process_time()
    data = load_kddcup99()
    # about one second of one core; the bound leaves room for a busy machine
    assert time.process_time() - start < 10
    assert data.X.shape == (494_021, 41)
    assert data.is_anomaly.sum() == 97_278
    assert data.X.memory_usage(deep=True).sum() < 80e6
    levels = {name: len(data.X[name].cat.categories) for name in CATEGORICAL}
    assert levels == dict(zip(NOMINAL, (3, 66, 11), strict=True)) | dict(
        zip(BINARY, (2, 2, 1, 2), strict=True)
    )


@pytest.mark.slow
def test_encoded_form_agrees_with_a_public_encoding(encoded, real_folder):
    """The encoding of a public DAGMM implementation: attack rows give minimum and maximum of its counts."""
    path = real_folder / "tabular" / "kddcup99_10_percent_dagmm.npz"
    if not path.is_file():
        pytest.skip(f"{path.name} is not in the data folder")
    with np.load(path) as arrays:
        public = arrays["kdd"]
    assert encoded.X.shape == (494_021, 118)
    np.testing.assert_array_equal(encoded.is_anomaly, public[:, -1] == 1)
    n_indicators = 3 + 66 + 11
    ours = encoded.X.to_numpy()
    np.testing.assert_array_equal(ours[:, :n_indicators], public[:, :n_indicators])
    is_attack = ~encoded.is_anomaly
    scaled = []
    for j in range(n_indicators, 118):
        values = ours[:, j].astype(np.float64)
        low, high = values[is_attack].min(), values[is_attack].max()
        if (low, high) not in ((0, 0), (0, 1)):
            scaled.append(encoded.X.columns[j])
            values = (values - low) / (high - low)
        np.testing.assert_allclose(values, public[:, j], rtol=1e-6, atol=1e-6)
    assert len(scaled) == 16


@pytest.mark.slow
def test_other_encoding_has_the_width_of_cadgmms_code(real_folder):
    assert load_kddcup99(encoding="one_hot_all").X.shape == (494_021, 121)
