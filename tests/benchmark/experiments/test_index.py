"""Suites by name, and what runs and stands in each."""

import pytest

from hinterland.benchmark.experiments.index import (
    belongs,
    companions,
    default_methods,
    names_method,
    reported_in,
    run_keys,
    suite,
    suites,
)
from hinterland.benchmark.experiments.methods import methods
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.benchmark.names import UnknownNameError

TABLE = "cadgmm/Table-3"


def test_every_protocol_has_a_suite_and_every_suite_known_protocols():
    assert protocols().keys() <= suites().keys()
    for name, found in suites().items():
        assert found.name == name
        assert set(found.protocols) <= protocols().keys()


def test_an_unknown_suite_is_told_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'quick'"):
        suite("quik")


def test_a_suites_results_are_kept_under_the_protocols_whose_runs_it_reads():
    readers = next(p for p in protocols().values() if p.run_of)
    assert run_keys(suite(readers.key)) == {readers.run_of}


def test_a_papers_table_runs_the_methods_that_its_rows_name():
    run = default_methods(suite(TABLE))
    named = {row.method for row in reported_in(TABLE)}
    assert "DAGMM" in run
    assert "CADGMM" in run
    for name in run:
        assert any(methods()[name].is_reported_as(row.source, row.method) for row in reported_in(TABLE))
        assert methods()[name].is_installed()
    answered = {
        row.method for row in reported_in(TABLE) for name in run if names_method((row,), methods()[name])
    }
    assert answered == named
    assert all(belongs(name, suite(TABLE)) for name in run)


def test_a_suite_that_names_its_methods_runs_these():
    chosen = next(found for found in suites().values() if found.methods)
    assert default_methods(chosen) == list(chosen.methods)
    assert all(belongs(name, chosen) for name in chosen.methods)


def test_another_runs_all_but_variants_those_for_pictures_and_those_that_see_test_labels():
    chosen = next(s for s in suites().values() if not s.methods and not reported_in(s.name))
    run = default_methods(chosen)
    assert {"IF", "PCA", "DAGMM"} <= set(run)
    for name, method in methods().items():
        lacks = all(method.lacks(protocols()[key]) for key in chosen.protocols)
        left_out = method.sees_test_labels or method.only_pictures or bool(method.changed) or lacks
        assert (name in run) == (method.is_installed() and not left_out), name


def test_companions_answer_beside_a_papers_table_alone():
    assert companions(suite("quick")) == []
    shown = [(name, p) for name in suites() if suites()[name].protocols for p in companions(suite(name))]
    assert shown
    assert all(reported_in(name) and p.companion_of in run_keys(suite(name)) for name, p in shown)
