import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinterland.decisions import tail_counts
from hinterland.decisions.tail_counts import FINE, MOST_KEPT, TailCounts
from hinterland.sums import ValueCounts

ENERGIES = st.lists(st.integers(-6, 6).map(float), min_size=1, max_size=40)


def naive_at_least(calibration, energy):
    return [sum(c >= e for c in calibration) for e in energy]


@given(ENERGIES, ENERGIES)
def test_few_energies_are_counted_exactly(calibration, energy):
    counts, new = TailCounts.of(calibration), np.array(energy)
    counts.check()
    assert counts.complete
    assert counts.count_at_least(new).tolist() == naive_at_least(calibration, energy)
    assert counts.count_above(new).tolist() == [sum(c > e for c in calibration) for e in energy]


@given(ENERGIES, ENERGIES, ENERGIES)
def test_an_update_is_the_counts_of_all_rows(first, second, energy):
    updated = TailCounts.of(first).updated(second)
    updated.check()
    assert updated.n_rows == len(first) + len(second)
    assert updated.count_at_least(np.array(energy)).tolist() == naive_at_least(first + second, energy)


@pytest.mark.parametrize("decimals", [9, 3])
def test_many_energies_are_few_numbers_and_counted_a_little_too_high_never_too_low(decimals):
    generator = np.random.default_rng(0)
    calibration = generator.normal(size=30_000).round(decimals)
    counts = TailCounts.of(calibration)
    counts.check()
    assert len(counts.values) <= MOST_KEPT
    energy = np.concatenate([calibration[:2000], generator.normal(size=2000) * 2])
    exact = len(calibration) - np.searchsorted(np.sort(calibration), energy, side="left")
    found = counts.count_at_least(energy)
    assert np.all(found >= exact)
    assert np.all(found <= exact * (1 + 1 / FINE))
    few = exact <= FINE
    assert few.sum() > 20
    assert np.array_equal(found[few], exact[few])


def test_a_thinned_count_is_a_monotone_function_of_the_exact_one():
    generator = np.random.default_rng(1)
    maps = []
    for _ in range(2):
        calibration = generator.normal(size=10_000)
        energy = generator.normal(size=20_000)
        exact = len(calibration) - np.searchsorted(np.sort(calibration), energy, side="left")
        maps.append(
            dict(zip(exact.tolist(), TailCounts.of(calibration).count_at_least(energy).tolist(), strict=True))
        )
    ranks = sorted(maps[0])
    assert [maps[0][rank] for rank in ranks] == sorted(maps[0].values())
    both = set(maps[0]) & set(maps[1])  # and the same one, whatever the energies
    assert len(both) > 4000
    assert all(maps[0][rank] == maps[1][rank] for rank in both)


def test_thinned_counts_stay_never_too_low_when_updated(monkeypatch):
    monkeypatch.setattr(tail_counts, "MOST_KEPT", 300)
    generator = np.random.default_rng(2)
    batches = generator.normal(size=(20, 500)) + np.linspace(0, 1, 20)[:, None]
    counts = TailCounts.of(batches[0])
    for batch in batches[1:]:
        counts = counts.updated(batch)
        counts.check()
    energy = generator.normal(1, 2, size=3000)
    everything = np.sort(batches.ravel())
    exact = len(everything) - np.searchsorted(everything, energy, side="left")
    found = counts.count_at_least(energy)
    assert not counts.complete
    assert np.all(found >= exact)
    assert np.median(found / np.maximum(1, exact)) < 1.02


@given(ENERGIES, st.integers(0, 39))
def test_the_threshold_parts_the_rows_as_the_counts_do(calibration, count):
    count = min(count, len(calibration) - 1)
    counts = TailCounts.of(calibration)
    energy = np.arange(-7, 7.5, 0.5)
    assert ((energy > counts.threshold(count)) == (counts.count_at_least(energy) <= count)).all()


def test_the_threshold_of_thinned_counts_parts_rows_as_well():
    calibration = np.random.default_rng(3).normal(size=20_000)
    counts = TailCounts.of(calibration)
    for count in (0, 10, 500, 7777, 19_999):
        flagged = calibration > counts.threshold(count)
        assert (flagged == (counts.count_at_least(calibration) <= count)).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("values", [2.0, 1.0, 3.0]),
        ("values", [1.0, np.nan, 3.0]),
        ("above", [2, 1, 1]),
        ("above", [2, 2, 0]),
        ("at_least", [4, 2, 1]),
        ("at_least", [3, 2]),
        ("n_rows", 4),
    ],
)
def test_numbers_that_do_not_fit_together_are_refused(name, value):
    fields = {
        "values": [1.0, 2.0, 3.0],
        "above": [2, 1, 0],
        "at_least": [3, 2, 1],
        "n_rows": 3,
        "complete": True,
    }
    arrays = {key: np.array(v) if isinstance(v, list) else v for key, v in (fields | {name: value}).items()}
    TailCounts(**{key: np.array(v) if isinstance(v, list) else v for key, v in fields.items()}).check()
    with pytest.raises(ValueError, match="do not fit together"):
        TailCounts(**arrays).check()


@pytest.mark.parametrize("n_rows", [50, 20_000])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.97])
def test_forgetting_a_share_leaves_the_same_tail_and_never_a_smaller_p_value(
    n_rows: int, share: float
) -> None:
    energy = np.random.default_rng(3).gamma(2.0, 3.0, n_rows)
    counts = TailCounts.of(energy)
    kept = counts.forgotten(share)
    kept.check()
    assert kept.n_rows == int(np.ceil(round((1 - share) * n_rows, 6)))
    new = np.quantile(energy, np.linspace(0, 1, 40))
    before = (1 + counts.count_at_least(new)) / (1 + counts.n_rows)
    after = (1 + kept.count_at_least(new)) / (1 + kept.n_rows)
    assert (after >= before * (1 - 1e-12)).all()
    assert (after <= before * (1 + 1 / 32) + 3 / kept.n_rows).all()


def test_energies_counted_in_parts_are_never_too_few() -> None:
    energy = np.random.default_rng(4).gamma(2.0, 3.0, 20_000)
    parts = (ValueCounts.of(part) for part in np.split(energy, [9, 700]))
    counted = TailCounts.of_counts(sum(parts, ValueCounts.of([])))
    exact = TailCounts.of(energy)
    counted.check()
    assert counted.n_rows == exact.n_rows
    new = np.quantile(energy, np.linspace(0.5, 1, 40))
    truth = (energy >= new[:, None]).sum(1)
    assert (counted.count_at_least(new) >= truth).all()
    assert (counted.count_at_least(new * (1 + 1 / 2_048)) <= truth * (1 + 1 / 128)).all()
    with pytest.raises(ValueError, match="at least one row"):
        TailCounts.of_counts(ValueCounts.of([]))
