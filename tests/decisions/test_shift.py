import doctest
import pickle

import numpy as np
import pytest
from scipy.stats import kstest

from hinterland.decisions import shift as module
from hinterland.decisions.shift import Watch
from hinterland.decisions.tail_counts import TailCounts


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("decimals", [9, 0])
@pytest.mark.parametrize("odd", [0.0, 0.1])
def test_alarms_are_no_more_often_false_than_promised(decimals, odd):
    generator = np.random.default_rng(0)
    alarms = [
        Watch(
            TailCounts.of(generator.normal(size=60).round(decimals)), false_alarm=0.2, odd=odd, random_state=i
        )
        .add(generator.normal(size=1000).round(decimals))
        .alarm
        is not None
        for i in range(100)
    ]
    assert np.mean(alarms) <= 0.2 + 3 * np.sqrt(0.2 * 0.8 / 100)


@pytest.mark.parametrize("decimals", [9, 0])
def test_p_values_are_uniform_and_independent_though_one_calibration_set_serves_all(decimals):
    # Against a set that stays as it is, thousands of rows would show that it is one of 15 rows.
    generator = np.random.default_rng(0)
    first, later = [], []
    for i in range(60):
        watch = Watch(TailCounts.of(generator.normal(size=15).round(decimals)), odd=0.0, random_state=i)
        p = watch._p_values(watch._bins_of(generator.normal(size=200).round(decimals)))
        first.append(p[:-1])
        later.append(p[1:])
    assert kstest(np.concatenate(first), "uniform").pvalue > 0.001
    assert abs(np.corrcoef(np.concatenate(first), np.concatenate(later))[0, 1]) < 3.5 / np.sqrt(60 * 199)


@pytest.mark.parametrize(("shift", "scale"), [(0.6, 1.0), (-0.6, 1.0), (0.0, 2.0), (0.0, 0.4), (5.0, 1.0)])
def test_a_shift_is_noticed_and_dated(shift, scale):
    generator = np.random.default_rng(0)
    watch = Watch(TailCounts.of(generator.normal(size=1000)))
    watch.add(generator.normal(size=3000))
    assert watch.alarm is None
    watch.add(generator.normal(shift, scale, size=3000))
    assert watch.alarm is not None
    assert 3000 <= watch.alarm.noticed < 4500
    assert abs(watch.alarm.since - 3000) < 150
    assert watch.alarm.more_odd_rows == (shift == 5.0)
    assert f"since about row {watch.alarm.since:,}" in str(watch)
    assert watch.n_rows == 6000


def test_anomalies_are_no_shift():
    generator = np.random.default_rng(0)
    energy = generator.normal(size=4000)
    energy[generator.random(4000) < 0.2] = 9
    watch = Watch(TailCounts.of(generator.normal(size=500)))
    assert watch.add(energy).alarm is None
    assert "still holds, as far as 4,000 rows can tell" in str(watch)
    assert Watch(TailCounts.of(generator.normal(size=500)), odd=0.0).add(energy).alarm is not None


def test_batches_of_any_size_find_the_same():
    generator = np.random.default_rng(0)
    calibration = TailCounts.of(generator.normal(size=300))
    energy = np.concatenate([generator.normal(size=5000), generator.normal(0.4, size=5000)])
    found = []
    for size in (10_000, 4096, 777):
        watch = Watch(calibration)
        for i in range(0, len(energy), size):
            watch.add(energy[i : i + size])
        found.append(watch.alarm)
    assert all(alarm is not None for alarm in found)
    assert max(alarm.since for alarm in found) - min(alarm.since for alarm in found) < 200


def test_calibration_rows_of_one_energy_give_no_false_alarm():
    watch = Watch(TailCounts.of(np.zeros(50)))
    assert watch.add(np.zeros(3000)).alarm is None
    assert watch.add(np.ones(300)).alarm is not None


def test_thinned_counts_serve_as_well():
    generator = np.random.default_rng(0)
    watch = Watch(TailCounts.of(generator.normal(size=20_000)))
    assert watch.add(generator.normal(size=4000)).alarm is None
    assert watch.add(generator.normal(0.5, size=2000)).alarm is not None


def test_without_rows_nothing_is_said_and_a_watch_can_be_put_aside():
    watch = Watch(TailCounts.of(np.arange(30.0)))
    assert watch.add([]).n_rows == 0
    assert watch.evidence == 1.0
    copy = pickle.loads(pickle.dumps(watch))
    energy = np.random.default_rng(0).uniform(0, 29, size=100)
    assert copy.add(energy).evidence == watch.add(energy).evidence


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"false_alarm": 0}, "false_alarm must be a number"),
        ({"odd": 1.0}, "odd must be a number"),
        ({"odd": 0.3, "most_odd": 0.2}, "most_odd must be a number"),
    ],
)
def test_what_is_out_of_range_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        Watch(TailCounts.of(np.arange(30.0)), **options)


def test_missing_energies_are_named():
    with pytest.raises(ValueError, match="energy must be finite"):
        Watch(TailCounts.of(np.arange(30.0))).add([np.nan])
