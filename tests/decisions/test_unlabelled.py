import numpy as np
import pytest

from hinterland.decisions.unlabelled import estimate_unlabelled


def rows(seed, m, share, shape=3.0):
    generator = np.random.default_rng(seed)
    energy = generator.gamma(shape, size=m)
    energy[: round(m * share)] += 12
    return energy * 2 - 40


@pytest.mark.parametrize("share", [0.2, 0.3])
def test_where_its_assumption_holds_the_share_is_found(share):
    found = estimate_unlabelled(rows(0, 8000, share))
    assert found.told
    assert found.low <= share <= found.high
    assert found.estimate == pytest.approx(share, abs=0.06)
    assert "the calmest 60% of the rows are normal" in str(found)


def test_without_anomalies_none_are_claimed():
    found = estimate_unlabelled(rows(1, 20_000, 0.0))
    assert found.low == 0
    assert "so there may be none" in str(found)


def cannot(energy, why):
    found = estimate_unlabelled(energy)
    assert not found.told
    assert (found.low, found.estimate, found.high) == (None, None, None)
    assert f"cannot be told: {why}" in str(found)


def test_few_rows_cannot_tell():
    cannot(rows(0, 199, 0.1), "it takes 200 rows")


def test_few_different_energies_cannot_tell():
    cannot(rows(0, 4000, 0.1).round(), "it takes 100 different energies")


def test_calm_rows_of_another_shape_cannot_tell():
    generator = np.random.default_rng(0)
    two_kinds = np.concatenate([generator.normal(size=2000), generator.normal(8, 1, size=2000)])
    cannot(two_kinds, "of the calmest 60% the energies do not look like")


def test_an_answer_that_hangs_on_how_many_rows_are_calm_is_none():
    cannot(rows(0, 8000, 0.35), "of the calmest 70% the energies do not look like")


@pytest.mark.parametrize("seed", range(2))
def test_a_heavy_tail_of_normal_rows_is_not_taken_for_anomalies(seed):
    energy = np.random.default_rng(seed).lognormal(0, 1.2, size=3000)
    found = estimate_unlabelled(energy)
    assert not found.told or found.low == 0


def test_a_block_of_equal_calm_rows_cannot_tell():
    energy = rows(0, 1000, 0.1)
    energy[energy < np.median(energy)] = energy.min()
    cannot(energy, "of the calmest 60% many have one energy")


def test_equal_energies_cannot_tell():
    cannot(np.zeros(1000), "it takes 100 different energies")


def test_an_interval_of_everything_is_no_answer():
    cannot(rows(3, 250, 0.1), "anything from")


@pytest.mark.parametrize(
    ("options", "message"), [({"calm": 0.1}, "calm must be"), ({"confidence": 1}, "confidence must be")]
)
def test_what_is_out_of_range_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        estimate_unlabelled(rows(0, 300, 0.1), **options)


def test_missing_energies_are_named():
    with pytest.raises(ValueError, match="energy must be finite"):
        estimate_unlabelled([1.0, np.nan])
