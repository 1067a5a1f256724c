import numpy as np
import pytest

from hinterland.datasets import arrhythmia, load_arrhythmia
from hinterland.datasets.arrhythmia import COLUMNS, INCOMPLETE_COLUMNS
from hinterland.errors import FileFormatError


def test_columns_are_named_apart():
    assert len(set(COLUMNS)) == len(COLUMNS) == 279
    # places in UCI's description, from 1: heart rate, DII's Q wave, DI's JJ wave, V6's QRSTA
    assert [COLUMNS[k - 1] for k in (15, 28, 160, 279)] == [
        "heart_rate",
        "DII_Q_width",
        "DI_JJ_amplitude",
        "V6_QRSTA",
    ]


@pytest.mark.parametrize("header", ["", "age,sex," + ",".join(f"c{k}" for k in range(278)) + "\n"])
def test_uci_form_with_and_without_header(own_folder, header):
    rows = [["1.5"] * 279 + ["1"], ["?"] * 279 + ["3"], ["2"] * 279 + ["16"], ["0"] * 279 + ["15"]]
    (own_folder / arrhythmia.UCI_FILE.path).write_text(header + "\n".join(map(",".join, rows)) + "\n")
    data = load_arrhythmia(source="uci")
    assert data.is_anomaly.tolist() == [False, True, False, True]
    assert tuple(data.X.columns) == COLUMNS
    np.testing.assert_array_equal(data.matrix()[:, 7], [1.5, np.nan, 2, 0])


@pytest.mark.parametrize(
    ("text", "message"), [("1,2,3\n", "expected 280 columns; got 3"), ("a,b\n", "not a table"), ("", "not a")]
)
def test_foreign_table_is_refused(own_folder, text, message):
    (own_folder / arrhythmia.UCI_FILE.path).write_text(text)
    with pytest.raises(FileFormatError, match=message):
        load_arrhythmia(source="uci")


def test_unknown_source_is_named():
    with pytest.raises(ValueError, match="source must be 'odds' or 'uci'; got 'kaggle'"):
        load_arrhythmia(source="kaggle")


def test_odds_is_uci_without_its_incomplete_columns(real_folder):
    odds, uci = load_arrhythmia(), load_arrhythmia(source="uci")
    assert odds.X.shape == (452, 274)
    assert odds.is_anomaly.sum() == 66
    np.testing.assert_array_equal(odds.is_anomaly, uci.is_anomaly)
    assert tuple(uci.X.columns[uci.X.isna().any()]) == INCOMPLETE_COLUMNS
    np.testing.assert_array_equal(odds.matrix(), uci.X.drop(columns=list(INCOMPLETE_COLUMNS)).to_numpy())


def test_names_fit_the_values(real_folder):
    X = load_arrhythmia(source="uci").X
    yes_or_no = X.filter(regex="_(ragged|diphasic)$")
    assert yes_or_no.shape[1] == 12 * 6
    assert yes_or_no.isin([0, 1]).to_numpy().all()
    for lead in ("DI", "AVR", "V1", "V6"):
        for wave in ("Q", "R", "S", "R'", "S'"):  # a wave has a width where it has an amplitude
            width, amplitude = X[f"{lead}_{wave}_width"], X[f"{lead}_{wave}_amplitude"]
            assert ((width == 0) == (amplitude == 0)).mean() > 0.97
