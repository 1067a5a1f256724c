"""What every data set promises; those whose data are not on this machine are skipped."""

import importlib
import inspect
import pkgutil
import re

import numpy as np
import pytest

import hinterland.datasets
from hinterland.datasets import FAMILIES, PICTURES, TABLES, Dataset, splits
from hinterland.errors import DataNotFoundError

LARGE = {"kddcup99", "kddcup99_encoded"}  # loaded by their own tests
LOADERS = {**TABLES.members(), **PICTURES.members()}


@pytest.fixture(scope="module", params=[name for name in TABLES.members() if name not in LARGE])
def table(request) -> Dataset:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HINTERLAND_OFFLINE", "1")
        try:
            return TABLES.named(request.param)()
        except DataNotFoundError as error:
            pytest.skip(str(error))


def test_no_two_have_a_name_and_each_can_be_typed():
    assert not TABLES.members().keys() & PICTURES.members().keys()
    for name in [*LOADERS, *FAMILIES.members()]:
        assert re.fullmatch(r"[a-z0-9_]+", name), name


@pytest.mark.parametrize("name", LOADERS)
def test_a_loader_needs_no_argument_has_a_docstring_and_the_name_of_its_set(name):
    loader = LOADERS[name]
    required = [p for p in inspect.signature(loader).parameters.values() if p.default is p.empty]
    assert required == []
    assert inspect.getdoc(loader)
    assert loader.__name__ == f"load_{name}"


def test_every_public_loader_of_the_package_is_on_a_shelf():
    known = set(LOADERS.values()) | {family.load for family in FAMILIES.members().values()}
    for place in pkgutil.iter_modules(hinterland.datasets.__path__, "hinterland.datasets."):
        module = importlib.import_module(place.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("load_") and function.__module__ == module.__name__:
                assert function in known, name


def test_a_set_has_its_name_rows_of_both_kinds_and_different_columns(table, request):
    assert table.name == request.node.callspec.params["table"]
    assert table.source
    assert table.is_anomaly.any()
    assert not table.is_anomaly.all()
    assert table.X.columns.is_unique
    assert np.isfinite(table.matrix()).all()


def test_its_splits_have_no_row_twice_and_their_anomalies_are_tested(table):
    split = splits.natural_half(table.is_anomaly, random_state=0)
    assert not set(split.train) & set(split.test)
    assert not table.is_anomaly[split.train].any()
    assert table.is_anomaly[split.test].any()


@pytest.mark.parametrize("word", FAMILIES.members())
def test_a_familys_sets_load_by_the_name_with_its_word(word):
    found = FAMILIES.named(word).names()
    assert len(found) == len(set(found))
    if not found:
        pytest.skip(f"no set of {word} is on this machine")
    data = hinterland.datasets.load(f"{word}/{found[0]}")
    assert data.name == f"{word}/{found[0]}"
    assert data.is_anomaly.any()
