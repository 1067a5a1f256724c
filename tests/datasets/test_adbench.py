import hashlib

import numpy as np
import pytest

from hinterland.datasets import adbench_names, load_adbench
from hinterland.datasets.adbench import CHECKSUMS, FOLDER
from hinterland.errors import DataNotFoundError


@pytest.fixture
def three_sets(own_folder):
    for j, name in enumerate(["10_cover", "9_census", "99_Census"]):
        np.savez(own_folder / FOLDER / f"{name}.npz", X=np.full((2, 3), j), y=[0, 1])
    return own_folder


def test_names_are_the_files_by_number(three_sets):
    assert adbench_names() == ["9_census", "10_cover", "99_Census"]


def test_no_folder_means_no_names(monkeypatch, tmp_path):
    monkeypatch.setenv("HINTERLAND_DATA", str(tmp_path / "gone"))
    assert adbench_names() == []


@pytest.mark.parametrize("name", ["10_cover", "cover", "Cover"])
def test_number_may_be_left_out(three_sets, name):
    data = load_adbench(name)
    assert data.name == "adbench/10_cover"
    assert data.is_anomaly.tolist() == [False, True]
    assert (data.X == 0).to_numpy().all()


def test_name_that_fits_several_sets_is_refused(three_sets):
    with pytest.raises(ValueError, match="'census' fits several sets: 9_census, 99_Census"):
        load_adbench("census")


@pytest.mark.parametrize(("name", "nearest"), [("covr", "10_cover"), ("tyroid", "38_thyroid")])
def test_unknown_name_gets_the_nearest_and_the_list(three_sets, name, nearest):
    with pytest.raises(
        ValueError, match=f"'{name}'; did you mean '{nearest}'\\? Known: 2_annthyroid, .*10_cover"
    ):
        load_adbench(name)


@pytest.mark.parametrize("name", ["", "../adbench/10_cover", "qqqqqqqq"])
def test_other_names_are_refused_without_a_guess(three_sets, name):
    with pytest.raises(ValueError, match=r"no ADBench set is called .*Known: 2_annthyroid"):
        load_adbench(name)


def test_known_set_that_is_not_here(three_sets):
    with pytest.raises(DataNotFoundError, match=r"tabular/adbench/38_thyroid\.npz was not found"):
        load_adbench("thyroid")


def test_files_have_the_checksums_of_their_downloads(real_folder):
    on_disk = [name for name in CHECKSUMS if (real_folder / FOLDER / f"{name}.npz").is_file()]
    assert on_disk, "a data folder without any ADBench set tests nothing"
    for name in on_disk:
        content = (real_folder / FOLDER / f"{name}.npz").read_bytes()
        assert hashlib.sha256(content).hexdigest() == CHECKSUMS[name], name
