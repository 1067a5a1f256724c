"""Which jobs are made: every combination, but where a method lacks something or a protocol has no such subset."""

import warnings

import pytest

from hinterland.benchmark.experiments.index import default_methods, suite
from hinterland.benchmark.experiments.methods import methods
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.names import UnknownNameError
from hinterland.benchmark.runs.grid import grid
from hinterland.errors import DataNotFoundError

PICTURES = "Geometric transformations"


def test_a_grid_has_every_combination_and_gives_each_method_its_first_seed_first():
    jobs = grid(["quick-one-class"], ["IF", "PCA"], range(2))
    assert [(j.subset, j.seed, j.method) for j in jobs] == [
        (subset, seed, name)
        for subset in ("breast_cancer", "wine")
        for seed in (0, 1)
        for name in ("IF", "PCA")
    ]


def test_a_grid_takes_settings_from_the_files_and_from_the_caller():
    (job,) = grid(["cadgmm-kdd99"], ["DAGMM"], [0], settings={"epochs": 3})
    assert job.settings["hidden"] == [60, 30, 10]
    assert job.settings["epochs"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (["quick-one-clas"], ["IF"], [0]),
            r"no protocol is called 'quick-one-clas'; did you mean 'quick-one-class'",
        ),
        (
            (["quick-one-class"], ["GM"], [0]),
            r"no method is called 'GM'; did you mean 'GMM'\? Known: .*DAGMM",
        ),
    ],
)
def test_unknown_names_list_the_known_and_the_nearest(arguments, message):
    with pytest.raises(UnknownNameError, match=message):
        grid(*arguments)


def test_an_unknown_data_set_lists_the_known_and_the_nearest():
    with pytest.raises(
        UnknownNameError, match=r"called 'whine'; did you mean 'wine'\? Known: breast_cancer, wine"
    ):
        grid(["quick-one-class"], ["IF"], [0], subsets=["whine"])


def test_no_data_at_all_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("HINTERLAND_DATA", str(tmp_path))
    monkeypatch.setattr("hinterland.datasets._fetch.cache_folder", lambda: tmp_path)
    with pytest.raises(DataNotFoundError, match=r"'adbench-one-class' finds no data .* HINTERLAND_DATA"):
        grid(["adbench-one-class"], ["IF"], [0])


def test_a_method_for_pictures_is_not_run_on_features():
    table = suite("deuad/Table-4")
    assert PICTURES in default_methods(table)
    with pytest.warns(
        UserWarning, match=f"{PICTURES} needs pictures: not run under .*deuad-cifar10-features"
    ):
        jobs = grid(table.protocols, [PICTURES, "IF"], [0])
    run = {name: {job.protocol for job in jobs if job.method == name} for name in (PICTURES, "IF")}
    assert run["IF"] == {protocols()[key].run_key for key in table.protocols}
    assert run[PICTURES] == {key for key in run["IF"] if not key.endswith("-features")}
    assert run[PICTURES] < run["IF"]


@pytest.mark.parametrize("name", [name for name, method in methods().items() if method.only_pictures])
def test_a_method_that_can_run_nowhere_is_an_error_and_no_default(name):
    with pytest.raises(ValueError, match="needs pictures: not run under cadgmm-kdd99"):
        grid(["cadgmm-kdd99"], [name], [0])
    assert name not in default_methods(suite("adbench-contaminated"))


def test_a_subset_that_one_protocol_of_several_has_is_run_there_alone():
    chosen = suite("cance-readings")
    with pytest.warns(
        UserWarning, match="nothing is run of cance-mnistc, which has no subset 'class=0' or 'class=3'"
    ):
        jobs = grid(chosen.protocols, ["CANCE"], [0], subsets=["class=0", "class=3"])
    assert [(job.protocol, job.subset) for job in jobs] == [
        (key, subset)
        for key in ("cance-cifar10-unimodal", "cance-mnist-unimodal")
        for subset in ("class=0", "class=3")
    ]


def test_a_subset_that_no_protocol_has_is_told_with_those_of_all():
    keys = ["cance-mnist-unimodal", "quick-one-class"]
    with pytest.raises(
        UnknownNameError, match=rf"of {', '.join(keys)} is called 'clas=0'; did you mean 'class=0'\?.*wine"
    ):
        grid(keys, ["IF"], [0], subsets=["wine", "clas=0"])


def test_where_all_can_run_nothing_is_said():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(grid(["quick-one-class"], ["IF"], [0], subsets=["wine"])) == 1
