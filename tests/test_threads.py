import time

import pytest
import torch

import hinterland.threads as threads_module
from hinterland.threads import fastest_threads, threads


def test_the_number_from_before_comes_back():
    before = torch.get_num_threads()
    with threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_the_number_from_before_comes_back_after_an_error():
    before = torch.get_num_threads()

    def fail():
        with threads(before + 1):
            raise RuntimeError("in the block")

    with pytest.raises(RuntimeError, match="in the block"):
        fail()
    assert torch.get_num_threads() == before


@pytest.fixture
def four_cores(monkeypatch):
    """A machine with four cores, as far as the choice is concerned, and a clock that work sets itself."""
    monkeypatch.setattr(threads_module, "usable_cores", lambda: 4)
    clock = [0.0]
    monkeypatch.setattr(threads_module.time, "perf_counter", lambda: clock[0])
    return clock


def work_of(clock, seconds_by_threads):
    def work():
        clock[0] += seconds_by_threads(torch.get_num_threads())

    return work


def test_all_cores_are_chosen_where_they_are_always_faster(four_cores):
    before = torch.get_num_threads()
    assert fastest_threads(work_of(four_cores, lambda n: 1.0 / n)) == 4
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.1])
def test_one_is_chosen_where_more_gain_little(four_cores, gain):
    assert fastest_threads(work_of(four_cores, lambda n: 1.0 if n == 1 else 1 / gain)) == 1


def test_one_is_chosen_where_more_are_only_mostly_faster(four_cores):
    runs = iter(range(1000))
    assert fastest_threads(work_of(four_cores, lambda n: 1.0 if n == 1 or next(runs) == 3 else 0.2)) == 1


def test_one_core_needs_no_measurement(monkeypatch):
    monkeypatch.setattr(threads_module, "usable_cores", lambda: 1)
    assert fastest_threads(lambda: pytest.fail("nothing to measure")) == 1


def test_a_real_measurement_gives_a_number_of_threads():
    assert fastest_threads(lambda: time.sleep(1e-4), repeats=2) >= 1
