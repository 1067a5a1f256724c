"""A job holds the defaults it ran with: what changes of a method make new jobs, and which leave them the same."""

from typing import Any

import pytest

from hinterland.baselines import baselines
from hinterland.benchmark.experiments import defaults
from hinterland.benchmark.experiments import methods as methods_module
from hinterland.benchmark.experiments.methods import Method, method
from hinterland.benchmark.results.tables import is_current
from hinterland.benchmark.runs import grid as grid_module
from hinterland.benchmark.runs import jobs as jobs_module
from hinterland.benchmark.runs.grid import grid
from hinterland.benchmark.runs.jobs import Job, Result
from hinterland.benchmark.runs.store import Store
from hinterland.detectors import catalogue
from hinterland.parameter_table import Parameterised, parameter
from hinterland.parameters import whole


class Base(Parameterised):
    depth: int = parameter(3, whole(least=1), "layers.")
    width: int = parameter(8, whole(least=1), "of a layer.")
    random_state: int | None = None


class Deeper(Base):
    depth = 5


class Renamed(Parameterised):
    layers: int = parameter(3, whole(least=1), "layers.", was="depth")
    width: int = parameter(8, whole(least=1), "of a layer.")
    random_state: int | None = None


class Grown(Base):
    rounds: int = parameter(1, whole(least=1), "of training.")


RECORD = {"Tried": {"depth": 3, "width": 8}}


@pytest.fixture
def now(monkeypatch):
    """Let the method Tried be a class."""

    def be(make: type[Any], record: dict[str, Any] = RECORD) -> Method:
        make = type("Tried", (make,), {})
        found = Method("Tried", make)
        for place in (grid_module, jobs_module, methods_module):
            monkeypatch.setattr(place, "method", lambda _: found)
        monkeypatch.setattr(jobs_module, "methods", lambda: {"Tried": found})
        monkeypatch.setattr("hinterland.benchmark.results.tables.methods", lambda: {"Tried": found})
        monkeypatch.setattr(defaults, "record", lambda: record)
        return found

    return be


def the_job(settings: dict[str, Any] | None = None) -> Job:
    (job,) = grid(["quick-one-class"], ["Tried"], [0], subsets=["wine"], settings=settings)
    return job


def test_with_the_defaults_of_record_a_job_says_no_more_than_before(now):
    now(Base)
    assert the_job().settings == {}
    assert the_job().id == Job("Tried", "quick-one-class", "wine", 0).id
    assert the_job({"width": 4}).settings == {"width": 4}


def test_a_default_that_changes_makes_a_new_job_and_leaves_the_old_one_as_it_was(now):
    now(Base)
    before = the_job()
    changed = now(Deeper)
    after = the_job()
    assert after.settings == {"depth": 5}
    assert after.identity != before.identity
    assert not is_current(Result(before))
    assert is_current(Result(after))
    assert changed.build(before.settings, 0).depth == 3  # run again, it is what it was
    assert changed.build(after.settings, 0).depth == 5


def test_who_asks_for_the_former_default_finds_what_ran_with_it(now, tmp_path):
    now(Base)
    before = the_job()
    with Store(tmp_path / "store.sqlite") as store:
        store.save(Result(before))
    now(Deeper)
    asked = the_job({"depth": 3})
    assert asked.identity == before.identity
    assert store.finished([asked, the_job()]) == {asked.id}
    assert store.in_kept_words([asked]) == [before]
    with Store(tmp_path / "other.sqlite") as other:
        other.save(Result(asked))
    other.export(tmp_path / "other.jsonl.gz")
    assert store.read_in(tmp_path / "other.jsonl.gz") == 0
    assert len(store.results()) == 1


def test_a_parameter_of_another_name_is_the_same_job(now):
    now(Base)
    before, set_before = the_job(), the_job({"depth": 4})
    renamed = now(Renamed)
    assert the_job().id == before.id
    assert the_job({"layers": 4}).identity == set_before.identity
    assert renamed.build(set_before.settings, 0).layers == 4


def test_a_parameter_that_is_added_makes_a_new_job_unless_the_record_says_it_changes_nothing(now):
    now(Base)
    before = the_job()
    now(Grown)
    assert the_job().settings == {"rounds": 1}
    assert the_job().identity != before.identity
    now(Grown, {"Tried": {**RECORD["Tried"], "rounds": 1}})
    assert the_job().id == before.id


def test_a_method_without_a_record_says_all(now):
    now(Base, {})
    assert the_job().settings == {"depth": 3, "width": 8}


@pytest.fixture
def recorded(monkeypatch):
    """Let another value be of record than the one that is today's default."""

    def change(name: str, **values: Any) -> None:
        record = {**defaults.record(), name: {**defaults.record()[name], **values}}
        monkeypatch.setattr(defaults, "record", lambda: record)
        _forget()

    yield change
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    defaults.of_record.cache_clear()
    defaults._changed.cache_clear()


def test_a_detector_inside_of_another_says_its_changed_defaults(recorded):
    outer = catalogue.detector_class("PositiveUnlabelled")
    around = {"detector": "DEUAD"}
    before = defaults.said(outer, around)
    p = defaults.defaults(catalogue.detector_class("DEUAD"))["p"]
    recorded("DEUAD", p=p / 2)
    assert defaults.said(outer, around) == {**before, "detector_options": {"p": p}}
    given = {**around, "detector_options": {"p": 0.1}}
    assert defaults.said(outer, given) == {**before, **given}
    assert defaults.arguments(outer, around)["detector_options"]["p"] == p / 2
    assert defaults.resolved(outer, around)["detector_options"]["p"] == p / 2


def test_a_detector_says_the_changed_defaults_of_what_it_is_built_on(recorded):
    surprisal = catalogue.detector_class("Surprisal")
    before = defaults.said(surprisal, {})
    noise = defaults.defaults(catalogue.detector_class("DeepMixture"))["input_noise"]
    recorded("DeepMixture", input_noise=noise / 2)
    said = defaults.said(surprisal, {})
    assert said == {**before, "DeepMixture.input_noise": noise}
    assert defaults.resolved(surprisal, {}) != defaults.resolved(surprisal, said)
    assert "DeepMixture.input_noise" not in defaults.arguments(surprisal, said)
    with pytest.raises(ValueError, match=r"no longer built with DeepMixture.input_noise = .*it is .* now"):
        defaults.arguments(surprisal, {})


def test_a_baselines_defaults_are_its_own_and_its_bases():
    found = defaults.defaults(baselines()["LUNAR"])
    assert found == {"max_rows": 20_000}
    assert defaults.defaults(baselines()["VAE"]) == {"epoch_num": 30, "batch_size": 128, "max_rows": None}


def test_every_name_of_record_is_a_parameter_still():
    """One that is taken away leaves the record too, if what is left does what its value of record did."""
    known = {**catalogue.detectors(), **baselines()}
    for name in defaults.record():
        assert defaults.of_record(known[name]).keys() <= defaults.defaults(known[name]).keys(), name


def test_the_defaults_of_record_are_those_that_kept_results_say_they_ran_with(kept_results):
    compared = 0
    for result in kept_results:
        if method(
            result.job.method
        ).sees_test_labels:  # keeps what its search found in the place of a default
            continue
        make = method(result.job.method).make
        ran_with = catalogue.present_names(make, result.parameters)
        meant = method(result.job.method).resolved(result.job.settings)
        for name in meant.keys() & ran_with.keys():
            compared += 1
            assert meant[name] == ran_with[name], (str(result.job), name)
    assert compared > 50_000


def test_kept_results_keep_their_identity(kept_results):
    assert len({result.job.identity for result in kept_results}) == len(kept_results)
    (job,) = {
        r.job.id
        for r in kept_results
        if r.job.method == "DeepMixture" and r.job.seed == 0 and r.job.subset == "40_vowels"
    }
    assert job == Job("DeepMixture", "adbench-one-class", "40_vowels", 0).id


def test_settings_over_the_record_say_nothing_of_defaults_that_have_changed(kept_results):
    """What papers' protocols leave open stays what it was, so that their results are still the present ones."""
    found = method("DAGMM")
    assert found.said("cadgmm-kdd99") == found.settings("cadgmm-kdd99")
    meant = found.resolved(found.said("cadgmm-kdd99"))
    assert meant["reconstruction_features"] == ["relative_euclidean", "cosine_similarity"]
    assert found.build(found.said("cadgmm-kdd99"), 0).em_steps == 0
    assert (
        found.said("oddbench-one-class")["covariance_floor"] != 1e-6
    )  # the present defaults, where none are set
    assert method("DAGMM-VAE").said("cadgmm-kdd99") == method("DAGMM-VAE").settings("cadgmm-kdd99")
    ours = {"DAGMM", "CADGMM", "CANCE", "ContrastiveScorer"}
    pinned = [
        r for r in kept_results if r.job.method in ours and r.job.protocol.startswith(("cadgmm-", "cance-"))
    ]
    assert pinned
    assert any(is_current(result) for result in pinned)
