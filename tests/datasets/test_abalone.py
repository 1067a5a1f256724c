import numpy as np
import pytest

from hinterland.datasets import abalone, load_abalone, read_abalone
from hinterland.errors import FileFormatError

ROWS = """\
M,.1,.2,.3,.4,.5,.6,.7,3
F,.1,.2,.3,.4,.5,.6,.7,8
I,.1,.2,.3,.4,.5,.6,.7,11
M,.2,.2,.3,.4,.5,.6,.7,9
"""


@pytest.mark.parametrize("text", [ROWS, ROWS.replace("M", "0").replace("F", "1").replace("I", "2")])
def test_letters_and_numbers_are_the_same_sex(own_folder, text):
    (own_folder / abalone.FILE.path).write_text(text)
    table = read_abalone()
    assert tuple(table.columns) == abalone.COLUMNS
    assert table["sex"].tolist() == [0, 1, 2, 0]
    assert table["rings"].tolist() == [3, 8, 11, 9]
    assert table["length"].tolist() == [0.1, 0.1, 0.1, 0.2]


def test_rings_make_the_truth_and_are_no_feature(own_folder):
    (own_folder / abalone.FILE.path).write_text(ROWS)
    data = load_abalone()
    assert data.is_anomaly.tolist() == [True, False, False], "eleven rings are neither"
    assert tuple(data.X.columns) == abalone.COLUMNS[:-1]
    assert data.matrix()[:, :2].tolist() == [[0, 0.1], [1, 0.1], [0, 0.2]]
    assert load_abalone(anomalous_rings=[11], normal_rings=None).is_anomaly.tolist() == [0, 0, 1, 0]


def test_rings_cannot_be_both(own_folder):
    with pytest.raises(ValueError, match=r"must not overlap; both have \[8\]"):
        load_abalone(anomalous_rings=(3, 8))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("M,1,2\n", "not the abalone table of 9 columns"),
        (ROWS.replace("\n", ",7\n"), "not the abalone table of 9 columns"),
        (ROWS.replace("F", "X"), "not the abalone table"),
        (ROWS.replace("F", "7"), "sex must be M, F, I or 0, 1, 2"),
        (ROWS.replace(".3", ""), "no value may be missing"),
        ("", "not the abalone table"),
    ],
)
def test_foreign_table_is_refused(own_folder, text, message):
    (own_folder / abalone.FILE.path).write_text(text)
    with pytest.raises(FileFormatError, match=message):
        load_abalone()


def test_public_file(real_folder):
    table = read_abalone()
    assert table.shape == (4177, 9)
    # UCI's description counts 1,528 males, 1,307 females and 1,342 infants
    assert np.bincount(table["sex"]).tolist() == [1528, 1307, 1342]
    data = load_abalone()
    assert data.X.shape == (1920, 8)
    assert data.is_anomaly.sum() == 29
