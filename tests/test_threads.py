import os
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_info

import hinterland.threads as threads_module
from hinterland import DAGMM
from hinterland.threads import fastest_threads, in_order, in_threads, set_own_threads, threads


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


def in_new_thread(function):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def test_new_threads_start_with_the_number_from_before_even_during_a_block():
    common = in_new_thread(torch.get_num_threads)
    with threads(common + 2):
        assert in_new_thread(torch.get_num_threads) == common
        with threads(common + 1):
            assert torch.get_num_threads() == common + 1
        assert torch.get_num_threads() == common + 2
    assert in_new_thread(torch.get_num_threads) == common


def test_a_threads_number_is_its_own():
    before, common = torch.get_num_threads(), in_new_thread(torch.get_num_threads)

    def own():
        set_own_threads(common + 3)
        return torch.get_num_threads()

    assert in_new_thread(own) == common + 3
    assert torch.get_num_threads() == before
    assert in_new_thread(torch.get_num_threads) == common


def test_concurrent_scoring_leaves_every_thread_and_new_ones_their_number():
    rows = np.random.default_rng(0).normal(size=(60, 3))
    detector = DAGMM(hidden=(4,), epochs=1, steps=2, n_threads=3, random_state=0).fit(rows)
    expected = detector.predict(rows)
    common = in_new_thread(torch.get_num_threads)
    start = threading.Barrier(6)

    def score(number):
        set_own_threads(number)
        start.wait(timeout=60)
        for _ in range(3):
            np.testing.assert_array_equal(detector.predict(rows), expected)
        return torch.get_num_threads()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(score, [1, 1, 2, 2, 3, 3])) == [1, 1, 2, 2, 3, 3]
    assert in_new_thread(torch.get_num_threads) == common


def test_in_order_scikit_learn_has_one_thread_and_the_number_comes_back():
    KMeans(2, n_init=1).fit(np.eye(4))  # its library is loaded

    def numbers():
        return [library["num_threads"] for library in threadpool_info()]

    before = numbers()
    assert {"openmp", "blas"} <= {library["user_api"] for library in threadpool_info()}
    with in_order():
        assert set(numbers()) == {1}
    assert numbers() == before


def test_blocks_in_order_run_one_at_a_time():
    inside = []

    def enter(number):
        with in_order():
            inside.append(number)
            time.sleep(0.01)
            inside.append(number)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(enter, range(3)))
    assert inside[::2] == inside[1::2]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_computes_with_one_thread_and_says_so():
    """GNU OpenMP hangs there with more, once the parent has computed with more."""
    script = """
        import os, warnings
        import torch
        from hinterland.threads import threads
        torch.set_num_threads(2)
        ones = torch.ones(400_000)
        with threads(2):
            ones.sum()
        child = os.fork()
        if child == 0:
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                with threads(2):
                    assert torch.get_num_threads() == 1
                    assert float(ones.exp().log().sum()) > 0
            assert [str(w.message)[:36] for w in seen] == ["one thread computes instead of 2, as"]
            os._exit(7)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    run = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            output, _ = process.communicate(timeout=240)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            raise
    assert output.split() == ["7"]


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


def test_items_are_shared_out_among_threads_that_compute_with_one_each():
    def of(item):
        time.sleep(0.02)
        return item, torch.get_num_threads(), threading.get_ident()

    with threads(2):
        found = in_threads(of, range(6))
        assert torch.get_num_threads() == 2
    assert [item for item, _, _ in found] == list(range(6))
    assert {n for _, n, _ in found} == {1}
    assert len({thread for _, _, thread in found}) == 2
    with threads(1):
        assert {thread for _, _, thread in in_threads(of, range(2))} == {threading.get_ident()}
    assert in_threads(of, []) == []


def test_an_error_in_a_thread_is_the_callers():
    def of(item):
        raise ValueError(f"item {item}")

    with threads(2), pytest.raises(ValueError, match="item 0"):
        in_threads(of, range(4))
