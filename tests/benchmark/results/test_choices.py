"""Choices of parameters compared by folds of data sets, on made results and in a tiny run."""

import json
from dataclasses import replace

import numpy as np
import pytest

from hinterland.benchmark.names import UnknownNameError
from hinterland.benchmark.results import choices
from hinterland.benchmark.results.choices import Choice
from hinterland.benchmark.runs.jobs import Result, run_job

ASKED = (
    Choice("two", "GMM", {"n_components": 2}),
    Choice("one", "GMM", {"n_components": 1}),
    Choice("IF", "IF", {}),
)


def written(tmp_path, content) -> object:
    path = tmp_path / "choices.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_choices_are_read_in_the_order_of_the_file(tmp_path):
    path = written(
        tmp_path, {"GMM": {"two": {"n_components": 2}, "one": {"n_components": 1}}, "IF": {"IF": {}}}
    )
    assert choices.read(path) == ASKED


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no choices can be read"),
        ([1], "expected {METHOD"),
        ({"IF": {"a": 1, "b": {}}}, "the settings of 'a' are no object"),
        ({"IF": {"a": {}}, "GMM": {"a": {}}}, "'a' is there twice"),
        ({"IF": {"a": {}}}, "two choices, got 1"),
    ],
)
def test_what_is_no_file_of_choices_is_said(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        choices.read(written(tmp_path, content))
    with pytest.raises(ValueError, match="absent"):
        choices.read(tmp_path / "absent.json")


def test_jobs_are_those_of_the_suites_with_the_settings_over_the_methods_own():
    found = choices.jobs(ASKED, ["quick"], [0, 1])
    assert list(found) == ["two", "one", "IF"]
    assert [(job.subset, job.seed) for job in found["one"]] == [
        (subset, seed) for subset in ("breast_cancer", "wine") for seed in (0, 1)
    ]
    assert found["one"][0].settings == {"n_components": 1}
    assert {job.subset for own in choices.jobs(ASKED, ["quick"], [0], ["wine"]).values() for job in own} == {
        "wine"
    }
    with pytest.raises(ValueError, match="no data set of quick-one-class is called whine"):
        choices.jobs(ASKED, ["quick"], [0], ["whine"])
    with pytest.raises(UnknownNameError, match="GMN"):
        choices.jobs([Choice("a", "GMN", {})], ["quick"], [0])


def test_only_data_sets_with_a_result_of_every_choice_and_seed_are_compared(finished):
    jobs = choices.jobs(ASKED, ["quick"], [0, 1])
    made = finished("IF", "quick-one-class", 0, "wine")
    results = [
        replace(made, job=job, metrics=finished("IF", "quick-one-class", auroc=0.5 + job.seed / 10).metrics)
        for own in jobs.values()
        for job in own
    ]
    lost = jobs["one"][0]
    results = [replace(r, error="ValueError: no", metrics={}) if r.job == lost else r for r in results]
    found = choices.judged(ASKED, jobs, ["quick"], results)
    assert found.sets == (("quick-one-class", "wine"),)
    assert found.collections == ("quick",)
    assert found.left_out == ("breast_cancer: no result of one",)
    np.testing.assert_allclose(found.values[:, 0, 0], 55.0)
    with pytest.raises(ValueError, match="no data set on which all choices"):
        choices.judged(ASKED, jobs, ["quick"], [Result(lost, error="no")])


def test_folds_are_fixed_and_share_each_collection_evenly():
    names = ["a"] * 20 + ["b"] * 43
    fold = choices.folds(names, 5)
    np.testing.assert_array_equal(fold, choices.folds(names, 5))
    assert np.bincount(fold[:20]).tolist() == [4] * 5
    assert set(np.bincount(fold[20:])) <= {8, 9}
    with pytest.raises(ValueError, match="folds must be 2 to 3"):
        choices.folds(["a"] * 3, 4)


def test_what_is_chosen_without_a_fold_is_judged_on_it():
    """The second choice loses so much on the first fold that it is chosen for that one alone."""
    values = np.zeros((2, 4, 2))
    values[1] = [[-10, -10], [1, 1], [2, 2], [3, 3]]
    chosen, means = choices.held_out(values, np.array([0, 1, 2, 3]))
    assert chosen == [1, 0, 0, 0]
    np.testing.assert_allclose(means, -2.5)


def test_the_table_has_means_differences_with_their_spread_and_what_choosing_gives():
    values = np.full((2, 4, 2), 70.0)
    values[1, :, 0] += [1, 2, 3, 4]
    sets = tuple(("quick-one-class", str(i)) for i in range(4))
    found = choices.Judged(ASKED[:2], sets, ("quick",) * 4, values, (1.0, 2.0), ("wine: no result of one",))
    lines = choices.markdown(found, 4).splitlines()
    assert lines[2] == "| two | 70.00 / 70.00 |  | 0 | 1.0 |"
    assert lines[3] == "| one | 72.50 / 70.00 | +2.50 ± 1.29 / +0.00 ± 0.00 | 4 | 2.0 |"
    assert "What is best on the other folds has 72.50 / 70.00 on all, two 70.00 / 70.00." in lines[5]
    assert lines[-1] == "- not compared: wine: no result of one"


def test_a_tiny_run_end_to_end():
    jobs = choices.jobs(ASKED[:2], ["quick"], [0])
    results = [run_job(job) for own in jobs.values() for job in own]
    found = choices.judged(ASKED[:2], jobs, ["quick"], results)
    assert found.values.shape == (2, 2, 2)
    assert (found.values > 50).all()
    assert choices.markdown(found, 2).startswith(
        "| choice | Quick: a minute on small data that scikit-learn ships (2) |"
    )
