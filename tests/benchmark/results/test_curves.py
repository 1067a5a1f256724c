"""A suite's curves: their points, their figure, and the page that shows it."""

from dataclasses import replace

import pytest

from hinterland.benchmark.experiments.index import suite
from hinterland.benchmark.experiments.protocol import PROTOCOLS
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.experiments.suite import Curves
from hinterland.benchmark.results import curves
from hinterland.benchmark.results.page import write
from hinterland.benchmark.results.tables import Value, build
from hinterland.benchmark.runs.jobs import Job, Result

FIGURE = Curves("anomalies, %", ("auroc",), {})


def _result(protocol: str, subset: str, seed: int, auroc: float, **changes: object) -> Result:
    job = Job(protocol=protocol, subset=subset, method="IF", seed=seed)
    judgement = protocols()[protocol].judgements[0].name
    return replace(Result(job, metrics={judgement: {"auroc": auroc}}), **changes)


def _value(mean: float, sd: float | None = None) -> Value:
    return Value(None, None, pytest.approx(mean), None if sd is None else pytest.approx(sd))


def test_points_are_means_and_spreads_over_seeds_in_percent():
    lines = {"IF": {1: ("robustness-kddcup99-1", "IF"), 30: ("robustness-kddcup99-30", "IF")}}
    results = [
        _result("robustness-kddcup99-1", "", 0, 0.9),
        _result("robustness-kddcup99-1", "", 1, 0.8),
        _result("robustness-kddcup99-30", "", 0, 0.7),
        _result("robustness-kddcup99-30", "", 1, 0.0, metrics={}, error="ValueError: no"),
        _result("robustness-adbench-1", "x", 0, 0.1),
    ]
    found = curves.points(lines, "auroc", build("robustness", results))
    assert found == {"IF": {1: _value(85, 50**0.5), 30: _value(70)}}


def test_a_seed_under_other_settings_is_in_no_point():
    lines = {"IF": {1: ("robustness-kddcup99-1", "IF")}}
    present, other = (_result("robustness-kddcup99-1", "", seed, 0.9 - seed / 10) for seed in range(2))
    other = replace(other, job=replace(other.job, settings={"n_estimators": 7}))
    found = curves.points(lines, "auroc", build("robustness", [present, other]))
    assert found == {"IF": {1: _value(90)}}


def test_a_seed_that_missed_a_data_set_is_in_no_mean_over_them(monkeypatch):
    key = "robustness-adbench-5"
    monkeypatch.setitem(PROTOCOLS._members, key, replace(protocols()[key], subsets=lambda: ("a", "b")))
    results = [_result(key, "a", 0, 0.6), _result(key, "b", 0, 0.8), _result(key, "a", 1, 1.0)]
    found = curves.points({"IF": {5: (key, "IF")}}, "auroc", build("robustness", results))
    assert found == {"IF": {5: _value(70)}}


@pytest.mark.slow
def test_the_figure_is_the_same_bytes_for_the_same_points_and_others_for_others(tmp_path):
    pytest.importorskip("matplotlib")
    drawn = []
    for auroc in (90.0, 90.0, 50.0):
        lines = {"IF": {1: Value(None, None, auroc, 1.0), 30: Value(None, None, 60.0, None)}}
        panels = {"KDD": {"auroc": lines}}
        curves.draw(FIGURE, panels, tmp_path / "curve.svg")
        drawn.append((tmp_path / "curve.svg").read_bytes())
    assert drawn[0] == drawn[1] != drawn[2]
    with pytest.raises(ValueError, match="must end in"):
        curves.draw(FIGURE, panels, tmp_path / "curve.gif")


def test_the_page_says_which_panels_have_no_finished_seed(tmp_path):
    pytest.importorskip("matplotlib")
    output = tmp_path / "results.md"
    page = tmp_path / "results" / "robustness.md"
    assert write([_result("robustness-adbench-1", "2_annthyroid", 0, 0.9)], output) == [output, page]
    text = page.read_text()
    assert "Not drawn: KDD Cup 1999, " in text
    assert "Not drawn: ADBench, mean over sets, " in text
    assert "hinterland benchmark table robustness" in text
    written = write([_result("robustness-kddcup99-1", "", 0, 0.9)], output)
    assert written == [output, page, tmp_path / "images" / "robustness.svg"]
    assert written[2].is_file()
    assert "](../images/robustness.svg)" in page.read_text()
    assert "Not drawn: KDD Cup 1999" not in page.read_text()


def test_figure_3_has_a_row_a_metric_a_line_a_graph_and_a_panel_a_data_set():
    chosen = suite("cadgmm-neighbours")
    assert chosen.curves.metrics == ("precision", "recall", "f1")
    panels = chosen.curves.panels.values()
    assert {key for panel in panels for line in panel.values() for key, _ in line.values()} == set(
        chosen.protocols
    )
    for panel in panels:
        assert list(panel) == ["reference graph", "batch graph"]
        assert [list(line) for line in panel.values()] == [[5, 7, 9, 11, 13, 15, 17, 19]] * 2
        assert {method for line in panel.values() for _, method in line.values()} == set(chosen.methods)
