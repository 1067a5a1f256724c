"""The robustness protocols' split, and the points and figure of their curve."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from hinterland.benchmark import robustness_curve
from hinterland.benchmark.jobs import Job, Result
from hinterland.benchmark.protocols import protocols
from hinterland.benchmark.protocols.robustness import (
    FEWEST_TRAIN,
    MAX_TRAIN,
    PERCENTAGES,
    TOO_SMALL,
    n_training_rows,
    training_rows,
)
from hinterland.benchmark.results_page import write
from hinterland.benchmark.suite import Curve
from hinterland.benchmark.suites import suite
from hinterland.benchmark.tables import Value, build
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


def _result(protocol: str, subset: str, seed: int, auroc: float, **changes: object) -> Result:
    job = Job(protocol=protocol, subset=subset, method="IF", seed=seed)
    judgement = protocols()[protocol].judgements[0].name
    return replace(Result(job, metrics={judgement: {"auroc": auroc}}), **changes)


def _value(mean: float, sd: float | None = None) -> Value:
    return Value(None, None, pytest.approx(mean), None if sd is None else pytest.approx(sd))


def test_points_are_means_and_spreads_over_seeds_in_percent():
    curve = Curve("KDD", {1: "robustness-kddcup99-1", 30: "robustness-kddcup99-30"})
    results = [
        _result("robustness-kddcup99-1", "", 0, 0.9),
        _result("robustness-kddcup99-1", "", 1, 0.8),
        _result("robustness-kddcup99-30", "", 0, 0.7),
        _result("robustness-kddcup99-30", "", 1, 0.0, metrics={}, error="ValueError: no"),
        _result("robustness-adbench-1", "x", 0, 0.1),
    ]
    lines = robustness_curve.points(curve, build("robustness", results))
    assert lines == {"IF": {1: _value(85, 50**0.5), 30: _value(70)}}


def test_a_seed_under_other_settings_is_in_no_point():
    curve = Curve("KDD", {1: "robustness-kddcup99-1"})
    present, other = (_result("robustness-kddcup99-1", "", seed, 0.9 - seed / 10) for seed in range(2))
    other = replace(other, job=replace(other.job, settings={"n_estimators": 7}))
    assert robustness_curve.points(curve, build("robustness", [present, other])) == {"IF": {1: _value(90)}}


def test_a_seed_that_missed_a_data_set_is_in_no_mean_over_them(monkeypatch):
    key = "robustness-adbench-5"
    monkeypatch.setitem(protocols(), key, replace(protocols()[key], subsets=lambda: ("a", "b")))
    results = [_result(key, "a", 0, 0.6), _result(key, "b", 0, 0.8), _result(key, "a", 1, 1.0)]
    lines = robustness_curve.points(Curve("ADBench", {5: key}), build("robustness", results))
    assert lines == {"IF": {5: _value(70)}}


def test_the_figure_is_the_same_bytes_for_the_same_points_and_others_for_others(tmp_path):
    pytest.importorskip("matplotlib")
    drawn = []
    for auroc in (90.0, 90.0, 50.0):
        panels = {"KDD": {"IF": {1: Value(None, None, auroc, 1.0), 30: Value(None, None, 60.0, None)}}}
        robustness_curve.draw(panels, tmp_path / "curve.svg")
        drawn.append((tmp_path / "curve.svg").read_bytes())
    assert drawn[0] == drawn[1] != drawn[2]
    with pytest.raises(ValueError, match="must end in"):
        robustness_curve.draw(panels, tmp_path / "curve.gif")


def test_the_page_says_which_panels_have_no_finished_seed(tmp_path):
    pytest.importorskip("matplotlib")
    output = tmp_path / "results.md"
    assert write([_result("robustness-adbench-1", "2_annthyroid", 0, 0.9)], output) == [output]
    text = output.read_text()
    assert "Not drawn: KDD Cup 1999, " in text
    assert "Not drawn: ADBench, mean over sets, " in text
    assert "hinterland benchmark table robustness" in text
    written = write([_result("robustness-kddcup99-1", "", 0, 0.9)], output)
    assert written == [output, tmp_path / "images" / "robustness.svg"]
    assert written[1].is_file()
    assert "Not drawn: KDD Cup 1999" not in output.read_text()


def test_each_panel_has_every_percentage():
    chosen = suite("robustness")
    assert [list(curve.protocols) for curve in chosen.curves] == [list(PERCENTAGES)] * 2
    assert {key for curve in chosen.curves for key in curve.protocols.values()} == set(chosen.protocols)
