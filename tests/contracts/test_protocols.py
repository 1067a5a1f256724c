"""What every protocol and every suite promises; that no test row is trained on has tests of its own, on rows."""

import inspect
import re

import pytest

from hinterland import metrics
from hinterland.benchmark.experiments.methods import methods
from hinterland.benchmark.experiments.protocol import PROTOCOLS
from hinterland.benchmark.experiments.reported import reported
from hinterland.benchmark.experiments.suite import SUITES


@pytest.fixture(params=PROTOCOLS.members())
def protocol(request):
    return PROTOCOLS.named(request.param)


@pytest.fixture(params=SUITES.members())
def suite(request):
    return SUITES.named(request.param)


def test_it_is_on_the_shelf_by_its_key_which_can_be_typed(protocol):
    assert PROTOCOLS.named(protocol.key) is protocol
    assert re.fullmatch(r"[a-z0-9.-]+", protocol.key)


def test_it_says_what_it_is_on_which_data_and_how_it_was_read(protocol):
    assert protocol.title
    assert protocol.dataset
    assert all(reading.rstrip().endswith(".") for reading in protocol.readings)


def test_its_judgements_have_names_of_their_own_rules_that_there_are_and_shares(protocol):
    names = [judgement.name for judgement in protocol.judgements]
    assert names
    assert len(names) == len(set(names))
    for judgement in protocol.judgements:
        assert judgement.rule in (*metrics.RULES, metrics.OWN)
        assert judgement.share is None or 0 < judgement.share < 1


def test_it_can_be_split_by_data_subset_and_seed(protocol):
    assert len(inspect.signature(protocol.split).parameters) >= 3
    assert len(set(protocol.subsets())) == len(protocol.subsets())


def test_what_it_refers_to_is_there(protocol):
    known = PROTOCOLS.members()
    assert protocol.run_of == "" or known[protocol.run_of].run_of == ""
    assert protocol.companion_of is None or protocol.companion_of in known
    assert protocol.answers is None or protocol.answers in {row.protocol for row in reported()}


def test_a_suites_protocols_and_methods_are_there(suite):
    assert SUITES.named(suite.name) is suite
    assert suite.title
    assert suite.protocols
    assert set(suite.protocols) <= PROTOCOLS.members().keys()
    assert set(suite.methods) <= methods().keys()
