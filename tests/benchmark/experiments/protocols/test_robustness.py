"""The robustness protocols' split and suite."""

import itertools

import numpy as np
import pytest

from hinterland.benchmark.experiments.index import suite
from hinterland.benchmark.experiments.protocols.robustness import (
    FEWEST_TRAIN,
    MAX_TRAIN,
    PERCENTAGES,
    TOO_SMALL,
    n_training_rows,
    training_rows,
)
from hinterland.datasets import adbench_names, load

TRUTH = np.arange(2000) % 8 == 0


@pytest.mark.parametrize("seed", range(3))
def test_only_the_share_of_anomalies_changes_between_training_sets(seed):
    sides = {percent: training_rows(TRUTH, percent / 100, seed) for percent in PERCENTAGES}
    n = len(sides[1].train)
    for percent, side in sides.items():
        assert len(side.train) == len(set(side.train)) == n
        assert TRUTH[side.train].sum() == int(percent / 100 * n)
        assert not set(side.train) & set(side.tests["test"])
        np.testing.assert_array_equal(side.tests["test"], sides[1].tests["test"])
    for fewer, more in itertools.pairwise(PERCENTAGES):
        kept = {row for row in sides[fewer].train if TRUTH[row]}
        assert kept <= set(sides[more].train)
        assert {row for row in sides[more].train if not TRUTH[row]} <= set(sides[fewer].train)


def test_as_many_rows_as_the_scarcer_kind_allows():
    assert n_training_rows(60, 10_000) == 200
    assert n_training_rows(6_000, 99) == 100
    assert n_training_rows(10**6, 10**6) == MAX_TRAIN


def test_the_sets_left_out_are_those_that_give_too_few_rows(data_folder):
    if not adbench_names():
        pytest.skip("no ADBench sets here")
    for name in adbench_names():
        truth = load(f"adbench/{name}").is_anomaly
        too_few = n_training_rows(truth.sum() // 2, (~truth).sum() // 2) < FEWEST_TRAIN
        assert too_few == (name in TOO_SMALL), name


def test_each_panel_has_every_percentage():
    chosen = suite("robustness")
    lines = [line for panel in chosen.curves.panels.values() for line in panel.values()]
    assert [list(line) for line in lines] == [list(PERCENTAGES)] * 2 * len(chosen.methods)
    assert {key for line in lines for key, _ in line.values()} == set(chosen.protocols)
